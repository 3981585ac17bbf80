"""A balloon's cavity and shell: where they lie, that mineral is kept, and which way the stiffness goes."""

import numpy as np
import pytest

from vertebroplasty.errors import Refused
from vertebroplasty.strength.balloon_bone import compacted_bone
from vertebroplasty.strength.compression import compress


@pytest.fixture
def cavity(cylinder):
    middle = np.argwhere(cylinder.body()).mean(axis=0)
    far = sum((axis - m) ** 2 for axis, m in zip(np.indices(cylinder.hu.shape), middle, strict=True))
    return (far <= 5**2) & cylinder.body()


def test_the_shell_surrounds_the_cavity_and_keeps_the_mineral(cylinder, cavity):
    # A shell of twice the cavity's volume takes up its mineral with half as much again.
    shell_ml = 2 * cavity.sum() * cylinder.voxel_ml
    factor = compacted_bone(cylinder, cavity, shell_ml=shell_ml, shell_density_ratio=1.5)
    body = cylinder.body()
    assert (factor[cavity] == 0).all()
    assert (factor == 1.5).sum() == 2 * cavity.sum()
    assert factor[body].sum() == pytest.approx(body.sum())
    assert (factor[~body] == 1).all()
    # 5 mm of cavity and as much volume twice again: no shell voxel lies further than 5 · 3^(1/3) and a voxel out.
    far = np.linalg.norm(np.argwhere(factor == 1.5) - np.argwhere(cavity).mean(axis=0), axis=1)
    assert far.max() <= 5 * 3 ** (1 / 3) + 1
    assert far.min() > 4


def test_an_empty_cavity_weakens_and_cement_in_it_more_than_repairs(cylinder, cavity):
    factor = compacted_bone(cylinder, cavity, shell_ml=cavity.sum() * cylinder.voxel_ml, shell_density_ratio=2.0)
    whole = compress(cylinder).stiffness_n_per_mm
    empty = compress(cylinder, density_factor=factor).stiffness_n_per_mm
    filled = compress(cylinder, density_factor=factor, fill=cavity.astype(float)).stiffness_n_per_mm
    assert empty < whole < filled


def test_no_balloon_changes_nothing_and_nonsense_is_refused(cylinder, cavity):
    nothing = compacted_bone(cylinder, np.zeros_like(cavity), shell_ml=0.0, shell_density_ratio=1.0)
    assert (nothing == 1).all()
    with pytest.raises(Refused, match="does not lie in the body"):
        compacted_bone(cylinder, ~cavity, shell_ml=1.0, shell_density_ratio=2.0)
    with pytest.raises(Refused, match="only presses bone together"):
        compacted_bone(cylinder, cavity, shell_ml=1.0, shell_density_ratio=0.5)
