"""The page of a series: its counts are those of the records, nobody is named, and small counts can be hidden."""

import importlib.util
import random
import re
import shutil
import subprocess
from datetime import date
from pathlib import Path

import pytest

from vertebroplasty.anatomy.leak_sites import LeakSite
from vertebroplasty.registry.procedure_parts import Leak, TreatedLevel
from vertebroplasty.registry.records import Patient, Procedure
from vertebroplasty.registry.series.drift import CusumPlan
from vertebroplasty.registry.series.page import series_page
from vertebroplasty.registry.store.opening import open_registry
from vertebroplasty.registry.vocabulary import LeakModality

EXAMPLE = Path(__file__).parents[3] / "examples" / "03_a_department_series.py"
TODAY = date(2026, 11, 20)


@pytest.fixture(scope="module")
def example():
    spec = importlib.util.spec_from_file_location("department", EXAMPLE)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def department(example, tmp_path_factory):
    """Sixty invented patients."""
    with open_registry(str(tmp_path_factory.mktemp("department") / "d.db"), create=True) as registry:
        registry.add_many(example.invented(random.Random(3), 60), by="test")
        yield registry


@pytest.fixture(scope="module")
def page(department):
    with department.reading() as connection:
        return series_page(connection, today=TODAY, plan=CusumPlan(p0=0.03, p1=0.09, alpha=0.05, beta=0.1))


def test_the_example_runs(example, tmp_path):
    made = example.main(tmp_path, patients=40)
    assert made["intact"]
    assert made["patients"] == 40
    assert (tmp_path / "series.html").is_file()


def test_counts_of_the_page_are_those_of_the_records(department, page):
    levels = [level for entry in department.find("procedure") for level in entry.record.levels]
    epidural = sum(any(leak.site == "epidural" for leak in level.leaks) for level in levels)
    text = re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page))
    assert f"60 patients · 60 procedures · {len(levels)} levels" in text
    assert f"epidural, on CT {epidural} of {len(levels)} levels" in text


def test_nobody_is_named(page):
    assert not re.search(r"P-\d{3}", page)
    for operator in ("one", "two"):
        assert f"operator {operator}" not in page


def test_every_figure_stands_inside_the_page(page):
    assert page.count("<svg") >= 6
    assert "CUSUM" in page
    assert "by centre, unnamed" in page
    assert not re.search(r'(src|href)="(?!#|data:)', page)
    assert "Not a medical device" in page


def test_the_same_records_give_the_same_page(department, page):
    with department.reading() as connection:
        again = series_page(connection, today=TODAY, plan=CusumPlan(p0=0.03, p1=0.09, alpha=0.05, beta=0.1))
    assert again == page


def test_a_shared_page_hides_small_counts_and_single_cases(department):
    with department.reading() as connection:
        shared = series_page(connection, today=TODAY, shared=True)
    assert "Counts below five are hidden" in shared
    assert "<svg" not in shared
    text = re.sub(r"<[^>]+>", " ", shared)
    assert not re.search(r"\b[1-4] of \d+ (levels|procedures|evaluated)", text)
    assert "with symptoms" not in text
    assert "symptoms of a leak" not in text
    assert re.search(r"Mean \d\.\d ml, \d+ levels", text)  # no smallest and largest: they are single cases


def test_a_site_is_said_to_be_on_ct_only_where_all_levels_were_looked_at_with_it(tmp_path):
    """Two of three levels were looked at with CT: the share of all three is not one on CT."""
    with open_registry(str(tmp_path / "some.db"), create=True) as registry:
        for n, looked in enumerate(((LeakModality.CT,), (LeakModality.CT,), None)):
            leaks = (Leak(site=LeakSite.EPIDURAL, modality=LeakModality.CT),) if n == 0 else ()
            level = TreatedLevel(level="L1", leaks_looked_for_with=looked, leaks=leaks)
            registry.add(Patient(pseudonym=f"p{n}"), by="test")
            registry.add(Procedure(procedure_id=f"p{n}-1", patient=f"p{n}", levels=(level,)), by="test")
        with registry.reading() as connection:
            page = series_page(connection, today=TODAY)
    text = re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page))
    assert "epidural 1 of 3 levels" in text
    assert "on CT 1 of 2" in text


def test_synthetic_records_say_so(tmp_path):
    from vertebroplasty.registry.founding.founding_series import founding_series

    with open_registry(str(tmp_path / "s.db"), create=True) as registry:
        registry.add_many(founding_series("weill-1996").records, by="test")
        with registry.reading() as connection:
            page = series_page(connection, today=TODAY)
    assert "SYNTHETIC records" in page
    assert "24 of 33 evaluated" in page


def test_the_page_prints_on_one_sheet_front_and_back(page, tmp_path):
    """With every figure of sixty patients, large enough to read; a browser is asked, where there is one."""
    browser = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if browser is None:
        pytest.skip("no Chromium here to print with")
    (tmp_path / "page.html").write_text(page, encoding="utf-8")
    switches = ("--headless", "--no-sandbox", "--disable-gpu", "--no-pdf-header-footer")
    address = (tmp_path / "page.html").as_uri()
    subprocess.run(
        [browser, *switches, f"--user-data-dir={tmp_path}/b", f"--print-to-pdf={tmp_path}/page.pdf", address],
        check=True,
        capture_output=True,
        timeout=120,
    )
    assert len(re.findall(rb"/Type\s*/Page\b", (tmp_path / "page.pdf").read_bytes())) == 2
