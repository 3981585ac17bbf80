"""Rods and scanner tables are read whole or refused with a sentence that says what to change."""

import json

import pytest

from vertebroplasty.documents.calibration_files import parse_rods, parse_scanner_table
from vertebroplasty.documents.site import SITE_TEMPLATE, parse_site
from vertebroplasty.errors import Refused

ROD = {"name": "A", "centre_lps_mm": [1.0, 2, 3], "diameter_mm": 18.0, "density_mg_per_ml": 50}
RODS = {"mineral": "hydroxyapatite", "rods": [ROD]}
ENTRY = """
[[scanner]]
name = "ours"
scanner_model = "Example CT"
kvp = 120
slope_mg_per_ml_per_hu = 0.8
slope_plus_minus = 0.02
intercept_mg_per_ml = -3.0
intercept_plus_minus = 4.0
source = "phantom"
"""


def test_a_rod_lies_along_the_table_unless_it_says_otherwise():
    (rod,) = (entry.rod() for entry in parse_rods(json.dumps(RODS), "rods.json").rods)
    assert rod.centre_lps_mm == (1.0, 2.0, 3.0)
    assert rod.axis_lps == (0.0, 0.0, 1.0)
    assert rod.length_mm == 20.0


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"diametre_mm": 3.0}, r"diametre_mm is not a known key: did you mean diameter_mm\?"),
        ({"centre_lps_mm": [1, 2]}, "has 2 entries: it has 3"),
        ({"density_mg_per_ml": "50"}, "number, without quotes"),
        ({"diameter_mm": 0}, "at least 4"),
        ({"axis_lps": [0, 0, 0]}, "has no direction"),
    ],
)
def test_a_wrong_rod_is_refused(change, sentence):
    with pytest.raises(Refused, match=sentence):
        parse_rods(json.dumps({**RODS, "rods": [{**ROD, **change}]}), "rods.json")


@pytest.mark.parametrize(
    ("text", "sentence"), [("{", "is not JSON"), ('{"rods": []}', "mineral is missing"), ("[]", "whole file")]
)
def test_a_file_that_is_no_list_of_rods_is_refused(text, sentence):
    with pytest.raises(Refused, match=sentence):
        parse_rods(text, "rods.json")


def test_a_scanner_table_gives_lines():
    (line,) = parse_scanner_table(ENTRY, "scanners.toml")
    assert (line.scanner_model, line.kvp, line.kernel, line.intercept_mg_per_ml) == ("Example CT", 120.0, None, -3.0)
    assert line.mineral == "hydroxyapatite"


@pytest.mark.parametrize(
    ("old", "new", "sentence"),
    [
        ("[[scanner]]", "[[scanner]", "is not TOML"),
        ("kvp", "kpv", r"kpv is not a known key: did you mean kvp\?"),
        ("0.8", "8.0", r"at most 1\.6"),
        ('source = "phantom"', "", "source is missing"),
    ],
)
def test_a_wrong_scanner_table_is_refused(old, new, sentence):
    with pytest.raises(Refused, match=sentence):
        parse_scanner_table(ENTRY.replace(old, new), "scanners.toml")


def test_the_sites_file_holds_the_same_entries():
    (line,) = parse_site(ENTRY).scanner_lines()
    assert line == parse_scanner_table(ENTRY, "scanners.toml")[0]
    with pytest.raises(Refused, match=r"at most 1\.6"):
        parse_site(ENTRY.replace("0.8", "8.0"))


def test_the_example_in_the_template_is_an_entry():
    example = SITE_TEMPLATE[SITE_TEMPLATE.index("# [[scanner]]") :].replace("# [[", "[[").replace("\n# ", "\n")
    assert parse_site(SITE_TEMPLATE).scanner_lines() == ()
    assert parse_scanner_table(example, "site.toml")[0].kvp == 120.0
