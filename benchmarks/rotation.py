"""The real L3 scanned in ten orientations: does the simulated leak depend on how the CT lay?

Every rotation resamples CT and labels onto a turned lattice of the same spacing; the needle keeps its place in the
bone.  With the stop rules off 3 ml are pushed in whole and the leaks are compared; with them on
the reasons to stop are.
Run with `python benchmarks/rotation.py FOLDER_OF_REAL_CTS [rotations] [anterior, posterior, vein or many]`; `many`
asks for the reasons to stop alone, at 45 tips before the posterior wall and the basivertebral vein.
"""

import sys
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from itertools import product
from pathlib import Path

import numpy as np
from scipy import ndimage
from scipy.spatial.transform import Rotation

from vertebroplasty.anatomy.grid import VertebraGrid
from vertebroplasty.anatomy.levels import LevelEvidence, Spine
from vertebroplasty.anatomy.upright import build_grid
from vertebroplasty.anatomy.volume import CtVolume
from vertebroplasty.cement.actions import Mix
from vertebroplasty.cement.injection import inject
from vertebroplasty.cement.leak import SITES
from vertebroplasty.cement.operation import begin_operation
from vertebroplasty.geometry.frame import Affine
from vertebroplasty.geometry.needle_path import NeedlePath

LARGEST_DEG = 25.0
VOLUME_ML, RATE, START_S, PORTION_ML = 3.0, 0.05, 330.0, 0.05
TIPS_MM = {
    "anterior": (-5.0, 8.0, 0.0),  # no leak
    "posterior": (-6.0, -9.0, -2.0),  # the posterior wall is reached first
    "vein": (-2.0, -9.0, 0.0),  # beside the basivertebral vein, which leaks first
}
MANY_MM = tuple(product((-4.0, -3.0, -1.0, 1.0, 3.0), (-11.0, -9.0, -7.0), (-3.0, 0.0, 3.0)))
WANTED_SHARE = 0.8


def spine_of(folder: Path) -> Spine:
    """The L3 crop and its labels, in LPS."""
    import nibabel

    def read(name: str) -> tuple[np.ndarray, Affine]:
        image = nibabel.load(folder / "l3_verse" / name)
        matrix = np.diag([-1.0, -1.0, 1.0, 1.0]) @ image.affine
        return np.ascontiguousarray(np.asarray(image.dataobj).transpose(2, 1, 0)), Affine(matrix)

    hu, affine = read("sub-ct_label-22_ct.nii.gz")
    labels, label_affine = read("sub-ct_seg-vert_label-22_msk.nii.gz")
    names = {21: "L2", 22: "L3", 23: "L4"}
    evidence = {n: LevelEvidence(counted_from="none", neighbours=(), suspicious=()) for n in names.values()}
    ct = CtVolume(hu=hu, affine=affine)
    return Spine(ct=ct, labels=labels, affine=label_affine, names=names, scheme="verse", evidence=evidence)


def turned(spine: Spine, rotation: Rotation) -> Spine:
    """The same patient on a lattice turned about the middle of the scan; what was not scanned reads −1024 HU."""

    def onto(values: np.ndarray, affine: Affine, order: int, outside: float) -> tuple[np.ndarray, Affine]:
        shape = np.array(values.shape[::-1])
        corners = np.array(np.meshgrid(*[(0, n - 1) for n in shape], indexing="ij")).reshape(3, -1).T
        middle = affine.to_world((shape - 1) / 2.0)
        directions = rotation.as_matrix() @ affine.directions
        local = (affine.to_world(corners.astype(float)) - middle) @ directions
        low, high = local.min(axis=0), local.max(axis=0)
        count = np.ceil((high - low) / affine.spacing_mm).astype(int) + 1
        new = Affine.from_parts(middle + directions @ low, directions, affine.spacing_mm)
        index = np.indices(count[::-1]).reshape(3, -1)[::-1].T.astype(float)
        old = affine.to_index(new.to_world(index)).T[::-1]
        found = ndimage.map_coordinates(values, old, order=order, mode="constant", cval=outside)
        return found.reshape(count[::-1]), new

    hu, affine = onto(spine.ct.hu.astype(np.float32), spine.ct.affine, 1, -1024.0)
    labels, label_affine = onto(spine.labels, spine.affine, 0, 0)
    ct = replace(spine.ct, hu=np.rint(hu).astype(spine.ct.hu.dtype), affine=affine)
    return replace(spine, ct=ct, labels=labels, affine=label_affine, _found={})


def rotations(count: int) -> Iterator[Rotation]:
    """Evenly drawn axes and angles up to 25°; the first turns nothing."""
    rng = np.random.default_rng(1)
    yield Rotation.identity()
    for _ in range(count - 1):
        axis = rng.standard_normal(3)
        yield Rotation.from_rotvec(np.radians(rng.uniform(5.0, LARGEST_DEG)) * axis / np.linalg.norm(axis))


def all_in(grid: VertebraGrid, path: NeedlePath) -> dict[str, float]:
    """Leaks by site once the whole volume is in, no rule stopping it."""
    run = begin_operation(
        grid, path, Mix(product="pmma-medium"), room_temperature_c=22.0, seen_from_ml=0.05,
        pressure_limit_kpa=2e4, reaction_s=1.0, stop_on_disc=False, parameters=None,
    ).run  # fmt: skip
    flow, pushed, now = run.flow, 0.0, START_S
    never = np.full(len(SITES), np.inf)
    while pushed < VOLUME_ML - 1e-9:
        law = run.syringe.law(now)
        if not flow.speed.any():
            flow.prime(flow.solve(RATE, law), RATE)
        portion = min(PORTION_ML, VOLUME_ML - pushed) / RATE
        moved = flow.advance(flow.solve(RATE, law), RATE, start_s=now, duration_s=portion, threshold_ml=never)
        now, pushed = now + moved.duration_s, pushed + RATE * moved.duration_s
    return {site.value: float(v) for site, v in zip(SITES, flow.site_volume, strict=True) if v > 0}


def many(reference: VertebraGrid, grids: list[VertebraGrid]) -> None:
    """Reasons to stop at many tips near the wall: at how many of them they agree."""
    shares = []
    for tip in MANY_MM:
        runs = [inject(grid, needle(reference, tip)) for grid in grids]
        counted = Counter(run.stop_reason.value for run in runs).most_common()
        shares.append(counted[0][1] / len(runs))
        volumes = ", ".join(f"{run.injected_ml:.2f}" for run in runs)
        print(f"tip {tip}  {dict(counted)}  stopped at {volumes} ml", flush=True)
    agreeing = sum(share >= WANTED_SHARE for share in shares)
    print(f"the same reason to stop in {100 * WANTED_SHARE:.0f} % of rotations at {agreeing} of {len(shares)} tips")
    print(f"the same reason in {100 * np.mean(shares):.1f} % of all injections")


def needle(reference: VertebraGrid, tip_mm: tuple[float, ...]) -> NeedlePath:
    """A needle from one entry to a tip, both in the vertebra's own axes."""
    entry, tip = (reference.frame.to_world(np.array(p)) for p in ((-18.0, -34.0, 6.0), tip_mm))
    return NeedlePath(entry_lps_mm=entry, tip_lps_mm=tip)


def main(folder: str, count: int = 10, tip: str = "posterior") -> None:
    spine = spine_of(Path(folder))
    reference = build_grid(spine["L3"])
    turns = list(rotations(count))
    grids = [reference, *(build_grid(turned(spine, rotation)["L3"]) for rotation in turns[1:])]
    if tip == "many":
        many(reference, grids)
        return
    path = needle(reference, TIPS_MM[tip])
    totals, reasons = [], []
    for number, (rotation, grid) in enumerate(zip(turns, grids, strict=True)):
        start = time.perf_counter()
        leaks = all_in(grid, path)
        totals.append(sum(leaks.values()))
        run = inject(grid, path)
        reasons.append(run.stop_reason.value)
        degrees = np.degrees(rotation.magnitude())
        print(
            f"{number:2d}  {degrees:5.1f}°  leak {totals[-1]:.3f} ml { ({k: round(v, 3) for k, v in leaks.items()}) }  "
            f"stopped at {run.injected_ml:.2f} ml: {reasons[-1]}  ({time.perf_counter() - start:.0f} s)",
            flush=True,
        )
    change = np.abs(np.array(totals) - totals[0]).max() / VOLUME_ML
    same = Counter(reasons).most_common(1)[0]
    print(f"total leak changes by at most {100 * change:.1f} % of the injected volume (below 5 % wanted)")
    print(f"the same reason to stop ({same[0]}) in {same[1]} of {len(reasons)} (8 of 10 wanted)")


if __name__ == "__main__":
    main(sys.argv[1], *(int(a) for a in sys.argv[2:3]), *sys.argv[3:4])
