"""What a file holds may be printed, but never steers the terminal."""

import json

import pytest

from vertebroplasty.cli.main import main

STEERING = "asp\x1b[31mirin"


@pytest.mark.parametrize(
    "content",
    [
        {"coagulation": {"agents": [{"name": STEERING}]}, "levels": {"L3": {}}},
        {"planned": {"product": STEERING}, "levels": {"L3": {}}},
        {STEERING: 1},
    ],
)
def test_text_and_errors_hold_no_escape_sequence(tmp_path, capfd, content):
    file = tmp_path / "patient.json"
    file.write_text(json.dumps({"schema": "vertebroplasty.patient/1", **content}), encoding="utf-8")
    main(["screen", str(file)])
    printed = capfd.readouterr()
    assert "irin" in printed.out + printed.err
    assert "\x1b" not in printed.out + printed.err
