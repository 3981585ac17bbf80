"""The published voxel model of one L2, and how its boundary conditions decide the number."""

import numpy as np
import pytest

from vertebroplasty.errors import Refused
from vertebroplasty.strength.density_compression import strength_of_density
from vertebroplasty.strength.density_files import read_density


@pytest.fixture(scope="module")
def verse004(data):
    stem = data / "l2_density" / "sub-verse004_0000_vertebra_21"
    return read_density(stem.parent / f"{stem.name}_im.nii.gz", stem.parent / f"{stem.name}_seg.nii.gz")


def test_the_published_case_as_two_other_solvers_find_it(verse004):
    result = strength_of_density(*verse004)
    # Two independent solvers on these voxels: 10 809.6 N/mm, a force of 2161.92 N at 0.2 mm.  The published table says
    # 12 362 (14 % more) from a model pre-processed and binned in ways that are not in the shared files.
    assert result.stiffness_n_per_mm == pytest.approx(10809.6, rel=1e-5)
    assert result.stiffness_n_per_mm * 0.2 == pytest.approx(2161.92, rel=1e-5)
    assert result.stiffness_n_per_mm != pytest.approx(12362, rel=0.1)
    assert result.calibration == "given"
    assert result.stiffness_interval is None
    # The published model height is 29 mm; ours is the mean distance between the caps.
    assert result.height_mm == pytest.approx(29, abs=2.5)


def test_without_its_processes_it_is_a_little_softer(verse004):
    assert strength_of_density(*verse004, process=()).stiffness_n_per_mm == pytest.approx(10726, rel=1e-4)


def test_processes_left_on_the_plates_stiffen_it_by_half(verse004):
    # Naming the processes as body leaves their voxels on the plates: the trap, 16 476.
    density, parts, spacing = verse004
    touching = strength_of_density(density, parts, spacing, body=(1, 2, 3, 4), process=())
    assert touching.stiffness_n_per_mm == pytest.approx(16476, rel=1e-4)


def test_upside_down_is_the_same_vertebra(verse004):
    density, parts, spacing = verse004
    turned = strength_of_density(density[::-1], parts[::-1], spacing, process=())
    assert turned.stiffness_n_per_mm == pytest.approx(
        strength_of_density(*verse004, process=()).stiffness_n_per_mm, rel=1e-6
    )


def test_what_does_not_fit_is_refused():
    parts = np.zeros((8, 4, 4), int)
    parts[2:6] = 1
    density = np.full(parts.shape, 100.0)
    with pytest.raises(Refused, match="no voxel of the caps"):
        strength_of_density(density, parts, 1.0)
    with pytest.raises(Refused, match="no voxel of the body"):
        strength_of_density(density, parts, 1.0, body=(9,))
    with pytest.raises(Refused, match="differ in shape"):
        strength_of_density(density[1:], parts, 1.0)
    parts[6:] = 5
    with pytest.raises(Refused, match="named twice"):
        strength_of_density(density, parts, 1.0, body=(1, 5))
    for unit in (-1.0, 0.001, 1000.0, np.nan):
        with pytest.raises(Refused, match="which no bone has"):
            strength_of_density(unit * density, parts, 1.0)
    with pytest.raises(Refused, match="do not enclose"):
        strength_of_density(density, parts, 1.0)
