"""Shared by the checks of the flow against closed forms: drawn beds, the order of convergence, a broken mixture."""

from dataclasses import replace

import numpy as np

from drawn_bed import ball, block, fill_with, started
from vertebroplasty.cement import marrow_flow
from vertebroplasty.cement.leak import SITES
from vertebroplasty.cement.mixture import mixture
from vertebroplasty.cement.permeability import BedParameters, PorousBed
from vertebroplasty.cement.rheology import PowerLaw

K, PHI, DROP = 1e-8, 0.85, 1e5  # m², 1, Pa
M3 = 1e-6  # m³ in a millilitre
OPEN = 1e-5  # m², a place so open that its pressure is the outside's
NEVER = np.full(len(SITES), np.inf)


def newtonian(viscosity):
    return PowerLaw(consistency_pa_s=viscosity, index=1.0)


def order_of(sizes, errors):
    """Least-squares slope of log error over log voxel size."""
    return np.polyfit(np.log(sizes), np.log(errors), 1)[0]


def ignore_viscosity(monkeypatch):
    """A broken mixture: the cement flows like marrow."""

    def broken(share, permeability, porosity, speed, active, consistency, index, marrow, mobility, yield_pa=0.0):
        mixture(share, permeability, porosity, speed, active, marrow, 1.0, marrow, mobility)

    monkeypatch.setattr(marrow_flow, "mixture", broken)


def bed_of(inside, outside, permeability, spacing_mm=1.0, **parameters):
    """Bone and tissue of one porosity on given voxels; no sinusoids drain it unless a length says so."""
    return PorousBed(
        permeability_m2=np.where(inside | outside, permeability, 0.0),
        porosity=np.where(inside | outside, PHI, 0.0),
        inside=inside,
        outside=outside,
        parameters=BedParameters(**({"drain_length_mm": np.inf} | parameters)),
        spacing_mm=spacing_mm,
        axis_factors=(1.0, 1.0, 1.0),
    )


def corner(n_kji, spacing_mm, *, marrow=0.1, open_axes=(0, 1, 2), tissue=OPEN):
    """Bone in a corner between symmetry planes; tissue of that permeability lies behind the far ends of `open_axes`.

    Six voxels of it hold pressure zero at the centre of the last; where it is open, zero lies on the bone's face.
    """
    pads = [(1, 7) if axis in open_axes else (1, 1) for axis in range(3)]
    inside = np.pad(np.ones(n_kji, bool), pads)
    outside = np.zeros_like(inside)
    outside[1:-1, 1:-1, 1:-1] = True
    outside &= ~inside
    return bed_of(inside, outside, np.where(inside, K, tissue), spacing_mm, marrow_pa_s=marrow)


def distance_mm(shape, spacing_mm, axes=(0, 1, 2), parts=1):
    """Distance of every voxel from the corner where the symmetry planes meet; sub-voxels with `parts` along an axis."""
    lines = [(np.arange(n * parts) + 0.5) * spacing_mm / parts - spacing_mm if a in axes else np.zeros(n)
             for a, n in enumerate(shape)]  # fmt: skip
    return np.sqrt(sum(g**2 for g in np.meshgrid(*lines, indexing="ij")))


def share_within(shape, spacing_mm, radius_mm, axes=(0, 1, 2), parts=6):
    """Share of every voxel that lies within a radius of the corner."""
    found = distance_mm(shape, spacing_mm, axes, parts) < radius_mm
    for axis in axes:
        cut = list(found.shape)
        cut[axis : axis + 1] = [shape[axis], parts]
        found = found.reshape(cut).mean(axis=axis + 1)
    return found


def uneven(shape=(12, 14, 16)):
    """Bone whose pores and permeability differ from voxel to voxel, over two decades."""
    bed = block(shape, 1.0)
    rng = np.random.default_rng(3)
    count = int(bed.inside.sum())
    bed.porosity[bed.inside] = rng.uniform(0.3, 0.95, count)
    bed.permeability_m2[bed.inside] = 10.0 ** rng.uniform(-9, -7, count)
    return bed


def drained(**parameters):
    """Uneven bone whose sinusoids drain it, with a way out."""
    return replace(uneven(), parameters=BedParameters(drain_length_mm=10.0, **parameters))


def into_the_middle(bed, *, tolerance=1e-11):
    """The flow from a ball of 1.5 mm in the middle of uneven bone, before the first drop."""
    return started(bed, ball(bed, 1.5, centre=(12, 13, 12)), tolerance=tolerance)


def pushed(bed, volume=0.8, law=None, *, portion=0.05, tolerance=1e-11, flow=None):
    """A volume into the middle of a bed."""
    flow = flow or into_the_middle(bed, tolerance=tolerance)
    for _ in fill_with(flow, volume, law or newtonian(100.0), portion=portion):
        pass
    return flow
