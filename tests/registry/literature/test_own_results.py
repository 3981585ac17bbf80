"""A series' statistics in the definitions of the literature: the founding series meet their own printed figures."""

from datetime import date

import pytest

from vertebroplasty.registry.founding.founding_series import founding_series
from vertebroplasty.registry.literature.comparison import compare
from vertebroplasty.registry.literature.own_results import own_results
from vertebroplasty.registry.series.rows import LeakRow, ModalityRow
from vertebroplasty.registry.series.statistics import SeriesStatistics, series_statistics
from vertebroplasty.registry.statistics.proportions import Denominator, proportion
from vertebroplasty.registry.store.opening import open_registry
from vertebroplasty.registry.vocabulary import LeakModality
from vertebroplasty.selection.claims import Ascertainment, DenominatorType


@pytest.fixture(scope="module")
def series(tmp_path_factory) -> dict[str, SeriesStatistics]:
    found = {}
    for name in ("weill-1996", "cementoplasty-1990-2002"):
        file = tmp_path_factory.mktemp("registry") / f"{name}.db"
        with open_registry(f"sqlite:///{file}", create=True) as registry:
            registry.add_many(founding_series(name).records, by="test", why="test")
            with registry.reading() as connection:
                found[name] = series_statistics(connection, name, today=date(2026, 1, 1))
    return found


def test_metastases_equal_their_own_publication(series):
    rows = {row.definition.id: row for row in compare(own_results(series["weill-1996"]).results)}
    clear = rows["clear-improvement"]
    assert (clear.result.k, clear.result.n) == (24, 33)
    first = clear.theirs[0]
    assert (first.source, first.comparable, first.difference.points) == ("S2", True, 0)
    assert first.difference.ci_low_points == pytest.approx(-first.difference.ci_high_points)
    # Radiculopathy of any kind is another outcome than the transient one that was printed.
    assert not rows["radiculopathy"].comparable


def test_survey_does_not_say_how_it_looked_and_is_quoted_only(series):
    found = own_results(series["cementoplasty-1990-2002"])
    epidural = next(each for each in found.results if each.definition == "leak-epidural")
    assert (epidural.k, epidural.n, epidural.denominator) == (15, 868, DenominatorType.LEVEL)
    assert epidural.modality is Ascertainment.NOT_STATED
    (row,) = compare([epidural])
    assert row.theirs[0].figure == "15 of 868 levels"
    assert not row.comparable
    assert "How it was looked for is not stated" in row.why_not
    assert any(line.startswith("stylet-blocked: the literature filed here gives no figure") for line in found.left_out)


def levels(name: str, k: int, n: int | None):
    return proportion(name, k, n, Denominator.LEVEL)


def test_leaks_go_with_their_imaging(series):
    from dataclasses import replace

    modalities = [(LeakModality.CT, 9, 50), (LeakModality.FLUOROSCOPY, 2, None), (LeakModality.OTHER, 1, 5)]
    row = LeakRow(
        site=next(row.site for row in series["cementoplasty-1990-2002"].leaks if row.site == "epidural"),
        share=levels("epidural", 12, 100),
        definition="leak-per-level",
        symptomatic_k=0,
        symptomatic_not_stated_k=0,
        modality_not_stated_k=0,
        by_modality=tuple(
            ModalityRow(modality=kind, share=levels(kind, k, n), symptomatic_k=0) for kind, k, n in modalities
        ),
    )
    own = replace(series["weill-1996"], leaks=(row,), relief=(), complications=())
    found = own_results(own)
    assert [(each.k, each.n, each.modality) for each in found.results] == [(9, 50, Ascertainment.CT)]
    assert len(found.left_out) == 2
    assert found.left_out[0].startswith("Leaks at epidural on fluoroscopy: The number of levels is not stated")
    assert "names no such imaging" in found.left_out[1]
