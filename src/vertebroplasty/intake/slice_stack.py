"""From the positions of single slices to one regular stack, or a sentence naming the slice at fault.

Only orientation and position are believed: not slice thickness, nor the tilt tag, whose sign differs between makers.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from vertebroplasty.errors import UnreadableImage
from vertebroplasty.geometry.frame import Affine

__all__ = ["Slice", "SliceStack", "stack_slices"]

COSINE_TOLERANCE = 1e-3  # [choice] rounding of direction cosines written with three decimals
PIXEL_TOLERANCE_MM = 1e-4  # [choice] rounding of pixel spacings
SAME_PLACE_SHARE = 0.1  # [choice] slices closer than a tenth of the usual gap repeat a position
GAP_TOLERANCE_MM = 0.12  # [choice] positions rounded to a tenth of a millimetre still pass
GAP_TOLERANCE_SHARE = 0.02  # [choice] of the usual gap, for thick slices
TILT_TOLERANCE_DEG = 0.1  # [choice] below: rounding, 0.5 mm of drift over 300 mm
WHOLE_SHARE = 0.1  # [choice] how near a gap must be to a multiple of the usual one to mean missing slices


@dataclass(frozen=True, eq=False, kw_only=True)
class Slice:
    """Where one slice lies: first pixel's centre, row and column directions (LPS), distances between pixels."""

    name: str
    rows: int
    columns: int
    along_row: Float[np.ndarray, "3"]
    along_column: Float[np.ndarray, "3"]
    position_lps_mm: Float[np.ndarray, "3"]
    spacing_ij_mm: Float[np.ndarray, "2"]


@dataclass(frozen=True, eq=False, kw_only=True)
class SliceStack:
    """A regular stack: `order` sorts the slices along their normal; `step_mm` leads from one to the next (LPS)."""

    order: tuple[int, ...]
    rows: int
    columns: int
    along_row: Float[np.ndarray, "3"]
    along_column: Float[np.ndarray, "3"]
    normal: Float[np.ndarray, "3"]
    origin_lps_mm: Float[np.ndarray, "3"]
    spacing_ij_mm: Float[np.ndarray, "2"]
    step_mm: Float[np.ndarray, "3"]

    @property
    def tilt_deg(self) -> float:
        """Angle between the table's direction and the slices' normal: the gantry tilt."""
        along = self.step_mm @ self.normal
        across = np.linalg.norm(self.step_mm - along * self.normal)
        return float(np.degrees(np.arctan2(across, along)))

    @property
    def is_tilted(self) -> bool:
        """Whether the slices are sheared against each other by more than rounding."""
        return self.tilt_deg > TILT_TOLERANCE_DEG

    @property
    def affine(self) -> Affine:
        """Index (i, j, k) to LPS for a stack without tilt, its axes at right angles."""
        directions = np.stack([self.along_row, self.along_column, self.normal], axis=1)
        spacing = np.array([*self.spacing_ij_mm, self.step_mm @ self.normal])
        return Affine.from_parts(self.origin_lps_mm, directions, spacing)


def stack_slices(slices: Sequence[Slice]) -> SliceStack:
    """Sort slices along their normal and prove that they are one regular stack.

    Raises:
        UnreadableImage: fewer than two slices, mixed sizes or orientations, a repeated or missing position, uneven
            spacing, or slices shifted sideways.
    """
    if len(slices) < 2:
        raise UnreadableImage("The series holds a single slice: give the folder of a whole CT series.", where="CT")
    _refuse_mixed_sizes(slices)
    first = slices[0]
    along_row, along_column, normal = _axes(first)
    _refuse_mixed_geometry(slices, first)
    positions = np.stack([item.position_lps_mm for item in slices])
    heights = positions @ normal
    order = np.argsort(heights, kind="stable")
    _refuse_uneven([slices[index].name for index in order], heights[order])
    step = (positions[order[-1]] - positions[order[0]]) / (len(slices) - 1)
    _refuse_sideways([slices[index] for index in order], step)
    return SliceStack(
        order=tuple(int(index) for index in order),
        rows=first.rows,
        columns=first.columns,
        along_row=along_row,
        along_column=along_column,
        normal=normal,
        origin_lps_mm=positions[order[0]],
        spacing_ij_mm=np.asarray(first.spacing_ij_mm, float),
        step_mm=step,
    )


def _axes(item: Slice) -> tuple[Float[np.ndarray, "3"], Float[np.ndarray, "3"], Float[np.ndarray, "3"]]:
    """Unit axes at right angles: row, column, normal."""
    row, column = np.asarray(item.along_row, float), np.asarray(item.along_column, float)
    lengths = np.array([np.linalg.norm(row), np.linalg.norm(column)])
    if np.any(np.abs(lengths - 1) > COSINE_TOLERANCE) or abs(row @ column) > COSINE_TOLERANCE:
        raise UnreadableImage(
            f"{item.name} states row and column directions that are not at right angles: export the series again.",
            where=item.name,
        )
    row = row / lengths[0]
    column = column - (column @ row) * row
    column = column / np.linalg.norm(column)
    return row, column, np.cross(row, column)


def _refuse_mixed_sizes(slices: Sequence[Slice]) -> None:
    sizes = Counter((item.columns, item.rows) for item in slices)
    (usual, _), *others = sizes.most_common()
    if others:
        odd = next(item for item in slices if (item.columns, item.rows) != usual)
        raise UnreadableImage(
            f"{odd.name} is {odd.columns} x {odd.rows} pixels where the other slices are {usual[0]} x {usual[1]}: "
            "export the whole series in one size.",
            where=odd.name,
        )


def _refuse_mixed_geometry(slices: Sequence[Slice], first: Slice) -> None:
    axes = np.stack([np.concatenate([item.along_row, item.along_column]) for item in slices])
    usual = np.median(axes, axis=0)
    turned = np.abs(axes - usual).max(axis=1) > COSINE_TOLERANCE
    pixels = np.stack([item.spacing_ij_mm for item in slices])
    scaled = np.abs(pixels - np.median(pixels, axis=0)).max(axis=1) > PIXEL_TOLERANCE_MM
    for fault, what in ((turned, "is oriented"), (scaled, "has pixels spaced")):
        if fault.any():
            name = slices[int(np.argmax(fault))].name
            raise UnreadableImage(
                f"{name} {what} differently from the other slices: give one series of parallel slices.", where=name
            )


def _refuse_uneven(names: Sequence[str], heights: Float[np.ndarray, "n"]) -> None:
    """Repeated positions, missing slices and uneven spacing, in this order; `names` follow the heights."""
    gaps = np.diff(heights)
    usual = float(np.median(gaps))
    repeated = gaps < SAME_PLACE_SHARE * usual if usual > 0 else gaps <= 0
    if repeated.any():
        at = int(np.argmax(repeated))
        a, b = sorted((names[at], names[at + 1]))
        raise UnreadableImage(
            f"{a} and {b} lie at the same position: the series holds a slice twice, remove one of them.", where=a
        )
    tolerance = max(GAP_TOLERANCE_MM, GAP_TOLERANCE_SHARE * usual)
    uneven = np.abs(gaps - usual) > tolerance
    multiples = gaps / usual
    missing = (multiples > 1.5) & (np.abs(multiples - np.rint(multiples)) < WHOLE_SHARE)
    if uneven.any() and np.all(missing[uneven]):
        at = int(np.argmax(missing))
        count = round(float(multiples[missing].sum() - missing.sum()))
        noun = "slice is" if count == 1 else "slices are"
        raise UnreadableImage(
            f"{count} {noun} missing: {gaps[at]:.2f} mm lie between {names[at]} and {names[at + 1]} where the others "
            f"are {usual:.2f} mm apart; export the complete series.",
            where=names[at],
        )
    regular = heights[0] + np.arange(len(heights)) * (heights[-1] - heights[0]) / (len(heights) - 1)
    drift = np.abs(heights - regular)
    if uneven.any() or drift.max() > tolerance:
        at = int(np.argmax(uneven)) if uneven.any() else int(np.argmax(drift))
        raise UnreadableImage(
            f"The slices are not evenly spaced: {gaps.min():.2f} to {gaps.max():.2f} mm apart, first uneven at "
            f"{names[at]}; give a series with one spacing.",
            where=names[at],
        )


def _refuse_sideways(ordered: Sequence[Slice], step: Float[np.ndarray, "3"]) -> None:
    """Slices whose corner does not follow the common step were reconstructed with another centre."""
    positions = np.stack([item.position_lps_mm for item in ordered])
    expected = positions[0] + np.arange(len(ordered))[:, None] * step
    off = np.linalg.norm(positions - expected, axis=1)
    tolerance = max(GAP_TOLERANCE_MM, GAP_TOLERANCE_SHARE * float(np.linalg.norm(step)))
    if off.max() > 2 * tolerance:
        name = ordered[int(np.argmax(off))].name
        raise UnreadableImage(
            f"{name} is shifted sideways by {off.max():.1f} mm against the other slices: give one series with one "
            "field of view.",
            where=name,
        )
