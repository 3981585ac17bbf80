"""How much each choice of the model moves the stiffness and strength of one published L2; prints a table.

    python benchmarks/l2_experiments.py DENSITY.nii.gz PARTS.nii.gz

The published table says 12 362 N/mm, 2.438 kN (linear) and 1.847 kN (nonlinear) for the vertebra of VerSe subject 4.
"""

import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
from scipy import ndimage

from vertebroplasty.strength.density_compression import density_specimen
from vertebroplasty.strength.density_files import read_density
from vertebroplasty.strength.load_cases import LoadCase, compression
from vertebroplasty.strength.material import CAP_MPA, LAWS
from vertebroplasty.strength.pistoia import pistoia_load_n
from vertebroplasty.strength.press import failure_load_n
from vertebroplasty.strength.response import respond
from vertebroplasty.strength.specimen import Matter, Specimen
from vertebroplasty.strength.yield_laws import YIELD_LAWS
from vertebroplasty.strength.yielding import press_to_yield

PUBLISHED = 12362.0  # [spineFE-benchmark] N/mm
BINS = 128  # [spineFE-benchmark] density bins of the published model
CORTEX = (2, 4)


def variants(density: np.ndarray, parts: np.ndarray, spacing: float) -> Iterator[tuple[str, str, Specimen]]:
    """Group, words and specimen of each variant of the model."""
    law = LAWS["kopperdahl2002-power"]
    base = density_specimen(density, parts, spacing)
    bone = np.isin(parts, (1, 2, 3, 4))

    def with_density(values: np.ndarray = density, *, touching: np.ndarray = parts, **options: object) -> Specimen:
        return density_specimen(values, touching, spacing, **options)  # type: ignore[arg-type]

    yield "reference", "as checked against two solvers", base
    for count in (BINS, 32):
        for low, words in ((0.0, "0 to the maximum"), (float(density[bone].min()), "the minimum to the maximum")):
            edges = np.linspace(low, density[bone].max(), count + 1)
            index = np.clip(np.digitize(density, edges) - 1, 0, count - 1)
            middle = (edges[:-1] + edges[1:]) / 2
            yield "binning", f"{count} bins from {words}, middle of the bin", with_density(middle[index])
            yield "binning", f"{count} bins from {words}, upper edge", with_density(edges[1:][index])
    yield "boundary", "processes left out", with_density(density, process=())
    yield "boundary", "processes touching the plates", with_density(density, body=(1, 2, 3, 4), process=())
    yield "cortex", "smoothed by a median of 3 voxels", with_density(ndimage.median_filter(density, 3))
    for side, layer in (("upper", -1), ("lower", 0)):
        touching = parts.copy()
        plate = np.flatnonzero(np.isin(parts, (5, 6)).any(axis=(1, 2)))[layer]
        touching[plate][np.isin(parts[plate], (3, 4))] = 1
        yield "boundary", f"processes touching the {side} plate", with_density(touching=touching)
    cortex = np.isin(parts, CORTEX)
    spread = ndimage.grey_dilation(np.where(bone, density, 0), size=3)
    yield "cortex", "raised to its densest neighbour", with_density(np.where(cortex, spread, density))
    full = np.where(cortex, np.maximum(density, 400.0), density)
    yield "cortex", "at least 400 mg/ml", with_density(full)
    mean = float(density[np.isin(parts, (1,))].mean())
    yield "cortex", "spongy bone's mean instead", with_density(np.where(cortex, mean, density))
    bone_voxels = base.made_of(Matter.BONE, Matter.PROCESS)
    for floor in (1.0, 10.0, 33.0):
        modulus = np.where(bone_voxels, np.maximum(base.modulus_mpa, floor), base.modulus_mpa).astype(np.float32)
        yield "floor", f"{floor:g} MPa", replace(base, modulus_mpa=modulus)
    yield "floor", "negative densities taken as positive", with_density(np.abs(density))
    for name, other in LAWS.items():
        if other is not law:
            yield "law", name, with_density(density, law=other)
    for cap in (1000.0, 10000.0):
        modulus = np.where(base.made_of(Matter.CAP), cap / CAP_MPA * base.modulus_mpa, base.modulus_mpa)
        yield "caps", f"{cap:g} MPa", replace(base, modulus_mpa=modulus.astype(np.float32))
    for nu in (0.2, 0.4):
        yield "Poisson's ratio", f"{nu}", replace(base, poisson_ratio=nu)


def sliding(specimen: Specimen) -> LoadCase:
    """Compression between plates on which the caps slide; two nodes of the lower one keep it from drifting."""
    case = compression(specimen)
    held = case.held.copy()
    kept = np.argwhere(held[2, 0])
    held[:2] = False
    first, last = kept[0], kept[-1]
    held[:2, 0, first[0], first[1]] = True
    held[0, 0, last[0], last[1]] = True
    return replace(case, held=held)


def main() -> None:
    """Print one line a variant, then the definitions of strength."""
    density, parts, spacing = read_density(Path(sys.argv[1]), Path(sys.argv[2]))
    print("| choice | variant | N/mm | of the reference | of the published | linear kN | strained bone kN |")
    print("|---|---|---|---|---|---|---|")
    reference = None
    models = [(*variant, compression) for variant in variants(density, parts, spacing)]
    models.append(("boundary", "caps slide on the plates", models[0][2], sliding))
    for group, words, specimen, load in models:
        response = respond(specimen, load(specimen))
        stiffness = response.stiffness
        reference = reference or stiffness
        linear, strained = failure_load_n(stiffness, specimen.height_mm) / 1e3, pistoia_load_n(response) / 1e3
        print(
            f"| {group} | {words} | {stiffness:.1f} | {100 * (stiffness / reference - 1):+.1f} % | "
            f"{100 * (stiffness / PUBLISHED - 1):+.1f} % | {linear:.3f} | {strained:.3f} |",
            flush=True,
        )
    print("\n| yield law | 0.2 % offset kN | at 1.9 % kN | updates | yielded |\n|---|---|---|---|---|")
    base = density_specimen(density, parts, spacing)
    for name, law in YIELD_LAWS.items():
        curve = press_to_yield(base, law)
        offset, late = curve.offset_load_n, curve.load_at_shortening_n()
        print(
            f"| {name} | {(offset or np.nan) / 1e3:.3f} | {(late or np.nan) / 1e3:.3f} | {curve.updates} | "
            f"{100 * curve.yielded_share:.0f} % |",
            flush=True,
        )


if __name__ == "__main__":
    main()
