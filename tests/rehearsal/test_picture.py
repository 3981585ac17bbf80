"""The picture shows the needles and the cement of its moment; the debrief tells how the cement grew."""

import numpy as np
import pytest

from vertebroplasty.cement.actions import MoveNeedle
from vertebroplasty.rehearsal.picture import cement_in_beam, cement_over_time, picture
from vertebroplasty.rehearsal.session import start, step

SIZE = 48


def test_before_the_first_drop_only_needles_are_added(easy):
    begin = start(easy, 0)
    assert cement_in_beam(begin) is cement_over_time(begin) is None
    bare = picture(begin, size=SIZE)
    np.testing.assert_array_equal(bare.transmission, bare.patient_only)
    path = easy.paths[0]
    entry, tip = (tuple(float(x) for x in p) for p in (path.entry_lps_mm, path.tip_lps_mm))
    placed = step(begin, MoveNeedle(needle=1, entry_lps_mm=entry, tip_lps_mm=tip))
    assert picture(placed, shadow=bare.shadow).transmission.min() < bare.transmission.min()


def test_cement_darkens_the_picture_and_holds_what_was_pushed(easy, planned):
    state = planned["easy"]
    mass = cement_in_beam(state)
    assert mass.fill.sum() * easy.grid.voxel_ml == pytest.approx(state.bone.injected_ml, rel=1e-5)
    shown = picture(state, size=SIZE)  # the needle is out
    ratio = shown.transmission / shown.patient_only
    assert ratio.min() < 0.9
    assert np.median(ratio) == pytest.approx(1.0)


def test_arrival_is_told_on_the_sessions_clock(planned):
    state = planned["easy"]
    fill, arrived = cement_over_time(state)
    pushes = [e for e in state.log if e.get("event") in ("pushed", "stylet")]
    there = arrived[np.isfinite(arrived)]
    assert pushes[0]["begin_s"] - 1e-3 <= there.min() <= there.max() <= pushes[-1]["t_s"] + 1e-3
    assert np.isfinite(arrived[fill > 0.9]).all()
