"""Many runs on many processes: the same answer whatever their number, and resumed after an interruption."""

import json
import os
import pickle
from dataclasses import replace

import numpy as np
import pytest

from drawn_grid import boxed_body, path_to, with_tissue
from vertebroplasty.anatomy.grid import Tissue
from vertebroplasty.case.risk_log import RunLog, key_of, log_beside
from vertebroplasty.case.risk_pool import finish_runs, usable_cores
from vertebroplasty.cement.actions import plain_actions
from vertebroplasty.cement.product import product
from vertebroplasty.cement.risk_run import Outcome, RiskRuns
from vertebroplasty.cement.risk_sampling import draw
from vertebroplasty.cli.main import main
from vertebroplasty.errors import Refused

RUNS = 5
OUTCOME = Outcome(
    refusal=None,
    stop_reason="volume-delivered",
    injected_ml=0.1 + 0.2,  # 0.30000000000000004: JSON must keep the last bit
    site_ml={"epidural": 1 / 3},
    first_ml={"epidural": 0.7},
    seen=["epidural"],
)


def repeated(volume_ml=0.3):
    """A needle close to a hole in the back wall, so that runs differ."""
    grid = with_tissue(boxed_body(), (slice(11, 15), slice(10, 12), slice(16, 20)), Tissue.TRABECULAR)
    actions = plain_actions(product="pmma-medium", volume_ml=volume_ml, rate_ml_per_s=0.05, start_s=330.0)
    return RiskRuns(grid=grid, path=path_to(grid, (18, 15, 13), along=(1.0, 0.0, 0.0)), actions=actions, options={})


@pytest.fixture(scope="module")
def serial():
    """The runs one after another in this process."""
    found = {}
    finish_runs(repeated(), draw(RUNS, 4), workers=1, known=(), keep=found.__setitem__)
    return found


def test_the_runs_differ(serial):
    assert (
        len({outcome.injected_ml for outcome in serial.values()}) > 1
        or len({json.dumps(outcome.site_ml) for outcome in serial.values()}) > 1
    )


def test_two_workers_give_the_same_to_the_last_bit(serial):
    found = {}
    finish_runs(repeated(), draw(RUNS, 4), workers=2, known=(), keep=found.__setitem__)
    assert {index: found[index] for index in range(RUNS)} == serial


def test_only_what_is_missing_is_run(serial):
    found = {}
    finish_runs(repeated(), draw(RUNS, 4), workers=1, known={0, 1, 3, 4}, keep=found.__setitem__)
    assert found == {2: serial[2]}
    finish_runs(repeated(), draw(RUNS, 4), workers=2, known=set(range(RUNS)), keep=pytest.fail)


def test_a_refusal_comes_out_of_a_worker_whole():
    """Processes hand errors on pickled."""
    sent = pickle.loads(pickle.dumps(Refused("One sentence.", where="--tip")))
    assert (sent.message, sent.where) == ("One sentence.", "--tip")


def test_a_worker_that_is_lost_is_one_sentence(monkeypatch):
    monkeypatch.setattr("vertebroplasty.case.risk_pool.begin", int)  # no worker can start with it
    with pytest.raises(Refused, match="worker process was ended"):
        finish_runs(repeated(), draw(2, 0), workers=2, known=(), keep=lambda *_: None)


def test_an_own_cement_goes_along(monkeypatch):
    monkeypatch.setattr("vertebroplasty.cement.product._own", {})
    own = replace(product("pmma-medium"), key="own-cement")
    pickle.loads(pickle.dumps(replace(repeated(), own_product=own))).make_known()
    assert product("own-cement") == own


def test_cores_are_counted():
    assert 1 <= usable_cores() <= (os.cpu_count() or 1)


def test_finished_runs_are_read_back_to_the_last_bit(tmp_path):
    file = tmp_path / "risk.json.unfinished"
    log = RunLog(file, "key")
    log.keep(3, OUTCOME)
    assert RunLog(file, "key").outcomes == {3: OUTCOME}


def test_a_line_cut_by_an_interruption_is_run_again(tmp_path):
    file = tmp_path / "risk.json.unfinished"
    log = RunLog(file, "key")
    for index in range(3):
        log.keep(index, OUTCOME)
    file.write_text(file.read_text()[:-20])
    again = RunLog(file, "key")
    assert sorted(again.outcomes) == [0, 1]
    again.keep(2, OUTCOME)  # written after the damage was cleared away
    assert sorted(RunLog(file, "key").outcomes) == [0, 1, 2]


def test_runs_of_another_question_are_not_taken(tmp_path):
    file = tmp_path / "risk.json.unfinished"
    RunLog(file, "one").keep(0, OUTCOME)
    assert RunLog(file, "other").outcomes == {}


def test_a_file_of_the_users_is_left_alone(tmp_path):
    file = tmp_path / "risk.json.unfinished"
    file.write_text("my notes\n")
    with pytest.raises(Refused, match="was not written by this command"):
        RunLog(file, "key")
    assert file.read_text() == "my notes\n"


def test_the_key_changes_with_whatever_changes_a_run():
    runs = repeated()
    keys = {key_of(runs, {"seed": 0}), key_of(repeated(), {"seed": 0})}
    assert len(keys) == 1
    keys |= {key_of(runs, {"seed": 1}), key_of(repeated(volume_ml=0.2), {"seed": 0})}
    runs.grid.hu[13, 20, 18] += 1.0
    keys.add(key_of(runs, {"seed": 0}))
    runs.grid.part[13, 20, 18] = 0
    keys.add(key_of(runs, {"seed": 0}))
    assert len(keys) == 5


@pytest.fixture(scope="module")
def words(patient_files, tmp_path_factory):
    """`risk` on the synthetic patient with few runs and little cement."""
    plan = tmp_path_factory.mktemp("plan") / "plan.json"
    scan = [str(patient_files / "ct.nii.gz"), "-s", str(patient_files / "seg.nii.gz"), "--labels", "verse"]
    assert main(["plan", *scan, "--level", "L2", "-o", str(plan)]) == 0
    few = ["--runs", "4", "--volume-ml", "0.4", "--grid-mm", "2", "--seed", "1", "--threads", "1"]
    return ["risk", *scan, "--level", "L2", "--plan", str(plan), *few]


def test_the_command_answers_and_resumes(words, tmp_path, capsys, monkeypatch):
    out = tmp_path / "risk.json"
    assert main([*words, "-o", str(out), "--json"]) == 0
    body = json.loads(capsys.readouterr().out)
    assert body == json.loads(out.read_text(encoding="utf-8"))
    assert body["schema"] == "vertebroplasty.risk/1"
    assert (body["runs"], body["seed"], body["resumed"]) == (4, 1, 0)
    assert sum(body["stop_reasons"].values()) + sum(entry["runs"] for entry in body["refused"]) == 4
    assert not log_beside(out).exists()

    # interrupted after two runs: the file is not there, the runs are, and the same command goes on
    kept, interrupted = [], tmp_path / "again.json"
    real = RunLog.keep

    def keep_two(self, index, outcome):
        if len(kept) == 2:
            raise KeyboardInterrupt
        kept.append(index)
        real(self, index, outcome)

    with monkeypatch.context() as patched:
        patched.setattr(RunLog, "keep", keep_two)
        assert main([*words, "-o", str(interrupted)]) == 130
    assert not interrupted.exists()
    assert log_beside(interrupted).is_file()
    capsys.readouterr()
    assert main([*words, "-o", str(interrupted), "--json"]) == 0
    again = json.loads(capsys.readouterr().out)
    assert again["resumed"] == 2
    assert again | {"resumed": 0, "duration_s": 0} == body | {"duration_s": 0}
    assert not log_beside(interrupted).exists()


def test_another_seed_resumes_nothing(words, tmp_path, capsys):
    out = tmp_path / "risk.json"
    RunLog(log_beside(out), "another").keep(0, OUTCOME)
    assert main([*words[:-4], "--seed", "2", "--threads", "1", "-o", str(out), "--json"]) == 0
    body = json.loads(capsys.readouterr().out)
    assert (body["resumed"], body["seed"]) == (0, 2)


def test_people_read_lines(words, capsys):
    assert main(words) == 0
    said = capsys.readouterr().out
    assert "L2: 4 injections" in said
    assert "in the canal" in said
    assert "Not a medical device" in said
    assert "%" in said


@pytest.mark.parametrize(
    ("changed", "where"), [(["--runs", "1"], "--runs is 1"), (["--volume-ml", "-1"], "--volume-ml")]
)
def test_impossible_options_are_one_sentence(words, capsys, changed, where):
    given = [word for n, word in enumerate(words) if word != changed[0] and words[n - 1] != changed[0]]
    assert main([*given, *changed]) == 1
    assert where in capsys.readouterr().err


def test_every_share_lies_in_its_interval(words, tmp_path):
    out = tmp_path / "risk.json"
    assert main([*words, "-o", str(out)]) == 0
    body = json.loads(out.read_text(encoding="utf-8"))
    for entry in (body["in_canal"], *body["sites"]):
        assert 0 <= entry["ci_low"] <= entry["probability"] <= entry["ci_high"] <= 1
        assert entry["ml_p50"] <= entry["ml_p95"]
        assert 0 <= entry["seen"] <= entry["probability"]
    strength = [abs(driver["rank_correlation"] or 0.0) for driver in body["drivers"]]
    assert strength == sorted(strength, reverse=True)
    nulls = {entry["what"] for entry in body["unknown"]}
    assert {
        f"drivers[{n}].rank_correlation" for n, d in enumerate(body["drivers"]) if d["rank_correlation"] is None
    } <= nulls
    assert np.isfinite(body["duration_s"])
