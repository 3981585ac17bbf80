"""Rigid motions of boxes: what they cost, how they are combined, and that they help where parts hang on stalks."""

import numpy as np
import pytest

from vertebroplasty.solvers import elasticity_boxes, elasticity_iteration
from vertebroplasty.solvers.elasticity import solve_elasticity
from vertebroplasty.solvers.elasticity_boxes import RigidBoxes
from vertebroplasty.solvers.elasticity_element import cube, transversely_isotropic
from vertebroplasty.solvers.elasticity_grid import Grid
from vertebroplasty.strength.density_compression import strength_of_density
from vertebroplasty.strength.density_files import read_density


def body_with_a_process():
    """A block between plates, and a second one that hangs on it by a stalk of two by two voxels."""
    modulus = np.zeros((20, 12, 40), np.float32)
    modulus[:, :, :12] = 100
    modulus[4:16, 2:10, 28:] = 100
    modulus[9:11, 5:7, 12:28] = 100
    held = np.zeros((3, 21, 13, 41), bool)
    held[:, 0] = held[:, -1] = True
    return modulus, held


def grid_of(element):
    modulus, held = body_with_a_process()
    return Grid.of_voxels(modulus, 0.5, held, element)


def motions_as_columns(boxes):
    """Every motion of every box as a vector over the degrees of freedom."""
    columns = np.zeros((boxes.grid.inverse.size, boxes.motions.size))
    for n in range(boxes.motions.size):
        boxes.motions.ravel()[:] = np.arange(boxes.motions.size) == n
        column = np.zeros(boxes.grid.inverse.size)
        boxes._spread(column)
        columns[:, n] = column
    return columns


@pytest.mark.parametrize("element", [cube(0.3), transversely_isotropic()], ids=["isotropic", "transverse"])
def test_what_is_left_after_a_correction_is_orthogonal_to_all_motions(element, monkeypatch):
    # The block on its stalk is as soft as 5e-6 of a box's own stiffness; the usual shift would be felt.
    monkeypatch.setattr(elasticity_boxes, "SHIFT", 1e-10)
    boxes = RigidBoxes(grid_of(element))
    columns = motions_as_columns(boxes)
    free = boxes.grid.inverse > 0
    residual = np.where(free, np.random.default_rng(0).normal(size=free.size), 0)
    x, image = np.zeros(free.size), np.empty(free.size)
    boxes.add_to(x, residual)
    boxes.grid.apply(x, image)
    left, before = columns.T @ np.where(free, residual - image, 0), columns.T @ residual
    assert np.abs(left).max() < 1e-3 * np.abs(before).max()
    assert (x[~free] == 0).all()
    correction = x.astype(np.float32)
    boxes.add_after(residual, correction)  # as good as nothing is left to add
    assert np.abs(correction - x).max() < 1e-2 * np.abs(x).max()


def test_a_box_inside_the_body_moves_freely_and_only_its_rim_resists():
    boxes = RigidBoxes(grid_of(cube(0.3)))
    columns = motions_as_columns(boxes)
    image = np.empty(len(columns))
    own = boxes.layout.ids[1, 0, 0]
    boxes.grid.apply(np.ascontiguousarray(columns[:, 6 * own + 4]), image)
    k, j, i = np.meshgrid(*(np.arange(n) for n in (21, 13, 41)), indexing="ij")
    inner = (k > 8) & (k < 15) & (j < 7) & (i < 7)
    force = boxes.grid.rows.unpacked(image, 41)
    assert np.abs(force[:, inner]).max() < 1e-12 * np.abs(force).max()


def test_boxes_halve_the_iterations_of_a_part_on_a_stalk_and_leave_the_answer(monkeypatch):
    modulus, held = body_with_a_process()
    prescribed = np.zeros(held.shape)
    prescribed[2, -1] = -0.1
    ends = {"held": held, "prescribed_mm": prescribed, "poisson_ratio": 0.3}
    helped = solve_elasticity(modulus, 1.0, **ends)
    monkeypatch.setattr(elasticity_iteration, "SLOW", np.inf)
    alone = solve_elasticity(modulus, 1.0, **ends)
    assert helped.iterations <= 0.7 * alone.iterations  # 22 against 39 when written
    assert helped.energy_n_mm == pytest.approx(alone.energy_n_mm, rel=1e-8)


def test_many_boxes_become_fewer_and_larger(monkeypatch):
    small = RigidBoxes(grid_of(cube(0.3))).layout
    monkeypatch.setattr(elasticity_boxes, "MOST_BOXES", small.count - 1)
    large = RigidBoxes(grid_of(cube(0.3))).layout
    assert large.edge > small.edge
    assert large.count < small.count


def test_a_real_vertebra_with_its_arch_needs_no_more_than_twenty_steps(data):
    folder = data / "l2_density"
    files = [folder / f"sub-verse004_0000_vertebra_21_{kind}.nii.gz" for kind in ("im", "seg")]
    result = strength_of_density(*read_density(*files))
    assert result.iterations <= 20  # 34 with the V-cycle alone, about 100 before its coarse moduli were mended
    assert result.stiffness_n_per_mm == pytest.approx(10809.6388, rel=1e-7)  # at a tolerance of 1e-11


def test_the_same_at_half_the_voxel_size_needs_no_more_either(data):
    folder = data / "l2_density"
    density, parts, edge_mm = read_density(
        *(folder / f"sub-verse004_0000_vertebra_21_{kind}.nii.gz" for kind in ("im", "seg"))
    )
    fine = [field.repeat(2, axis=0).repeat(2, axis=1).repeat(2, axis=2) for field in (density, parts)]
    result = strength_of_density(*fine, edge_mm / 2)
    assert result.iterations <= 20  # 19; 23 with at most 450 boxes, whose edge is then 18 nodes instead of 12
