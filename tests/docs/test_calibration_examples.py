"""The rods and the scanner table of the documentation are files that are read."""

import re
from pathlib import Path

from vertebroplasty.documents.calibration_files import parse_rods, parse_scanner_table

TEXT = (Path(__file__).parents[2] / "docs" / "strength_calibration.md").read_text(encoding="utf-8")


def block(kind):
    (found,) = re.findall(rf"```{kind}\n(.*?)```", TEXT, flags=re.S)
    return found


def test_the_rods_are_read():
    assert [entry.rod().length_mm for entry in parse_rods(block("json"), "rods.json").rods] == [20.0, 20.0, 30.0]


def test_the_scanner_table_is_read():
    (line,) = parse_scanner_table(block("toml"), "table.toml")
    assert f'--scanner "{line.name}"' in TEXT
