"""From Hounsfield units to pores and permeability."""

from dataclasses import replace

import numpy as np
import pytest

from drawn_grid import boxed_body, with_tissue
from vertebroplasty.anatomy.fracture_line import FractureLine
from vertebroplasty.anatomy.grid import Tissue
from vertebroplasty.cement.permeability import (
    GAP_PERMEABILITY,
    LESION_PERMEABILITY,
    BedParameters,
    porosity_of_hu,
    porous_bed,
)  # fmt: skip


def test_pores_are_what_mineral_leaves():
    assert porosity_of_hu(np.array([155.8])) == pytest.approx(1 - 0.1 / 0.95)
    assert porosity_of_hu(np.array([-50.0, 3000.0])) == pytest.approx([0.98, 0.05])
    assert np.all(np.diff(porosity_of_hu(np.linspace(0, 1600, 50))) <= 0)


def test_the_two_routes_to_bone_volume_agree():
    # bone mineral density 0.10 g/cm³ by 0.84 cm³/g, and the same bone's HU by 131 HU per 0.10 g/cm³ at 70 keV
    assert 1 - porosity_of_hu(np.array([131.0]))[0] == pytest.approx(0.84 * 0.10, rel=0.1)


def test_the_measured_mean_is_kept_and_porosity_only_spreads_it():
    grid = boxed_body()
    even = porous_bed(grid)
    bone = grid.tissue == Tissue.TRABECULAR
    assert even.permeability_m2[bone] == pytest.approx(1e-8)
    grid.hu[:, :, 18:][bone[:, :, 18:]] = 80.0
    grid.hu[:, :, :18][bone[:, :, :18]] = 220.0
    split = porous_bed(grid)
    loose, tight = split.permeability_m2[13, 20, 26], split.permeability_m2[13, 20, 9]
    assert tight < 1e-8 < loose
    porosity = porosity_of_hu(np.array([80.0, 220.0]))
    law = porosity**3 / (1 - porosity) ** 2
    assert loose / tight == pytest.approx(law[0] / law[1])


def test_noise_in_one_voxel_does_not_open_a_channel():
    grid = boxed_body()
    grid.hu[13, 20, 18] = -60.0
    assert porous_bed(grid).permeability_m2[13, 20, 18] < 1.2e-8
    assert porous_bed(grid).porosity[13, 20, 18] == pytest.approx(0.98)


def test_what_conducts_and_what_does_not():
    grid = boxed_body()
    for n, kind in enumerate((Tissue.OLD_CEMENT, Tissue.METAL, Tissue.CLEFT, Tissue.LESION, Tissue.OUTSIDE_SCAN)):
        with_tissue(grid, (slice(10, 12), slice(14 + 2 * n, 16 + 2 * n), slice(10, 12)), kind)
    bed = porous_bed(grid)
    column = bed.inside[10, 14:24:2, 10]
    assert column.tolist() == [False, False, True, True, False]
    assert bed.porosity[10, 18, 10] == 1.0
    assert bed.permeability_m2[10, 18, 10] == 1e-6
    assert not bed.inside[grid.tissue == Tissue.CORTEX].any()
    assert not (bed.inside & bed.outside).any()
    for face in (bed.outside[0], bed.outside[-1], bed.outside[:, 0], bed.outside[:, :, -1]):
        assert not face.any()


def test_parameters_scale_the_bone():
    grid = boxed_body()
    bone = grid.tissue == Tissue.TRABECULAR
    bed = porous_bed(grid, BedParameters(axial_permeability_m2=4e-8, transverse_factor=0.5))
    assert bed.permeability_m2[bone] == pytest.approx(4e-8)
    assert bed.axis_factors == (0.5, 0.5, 1.0)
    ratio = bed.drain_per_pa_s[13, 20, 18] / porous_bed(grid).drain_per_pa_s[13, 20, 18]
    assert ratio == pytest.approx(4.0)


def test_a_lytic_hole_and_a_fracture_line_pass_more_than_the_bone_about_them():
    grid = boxed_body()
    plain = porous_bed(grid)
    hole = (slice(12, 15), slice(18, 22), slice(16, 20))
    corners = np.array([[4, 4, 8], [31, 4, 8], [31, 29, 8], [4, 29, 8]], float)  # i, j, k
    line = FractureLine(points_lps_mm=grid.affine.to_world(corners), opening_mm=1.0)
    bed = porous_bed(replace(with_tissue(grid, hole, Tissue.LESION), fracture_lines=(line,)))
    assert np.all(bed.permeability_m2[hole] == LESION_PERMEABILITY)
    assert bed.permeability_m2[8, 20, 18] == pytest.approx(GAP_PERMEABILITY, rel=0.01)
    assert not bed.inside[8, 11, 18]  # the shell stays closed
    beside = (slice(16, 18), slice(14, 24), slice(12, 24))  # the hole's pores are none of the bone's
    np.testing.assert_allclose(bed.permeability_m2[beside], plain.permeability_m2[beside])
