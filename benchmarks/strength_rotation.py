"""The real L3 scanned in ten orientations: does its stiffness depend on how the CT lay?

Every rotation resamples CT and labels onto a turned lattice of the same spacing, by linear interpolation; that alone
blurs the scan a little, so a second row of figures compares the turned scans with each other.
Run with `python benchmarks/strength_rotation.py FOLDER_OF_REAL_CTS [rotations] [degrees]`.
"""

import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from rotation import spine_of, turned
from scipy.spatial.transform import Rotation

from vertebroplasty.anatomy.upright import build_grid
from vertebroplasty.strength.calibration import Calibration
from vertebroplasty.strength.compression import compress

LINE = Calibration(name="phantom", slope_mg_per_ml_per_hu=0.77, slope_interval=None)


def rotations(count: int, degrees: float) -> Iterator[Rotation]:
    """Nothing, then turns about evenly drawn axes by one angle."""
    rng = np.random.default_rng(1)
    yield Rotation.identity()
    for _ in range(count - 1):
        axis = rng.standard_normal(3)
        yield Rotation.from_rotvec(np.radians(degrees) * axis / np.linalg.norm(axis))


def main() -> None:
    """Print stiffness in every orientation, and how far apart they lie."""
    count = int(sys.argv[2]) if len(sys.argv) > 2 else 10
    degrees = float(sys.argv[3]) if len(sys.argv) > 3 else 30.0
    spine, found = spine_of(Path(sys.argv[1])), []
    for rotation in rotations(count, degrees):
        grid = build_grid(turned(spine, rotation)["L3"], 1.0)
        result = compress(grid, calibration=LINE)
        found.append(result.stiffness_n_per_mm or np.nan)
        print(f"{np.round(rotation.as_rotvec(degrees=True), 1)}  {found[-1]:.0f} N/mm", result.why_unknown, flush=True)
    values = np.array(found)
    print(f"largest change against the scan as it is: {100 * np.nanmax(abs(values / values[0] - 1)):.1f} %")
    later = values[1:]
    print(f"spread (SD) among the turned scans: {100 * np.nanstd(later) / np.nanmean(later):.1f} %")


if __name__ == "__main__":
    main()
