"""Both planned needles pushed at once, from the plan's answer to the injection's and its risk."""

import json

import pytest

from vertebroplasty.cli.main import main


@pytest.fixture(scope="module")
def asked(patient_files, tmp_path_factory):
    """Words of a command that pushes through the best needle and the best one of the other side."""
    folder = tmp_path_factory.mktemp("both")
    scan = [str(patient_files / "ct.nii.gz"), "-s", str(patient_files / "seg.nii.gz"), "--labels", "verse"]
    scan += ["--level", "L2"]
    assert main(["plan", *scan, "-o", str(folder / "plan.json")]) == 0
    paths = json.loads((folder / "plan.json").read_text(encoding="utf-8"))["paths"]
    other = next(path for path in paths if path["side"] != paths[0]["side"])
    actions = [
        {"action": "mix", "product": "pmma-medium"},
        {
            "action": "move-needle",
            "needle": 2,
            "entry_lps_mm": other["entry_lps_mm"],
            "tip_lps_mm": other["tip_lps_mm"],
        },
        {"action": "wait", "duration_s": 330.0},
        {"action": "push", "needles": [1, 2], "rate_ml_per_s": 0.1, "volume_ml": 1.5},
    ]
    (folder / "both.jsonl").write_text("".join(json.dumps(action) + "\n" for action in actions), encoding="utf-8")
    plan = ["--plan", str(folder / "plan.json"), "--actions", str(folder / "both.jsonl"), "--grid-mm", "1.5"]
    return folder, [*scan, *plan]


def test_both_needles_deliver_at_once(asked):
    folder, words = asked
    assert main(["inject", *words, "-o", str(folder / "out")]) == 0
    document = json.loads((folder / "out" / "inject.json").read_text(encoding="utf-8"))
    events = [json.loads(line) for line in (folder / "out" / "events.jsonl").read_text(encoding="utf-8").splitlines()]
    samples = [event for event in events if event["event"] == "sample"]
    assert document["injected_ml"] == pytest.approx(samples[-1]["injected_ml"])
    assert document["mass_balance_error"] < 1e-6
    for sample in samples:
        assert [each["needle"] for each in sample["needles"]] == [1, 2]
        assert sum(each["rate_ml_per_s"] for each in sample["needles"]) == pytest.approx(sample["rate_ml_per_s"])
        assert sample["pressure_kpa"] == max(each["pressure_kpa"] for each in sample["needles"])


def test_risk_repeats_both(asked):
    folder, words = asked
    assert main(["risk", *words, "--runs", "4", "--threads", "1", "-o", str(folder / "risk.json")]) == 0
    document = json.loads((folder / "risk.json").read_text(encoding="utf-8"))
    assert document["runs"] == 4
