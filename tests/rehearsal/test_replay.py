"""A rehearsal is its log: replayed, in another process too, it comes to the same state to the bit."""

import json
import subprocess
import sys

import numpy as np
import pytest

from random_actions import random_action
from vertebroplasty.case import rehearsing
from vertebroplasty.cement.actions import Image
from vertebroplasty.cli.main import main
from vertebroplasty.errors import Refused
from vertebroplasty.rehearsal.session import log_lines, replayed, start, step


@pytest.mark.parametrize("name", ["easy", "breach", "cleft"])
def test_the_planners_run_replayed_is_the_same_state(cases, planned, name):
    state = planned[name]
    again = replayed(cases[name], 0, log_lines(state))
    assert again.state_sha256 == state.state_sha256
    assert again.log == state.log
    assert replayed(cases[name], 1, log_lines(state)).state_sha256 != state.state_sha256


def test_a_foolish_log_replayed_is_the_same_state(cases):
    rng, state = np.random.default_rng(5), start(cases["breach"], 5)
    for _ in range(30):
        state = step(state, random_action(rng, cases["breach"]))
    assert any(e.get("event") == "impossible" for e in state.log)
    assert replayed(cases["breach"], 5, log_lines(state)).state_sha256 == state.state_sha256


def test_a_log_may_be_as_long_as_a_session(easy):
    state = start(easy, 0)
    for _ in range(2500):
        state = step(state, Image(frames=1, live=True))
    again = replayed(easy, 0, log_lines(state))
    assert again.state_sha256 == state.state_sha256
    assert again.frames == 2500
    with pytest.raises(Refused, match="more than 20000 actions"):
        replayed(easy, 0, ['{"action": "pause"}'] * 20_001)


@pytest.mark.parametrize(
    ("line", "sentence"),
    [
        ("{", "Line 2: not JSON"),
        ('{"action": "fly"}', "Line 2: each line needs"),
        ('{"action": "push", "rate_ml_per_s": 0.05}', "Line 2: A push needs either volume_ml or duration_s"),
        ('{"action": "wait", "duration_s": -1}', "Line 2: duration_s must be at least zero"),
        ('{"action": "wait", "duration_s": 1, "loudly": true}', "Line 2: wait knows no"),
        ('{"action": "image", "frames": 1.5}', "Line 2: frames must be a whole number"),
        (b"\xff\xfe", "Line 2: not UTF-8"),
        ('{"action": "help", "t_s": 3.0}', "comes when it is 10 s already"),
    ],
)
def test_a_line_that_is_no_action_is_refused_with_one_sentence(easy, line, sentence):
    with pytest.raises(Refused, match=sentence) as refused:
        replayed(easy, 0, ['{"action": "wait", "duration_s": 10}', line])
    assert "\n" not in refused.value.message


@pytest.fixture
def command(cases, monkeypatch, capsys):
    """`rehearse` with the breached case made already."""
    monkeypatch.setattr(rehearsing, "_opened", lambda request, head: (cases["breach"], (), ()))

    def run(*words):
        assert main(["rehearse", *words, "--json"]) == 0
        return json.loads(capsys.readouterr().out)

    return run


def test_the_command_writes_a_log_and_replays_it(tmp_path, command, planned):
    log = tmp_path / "log.jsonl"
    first = command("breach", "--auto", "-o", str(log))
    assert first["state_sha256"] == planned["breach"].state_sha256
    assert log.read_text().splitlines() == log_lines(planned["breach"])
    second = command("--replay", str(log))
    assert second["state_sha256"] == first["state_sha256"]
    assert second["log"] == first["log"]
    assert second["warnings"] == []
    assert first["stop_delay_s"] is not None
    assert first["failure_load_ratio"] > 1.0
    told = second["score"]["outcome"]["items"][-1]
    assert told["what"] == f"failure load {first['failure_load_ratio']:.2f} times that before"
    assert told["effect"] == 1.0  # it is the planner's own run
    assert {"selection", "placement", "timing", "fluoroscopy", "outcome"} == set(second["score"])


def test_a_log_that_was_changed_is_warned_of(tmp_path, command, planned):
    log = tmp_path / "log.jsonl"
    kept = [line for line in log_lines(planned["breach"]) if '"stylet"' not in line]
    log.write_text("\n".join(kept) + "\n")
    assert "another state than the log tells" in command("--replay", str(log))["warnings"][0]


def test_a_fresh_process_comes_to_the_same_state(tmp_path, planned):
    """Case, seed and grid come out of the log's first line."""
    log = tmp_path / "log.jsonl"
    log.write_text("\n".join(log_lines(planned["breach"])) + "\n")
    words = [sys.executable, "-m", "vertebroplasty", "rehearse", "--replay", str(log), "--json"]
    told = json.loads(subprocess.run(words, capture_output=True, text=True, check=True).stdout)
    assert told["state_sha256"] == planned["breach"].state_sha256
    assert (told["case"], told["parameters"]["seed"], told["parameters"]["grid_mm"]) == ("breach", 0, 2.0)
