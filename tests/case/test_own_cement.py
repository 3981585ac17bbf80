"""`--product FILE.toml`: the file becomes a cement of the run, and its documents keep all of it."""

import pytest

from vertebroplasty.case.own_cement import chosen_product, own_parameters, recall_own
from vertebroplasty.cement import product as shelf
from vertebroplasty.documents.own_product import OWN_PRODUCT_TEMPLATE
from vertebroplasty.errors import Refused


@pytest.fixture(autouse=True)
def empty_shelf(monkeypatch):
    monkeypatch.setattr(shelf, "_own", {})


def test_a_key_stays_what_it_is():
    assert chosen_product("pmma-low") == "pmma-low"
    assert chosen_product(None) is None
    assert own_parameters("pmma-low") == {}


def test_a_file_becomes_a_cement_and_its_document_brings_it_back(tmp_path, monkeypatch):
    file = tmp_path / "ours.toml"
    file.write_text(OWN_PRODUCT_TEMPLATE.replace("value = 100.0", "value = 150.0"), encoding="utf-8")
    assert chosen_product(str(file)) == "our-cement"
    cement = shelf.product("our-cement")
    assert cement.consistency_paste_pa_s == 150.0
    kept = own_parameters("our-cement")
    monkeypatch.setattr(shelf, "_own", {})
    with pytest.raises(Refused, match="There is no cement called our-cement"):
        shelf.product("our-cement")
    recall_own(kept, "inject.json")
    assert shelf.product("our-cement") == cement


def test_a_missing_or_wrong_file_is_refused(tmp_path):
    with pytest.raises(Refused, match=r"There is no file lost\.toml"):
        chosen_product(str(tmp_path / "lost.toml"))
    (tmp_path / "wrong.toml").write_text("[numbers", encoding="utf-8")
    with pytest.raises(Refused, match=r"wrong\.toml is not TOML"):
        chosen_product(str(tmp_path / "wrong.toml"))
    with pytest.raises(Refused, match=r"inject\.json"):
        recall_own({"own_product": {"key": "x"}}, "inject.json")


def test_a_built_in_key_cannot_be_taken():
    with pytest.raises(Refused, match="built-in cement"):
        shelf.register(shelf.product("pmma-low"))
