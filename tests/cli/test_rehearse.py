"""`rehearse` on the command line: what it lists, what it refuses; replay and score are tested in their own room."""

import json

import pytest

from vertebroplasty.cli.main import main


def test_the_cases_are_listed_with_level_and_verdict(capsys):
    assert main(["rehearse", "--list", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert [(case["name"], case["level"]) for case in found["cases"]] == [
        ("easy", "L2"),
        ("breach", "L2"),
        ("cleft", "L2"),
    ]
    assert all(case["verdict"] and case["because"] for case in found["cases"])
    assert main(["rehearse", "--list"]) == 0
    assert "not a medical device" in capsys.readouterr().out.lower()


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        ([], "one of --auto, --replay and --list"),
        (["--auto", "--list"], "one of --auto, --replay and --list"),
        (["--auto", "-o", "log.json"], "end its name in .jsonl"),
        (["--auto", "--level", "L3"], "belong to a CT"),
        (["nowhere.nii.gz", "--auto"], "needs --level"),
    ],
)
def test_wrong_usage_is_said_in_one_sentence(words, sentence, capsys):
    assert main(["rehearse", *words]) == 2
    assert sentence in capsys.readouterr().err


def test_a_log_of_the_users_own_ct_asks_for_it(tmp_path, capsys):
    log = tmp_path / "log.jsonl"
    log.write_text('{"t_s": 0.0, "event": "start", "case": "own", "level": "L3", "seed": 0}\n')
    assert main(["rehearse", "--replay", str(log)]) == 1
    assert "give the CT, -s and --level" in capsys.readouterr().err


def test_a_file_that_is_no_log_is_not_replaced(tmp_path, capsys):
    letter = tmp_path / "letter.jsonl"
    letter.write_text("Dear colleague\n")
    assert main(["rehearse", "--auto", "-o", str(letter)]) == 1
    assert main(["rehearse", "--auto", "-o", str(letter), "--overwrite"]) == 1
    assert "no log of a rehearsal" in capsys.readouterr().err
    assert letter.read_text() == "Dear colleague\n"
