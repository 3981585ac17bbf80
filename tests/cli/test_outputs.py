"""What is written appears whole or not at all, replaces nothing of the user's, and belongs to this patient."""

import json

import pytest

from vertebroplasty.cli.main import main


@pytest.fixture
def scan(patient_files):
    return [
        str(patient_files / "ct.nii.gz"),
        "-s",
        str(patient_files / "seg.nii.gz"),
        "--labels",
        "verse",
        "--level",
        "L2",
    ]


@pytest.fixture
def injected(walked):
    """A plan and an injection of the synthetic patient."""
    return walked


def interrupt(*_args, **_kwargs):
    raise KeyboardInterrupt


@pytest.mark.parametrize("overwrite", [False, True])
def test_an_interrupt_while_writing_leaves_nothing_half_written(scan, walked, tmp_path, monkeypatch, capsys, overwrite):
    out = tmp_path / "out"
    before = {}
    if overwrite:
        out.mkdir()
        for file in walked.iterdir():
            (out / file.name).write_bytes(file.read_bytes())
        before = {file.name: file.read_bytes() for file in out.iterdir()}
    monkeypatch.setattr("vertebroplasty.case.reporting.write_injection", interrupt)
    assert main(["run", *scan, "--volume-ml", "0.3", "-o", str(out), *(["--overwrite"] if overwrite else [])]) == 130
    assert "Interrupted" in capsys.readouterr().err
    assert [entry.name for entry in tmp_path.iterdir()] == (["out"] if overwrite else [])
    if overwrite:
        assert {file.name: file.read_bytes() for file in out.iterdir()} == before


def test_overwrite_spares_what_this_command_did_not_write(scan, tmp_path, capsys):
    mine = tmp_path / "patient.json"
    mine.write_text('{"schema": "vertebroplasty.patient/1"}', encoding="utf-8")
    assert main(["plan", *scan, "-o", str(mine), "--overwrite"]) == 1
    assert "was not written by this command" in capsys.readouterr().err
    assert mine.read_text(encoding="utf-8") == '{"schema": "vertebroplasty.patient/1"}'


def test_a_plan_of_another_ct_is_refused(scan, injected, tmp_path, capsys):
    body = json.loads((injected / "plan.json").read_text(encoding="utf-8"))
    body["inputs"][0]["sha256"] = "0" * 64
    other = tmp_path / "plan.json"
    other.write_text(json.dumps(body), encoding="utf-8")
    assert main(["inject", *scan, "--plan", str(other), "-o", str(tmp_path / "out")]) == 1
    assert "another CT" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("fill.nii.gz", b"", "damaged"),
        ("fill.nii.gz", b"garbage", "damaged"),
        ("arrival.nii.gz", b"", "damaged"),
        ("inject.json", b"{}", "cannot be read"),
        ("inject.json", b"\xff\xfe", "is written in UTF-16"),
    ],
)
def test_a_damaged_injection_is_one_sentence(scan, injected, tmp_path, capsys, name, content, words):
    folder = tmp_path / "broken"
    folder.mkdir()
    for file in ("inject.json", "fill.nii.gz", "arrival.nii.gz"):
        (folder / file).write_bytes((injected / file).read_bytes())
    (folder / name).write_bytes(content)
    assert main(["strength", *scan, "--cement", str(folder), "--json"]) == 1
    printed = capsys.readouterr()
    assert json.loads(printed.out)["error"]["kind"] == "refused"
    assert words in printed.err
    assert len(printed.err.strip().splitlines()) == 1


def test_the_log_of_actions_decides_product_and_volume(scan, injected, tmp_path, capsys):
    log = tmp_path / "actions.jsonl"
    steps = [
        {"t_s": 0, "action": "mix", "product": "pmma-low"},
        {"t_s": 0, "action": "wait", "duration_s": 400},
        {"t_s": 400, "action": "push", "rate_ml_per_s": 0.05, "volume_ml": 0.5},
    ]
    log.write_text("".join(json.dumps(step) + "\n" for step in steps), encoding="utf-8")
    words = ["inject", *scan, "--plan", str(injected / "plan.json"), "--actions", str(log), "-o", str(tmp_path / "out")]
    assert main([*words, "--json"]) == 0
    body = json.loads(capsys.readouterr().out)
    assert body["parameters"]["product"] == "pmma-low"
    assert "volume_ml" not in body["parameters"]
    assert body["injected_ml"] == pytest.approx(0.5, abs=1e-6)


def test_a_gauge_that_contradicts_the_plan_is_refused(scan, injected, tmp_path, capsys):
    words = ["inject", *scan, "--plan", str(injected / "plan.json"), "--gauge", "13", "-o", str(tmp_path / "out")]
    assert main(words) == 1
    assert "11G needle, not 13G" in capsys.readouterr().err


def test_an_unwritable_place_is_one_sentence(scan, tmp_path, capsys):
    (tmp_path / "file").touch()
    assert main(["plan", *scan, "-o", str(tmp_path / "file" / "plan.json")]) == 1
    assert len(capsys.readouterr().err.strip().splitlines()) == 1
