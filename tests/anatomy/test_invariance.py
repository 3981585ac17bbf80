"""How a volume is stored changes nothing: axes permuted, reversed or shifted, the vertebra is the same."""

from dataclasses import replace

import numpy as np
import pytest

from vertebroplasty.anatomy.measure import measure
from vertebroplasty.geometry.frame import Affine
from vertebroplasty.phantom import LevelShape, SpinePhantom

WEDGED = LevelShape(anterior_mm=20.0, middle_mm=21.0, posterior_mm=27.0)
# Sums run in another order, and a minimiser stops where its steps take it.
SAME_MM = 0.02


@pytest.fixture(scope="module")
def spine():
    levels = {"L1": LevelShape(), "L2": WEDGED, "L3": LevelShape()}
    built = SpinePhantom(
        levels=levels, spacing_mm=(1.2, 1.2, 1.5), rotation_deg=(8.0, -6.0, 11.0), noise_hu=15.0
    ).build()[1]
    return replace(built, subregions=None, _found={})


@pytest.fixture(scope="module")
def reference(spine):
    return sizes(spine)


def sizes(spine):
    m = measure(spine["L2"])
    heights = [m.heights.anterior_mm.value, m.heights.middle_mm.value, m.heights.posterior_mm.value]
    widths = [m.pedicles[side].width_mm.value for side in ("left", "right")]
    return np.array([*heights, *widths, m.body_depth_mm.value, m.canal.ap_mm.value]), m.frame


def stored(spine, order, flips):
    """The same spine with its arrays' axes in another order and some of them reversed; the affine follows."""

    def turned(array):
        moved = np.transpose(array, order)
        return moved[tuple(slice(None, None, -1) if flip else slice(None) for flip in flips)]

    shape = np.transpose(spine.labels, order).shape
    matrix = np.eye(4)
    columns = spine.affine.matrix[:, [2 - axis for axis in order][::-1]]  # affine columns run i, j, k
    matrix[:3, :3] = columns[:3]
    matrix[:3, 3] = spine.affine.origin_lps_mm
    for axis, flip in enumerate(flips):
        if flip:
            matrix[:3, 3] += matrix[:3, 2 - axis] * (shape[axis] - 1)
            matrix[:3, 2 - axis] *= -1
    affine = Affine(matrix)
    ct = replace(spine.ct, hu=np.ascontiguousarray(turned(spine.ct.hu)), affine=affine)
    return replace(spine, ct=ct, labels=np.ascontiguousarray(turned(spine.labels)), affine=affine, _found={})


def test_the_stored_twin_holds_the_same_world(spine):
    twin = stored(spine, (1, 2, 0), (True, False, True))
    points = spine.affine.to_world(np.argwhere(spine.labels == spine["L2"].value)[:, ::-1])
    index = np.rint(twin.affine.to_index(points)).astype(int)
    assert (twin.labels[index[:, 2], index[:, 1], index[:, 0]] == spine["L2"].value).all()


@pytest.mark.parametrize(
    ("order", "flips"),
    [((0, 1, 2), (True, False, False)), ((1, 2, 0), (True, False, True)), ((2, 1, 0), (False, True, False))],
)
def test_storage_order_changes_nothing(spine, reference, order, flips):
    found, frame = sizes(stored(spine, order, flips))
    assert found == pytest.approx(reference[0], abs=SAME_MM)
    assert frame.axes == pytest.approx(reference[1].axes, abs=1e-3)


def test_a_shift_in_the_world_shifts_the_vertebra_and_nothing_else(spine, reference):
    shift = np.array([123.0, -45.0, 678.0])
    matrix = spine.affine.matrix.copy()
    matrix[:3, 3] += shift
    affine = Affine(matrix)
    moved = replace(spine, ct=replace(spine.ct, affine=affine), affine=affine, _found={})
    found, frame = sizes(moved)
    assert found == pytest.approx(reference[0], abs=SAME_MM)
    assert frame.origin_lps_mm - shift == pytest.approx(reference[1].origin_lps_mm, abs=SAME_MM)
