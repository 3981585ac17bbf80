"""A balloon in the vertebral body: it makes a cavity and compacts the bone around it before any cement comes.

The balloon takes the bone nearest to the needle's tip, never cortex.  The mineral it pushes aside lies in the bone
around the cavity, of which each voxel takes up to as much again as it held: a shell of raised density.  Mineral is
conserved.
Height comes back only as far as the round balloon and its shell need more room than the endplates leave it.
"""

from dataclasses import dataclass, replace

import numpy as np
from jaxtyping import Bool, Float64, Int64

from vertebroplasty.anatomy.grid import Tissue, VertebraGrid
from vertebroplasty.anatomy.vertebra import Part
from vertebroplasty.cement.actions import Balloon
from vertebroplasty.cement.permeability import (
    CLEFT_PERMEABILITY,
    COMPACT_FRACTION,
    CORTICAL_HU,
    LEAST_POROSITY,
    PorousBed,
)  # fmt: skip
from vertebroplasty.errors import Refused
from vertebroplasty.geometry.needle_path import NeedlePath

__all__ = ["Cavity", "inflated"]

LARGEST_ML = 6.0  # [choice] a balloon holds no more
TAKES_UP = 1.0  # [choice] mineral that bone beside a balloon takes up, relative to what it held
G_PER_CM3_PER_HU = 0.8e-3  # [choice] mineral density of a generic CT, within 0.7e-3 to 0.9e-3
YIELD_MPA, YIELD_POWER = 37.4, 1.39  # [Kopperdahl2002] yield stress of vertebral bone by density in g/cm³
KPA_PER_MPA = 1000.0  # [exact] kPa in a MPa
SPHERE = 6.0 / np.pi  # [exact] cube of a ball's diameter over its volume
Mask = Bool[np.ndarray, "k j i"]


@dataclass(frozen=True, eq=False, kw_only=True)
class Cavity:
    """What a balloon left: `mask` of the cavity, the shell's volume and how much denser it is, pressure, height.

    `pressure_kpa` is what the bone at the cavity's edge withstands.  `height_gain_mm` is while the balloon is inflated;
    how much of it stays after it is let down is not known.
    """

    mask: Mask
    volume_ml: float
    pressure_kpa: float
    shell_ml: float
    shell_density_ratio: float
    height_gain_mm: float


def inflated(
    grid: VertebraGrid, bed: PorousBed, path: NeedlePath, action: Balloon, cement: Mask
) -> tuple[PorousBed, Cavity]:
    """Inflate a balloon about a needle's tip, to a volume or until the bone withstands the pressure.

    `cement` marks the voxels that hold cement already.  Returns the bed with the cavity and its shell, and what the
    balloon did.

    Raises:
        Refused: cement is already there, the tip lies outside the marrow of the body, or the body cannot take a
            balloon of that size.
    """
    cells, layer = _by_distance(grid, bed, path)
    before = bed.porosity.reshape(-1)[cells]
    needed_kpa = _needed_kpa(before, layer)
    count = _how_many(grid, action, needed_kpa, before)
    if cement.reshape(-1)[cells[:count]].any():
        raise Refused("A balloon is inflated before cement comes to where it lies.", where="balloon")
    after, shell = _compacted(before, count)
    mask = np.zeros_like(bed.inside)
    mask.reshape(-1)[cells[:count]] = True
    held, holds = float((1.0 - before[count:shell]).sum()), float((1.0 - after[count:shell]).sum())
    cavity = Cavity(
        mask=mask,
        volume_ml=count * grid.voxel_ml,
        pressure_kpa=float(needed_kpa[max(count - 1, 0)]),
        shell_ml=(shell - count) * grid.voxel_ml,
        shell_density_ratio=holds / held if held > 0 else 1.0,
        height_gain_mm=_height_gain_mm(grid, bed, int(cells[0]), shell if count else 0),
    )
    return _with_cavity(bed, cells[:shell], after[:shell], count), cavity


def _by_distance(
    grid: VertebraGrid, bed: PorousBed, path: NeedlePath
) -> tuple[Int64[np.ndarray, "n"], Int64[np.ndarray, "n"]]:
    """The marrow of the body from the needle's tip outwards: flat indices, and the layer of voxels each lies in."""
    marrow = bed.inside & (grid.part == Part.BODY) & grid.is_tissue(Tissue.TRABECULAR, Tissue.LESION)
    marrow &= bed.porosity < 1.0
    index = np.argwhere(marrow)
    away = np.linalg.norm(index[:, ::-1] - grid.affine.to_index(path.tip_lps_mm), axis=1)
    if away.size == 0 or away.min() > 1.0:
        raise Refused(f"The balloon does not lie in cancellous bone of the body of {grid.level}.", where="balloon")
    order = np.argsort(away, kind="stable")
    cells = np.ravel_multi_index(tuple(index[order].T), marrow.shape)
    return cells, np.floor(away[order]).astype(np.int64)


def _needed_kpa(porosity: Float64[np.ndarray, "n"], layer: Int64[np.ndarray, "n"]) -> Float64[np.ndarray, "n"]:
    """Pressure that opens the cavity up to each voxel: the mean yield stress of a layer, the highest so far."""
    density = G_PER_CM3_PER_HU * CORTICAL_HU * COMPACT_FRACTION * (1.0 - porosity)
    withstands = KPA_PER_MPA * YIELD_MPA * density**YIELD_POWER
    total, number = np.bincount(layer, withstands), np.bincount(layer)
    mean = np.divide(total, number, out=np.zeros(total.size), where=number > 0)
    return np.asarray(np.maximum.accumulate(mean)[layer])


def _how_many(
    grid: VertebraGrid, action: Balloon, needed_kpa: Float64[np.ndarray, "n"], porosity: Float64[np.ndarray, "n"]
) -> int:
    """Voxels that the balloon takes: at most so many that the bone around takes up their mineral."""
    pushed_aside = np.concatenate(([0.0], np.cumsum(1.0 - porosity)))
    taken_up = np.concatenate((np.cumsum(_takes_up(porosity)[::-1])[::-1], [0.0]))
    fits = int(np.count_nonzero(pushed_aside <= taken_up)) - 1
    largest = min(round(LARGEST_ML / grid.voxel_ml), fits)
    if action.pressure_kpa is not None:
        return min(int(np.searchsorted(needed_kpa, action.pressure_kpa, side="right")), largest)
    asked = round((action.volume_ml or 0.0) / grid.voxel_ml)
    if asked > largest:
        raise Refused(
            f"A balloon there in {grid.level} can hold {largest * grid.voxel_ml:.1f} ml, not {action.volume_ml:g} ml: "
            "use less.",
            where="balloon",
        )
    return asked


def _takes_up(porosity: Float64[np.ndarray, "n"]) -> Float64[np.ndarray, "n"]:
    """Share of a voxel that more mineral can fill."""
    return np.minimum(TAKES_UP * (1.0 - porosity), np.maximum(porosity - LEAST_POROSITY, 0.0))


def _compacted(porosity: Float64[np.ndarray, "n"], count: int) -> tuple[Float64[np.ndarray, "n"], int]:
    """Porosity with the first `count` voxels emptied and their mineral in the next ones; where the shell ends."""
    takes = _takes_up(porosity[count:])
    before = np.concatenate(([0.0], np.cumsum(takes)))
    added = np.clip((1.0 - porosity[:count]).sum() - before[:-1], 0.0, takes)
    return np.concatenate((np.ones(count), porosity[count:] - added)), count + int(np.count_nonzero(added))


def _with_cavity(
    bed: PorousBed, cells: Int64[np.ndarray, "n"], after: Float64[np.ndarray, "n"], count: int
) -> PorousBed:
    """The bed with its new porosity; the shell's permeability follows it (Kozeny–Carman), the cavity's is open."""
    porosity, permeability = bed.porosity.copy(), bed.permeability_m2.copy()
    before = porosity.reshape(-1)[cells[count:]]
    shell = after[count:]
    ratio = (shell / before) ** 3 * ((1.0 - before) / (1.0 - shell)) ** 2
    permeability.reshape(-1)[cells[count:]] *= ratio
    permeability.reshape(-1)[cells[:count]] = CLEFT_PERMEABILITY
    porosity.reshape(-1)[cells] = after
    return replace(bed, porosity=porosity, permeability_m2=permeability)


def _height_gain_mm(grid: VertebraGrid, bed: PorousBed, middle: int, voxels: int) -> float:
    """By how much a ball of so many voxels is taller than the marrow between the endplates at its middle."""
    k, j, i = (int(n) for n in np.unravel_index(middle, bed.inside.shape))
    column = bed.inside[:, j, i] & (grid.part[:, j, i] == Part.BODY)
    closed = np.flatnonzero(~column)
    below, above = closed[closed < k], closed[closed > k]
    room = (above[0] if above.size else column.size) - (below[-1] if below.size else -1) - 1
    ball_mm = (SPHERE * voxels) ** (1.0 / 3.0) * grid.spacing_mm
    return float(max(0.0, ball_mm - room * grid.spacing_mm))
