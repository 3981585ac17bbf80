"""`registry` as its users type it: enter, amend, verify, import, count, compare, print, export."""

import json
import shutil
import sqlite3
from pathlib import Path

import pytest

from vertebroplasty.cli.main import main

EXAMPLES = Path(__file__).parents[2] / "examples" / "registry"


@pytest.fixture
def db(tmp_path, monkeypatch):
    """A registry with one patient, procedure and look before, in the working folder."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("VERTEBROPLASTY_DB", "series.db")
    monkeypatch.setenv("VERTEBROPLASTY_BY", "coordinator")
    assert main(["registry", "init"]) == 0
    files = [str(EXAMPLES / name) for name in ("before.json", "patient.json", "procedure.json")]
    assert main(["registry", "add", *files]) == 0  # in any order
    return tmp_path / "series.db"


def answered(capsys, *words):
    capsys.readouterr()
    code = main(["registry", *words, "--json"])
    return code, json.loads(capsys.readouterr().out)


def test_a_record_is_shown_with_its_history(db, capsys):
    assert (
        main(["registry", "amend", "procedure", "P-001-1", "--set", "levels[0].cement.total_ml=3.2", "--why", "again"])
        == 0
    )
    code, shown = answered(capsys, "show", "procedure", "P-001-1")
    assert code == 0
    assert shown["record"]["levels"][0]["cement"]["total_ml"] == 3.2
    assert (shown["state"]["version"], shown["state"]["entered_by"]) == (2, "coordinator")
    first, second = shown["history"]
    assert first["new"]["levels"][0]["cement"]["total_ml"] == second["old"]["levels"][0]["cement"]["total_ml"] == 3.1
    assert second["why"] == "again"


def test_an_amendment_is_checked_like_a_new_record(db, capsys):
    words = ["registry", "amend", "procedure", "P-001-1", "--why", "slip"]
    assert main([*words, "--set", "levels[0].leaks[0].volume_ml=9"]) == 1
    assert "leak" in capsys.readouterr().err
    assert main([*words, "--set", "levels[3].level=L4"]) == 1
    assert "there is no entry 3" in capsys.readouterr().err
    assert main([*words]) == 2
    assert answered(capsys, "show", "procedure", "P-001-1")[1]["state"]["version"] == 1


def test_a_locked_record_stays_as_it_is_until_it_is_opened(db, capsys):
    assert main(["registry", "lock", "procedure", "P-001-1", "--why", "year closed"]) == 0
    amend = ["registry", "amend", "procedure", "P-001-1", "--set", "remark=late", "--why", "note"]
    assert main(amend) == 1
    assert "locked" in capsys.readouterr().err
    assert main(["registry", "lock", "procedure", "P-001-1", "--open", "--why", "found the form"]) == 0
    assert main(amend) == 0


def test_the_same_procedure_twice_needs_a_reason(db, tmp_path, capsys):
    again = json.loads((EXAMPLES / "procedure.json").read_text()) | {"procedure_id": "P-001-2"}
    (tmp_path / "again.json").write_text(json.dumps(again))
    assert main(["registry", "add", "again.json"]) == 1
    assert "--not-a-duplicate" in capsys.readouterr().err
    assert main(["registry", "add", "again.json", "--not-a-duplicate", "two needles on two tables"]) == 0


def test_one_line_enters_a_follow_up_and_due_knows_it(db, capsys):
    code, before = answered(capsys, "due", "--on", "2026-10-02")
    assert code == 0
    assert [one["window"] for one in before["due"]] == ["1mo"]
    assert main(["registry", "follow-up", "P-001-1", "--seen-on", "2026-10-02", "--pain-nrs", "3"]) == 0
    assert answered(capsys, "due", "--on", "2026-10-02")[1]["due"] == []
    assert main(["registry", "follow-up", "P-001-1", "--seen-on", "2026-10-03"]) == 2
    assert main(["registry", "follow-up", "P-001-1", "--seen-on", "2026-10-03", "--pain-nrs", "11"]) == 1


def test_tampering_is_found_and_names_the_record(db, capsys):
    assert main(["registry", "verify"]) == 0
    with sqlite3.connect(db) as connection:
        connection.execute("UPDATE treated_level SET cement_total_ml = 1.0")
    code, found = answered(capsys, "verify")
    assert code == 1
    assert found["error"]["kind"] == "tampered"
    assert any("P-001-1" in problem for problem in found["error"]["problems"])


def test_a_backup_restores_to_the_same_head(db, capsys):
    _, kept = answered(capsys, "backup", "kept.jsonl.gz")
    code, restored = answered(capsys, "restore", "kept.jsonl.gz", "--db", "again.db")
    assert code == 0
    assert restored["head"] == kept["head"]
    assert main(["registry", "restore", "kept.jsonl.gz", "--db", "again.db"]) == 1


def test_a_table_is_imported_whole_or_not_at_all(db, tmp_path, capsys):
    shutil.copy(EXAMPLES / "old_list.toml", tmp_path)
    bad = (EXAMPLES / "old_list.csv").read_text().replace("3,4", "34")
    (tmp_path / "list.csv").write_text(bad)
    words = ("import", "list.csv", "--mapping", "old_list.toml")
    code, refused = answered(capsys, *words)
    assert code == 1
    assert "row 4, column ml" in refused["error"]["message"]
    assert answered(capsys, "list", "procedure")[1]["next_after"] is None
    assert len(answered(capsys, "list", "procedure")[1]["records"]) == 1
    code, partly = answered(capsys, *words, "--partial", "--rejects", "rejects.csv")
    assert (code, partly["records"]["procedure"], partly["rows_refused"]) == (0, 2, 1)
    assert "34" in (tmp_path / "rejects.csv").read_text()


def test_a_dry_run_writes_nothing(db, capsys):
    table = ("import", str(EXAMPLES / "old_list.csv"), "--mapping", str(EXAMPLES / "old_list.toml"))
    code, document = answered(capsys, *table, "--dry-run")
    assert (code, document["written"], document["rows_read"]) == (0, False, 3)
    assert len(answered(capsys, "list", "procedure")[1]["records"]) == 1


def test_the_founding_survey_prints_its_figures(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert main(["registry", "import-series", "cementoplasty-1990-2002", "--db", "survey.db"]) == 0
    code, stats = answered(capsys, "stats", "--db", "survey.db")
    assert code == 0
    assert stats["schema"] == "vertebroplasty.registry-stats/1"
    assert stats["counts"] == {"patients": 663, "procedures": None, "levels": 868}
    assert [row["k"] for row in stats["indications"]] == [495, 321, 52]
    epidural = next(row for row in stats["leaks"] if row["site"] == "epidural")
    assert (epidural["k"], epidural["n"], epidural["denominator"]) == (15, 868, "level")
    assert (round(epidural["ci_low_percent"], 2), round(epidural["ci_high_percent"], 2)) == (1.05, 2.83)
    assert stats["volume_ml"]["mean"] == pytest.approx(2.8)
    assert stats["synthetic"]


def test_a_page_names_nobody(db, capsys):
    assert main(["registry", "report", "series.html"]) == 0
    page = Path("series.html").read_text(encoding="utf-8")
    assert "department&#39;s own patients" in page
    assert "P-001" not in page
    assert "coordinator" not in page
    assert main(["registry", "report", "series.html"]) == 1
    capsys.readouterr()
    assert main(["registry", "report", "series.html", "--shared", "--overwrite"]) == 1
    assert "A series of 1 patient is not shared" in capsys.readouterr().err


def test_an_export_never_replaces_a_registry(db, tmp_path, capsys):
    (tmp_path / "other.jsonl").symlink_to(db)
    for out in ("series.db", "other.jsonl"):
        for form in ("jsonl", "journal"):
            assert main(["registry", "export", out, "--form", form, "--overwrite"]) == 2
            assert "never overwritten" in capsys.readouterr().err
    (tmp_path / "page.html").symlink_to(db)
    assert main(["registry", "report", "page.html", "--overwrite"]) == 2
    assert main(["registry", "verify"]) == 0


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--p0", "2", "--p1", "3", "--models"], "--p0 is 2"),
        (["--p0", "0.1", "--p1", "0.2", "--alpha", "0", "--models"], "--alpha is 0"),
        (["--p0", "0.1", "--p1", "0.1", "--models"], "are the same"),
        (["--p0", "0.1", "--models"], "both --p0 and --p1"),
        (["--operator", "operator-1"], "add --models"),
    ],
)
def test_options_of_a_chart_are_checked_before_anything_is_counted(db, capsys, options, said):
    assert main(["registry", "stats", *options]) == 2
    assert said in capsys.readouterr().err


def test_the_terminal_tells_symptoms_imaging_and_what_is_not_recorded(db, capsys):
    assert main(["registry", "amend", "patient", "P-001", "--set", "sex=null", "--why", "form lost"]) == 0
    capsys.readouterr()
    assert main(["registry", "stats", "--models"]) == 0
    lines = capsys.readouterr().out.splitlines()
    (above,) = [n for n, line in enumerate(lines) if line.startswith("  disc-above")]
    assert "1 of     1 level" in lines[above]
    assert lines[above].endswith("with symptoms 0")
    assert lines[above + 1].startswith("    on ct")
    assert "Not recorded" in lines
    assert any(line.startswith("  sex") and "1 of     1 patient" in line for line in lines)
    assert any(line.startswith("experience: 1 cases are fewer than 30") for line in lines)


def test_a_comparison_says_why_not(db, capsys):
    code, document = answered(capsys, "compare")
    assert code == 0
    quoted = [their for row in document["results"] for their in row["published"] if not their["comparable"]]
    assert quoted
    assert all(their["why_not"] for their in quoted)


def test_the_literature_gets_a_page(db, capsys):
    code, document = answered(capsys, "compare", "-o", "literature.html")
    page = Path("literature.html").read_text(encoding="utf-8")
    assert code == 0
    assert page.count("<svg") >= 1 + len(document["pooled"])
    assert "P-001" not in page
    month = next(one for one in document["pooled"] if one["question"].endswith("1 month"))
    # VERTOS IV 0.41 (-0.33, 1.15) and INVEST 0.7 (-0.3, 1.7): inverse variances 1/0.3776² and 1/0.5102².
    weights = [(3.92 / 1.48) ** 2, (3.92 / 2.0) ** 2]
    assert month["value"] == pytest.approx((0.41 * weights[0] + 0.7 * weights[1]) / sum(weights), abs=1e-4)
    assert month["tau_squared"] == 0
    assert month["prediction_low"] is None
    assert main(["registry", "compare", "-o", "literature.html"]) == 1
    assert main(["registry", "compare", "-o", "series.db", "--overwrite"]) == 2


def test_exports_are_whole_and_safe(db, capsys):
    assert answered(capsys, "export", "tables")[1]["records"]["procedure"] == 1
    assert (Path("tables") / "data_dictionary.csv").is_file()
    assert main(["registry", "export", "tables"]) == 1
    assert answered(capsys, "export", "journal.jsonl", "--form", "journal")[1]["records"] == {
        "journal": 4
    }  # the own series, a patient, a procedure, a look
    assert main(["registry", "export", "shared", "--deidentified"]) == 0
    assert not any(b"P-001" in file.read_bytes() for file in Path("shared").iterdir())


def test_templates_are_read_back(db, tmp_path, capsys):
    for kind, key, value in (("patient", "pseudonym", "P-9"), ("procedure", "procedure_id", "P-9-1")):
        capsys.readouterr()
        assert main(["registry", "add", "--template", kind]) == 0
        filled = json.loads(capsys.readouterr().out) | {key: value}
        if kind == "procedure":
            level = filled["levels"][0] | {"level": "L1", "leaks": []}
            filled |= {
                "patient": "P-9",
                "performed_on": "2025-01-02",
                "levels": [level],
                "events": [],
                "adverse_events": [],
            }
        (tmp_path / "record.json").write_text(json.dumps(filled))
        assert main(["registry", "add", "record.json"]) == 0, capsys.readouterr().err


def test_what_stands_in_the_way_is_said_in_one_sentence(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("VERTEBROPLASTY_DB", raising=False)
    assert main(["registry", "list"]) == 2
    assert main(["registry", "list", "--db", "none.db"]) == 1
    Path("text.db").write_text("not a database")
    assert main(["registry", "list", "--db", "text.db"]) == 1
    assert main(["registry", "list", "--db", "postgresql://nobody:secret@127.0.0.1:1/none"]) == 1
    said = capsys.readouterr().err
    assert "secret" not in said
    assert "Traceback" not in said


@pytest.fixture
def trained(db):
    """Two operators who rehearsed."""
    from rehearsal_records import rehearsal
    from vertebroplasty.registry.rehearsals.keeping import save_rehearsal
    from vertebroplasty.registry.store.opening import open_registry

    with open_registry(str(db)) as registry:
        for number, delay in enumerate((12.0, None, 1.0, 9.0)):
            save_rehearsal(registry, rehearsal(number, stop_delay_s=delay), by="web")
        save_rehearsal(registry, rehearsal(9, "O2"), by="web")
    return db


def test_an_operator_sees_the_own_rehearsals_with_a_chart(trained, tmp_path, capsys):
    words = ("rehearsals", "--operator", "O1", "--p0", "0.1", "--p1", "0.4", "-o", "drift.svg")
    code, told = answered(capsys, *words)
    assert code == 0
    assert [one["id"] for one in told["rehearsals"]] == [f"R-O1-{n}" for n in range(4)]
    assert (told["cusum"]["rehearsals"], told["cusum"]["without"]) == (3, 1)
    assert told["cusum"]["cusum"]["observed"] == 2
    assert {"rehearsals[0].timing", "rehearsals[1].stop_delay_s"} <= {one["what"] for one in told["unknown"]}
    assert "leak driven on" in (tmp_path / "drift.svg").read_text(encoding="utf-8")
    assert main(["registry", "rehearsals", "--operator", "O1"]) == 0
    said = capsys.readouterr().out
    assert "timing       not judged" in said
    assert "stopped 12.0 s after a leak that asks for it" in said
    assert "O2" not in said
    assert main(["registry", "rehearsals", "--operator", "O3"]) == 0
    assert "No rehearsal of O3" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--p0", "0.1"), "needs both"),
        (("-o", "drift.svg"), "state --p0 and --p1"),
        (("--p0", "0.1", "--p1", "0.4", "-o", "drift.png"), "end its name in .svg"),
    ],
)
def test_a_chart_of_rehearsals_needs_its_plan(trained, capsys, words, said):
    assert main(["registry", "rehearsals", "--operator", "O1", *words]) == 2
    assert said in capsys.readouterr().err


def test_rehearsals_are_listed_shown_and_exported_and_counted_nowhere(trained, tmp_path, capsys):
    code, listed = answered(capsys, "list", "rehearsal")
    assert (code, len(listed["records"]), listed["records"][0]["patient"]) == (0, 5, None)
    assert "O1" not in json.dumps([one["what"] for one in listed["records"]])
    assert answered(capsys, "show", "rehearsal", "R-O1-0")[1]["record"]["stop_delay_s"] == 12.0
    assert answered(capsys, "stats")[1]["counts"] == {"patients": 1, "procedures": 1, "levels": 1}
    assert main(["registry", "stats"]) == 0
    assert "\n1 patient, 1 procedure, 1 level\n" in capsys.readouterr().out
    assert main(["registry", "export", "shared", "--deidentified"]) == 0
    shared = "".join(file.read_text(encoding="utf-8") for file in (tmp_path / "shared").iterdir())
    assert '"operator-' in shared
    assert not any(f'"{word}"' in shared for word in ("O1", "O2", "R-O1-0", "easy", "2026-11-01"))


def test_whether_events_were_asked_for_is_entered_in_one_line(db, capsys):
    words = ["registry", "follow-up", "P-001-1", "--seen-on", "2026-10-02", "--no-adverse-events-asked"]
    assert main(words) == 0
    shown = answered(capsys, "show", "follow-up", "P-001-1-2026-10-02")[1]
    assert shown["record"]["adverse_events_asked"] is False


def test_a_backup_is_replaced_if_asked(db, capsys):
    assert main(["registry", "backup", "kept.jsonl"]) == 0
    assert main(["registry", "backup", "kept.jsonl"]) == 1
    assert main(["registry", "backup", "kept.jsonl", "--overwrite"]) == 0
    assert main(["registry", "backup", "series.db", "--overwrite"]) == 1
    assert "is not a backup" in capsys.readouterr().err
