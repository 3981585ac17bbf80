"""What cement does to the neighbours' endplates on a synthetic spine: by bone density, cement volume and disc modulus.

Run with `python benchmarks/neighbours.py`.  Ratios are after over before; published models with a fluid nucleus find
1.17 (endplate load and nucleus pressure) and 1.19 (disc pressure), both quoted from memory.
"""

import numpy as np

from vertebroplasty.anatomy.stack import build_stack
from vertebroplasty.phantom import LevelShape, SpinePhantom
from vertebroplasty.strength.adjacent import adjacent_change
from vertebroplasty.strength.calibration import Calibration
from vertebroplasty.strength.cases import setting_of
from vertebroplasty.strength.compression import compress

LINE = Calibration(name="phantom", slope_mg_per_ml_per_hu=0.77, slope_interval=None)
FORCE_N = 1000.0


def main() -> None:
    """Print one row for every spine, volume and disc."""
    print("spongy HU  cement ml  disc MPa  side   peak    nucleus  total at same shortening  failure load")
    for hu in (60.0, 140.0):
        shapes = {name: LevelShape(trabecular_hu=hu) for name in ("L1", "L2", "L3")}
        _, spine = SpinePhantom(levels=shapes, spacing_mm=(1.1, 1.1, 1.1)).build()
        grid = build_stack(spine["L2"], 1.5)
        middle = np.argwhere(grid.body()).mean(axis=0)
        far = np.sqrt(sum((axis - m) ** 2 for axis, m in zip(np.indices(grid.hu.shape), middle, strict=True)))
        for radius_mm in (9.0, 12.5):
            fill = np.where((far * 1.5 <= radius_mm) & grid.body(), 0.85, 0.0)
            for disc in (5.0, 10.0, 50.0):
                setting = setting_of("stack", disc_mpa=disc)
                before, after = (compress(grid, fill=f, calibration=LINE, setting=setting) for f in (None, fill))
                gain = after.relative_failure_load[0] / before.relative_failure_load[0]
                for change in adjacent_change(before.response, after.response, FORCE_N):
                    print(
                        f"{hu:8.0f}  {fill.sum() * grid.voxel_ml:9.1f}  {disc:8.0f}  {change.before.side:5s}  "
                        f"{change.peak:.4f}  {change.nucleus_pressure:.4f}   {change.total_at_same_displacement:.4f}"
                        f"                    {gain:.2f}",
                        flush=True,
                    )


if __name__ == "__main__":
    main()
