"""The action language: what is read is what was written, and what makes no sense is refused."""

import json

import pytest

from vertebroplasty.cement.actions import (
    ACTIONS,
    CArm,
    Image,
    Mix,
    MoveNeedle,
    Push,
    Wait,
    parse_actions,
    plain_actions,
)
from vertebroplasty.errors import Refused


def test_the_language_has_these_words():
    assert set(ACTIONS) == {
        "mix", "wait", "push", "pause", "stop", "move-needle", "stylet", "withdraw", "balloon", "c-arm", "image",
        "phlebogram", "help",
    }  # fmt: skip


def test_written_actions_are_read_back():
    actions = (
        *plain_actions(product="pmma-low", volume_ml=2.0, rate_ml_per_s=0.1, start_s=400.0),
        MoveNeedle(needle=2, entry_lps_mm=(1.0, 2.0, 3.0), tip_lps_mm=(1.0, -20.0, 3.0)),
        Push(t_s=500.0, pressure_kpa=900.0, duration_s=3.0),
        CArm(lao_deg=90.0, cranial_deg=0.0),
        CArm(lao_deg=90.0, cranial_deg=0.0, plane=2),
        Image(frames=3),
        Image(frames=3, live=True, planes=2),
    )
    lines = [json.dumps(action.as_json()) for action in actions]
    assert parse_actions(lines) == actions


def test_plain_options_mix_wait_and_push():
    mix, wait, push, *rest = plain_actions(product="pmma-medium", volume_ml=3.0, rate_ml_per_s=0.05, start_s=330.0)
    assert mix == Mix(product="pmma-medium")
    assert wait == Wait(duration_s=330.0)
    assert push == Push(rate_ml_per_s=0.05, volume_ml=3.0)
    assert [action.name for action in rest] == ["stylet", "withdraw"]


def test_empty_lines_and_events_are_passed_over():
    lines = ["", '{"t_s": 0, "event": "mix-start"}', '{"action": "wait", "duration_s": 3}']
    assert parse_actions(lines) == (Wait(duration_s=3.0),)


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("{", "not JSON"),
        ("[1]", 'needs "action"'),
        ('{"action": "inject"}', "one of mix, wait"),
        ('{"action": "wait"}', "wait needs duration_s"),
        ('{"action": "wait", "duration_s": -1}', "at least zero"),
        ('{"action": "wait", "duration_s": NaN}', "must be a number"),
        ('{"action": "wait", "duration_s": true}', "must be a number"),
        ('{"action": "wait", "minutes": 3}', 'knows no "minutes"'),
        ('{"action": "mix", "product": 3}', "must be text"),
        ('{"action": "push", "volume_ml": 1}', "either rate_ml_per_s or pressure_kpa"),
        ('{"action": "push", "rate_ml_per_s": 0.1, "pressure_kpa": 10, "volume_ml": 1}', "either rate_ml_per_s or"),
        ('{"action": "push", "rate_ml_per_s": 0.1}', "either volume_ml or duration_s"),
        ('{"action": "push", "rate_ml_per_s": 0, "volume_ml": 1}', "above zero"),
        ('{"action": "image", "frames": 1.5}', "whole number"),
        ('{"action": "image", "frames": 1, "live": 1}', "live must be true or false, not 1"),
        ('{"action": "image", "frames": 1, "planes": 3}', "planes must be at most 2"),
        ('{"action": "c-arm", "lao_deg": 0, "cranial_deg": 0, "plane": 0}', "plane must be above zero"),
        ('{"action": "move-needle", "needle": 1, "entry_lps_mm": [1, 2], "tip_lps_mm": [0, 0, 0]}', "three LPS"),
    ],
)
def test_lines_that_make_no_sense_are_refused_with_their_number(line, said):
    with pytest.raises(Refused, match=said) as refused:
        parse_actions(["", line])
    assert refused.value.where == "line 2"
    assert refused.value.message.startswith("Line 2: ")


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ('{"action": []}', 'needs "action"'),
        ("{}", 'needs "action"'),
        ('{"action": null}', 'needs "action"'),
        ('{"action": "mix", "product": null}', "mix needs product"),
        ('{"action": "mix", "product": "a\\u001b[2J"}', r"must be text of at most 60 characters, not \"a\\u001b"),
        ('{"action": "mix", "product": "%s"}' % ("a" * 61), "must be text"),
        ('{"action": "wait", "duration_s": 1e400}', "must be a number, not Infinity"),
        ('{"action": "wait", "duration_s": 1%s}' % ("0" * 400), "must be a number, not 1000"),
        ('{"action": "wait", "duration_s": 1%s}' % ("0" * 5000), "not JSON"),
        ('{"action": "wait", "duration_s": 7201}', "at most 7200, not 7201"),
        ('{"action": "push", "rate_ml_per_s": 0.05, "volume_ml": 51}', "volume_ml must be at most 50"),
        ('{"action": "push", "rate_ml_per_s": 6, "volume_ml": 1}', "rate_ml_per_s must be at most 5"),
        ('{"action": "push", "pressure_kpa": 20001, "volume_ml": 1}', "pressure_kpa must be at most 20000"),
        ("[" * 100_000, "not JSON"),
        (b'{"action": "\xff"}', "not UTF-8"),
    ],
    ids=range(15),
)
def test_hostile_lines_are_refused_in_one_short_sentence(line, said):
    with pytest.raises(Refused, match=said) as refused:
        parse_actions(["", line])
    assert refused.value.message.startswith("Line 2: ")
    assert len(refused.value.message) < 250
    assert refused.value.message.isprintable()


def test_a_list_has_an_end():
    wait = b'{"action": "wait", "duration_s": 1}'
    assert len(parse_actions([wait] * 2000)) == 2000
    with pytest.raises(Refused, match="Line 2001: more than 2000 actions"):
        parse_actions([wait] * 2001)
    assert len(parse_actions([wait] * 2001, most=2001)) == 2001
