"""The visibility table that an answer of `fluoro` hands to an injection."""

import json

import pytest

from vertebroplasty.anatomy.sites import LEAK_SITES
from vertebroplasty.case.visibility_file import read_visibility
from vertebroplasty.documents.common import Provenance, dump
from vertebroplasty.documents.fluoro import FluoroDocument, Visibility
from vertebroplasty.errors import Refused


def answer(tmp_path, seen):
    head = Provenance.of((), {}, 0.0).head("fluoro", sources=(), warnings=(), not_modelled=(), unknown=[])
    document = FluoroDocument(
        **head, level="L3", image=None, view=None, truth=None, pictures=[], slab=None, frame_times_s=[],
        visibility=[Visibility(site=site, smallest_visible_ml=ml) for site, ml in seen.items()],
    )  # fmt: skip
    file = tmp_path / "fluoro.json"
    file.write_text(dump(document), encoding="utf-8")
    return file


def test_every_site_gets_its_volume(tmp_path):
    table = read_visibility(answer(tmp_path, {"epidural": 0.2, "disc-above": None}), "L3", 0.03)
    assert set(table) == set(LEAK_SITES)
    assert table["epidural"] == 0.2
    assert table["disc-above"] == table["paravertebral"] == 0.03


@pytest.mark.parametrize(
    ("seen", "level", "said"), [({"epidural": 0.2}, "L2", "is of L3, not L2"), ({}, "L3", "tells nothing")]
)
def test_other_answers_are_refused(tmp_path, seen, level, said):
    with pytest.raises(Refused, match=said):
        read_visibility(answer(tmp_path, seen), level)


def test_another_file_is_refused(tmp_path):
    file = tmp_path / "any.json"
    file.write_text(json.dumps({"level": "L3"}), encoding="utf-8")
    with pytest.raises(Refused, match="visibility table"):
        read_visibility(file, "L3")
