"""What lies around the bone: canal, lateral recess, foramina and discs, told from the vertebra's own landmarks."""

import numpy as np
from jaxtyping import Float, UInt8

from vertebroplasty.anatomy.grid import Tissue
from vertebroplasty.anatomy.vertebra import Canal, Vertebra

__all__ = ["behind_the_body", "faces"]

SLACK_MM = 1.0  # [choice] the canal reaches the bone around it although its outline is an ellipse
FORAMEN_BEYOND_PEDICLE_MM = 2.0  # [choice] the foramen ends so far lateral to the pedicle's outer edge
FORAMEN_WIDTH_MM = 12.0  # [choice] its width where no pedicle was found
FORAMEN_IN_FRONT_MM = 3.0  # [choice] it reaches so far in front of the posterior wall, beside the rounded body
FORAMEN_BEHIND_SHARE = 0.5  # [choice] of the canal's half depth: how far behind its centre the foramina reach
FORAMEN_HEIGHT_MM = 12.0  # [choice] how far above and below the endplates this level's foramina are followed
PROBE_MM = 2.5  # [choice] what a gap faces is read so far outside it
PLATE_COSINE = 0.7  # [choice] a surface within 45 degrees of the axis is an endplate


def _canal_axis(canal: Canal, superior_mm: Float[np.ndarray, "*n"]) -> tuple[Float[np.ndarray, "*n"], ...]:
    """Right and anterior coordinate of the canal's centre at any height, continued straight beyond its ends."""
    out = []
    for values in (canal.centre_right_mm, canal.centre_anterior_mm):
        line = np.polynomial.Polynomial.fit(canal.superior_mm, values, 1)
        beyond = (superior_mm < canal.superior_mm[0]) | (superior_mm > canal.superior_mm[-1])
        out.append(np.where(beyond, line(superior_mm), np.interp(superior_mm, canal.superior_mm, values)))
    return tuple(out)


def behind_the_body(vertebra: Vertebra, local_mm: Float[np.ndarray, "*n 3"]) -> UInt8[np.ndarray, "*n"]:
    """Canal, left or right foramen, or soft tissue (`Tissue` values) at local points that are not bone.

    The canal is as wide as between the pedicles, reaches from the posterior wall to the laminae and is continued
    straight over the discs; at the height of a pedicle the recess medial to it belongs to the canal.  The foramina lie
    lateral to the canal above and below the pedicles.  Without a canal everything is soft tissue.
    """
    right, anterior, superior = np.moveaxis(np.asarray(local_mm, float), -1, 0)
    out = np.full(right.shape, int(Tissue.SOFT), np.uint8)
    canal = vertebra.canal
    if canal is None:
        return out
    centre_right, centre_anterior = _canal_axis(canal, superior)
    aside = right - centre_right
    back = anterior - centre_anterior
    wall = vertebra.posterior_wall.anterior_at(superior)
    front = np.maximum(wall, centre_anterior + canal.half_depth_mm) + SLACK_MM
    half_width = canal.half_width_mm + SLACK_MM
    ellipse = (aside / half_width) ** 2 + (back / (canal.half_depth_mm + SLACK_MM)) ** 2 <= 1.0
    near = np.where(back > 0, (np.abs(aside) <= half_width) & (anterior <= front), ellipse)
    middle_deep = (anterior <= wall + FORAMEN_IN_FRONT_MM) & (back >= -FORAMEN_BEHIND_SHARE * canal.half_depth_mm)
    tall = (superior < vertebra.upper_mm + FORAMEN_HEIGHT_MM) & (superior > vertebra.lower_mm - FORAMEN_HEIGHT_MM)
    for side, sign, tissue in (("left", -1.0, Tissue.FORAMEN_LEFT), ("right", 1.0, Tissue.FORAMEN_RIGHT)):
        lateral = sign * aside
        outer, recess, at_pedicle = canal.half_width_mm + FORAMEN_WIDTH_MM, 0.0, np.zeros(right.shape, bool)
        if pedicle := vertebra.pedicles.get(side):
            recess = sign * float(pedicle.isthmus_mm[0])
            outer = recess + pedicle.width_mm / 2 + FORAMEN_BEYOND_PEDICLE_MM
            at_pedicle = np.abs(superior - pedicle.isthmus_mm[2]) <= pedicle.height_mm / 2
        beside = (lateral > canal.half_width_mm) & middle_deep & tall
        out[beside & ~at_pedicle & (lateral <= outer)] = tissue
        out[beside & at_pedicle & (lateral <= recess) & (back > 0)] = Tissue.CANAL
    out[near] = Tissue.CANAL
    return out


def faces(vertebra: Vertebra, centre_mm: Float[np.ndarray, "3"], normal: Float[np.ndarray, "3"]) -> str:
    """What a gap in the body's cortex opens to, from its centre and outward normal (both local).

    One of canal, disc-above, disc-below, foramen-left, foramen-right, paravertebral.
    """
    if abs(normal[2]) > PLATE_COSINE:
        return "disc-above" if normal[2] > 0 else "disc-below"
    probe = np.asarray(centre_mm) + PROBE_MM * np.asarray(normal)
    names = {
        int(Tissue.CANAL): "canal",
        int(Tissue.FORAMEN_LEFT): "foramen-left",
        int(Tissue.FORAMEN_RIGHT): "foramen-right",
    }
    return names.get(int(behind_the_body(vertebra, probe[None])[0]), "paravertebral")
