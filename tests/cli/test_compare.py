"""`compare` on folders as `run` leaves them: a table, a page with both X-rays, and one sentence for what cannot be."""

import json
import shutil

import pytest

from vertebroplasty.cli.main import main


@pytest.fixture
def other(walked, tmp_path):
    """A second case: the same walk with half a millilitre in the canal, and a name that needs escaping."""
    folder = tmp_path / "second <b>"
    shutil.copytree(walked, folder)
    body = json.loads((folder / "inject.json").read_text())
    body["in_canal_ml"] = 0.5
    (folder / "inject.json").write_text(json.dumps(body))
    return folder


def test_the_table_marks_the_difference(walked, other, capsys):
    assert main(["compare", str(walked), str(other)]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith("L2: 1 of ")
    assert next(line.split() for line in lines if line.startswith("≠"))[:4] == ["≠", "in", "the", "canal"]
    assert "Not a medical device" in lines[-1]


def test_the_json_is_a_document(walked, other, capsys):
    assert main(["compare", str(walked), str(other), "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert document["schema"] == "vertebroplasty.compare/1"
    assert document["differing"] == 1
    assert document["rows"][0]["second"] == 0.5
    assert {entry["role"] for entry in document["inputs"]} == {"first", "second"}
    nulls = [
        f"rows[{n}].{side}"
        for n, row in enumerate(document["rows"])
        for side in ("first", "second")
        if row[side] is None
    ]
    assert set(nulls) <= {entry["what"] for entry in document["unknown"]}


def test_the_page_is_one_file_with_everything_in_it(walked, other, tmp_path, capsys):
    out = tmp_path / "compare.html"
    assert main(["compare", str(walked), str(other), "-o", str(out)]) == 0
    page = out.read_text(encoding="utf-8")
    assert page.count("data:image/png;base64") == 4  # AP and lateral of both
    assert "second &lt;b&gt;" in page
    assert "<b>" not in page
    assert page.count('class="differs"') == 1
    assert "http" not in page.replace("http-equiv", "")
    assert main(["compare", str(walked), str(other), "-o", str(out)]) == 1
    assert "--overwrite" in capsys.readouterr().err
    assert main(["compare", str(walked), str(other), "-o", str(out), "--overwrite"]) == 0
    out.write_text("<p>mine</p>")
    assert main(["compare", str(walked), str(other), "-o", str(out), "--overwrite"]) == 1
    assert "was not written by this command" in capsys.readouterr().err


def test_plan_files_compare_too(walked, capsys):
    plan = str(walked / "plan.json")
    assert main(["compare", plan, plan]) == 0
    assert capsys.readouterr().out.startswith("L2: 0 of ")


@pytest.mark.parametrize(
    ("name", "code", "sentence"),
    [
        ("none", 1, "There is no file none: give the folder of `run` or `inject`, or a plan.json."),
        ("empty", 1, "empty holds no plan.json and no inject.json"),
        ("measure.json", 1, "measure.json"),
    ],
)
def test_what_is_not_ours_is_refused(walked, tmp_path, capsys, name, code, sentence):
    (tmp_path / "empty").mkdir()
    shutil.copy(walked / "measure.json", tmp_path)
    assert main(["compare", str(walked), str(tmp_path / name)]) == code
    assert sentence in capsys.readouterr().err
