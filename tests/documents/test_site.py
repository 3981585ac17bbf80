"""A department's file is read whole or refused with a sentence that says what to change."""

import math

import pytest

from vertebroplasty.documents.site import SITE_TEMPLATE, parse_site
from vertebroplasty.errors import Refused


def test_the_template_is_a_site_file_with_the_built_in_values():
    stated = parse_site(SITE_TEMPLATE).stated()
    assert stated["c_arm"] == {"sid_mm": 1100.0, "sod_mm": 700.0, "pixel_mm": 0.37, "planes": "mono"}
    assert stated["cannula"] == {"gauge": 11}
    assert stated["cement"] == {"product": "pmma-medium"}
    assert stated["patient"] == {"position": "prone"}


def test_an_empty_file_states_nothing():
    assert parse_site("").stated() == {}
    assert parse_site("[c_arm]\n").stated() == {}


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("[c_arm", "is not TOML"),
        ("[c_arm]\nsid_mm = 1\nsid_mm = 2", "is not TOML"),
        ("[carm]\nsid_mm = 1100.0", r"carm is not a known key: did you mean c_arm\?"),
        ("[c_arm]\nsidmm = 1100.0", r"c_arm\.sidmm is not a known key: did you mean sid_mm\?"),
        ("[c_arm]\nsid_mm = 110.0", r"c_arm\.sid_mm is 110\.0: it is at least 500"),
        ('[c_arm]\nsid_mm = "1100"', "a number, without quotes"),
        ("[c_arm]\nsid_mm = nan", "finite number|at least"),
        ("[c_arm]\nsid_mm = 900.0\nsod_mm = 950.0", "below sid_mm"),
        ("[c_arm]\nsid_mm = 650.0", "below sid_mm"),
        ('[c_arm]\nplanes = "two"', "'mono' or 'biplane'"),
        ("[syringe]\nvolume_ml = 0.0", "at least 0.5"),
        ("[syringe]\nbore_mm = true", "a number"),
        ("[cannula]\ngauge = 7", r"cannula\.gauge is 7: it is one of 8, "),
        ("[cannula]\ngauge = 11.5", "whole number"),
        ('[cement]\nproduct = "pmma-hig"', r"did you mean pmma-high\?"),
        ('[patient]\nposition = "supine"', "it is 'prone'"),
        ("c_arm = 3", "table of keys and values"),
    ],
)
def test_what_is_wrong_is_said(text, sentence):
    with pytest.raises(Refused, match=sentence):
        parse_site(text, "mine.toml")


def test_the_syringe_says_its_fillings_and_the_force_on_its_plunger():
    site = parse_site("[syringe]\nvolume_ml = 1.0\nbore_mm = 10.0")
    fillings, force = site.of_syringe(3.0, 1000.0)
    assert "take 3 fillings" in fillings
    assert f"{1000e3 * math.pi * 0.005**2:.0f} N" in force  # pressure × area: 79 N
    assert "take 4 fillings" in site.of_syringe(3.1, None)[0]
    assert parse_site("").of_syringe(3.0, 1000.0) == ()
