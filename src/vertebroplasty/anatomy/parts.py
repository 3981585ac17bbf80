"""Which voxel of the label belongs to the body, a pedicle or the arch."""

import numpy as np
from jaxtyping import Float, UInt8

from vertebroplasty.anatomy.body import Body
from vertebroplasty.anatomy.clean import CleanLabel
from vertebroplasty.anatomy.pedicle_sections import across
from vertebroplasty.anatomy.vertebra import Part, Pedicle

__all__ = ["body_volume_ml", "parts_of"]

PEDICLE_MARGIN = 1.3  # [choice] a pedicle flares this much beyond its isthmus
SUB_SAMPLES = (-0.25, 0.25)  # [choice] voxels at the border between parts are split by eight points


def _local(label: CleanLabel, body: Body, index_kji: Float[np.ndarray, "n 3"]) -> Float[np.ndarray, "n 3"]:
    return body.frame.to_local(label.affine.to_world(index_kji[:, ::-1]))


def parts_of(label: CleanLabel, body: Body, pedicles: dict[str, Pedicle]) -> UInt8[np.ndarray, "k j i"]:
    """Ids of `Part` on the label's crop; bone outside body and pedicles is arch (processes and ribs included)."""
    part = np.zeros(label.mask.shape, np.uint8)
    voxels = np.argwhere(label.mask)
    local = _local(label, body, voxels.astype(float))
    ids = np.full(len(voxels), Part.ARCH, np.uint8)
    for side, pedicle in pedicles.items():
        offset = local - pedicle.isthmus_mm
        along = offset @ pedicle.axis
        sideways, upwards = across(pedicle.axis)
        elliptic = np.hypot(
            offset @ sideways / (PEDICLE_MARGIN * pedicle.width_mm / 2),
            offset @ upwards / (PEDICLE_MARGIN * pedicle.height_mm / 2),
        )
        wall = body.plane.anterior_at(local[:, 2])
        ahead = (float(body.plane.anterior_at(pedicle.isthmus_mm[2])) - pedicle.isthmus_mm[1]) / pedicle.axis[1]
        within = (elliptic <= 1) & (local[:, 1] <= wall) & (along >= ahead - pedicle.length_mm)
        ids[within] = Part.PEDICLE_LEFT if side == "left" else Part.PEDICLE_RIGHT
    ids[body.signed_mm(local) < 0] = Part.BODY
    part[tuple(voxels.T)] = ids
    return part


def body_volume_ml(label: CleanLabel, body: Body) -> float:
    """Millilitres of labelled bone within the body; voxels at the border to other parts count by their share."""
    voxels = np.argwhere(label.mask).astype(float)
    if body.corpus is not None:
        return float((body.corpus.values < 0).sum()) * label.affine.voxel_ml
    beyond = body.beyond_mm(_local(label, body, voxels))
    share = (beyond < 0).astype(float)
    border = np.abs(beyond) < float(label.affine.spacing_mm.max())
    share[border] = 0.0
    for shift in np.stack(np.meshgrid(SUB_SAMPLES, SUB_SAMPLES, SUB_SAMPLES), axis=-1).reshape(-1, 3):
        share[border] += (body.beyond_mm(_local(label, body, voxels[border] + shift)) < 0) / len(SUB_SAMPLES) ** 3
    return float(share.sum()) * label.affine.voxel_ml
