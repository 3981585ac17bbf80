"""A cement of the user's own: read, held to the same checks, kept in a document and read again."""

import json

import pytest

from vertebroplasty.cement.product import product
from vertebroplasty.cement.setting import SettingClock
from vertebroplasty.documents.own_product import (
    OWN_PRODUCT_TEMPLATE,
    parse_own_product,
    restored_product,
    stated_product,
)
from vertebroplasty.errors import Refused


def refused(old, new):
    assert old in OWN_PRODUCT_TEMPLATE
    with pytest.raises(Refused) as found:
        parse_own_product(OWN_PRODUCT_TEMPLATE.replace(old, new), "ours.toml")
    return found.value


def test_the_template_is_a_cement():
    ours, medium = parse_own_product(OWN_PRODUCT_TEMPLATE), product("pmma-medium")
    assert ours.key == "our-cement"
    assert ours.sources["liquid_min"] == "own test"
    assert ours.plus_minus == medium.plus_minus
    assert SettingClock(product=ours).phases() == SettingClock(product=medium).phases()


def test_a_cement_survives_its_document():
    ours = parse_own_product(OWN_PRODUCT_TEMPLATE)
    assert restored_product(stated_product(ours), "inject.json") == ours


@pytest.mark.parametrize(
    ("old", "new", "sentence"),
    [
        ('powder_g = { value = 20.0, source = "leaflet" }', "", "numbers.powder_g is missing: add it."),
        ('{ value = 9.2, source = "leaflet" }', "{ value = 9.2 }", "numbers.liquid_g.source is missing: add it."),
        ("value = 0.30", "value = 30.0", "numbers.opacifier_powder_fraction.value is 30.0: it is at most 1."),
        ("liquid_g", "liquid_ml", "numbers.liquid_ml is not a known key: did you mean liquid_min?"),
        ('key = "our-cement"', 'key = "pmma-low"', "pmma-low is a built-in cement: give yours another key."),
        ("value = 10.0", "value = 8.0", "our-cement: it hardens before its handling ends"),
        ('opacifier = "barium-sulfate"', 'opacifier = "chalk"', "the opacifier chalk is not one of barium-sulfate"),
        ('family = "acrylic"', 'family = "glue"', "family is"),
        ("value = 2000.0", 'value = "thick"', "it is a number, without quotes"),
        ("[numbers]", "[numbers", "is not TOML"),
    ],
)
def test_each_fault_has_a_sentence(old, new, sentence):
    assert sentence in refused(old, new).message


def test_all_contradictions_are_told_at_once():
    text = OWN_PRODUCT_TEMPLATE.replace("value = 10.0", "value = 8.0").replace("value = 2000.0", "value = 50.0")
    with pytest.raises(Refused) as found:
        parse_own_product(text, "ours.toml")
    assert len(found.value.problems) == 2
    assert found.value.message.count("ours.toml: ") == 2


def test_a_yield_stress_may_be_stated_and_survives_its_document():
    line = 'yield_end_pa = { value = 50.0, source = "own test" }'
    assert f"# {line}" in OWN_PRODUCT_TEMPLATE
    assert parse_own_product(OWN_PRODUCT_TEMPLATE).yield_end_pa == 0.0
    ours = parse_own_product(OWN_PRODUCT_TEMPLATE.replace(f"# {line}", line))
    assert ours.yield_end_pa == 50.0
    again = restored_product(json.loads(json.dumps(stated_product(ours))), "inject.json")
    assert again == ours
    with pytest.raises(Refused, match=r"yield_end_pa\.value"):
        parse_own_product(OWN_PRODUCT_TEMPLATE.replace(f"# {line}", line.replace("50.0", "-5.0")))
