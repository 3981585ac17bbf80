"""The vertebral body set apart: behind at the plane of its posterior wall, at the sides without processes and ribs.

Where the segmentation labels the corpus, that label is the body.  Otherwise: bone in front of the plane of the
posterior wall beside the canal, and between the pedicles everything in front of the canal (a retropulsed fragment
belongs to the body), within a footprint from which transverse processes and ribs have been opened away.
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float
from scipy import ndimage

from vertebroplasty.anatomy.posterior_wall import lateral_line
from vertebroplasty.anatomy.sampling import Field
from vertebroplasty.anatomy.vertebra import Canal, WallLine
from vertebroplasty.geometry.frame import Frame

__all__ = ["Body", "Footprint", "footprint_of", "wall_plane"]

OPENING_MM = 7.0  # [choice] disc that fits into every body but into no transverse process seen from above
BEYOND_FOOTPRINT_MM = 4.0  # [choice] rims reach this far beyond the majority section
PIXEL_MM = 1.0  # [choice] of the footprint
HALF_SIZE_MM = 48.0  # [choice] of the footprint's image to each side
WALL_SHARE = 0.38  # [choice] of the height to each side over which the wall's plane is fitted
FRAGMENT_SHARE = 0.85  # [choice] of the canal's half width within which bone before the canal is a fragment of the body
DEPTH_SHARE = 0.25  # [choice] of the height to each side: the middle half gives the footprint


@dataclass(frozen=True, eq=False)
class Footprint:
    """The body seen from above: mm to the border of its majority section, negative inside; rows anterior."""

    distance_mm: Float[np.ndarray, "a r"]

    def at(self, right_mm: Float[np.ndarray, "*n"], anterior_mm: Float[np.ndarray, "*n"]) -> Float[np.ndarray, "*n"]:
        """Distance to the footprint's border."""
        middle = (self.distance_mm.shape[0] - 1) / 2
        place = np.stack([np.asarray(anterior_mm) / PIXEL_MM + middle, np.asarray(right_mm) / PIXEL_MM + middle])
        found: Float[np.ndarray, "*n"] = ndimage.map_coordinates(self.distance_mm, place, order=1, mode="nearest")
        return found


@dataclass(frozen=True, eq=False, kw_only=True)
class Body:
    """The body as a signed function of space: negative within it, zero on its surface."""

    frame: Frame
    bone: Field
    corpus: Field | None
    plane: WallLine
    canal: Canal | None
    footprint: Footprint

    @property
    def surface(self) -> Field:
        """The field whose edges are the endplates, the front and the sides."""
        return self.corpus or self.bone

    def behind_limit(
        self, right_mm: Float[np.ndarray, "*n"], superior_mm: Float[np.ndarray, "*n"]
    ) -> Float[np.ndarray, "*n"]:
        """Anterior coordinate at which the body ends behind: the wall's plane, in front of the canal its centre."""
        plane = self.plane.anterior_at(superior_mm)
        if self.canal is None:
            return plane
        centre = np.interp(superior_mm, self.canal.superior_mm, self.canal.centre_anterior_mm)
        between = np.abs(right_mm) < FRAGMENT_SHARE * self.canal.half_width_mm
        return np.where(between, np.minimum(centre, plane), plane)

    def signed_mm(self, local_mm: Float[np.ndarray, "*n 3"]) -> Float[np.ndarray, "*n"]:
        """Negative inside the body, positive outside, at local points."""
        world = self.frame.to_world(local_mm)
        if self.corpus is not None:
            return self.corpus.at(world)
        return np.maximum(self.bone.at(world), self.beyond_mm(local_mm))

    def beyond_mm(self, local_mm: Float[np.ndarray, "*n 3"]) -> Float[np.ndarray, "*n"]:
        """How far points lie behind the body or beside its footprint, whether bone or not; negative in its region."""
        right, anterior, superior = np.moveaxis(np.asarray(local_mm), -1, 0)
        behind = self.behind_limit(right, superior) - anterior
        beside = self.footprint.at(right, anterior) - BEYOND_FOOTPRINT_MM
        return np.maximum(behind, beside)


def wall_plane(field: Field, frame: Frame, canal: Canal | None, half_height_mm: float, near: WallLine) -> WallLine:
    """The plane of the posterior wall beside a central bulge; the mid-sagittal wall where it cannot be seen."""
    if canal is None:
        return near
    centre = float(np.interp(0.0, canal.superior_mm, canal.centre_anterior_mm))
    beside = lateral_line(field, frame, WALL_SHARE * 2 * half_height_mm, canal.half_width_mm, centre)
    return near if beside is None else beside


def _disc(radius_mm: float) -> Bool[np.ndarray, "a r"]:
    reach = int(radius_mm / PIXEL_MM)
    offsets = np.arange(-reach, reach + 1) * PIXEL_MM
    return np.asarray(np.hypot(*np.meshgrid(offsets, offsets)) <= radius_mm)


def footprint_of(surface: Field, frame: Frame, plane: WallLine, height_mm: float) -> Footprint:
    """The majority section of the body's middle half, opened so that processes and ribs fall away."""
    offsets = np.arange(-HALF_SIZE_MM, HALF_SIZE_MM + PIXEL_MM / 2, PIXEL_MM)
    heights = np.linspace(-DEPTH_SHARE, DEPTH_SHARE, 9) * height_mm
    superior, anterior, right = np.meshgrid(heights, offsets, offsets, indexing="ij")
    bone = surface.at(frame.to_world(np.stack([right, anterior, superior], axis=-1))) < 0
    majority = (bone & (anterior > plane.anterior_at(superior))).mean(axis=0) > 0.5
    # The opening must not round the two hind corners, where body and pedicle meet: mirror the plane before opening.
    first = int(np.argmax(offsets > plane.anterior_at(0.0)))
    mirrored = np.concatenate([majority[first:][::-1], majority[first:]])
    opened = ndimage.binary_opening(mirrored, _disc(OPENING_MM))[len(mirrored) // 2 :]
    pieces, _ = ndimage.label(opened)
    sizes = np.bincount(pieces.ravel())
    sizes[0] = 0
    section = np.zeros_like(majority)
    section[first:] = pieces == int(np.argmax(sizes)) if sizes.max() > 0 else majority[first:]
    distance = (ndimage.distance_transform_edt(~section) - ndimage.distance_transform_edt(section)) * PIXEL_MM
    return Footprint(distance.astype(np.float32))
