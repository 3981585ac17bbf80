"""The setting clock beside every measured handling time: within the spread, but for one that is said."""

import pytest

from vertebroplasty.cement.measured_handling import measured_handling, with_clock
from vertebroplasty.cement.product import product
from vertebroplasty.errors import Refused
from vertebroplasty.sources import source


def test_the_clock_keeps_within_the_measured_spread_but_for_the_paste_of_pre_cooled_cement():
    outside = [
        (row.key, name)
        for row in with_clock(product("pmma-medium"))
        for name in ("liquid", "paste", "handling")
        if not getattr(row, name).within
    ]
    assert outside == [("pre-cooled", "paste")]


def test_the_measured_times_add_up_and_are_cited():
    for row in measured_handling():
        assert row.liquid.measured_min + row.paste.measured_min == pytest.approx(row.handling.measured_min, abs=0.11)
        assert row.liquid.within is None
        assert source(row.source).verified


def test_a_cement_with_unknown_temperature_dependence_is_refused():
    with pytest.raises(Refused, match="at other temperatures"):
        with_clock(product("calcium-phosphate"))
