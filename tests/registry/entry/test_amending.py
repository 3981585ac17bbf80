"""Fields set by their places: what is there changes, what is not there is refused."""

import pytest

from registry_records import procedure
from vertebroplasty.errors import Refused
from vertebroplasty.registry.entry.amending import amended


def test_a_place_is_set_and_everything_else_stays():
    before = procedure()
    after = amended(before, [("levels[0].cement.total_ml", 3.5), ("remark", None)])
    assert after.levels[0].cement.total_ml == 3.5
    assert after.remark is None
    assert amended(after, [("levels[0].cement.total_ml", 3.4), ("remark", before.remark)]) == before


def test_what_was_unknown_begins_empty_and_lists_grow_at_their_end():
    after = amended(procedure(), [("levels[1].cement.total_ml", 2), ("levels[0].leaks[2].site", "arterial")])
    assert after.levels[1].cement.total_ml == 2.0
    assert [leak.site for leak in after.levels[0].leaks] == ["epidural", "disc-above", "arterial"]


@pytest.mark.parametrize(
    ("path", "value", "said"),
    [
        ("levels[5].level", "L3", "no entry 5"),
        ("levels.level", "L3", "no key there"),
        ("remark[0]", "x", "no entry 0"),
        ("levels[0]..level", "L3", "no place"),
        ("levels[0].cement.total_ml", 31, "0 to 30"),
        ("levels[0].cement.colour", "red", "colour"),
        ("", 1, "no place"),
    ],
)
def test_what_is_no_place_or_no_value_is_refused(path, value, said):
    with pytest.raises(Refused, match=said):
        amended(procedure(), [(path, value)])
