"""A synthetic spine in a trunk, scanned with a known line between density and HU."""

from dataclasses import replace
from functools import cache

import numpy as np

from vertebroplasty.phantom.records import Trunk
from vertebroplasty.phantom.shape import LevelShape
from vertebroplasty.phantom.spine import SpinePhantom

AIR, FAT, MUSCLE = -1000.0, -100.0, 55.0  # what the phantom paints
DENSE_HU, DENSE_MG_PER_ML = 700.0, 560.0  # cortex
BONE_HU = 140.0  # marrow


@cache
def trunk():
    """The CT and spine of one vertebra in a trunk, without noise."""
    phantom = SpinePhantom(levels={"L3": LevelShape(trabecular_hu=BONE_HU)}, spacing_mm=(1.5, 1.5, 1.5), trunk=Trunk())
    return phantom.build()


def with_hu(spine, hu, **changes):
    """The same spine on other HU."""
    return replace(spine, ct=replace(spine.ct, hu=hu, **changes), _found={})


def density_of(hu, tissues):
    """Density of every voxel, so that air, fat and muscle hold exactly what they are taken to hold."""
    known = [tissues[name].mg_per_ml for name in ("air", "fat", "muscle")]
    return np.interp(hu, (AIR, FAT, MUSCLE, DENSE_HU), (*known, DENSE_MG_PER_ML))


def scanned(tissues, *, slope, intercept, noise_hu=0.0):
    """The spine as a scanner with this line sees it, and the true density of every voxel."""
    ct, spine = trunk()
    density = density_of(ct.hu, tissues)
    hu = (density - intercept) / slope
    if noise_hu:
        hu = hu + np.random.default_rng(5).normal(0.0, noise_hu, hu.shape)
    return with_hu(spine, hu.astype(np.float32)), density
