"""The cements: cited, complete, and with the arithmetic of labels done on the mixed cement."""

from dataclasses import replace

import pytest

from vertebroplasty.cement.product import ACRYLIC, product, products
from vertebroplasty.errors import Refused
from vertebroplasty.sources import source


def test_every_value_of_every_cement_has_a_source():
    for cement in products().values():
        assert set(cement.sources) >= {"liquid_min", "paste_min", "handling_min", "consistency_paste_pa_s", "opacifier"}
        for key in cement.sources.values():
            assert key == "choice" or source(key)


def test_the_three_classes_thicken_in_order():
    low, medium, high = (product(f"pmma-{name}") for name in ("low", "medium", "high"))
    assert low.consistency_paste_pa_s < medium.consistency_paste_pa_s < high.consistency_paste_pa_s
    assert (medium.liquid_min, medium.paste_min, medium.handling_min) == (5.1, 3.4, 8.5)
    assert medium.liquid_min + medium.paste_min == pytest.approx(medium.handling_min)


def test_the_label_fraction_is_of_the_powder():
    # 20 g of powder with 30 % barium sulfate and 9.2 g of liquid: 6 g in 29.2 g
    medium = product("pmma-medium")
    assert medium.opacifier_mixed_fraction == pytest.approx(6.0 / 29.2)
    assert sum(medium.mass_fractions.values()) == pytest.approx(1.0)
    w = 6.0 / 29.2
    assert medium.density_g_per_cm3 == pytest.approx(1 / (w / 4.5 + (1 - w) / 1.19))


def test_an_unknown_cement_is_refused_with_the_known_ones():
    with pytest.raises(Refused, match="choose one of pmma-low, pmma-medium, pmma-high"):
        product("plaster")


def test_components_name_the_polymer_and_its_opacifier():
    for cement in products().values():
        acrylic = cement.family == ACRYLIC
        assert set(cement.components) == ({"pmma", cement.opacifier} if acrylic else {"calcium-phosphate"})


def test_calcium_phosphate_shows_by_its_mineral():
    natural = product("calcium-phosphate")
    assert natural.family == "calcium-phosphate"
    assert natural.opacifier_mixed_fraction == pytest.approx(20.0 / 26.9)
    assert natural.hardened_min == 15.0
    assert natural.density_g_per_cm3 > product("pmma-medium").density_g_per_cm3


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"paste_min": 2.0}, "together are not handling_min"),
        ({"hardened_min": 8.0}, "hardens before its handling ends"),
        ({"consistency_end_pa_s": 50.0}, "thins as it sets"),
        ({"opacifier_powder_fraction": 30.0}, "it is a share, 0 to 1"),
        ({"opacifier": "chalk"}, "the opacifier chalk is not one of barium-sulfate"),
        ({"powder_g": 0.0}, "powder_g is 0, but it is a number above 0"),
        ({"family": "glue"}, "family glue is not one of acrylic"),
    ],
)
def test_a_cement_that_contradicts_itself_is_refused(change, sentence):
    with pytest.raises(Refused, match=sentence):
        replace(product("pmma-medium"), **change)


def test_every_fault_has_its_sentence():
    with pytest.raises(Refused) as refused:
        replace(product("pmma-medium"), powder_g=-1.0, opacifier="chalk", hardened_min=1.0)
    assert len(refused.value.problems) == 3
