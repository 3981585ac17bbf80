"""What a needle may touch and what not, by approach: bone, canal and foramina, as fields its line is read against."""

from functools import lru_cache

import numpy as np
from jaxtyping import Bool, Float
from scipy import ndimage

from vertebroplasty.anatomy.grid import Tissue
from vertebroplasty.anatomy.sampling import Field
from vertebroplasty.anatomy.surroundings import behind_the_body
from vertebroplasty.anatomy.vertebra import Vertebra
from vertebroplasty.errors import Refused
from vertebroplasty.needle.line_kernels import bone_behind

__all__ = [
    "APPROACHES",
    "BEFORE_BONE_MM",
    "bone_counts_from",
    "foramen_field",
    "free_behind",
    "inverse_of",
    "nerve_field",
    "outside_approach",
    "refuse_unusual",
]

APPROACHES = ("transpedicular", "parapedicular", "posterolateral", "anterolateral")
BEFORE_BONE_MM = 30.0  # [choice] an approach beside the pedicle is watched for nerves from so far before the bone
BACK_MM = 60.0  # [choice] the way from the skin that must be free of bone
FAR_MM = 1e3  # [choice] beyond everything
REGIONS = {
    "parapedicular": ("T", "L"),
    "posterolateral": ("L",),
    "anterolateral": ("C",),
}  # where each approach outside the pedicle is offered: elsewhere lung, carotid sheath or bowel lie in its way


def refuse_unusual(approach: str, level: str) -> None:
    """Refuse an unknown approach, and one that would cross lung, neck vessels or bowel on this level.

    Raises:
        Refused: see above.
    """
    if approach not in APPROACHES:
        raise Refused(f"{approach} is no approach: use {', '.join(APPROACHES)}.", where="--approach")
    allowed = REGIONS.get(approach)
    if allowed is not None and level[0] not in allowed:
        raise Refused(
            f"The {approach} approach is not offered on {level}, where other organs lie in its way: use it on "
            f"{' or '.join(allowed)} levels, or give your own path with --entry and --tip.",
            where="--approach",
        )


def outside_approach(approach: str) -> bool:
    """Whether the needle reaches the body beside the pedicle."""
    return approach != "transpedicular"


def inverse_of(field: Field) -> Float[np.ndarray, "3 4"]:
    """Maps LPS to the field's index (i, j, k)."""
    return np.ascontiguousarray(np.linalg.inv(field.affine.matrix)[:3])


def bone_counts_from(vertebra: Vertebra, approach: str) -> Float[np.ndarray, "4"]:
    """Plane (normal, offset) in LPS in front of which leaving bone counts.

    Through the pedicle that is everywhere, beside it the body, from its posterior wall on.
    """
    if not outside_approach(approach):
        return np.array([0.0, 0.0, 0.0, 1.0])
    wall, frame = vertebra.posterior_wall, vertebra.frame
    normal = frame.anterior - wall.slope * frame.superior
    return np.append(normal, -normal @ frame.origin_lps_mm - wall.at_zero_mm)


@lru_cache(maxsize=2)
def nerve_field(vertebra: Vertebra, approach: str) -> Field:
    """Millimetres to canal or foramina, for approaches beside the pedicle; far everywhere for one through it.

    Through the pedicle bone lies between needle and nerve, and the distance to bone's surface says it more finely.
    Half a voxel is taken off, since the space reaches beyond the centres of its voxels.
    """
    if not outside_approach(approach) or vertebra.canal is None:
        return Field(np.full((2, 2, 2), FAR_MM, np.float32), vertebra.distance_affine)
    return Field(_distance_to(vertebra, _nerve_room(vertebra)), vertebra.distance_affine)


@lru_cache(maxsize=2)
def foramen_field(vertebra: Vertebra) -> Field | None:
    """Millimetres to the foramina on the crop around the bone; None where no canal was found."""
    room = _behind(vertebra)
    foramina = (room == Tissue.FORAMEN_LEFT) | (room == Tissue.FORAMEN_RIGHT)
    return Field(_distance_to(vertebra, foramina), vertebra.distance_affine) if foramina.any() else None


def _behind(vertebra: Vertebra) -> Float[np.ndarray, "k j i"]:
    """`Tissue` of the soft voxels behind the body on the crop around the bone."""
    k, j, i = np.indices(vertebra.distance_mm.shape)
    local = vertebra.frame.to_local(vertebra.distance_affine.to_world(np.stack([i, j, k], axis=-1)))
    return np.where(vertebra.distance_mm > 0, behind_the_body(vertebra, local), int(Tissue.SOFT))


def _nerve_room(vertebra: Vertebra) -> Bool[np.ndarray, "k j i"]:
    room = _behind(vertebra)
    return np.isin(room, [int(Tissue.CANAL), int(Tissue.FORAMEN_LEFT), int(Tissue.FORAMEN_RIGHT)])


def _distance_to(vertebra: Vertebra, room: Bool[np.ndarray, "k j i"]) -> Float[np.ndarray, "k j i"]:
    spacing = vertebra.distance_affine.spacing_mm
    if not room.any():
        return np.full(room.shape, FAR_MM, np.float32)
    away = ndimage.distance_transform_edt(~room, sampling=spacing[::-1])
    return np.asarray(away - spacing.mean() / 2, np.float32)


def free_behind(
    vertebra: Vertebra, entries_lps_mm: Float[np.ndarray, "n 3"], directions_lps: Float[np.ndarray, "n 3"]
) -> Bool[np.ndarray, "n"]:
    """Lines whose way from the skin to the entry crosses no labelled bone or organ."""
    spine = vertebra.level.spine
    met = np.empty(len(entries_lps_mm), np.int64)
    inverse = np.ascontiguousarray(np.linalg.inv(spine.affine.matrix)[:3])
    first = float(2 * spine.affine.spacing_mm.max())
    bone_behind(
        np.ascontiguousarray(spine.labels),
        inverse,
        np.ascontiguousarray(entries_lps_mm),
        np.ascontiguousarray(directions_lps),
        first,
        BACK_MM,
        met,
    )
    return np.asarray(met == 0)
