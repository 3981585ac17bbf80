"""The page: hostile text stays text, "not assessed" is never 0 ml, an absolute contraindication heads it as what-if."""

import json
from pathlib import Path

import pytest

from vertebroplasty.documents.inject import InjectDocument
from vertebroplasty.documents.measure import MeasureDocument
from vertebroplasty.documents.plan import PlanDocument
from vertebroplasty.documents.screen import ScreenDocument
from vertebroplasty.documents.strength import StrengthDocument
from vertebroplasty.report.charts import clock
from vertebroplasty.report.leaks import leak_rows
from vertebroplasty.report.page import ReportContent, report_html


def read(folder: Path, name: str, model, **changes):
    body = json.loads((folder / f"{name}.json").read_text(encoding="utf-8"))
    return model.model_validate(body | changes)


@pytest.fixture
def content(walked):
    def make(**changes):
        parts = {
            "measure": read(walked, "measure", MeasureDocument),
            "screen": read(walked, "screen", ScreenDocument),
            "plan": read(walked, "plan", PlanDocument),
            "inject": read(walked, "inject", InjectDocument),
            "strength": read(walked, "strength", StrengthDocument),
        }
        empty = {"pictures": {}, "pressure_samples": (), "injected_from_to_s": None}
        return ReportContent(**({"level": "L2", "who": "P-001", "what": "CT"} | parts | empty | changes))

    return make


def test_hostile_text_stays_text(content):
    page = report_html(content(who="<script>alert(1)</script>"))
    assert "<script>" not in page
    assert "&lt;script&gt;" in page


def test_a_site_that_cannot_be_assessed_is_never_zero(walked):
    document = read(walked, "inject", InjectDocument, not_assessed=["epidural"], leaks=[], in_canal_ml=None)
    rows = {row.site: row.ml for row in leak_rows(document)}
    assert rows["epidural"] == "not assessed"
    assert rows["left foramen"] == "0"


def test_cement_in_the_canal_that_is_unknown_is_not_printed_as_zero(walked, content):
    document = read(walked, "inject", InjectDocument, not_assessed=["epidural"], in_canal_ml=None)
    page = report_html(content(inject=document))
    row = page[page.index("Cement in the canal") :][:120]
    assert "not assessed" in row
    assert "0.00 ml" not in row


def test_an_absolute_contraindication_heads_the_page_as_what_if(walked, content):
    body = json.loads((walked / "screen.json").read_text(encoding="utf-8"))
    body["verdict"] = "absolute-contraindication"
    body["levels"][0] |= {"verdict": "absolute-contraindication", "first_line": "Absolute contraindication."}
    page = report_html(content(screen=ScreenDocument.model_validate(body)))
    assert "What-if" in page
    assert page.index("Absolute contraindication.") < page.index("1 Which level")


def test_the_clock_shows_the_injection_within_its_phases():
    drawing = clock([("liquid", 0.0, 300.0), ("pasty", 300.0, 500.0), ("set", 500.0, None)], (330.0, 390.0))
    assert drawing.count("<rect") == 3
    # 560 s span 640 units: the bracket begins at 330 s.
    assert f"M{640 * 330 / 560:.1f} " in drawing
