"""The CT-fluoroscopy view: an oblique slab of the CT that holds the whole needle, shown as a CT slice.

The slab's plane contains the needle and lies as near to the transverse plane as it can, as a tilted gantry's would.
It is shown as for a prone patient: posterior on top, the patient's left at the left.
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float, Shaped
from scipy import ndimage

from vertebroplasty.anatomy.volume import CtVolume
from vertebroplasty.errors import Refused
from vertebroplasty.fluoroscopy.attenuation import CT_KEV, mass_attenuation
from vertebroplasty.fluoroscopy.cement_shadow import CementMass
from vertebroplasty.geometry.frame import Affine, Frame, unit
from vertebroplasty.geometry.needle_path import NeedlePath

__all__ = ["SlabPicture", "SlabPlane", "plane_along", "slab"]

SIZE = 512  # [choice] pixels a side
FIELD_MM = 130.0  # [choice] what the slab shows: the vertebra and the needle behind it
THICKNESS_MM = 6.0  # [choice] a thick slice, as CT fluoroscopy uses to keep the needle in view
STEP_MM = 1.0  # [choice] distance of the samples averaged across the slab
STEEPEST_DEG = 60.0  # [choice] a plane tilted further from the transverse is no CT slice any more
METAL_HU = 3071.0  # [exact] what twelve bits with an offset of 1024 hold: steel saturates
SHAFT_MM = 125.0  # [choice] steel behind the tip, as on the X-ray
HU_PER_UNIT = 1000.0  # [exact] Hounsfield's scale


@dataclass(frozen=True, eq=False, kw_only=True)
class SlabPlane:
    """The plane of a slab: its middle in LPS mm and unit vectors to the picture's right and up, and its thickness."""

    centre_lps_mm: Float[np.ndarray, "3"]
    right_lps: Float[np.ndarray, "3"]
    up_lps: Float[np.ndarray, "3"]
    thickness_mm: float = THICKNESS_MM
    size: int = SIZE
    pixel_mm: float = FIELD_MM / SIZE

    @property
    def normal_lps(self) -> Float[np.ndarray, "3"]:
        """Towards the viewer, who stands at the patient's feet."""
        return np.cross(self.right_lps, self.up_lps)

    def points_lps_mm(self, off_plane_mm: float = 0.0) -> Float[np.ndarray, "rows columns 3"]:
        """Every pixel's centre, on a plane so far towards the viewer."""
        steps = (np.arange(self.size) - 0.5 * (self.size - 1)) * self.pixel_mm
        middle = self.centre_lps_mm + off_plane_mm * self.normal_lps
        return np.asarray(middle - steps[:, None, None] * self.up_lps + steps[None, :, None] * self.right_lps)


@dataclass(frozen=True, eq=False, kw_only=True)
class SlabPicture:
    """Hounsfield units of a slab, NaN where the CT does not reach, row 0 on top."""

    plane: SlabPlane
    hu: Float[np.ndarray, "rows columns"]
    notes: tuple[str, ...]


def plane_along(frame: Frame, path: NeedlePath | None = None) -> SlabPlane:
    """The plane that holds the needle and is nearest to the transverse plane, centred between its entry and tip.

    Without a needle it is the vertebra's own transverse plane through its middle.

    Raises:
        Refused: the needle runs too steeply along the patient for any near-transverse plane to hold it.
    """
    if path is None:
        return _plane(frame.origin_lps_mm, frame.superior)
    head = np.array([0.0, 0.0, 1.0])
    along = path.direction_lps
    steep = float(np.degrees(np.arcsin(np.clip(abs(along[2]), 0.0, 1.0))))
    if steep > STEEPEST_DEG:
        raise Refused(
            f"The needle runs {steep:.0f}° towards the head or feet: no transverse slab holds it; use an X-ray view.",
            where="--view",
        )
    return _plane((path.entry_lps_mm + path.tip_lps_mm) / 2, unit(head - (head @ along) * along))


def _plane(centre: Float[np.ndarray, "3"], headwards: Float[np.ndarray, "3"]) -> SlabPlane:
    """Seen from the feet with the patient prone: posterior up, so the patient's left is on the picture's left."""
    back = np.array([0.0, 1.0, 0.0])
    up = unit(back - (back @ headwards) * headwards)
    return SlabPlane(centre_lps_mm=np.asarray(centre, float), right_lps=np.cross(headwards, up), up_lps=up)


def slab(
    ct: CtVolume,
    plane: SlabPlane,
    *,
    needles: tuple[NeedlePath, ...] = (),
    cement: CementMass | None = None,
) -> SlabPicture:
    """The CT averaged across the slab, with steel where the needle is and opacified cement in the pores.

    Each sample is interpolated between voxels.  Metal streaks and partial scans are not modelled.
    """
    depths = np.arange(-0.5 * plane.thickness_mm + 0.5 * STEP_MM, 0.5 * plane.thickness_mm, STEP_MM)
    total = np.zeros((plane.size, plane.size))
    outside = ct.outside()
    for depth in depths:
        points = plane.points_lps_mm(float(depth))
        values = ct.sample(points)
        if outside.any():
            values = np.where(_interpolated(outside, ct.affine, points) > 0.0, np.nan, values)
        if cement is not None:
            values = values + _cement_hu(cement, points)
        for path in needles:
            values = np.where(_in_cannula(path, points), METAL_HU, values)
        total += np.minimum(values, METAL_HU)
    hu = total / len(depths)
    notes = []
    if np.isnan(hu).any():
        notes.append(f"{100.0 * np.mean(np.isnan(hu)):.0f} % of the slab lies outside the CT and is hatched.")
    return SlabPicture(plane=plane, hu=hu, notes=tuple(notes))


def _cement_hu(cement: CementMass, points: Float[np.ndarray, "rows columns 3"]) -> Float[np.ndarray, "rows columns"]:
    """What cement in the pores adds to the HU of the marrow it replaces, taken as water."""
    share, density = cement.mix.opacifier_fraction, cement.mix.density_g_per_cm3
    per_gram = share * float(mass_attenuation(cement.mix.opacifier, CT_KEV))
    per_gram += (1.0 - share) * float(mass_attenuation("pmma", CT_KEV))
    full = HU_PER_UNIT * (per_gram * density / float(mass_attenuation("water", CT_KEV)) - 1.0)
    return full * _interpolated(cement.fill, cement.affine, points)


def _interpolated(
    values: Shaped[np.ndarray, "k j i"], affine: Affine, points: Float[np.ndarray, "rows columns 3"]
) -> Float[np.ndarray, "rows columns"]:
    index = np.moveaxis(affine.to_index(points)[..., ::-1], -1, 0)
    found: Float[np.ndarray, "rows columns"] = ndimage.map_coordinates(
        values.astype(np.float32), index, order=1, mode="constant", cval=0.0
    )
    return found


def _in_cannula(path: NeedlePath, points: Float[np.ndarray, "rows columns 3"]) -> Bool[np.ndarray, "rows columns"]:
    offset = points - path.tip_lps_mm
    along = offset @ path.direction_lps
    aside = np.linalg.norm(offset - along[..., None] * path.direction_lps, axis=-1)
    return (along <= 0.0) & (along >= -max(SHAFT_MM, path.length_mm)) & (aside <= 0.5 * path.gauge.outer_mm)
