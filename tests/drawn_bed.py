"""Porous beds without any anatomy: a block of bone of one porosity, drained by tissue around it at pressure zero."""

import numpy as np

from vertebroplasty.cement.leak import CODE_INSIDE, SITES, LeakSite, Links
from vertebroplasty.cement.marrow_flow import begin
from vertebroplasty.cement.permeability import BedParameters, PorousBed

LAYERS = 6  # of tissue around, so that four are solved and the next holds the pressure


def block(n_kji, spacing_mm, *, permeability=1e-8, porosity=0.85, marrow=0.1, factors=(1.0, 1.0, 1.0), axes=(0, 1, 2)):
    """A block of `n_kji` voxels of bone; tissue lies around it along the given array axes, nothing along the others."""
    pads = [LAYERS if axis in axes else 0 for axis in range(3)]
    inside = np.pad(np.ones(n_kji, bool), [(p + 1, p + 1) for p in pads])
    outside = np.zeros_like(inside)
    outside[1:-1, 1:-1, 1:-1] = True
    outside &= ~inside
    return PorousBed(
        permeability_m2=np.where(inside | outside, permeability, 0.0),
        porosity=np.where(inside | outside, porosity, 0.0),
        inside=inside,
        outside=outside,
        parameters=BedParameters(marrow_pa_s=marrow, drain_length_mm=np.inf),
        spacing_mm=spacing_mm,
        axis_factors=factors,
    )


def started(bed, source, *, tolerance=1e-8, **masks):
    """The flow before the first drop, every face open."""
    open_ = np.ones(bed.inside.shape, bool)
    none = np.zeros_like(open_)
    site = np.where(bed.outside, SITES.index(LeakSite.PARAVERTEBRAL), CODE_INSIDE).astype(np.int8)
    return begin(
        bed, Links(i=open_, j=open_, k=open_), source, site=site, near_wall=masks.get("near_wall", none),
        vein=none, tolerance=tolerance,
    )  # fmt: skip


def ball(bed, radius_mm, centre=None):
    """A source of volume-weighted voxels within a sphere; the centre in voxels, by default the middle."""
    shape = np.array(bed.inside.shape)
    middle = (shape - 1) / 2 if centre is None else np.asarray(centre, float)
    grid = np.meshgrid(*[np.arange(n) for n in shape], indexing="ij")
    distance = np.sqrt(sum((g - c) ** 2 for g, c in zip(grid, middle, strict=True)))
    weight = np.clip(0.5 + radius_mm / bed.spacing_mm - distance, 0, 1) * bed.inside
    return weight / weight.sum()


def fill_with(flow, volume_ml, law, *, rate=0.05, portion=0.05):
    """Push a volume at a steady rate; yields the time after each portion."""
    now, left = 0.0, volume_ml
    never = np.full(flow.site_volume.size, np.inf)
    while left > 1e-12:
        step = min(portion, left) / rate
        moved = flow.advance(flow.solve(rate, law), rate, start_s=now, duration_s=step, threshold_ml=never)
        now += moved.duration_s
        left -= moved.duration_s * rate
        yield now
