"""The statistics of a series: the published tables come out of the synthetic records, and small databases drawn at
random give the same numbers as a slow count over the records themselves."""

import math
from collections import defaultdict
from datetime import date, timedelta

import pytest

from random_series import FIRST_DAY, drawn_series, series_record
from vertebroplasty.anatomy.leak_sites import LeakSite
from vertebroplasty.errors import Refused
from vertebroplasty.registry.follow_up.windows import SCHEDULE, window_on
from vertebroplasty.registry.founding.founding_series import FOUNDING_SERIES, founding_series
from vertebroplasty.registry.series.definition import definition_statement
from vertebroplasty.registry.series.statistics import series_statistics
from vertebroplasty.registry.store.opening import open_registry
from vertebroplasty.registry.vocabulary import AdverseEventKind, Improvement, Indication, LeakModality, Window
from vertebroplasty.selection.coded_values import Intent
from vertebroplasty.selection.scores.opiate_relief import WORDS, ReliefClass

TODAY = FIRST_DAY + timedelta(days=800)


@pytest.fixture(scope="module")
def founding(tmp_path_factory):
    """A registry that holds the three founding series and nothing else."""
    file = tmp_path_factory.mktemp("registry") / "founding.db"
    with open_registry(f"sqlite:///{file}", create=True) as registry:
        for name in FOUNDING_SERIES:
            registry.add_many(founding_series(name).records, by="test", why="test")
        yield registry


def statistics(registry, series=None, today=TODAY):
    with registry.reading() as connection:
        return series_statistics(connection, series, today=today)


def keep_series(registry, **synthetic):
    """Add the series that the registry does not have yet."""
    with registry.reading() as connection:
        known = set(connection.exec_driver_sql("SELECT name FROM series").scalars())
    for name in synthetic.keys() - known:
        registry.add(series_record(name, synthetic=synthetic[name]), by="test")


def shares(rows):
    return {(row.share.name, row.share.k, row.share.n, row.share.denominator.value) for row in rows}


def test_the_survey_as_printed(founding):
    found = statistics(founding, "cementoplasty-1990-2002")
    assert (found.patients, found.procedures, found.levels) == (663, None, 868)
    assert found.synthetic
    assert shares(found.indications) == {
        ("osteoporotic-fracture", 495, 868, "level"),
        ("tumour", 321, 868, "level"),
        ("haemangioma", 52, 868, "level"),
    }
    assert {row.definition for row in found.indications} == {"indication-per-level-calculated"}
    assert shares(found.complications) == {
        ("neuralgia", 3, 868, "level"),
        ("cord-compression", 0, 868, "level"),
        ("pulmonary-cement-embolism", 2, 868, "level"),
        ("arterial-injection", 1, 868, "level"),
        ("stylet-blocked", 1, 868, "level"),
    }
    assert {row.site.value: (row.share.k, row.share.n, row.symptomatic_k) for row in found.leaks} == {
        "epidural": (15, 868, 3),
        "segmental-vein": (2, 868, 0),
        "paravertebral": (1, 868, 0),
        "disc-unspecified": (15, 868, 0),
        "central-vein-or-lung": (2, 868, 0),
        "arterial": (1, 868, 0),
    }
    assert {row.site.value for row in found.leaks if "lower bound" in definition_statement(row.definition)} == {
        "segmental-vein",
        "paravertebral",
    }
    assert all(row.by_modality == () and row.modality_not_stated_k == row.share.k for row in found.leaks)
    volume = found.volume_ml
    assert math.isclose(volume.mean, 2.8, abs_tol=1e-12)  # a sum of 868 tenths in floating point
    assert (volume.min, volume.max, volume.n, volume.missing) == (1.8, 6.5, 868, 0)
    assert found.relief == ()  # printed as ranges only
    assert found.followed_up == ()
    assert any("How leaks were looked for is not stated" in warning for warning in found.warnings)
    assert {gap.name for gap in found.missing if gap.k == gap.n} == {
        "sex",
        "year of birth",
        "what leaks were looked for with",
    }


def test_the_survey_intervals(founding):
    found = statistics(founding, "cementoplasty-1990-2002")
    epidural = next(row.share for row in found.leaks if row.site is LeakSite.EPIDURAL)
    assert [round(value, 2) for value in (epidural.percent, epidural.ci_low_percent, epidural.ci_high_percent)] == [
        1.73,
        1.05,
        2.83,
    ]
    assert epidural.method == "Wilson"
    neuralgia = next(row.share for row in found.complications if row.share.name == "neuralgia")
    assert [round(value, 2) for value in (neuralgia.ci_low_percent, neuralgia.ci_high_percent)] == [0.07, 1.01]
    assert neuralgia.method == "Clopper-Pearson"


def test_the_metastases_as_printed(founding):
    found = statistics(founding, "weill-1996")
    assert (found.patients, found.procedures, found.levels) == (37, 40, 52)
    assert shares(found.indications) == {
        ("metastasis", 52, 52, "level"),
        ("analgesia", 29, 40, "procedure"),
        ("stabilisation", 5, 40, "procedure"),
        ("both", 6, 40, "procedure"),
    }
    assert shares(found.complications) == {("radiculopathy", 3, 37, "patient"), ("dysphagia", 2, 37, "patient")}
    assert shares(found.relief) == {
        ("clear improvement", 24, 33, "evaluated"),
        ("moderate improvement", 7, 33, "evaluated"),
        ("no improvement", 2, 33, "evaluated"),
        ("any improvement", 31, 33, "evaluated"),
        ("not evaluated", 2, 35, "procedure"),
    }
    assert found.leaks == ()
    assert (found.volume_ml.mean, found.volume_ml.n, found.volume_ml.missing) == (None, 0, 52)
    assert any("2 analgesic procedures not evaluated" in warning for warning in found.warnings)
    stable = [said.statement for said in found.as_printed if "73 %" in said.statement]
    assert len(stable) == 1  # quoted, and no row says 73 %
    assert not any(row.share.percent == 73 for row in found.relief)


def test_the_own_study_gives_no_count_but_the_patients(founding):
    found = statistics(founding, "radiologe-2006")
    assert (found.patients, found.procedures, found.levels) == (58, None, None)
    assert found.indications == found.complications == found.leaks == found.relief == ()
    assert any("77 % is not attainable with n=58" in warning for warning in found.warnings)
    assert any("5.7 points" in said.statement for said in found.as_printed)


def test_every_definition_in_use_is_explained(founding):
    for name in FOUNDING_SERIES:
        found = statistics(founding, name)
        rows = (*found.indications, *found.complications, *found.leaks, *found.relief, *found.followed_up)
        assert {row.definition for row in rows} <= set(found.definitions)
        assert all(definition_statement(id).endswith(".") for id in found.definitions)
    with pytest.raises(Refused, match="No definition has the id leak"):
        definition_statement("leak")


def test_several_synthetic_series_and_none_of_the_own(founding):
    with pytest.raises(Refused, match="3 synthetic series, which are never mixed: choose one with --series") as refused:
        statistics(founding)
    assert refused.value.where == "--series"
    with pytest.raises(Refused, match="no series vertos: it has"):
        statistics(founding, "vertos")
    assert statistics(founding, "own").patients == 0  # asked for by name: nobody


def test_one_series_needs_no_name(tmp_path):
    with open_registry(f"sqlite:///{tmp_path / 'one.db'}", create=True) as registry:
        assert statistics(registry).series == "own"
        registry.add_many(founding_series("weill-1996").records, by="test", why="test")
        assert statistics(registry).series == "weill-1996"
        keep_series(registry, own=False)
        registry.add_many(drawn_series(1, patients=3).records, by="test", why="test")
        own = statistics(registry)
        assert (own.series, own.patients, own.synthetic) == ("own", 3, False)
        assert statistics(registry, "weill-1996").patients == 37


# --- A second implementation: everything counted from the records, one by one


def distinct(pairs):
    groups = defaultdict(set)
    for key, member in pairs:
        groups[key].add(member)
    return {key: len(members) for key, members in groups.items()}


def counted_leaks(drawn):
    """(site, levels, symptomatic, not stated, modality not stated, by modality) from the records."""
    found = {}
    looked = {
        kind: sum(kind in (level.leaks_looked_for_with or ()) for p in drawn.procedures for level in p.levels)
        for kind in LeakModality
    }
    for site in LeakSite:
        per_level = [
            [leak for leak in level.leaks if leak.site is site] for p in drawn.procedures for level in p.levels
        ]
        hit = [leaks for leaks in per_level if leaks]
        seen = {kind: sum(any(leak.modality is kind for leak in leaks) for leaks in hit) for kind in LeakModality}
        found[site] = (
            len(hit),
            sum(any(leak.symptomatic for leak in leaks) for leaks in hit),
            sum(
                any(leak.symptomatic is None for leak in leaks) and not any(leak.symptomatic for leak in leaks)
                for leaks in hit
            ),
            sum(any(leak.modality is None for leak in leaks) for leaks in hit),
            {
                kind: (
                    seen[kind],
                    looked[kind] if looked[kind] >= seen[kind] else None,
                    sum(any(leak.modality is kind and leak.symptomatic for leak in leaks) for leaks in hit),
                )
                for kind in LeakModality
                if looked[kind] or seen[kind]
            },
        )
    return found


def counted_relief(drawn):
    """Each window's last grades, the worse of two on one day, from the records."""
    days = {p.procedure_id: p.performed_on for p in drawn.procedures}
    looks = defaultdict(list)
    for f in drawn.follow_ups:
        day = 0 if f.seen_on is None else max((f.seen_on - days[f.procedure]).days, 0)
        looks[window_on(f, days[f.procedure]), f.procedure].append((day, f))
    tables = defaultdict(lambda: (defaultdict(int), defaultdict(int)))
    order = (Improvement.CLEAR, Improvement.MODERATE, Improvement.NONE)
    for (window, _), each in looks.items():
        improved = [(day, order.index(f.improvement)) for day, f in each if f.improvement is not None]
        classes = [(day, -f.relief_class) for day, f in each if f.relief_class is not None]
        if improved:
            tables[window][0][order[max(improved)[1]]] += 1
        if classes:
            tables[window][1][-max(classes)[1]] += 1
    rows = set()
    for window, (improvement, classes) in tables.items():
        if window is Window.BASELINE:
            continue
        if improvement:
            n = sum(improvement.values())
            names = {Improvement.CLEAR: "clear improvement", Improvement.MODERATE: "moderate improvement"}
            for grade in order:
                rows.add((window, names.get(grade, "no improvement"), improvement[grade], n))
            better = improvement[Improvement.CLEAR] + improvement[Improvement.MODERATE]
            rows.add((window, "any improvement", better, n))
        if classes:
            n = sum(classes.values())
            rows |= {(window, WORDS[grade], classes[grade], n) for grade in ReliefClass}
            rows.add((window, "satisfactory", classes[3] + classes[4], n))
    return rows


def counted_complications(drawn):
    """Procedures with each complication that nobody judged unrelated."""
    entries = [(p.procedure_id, event) for p in drawn.procedures for event in p.adverse_events]
    entries += [(f.procedure, event) for f in drawn.follow_ups for event in f.adverse_events]
    related = [
        (event.kind.value, procedure)
        for procedure, event in entries
        if event.procedure_related or (event.procedure_related is None and event.causality != "unrelated")
    ]
    return distinct(related)


def counted_completeness(drawn, today):
    """(window, seen, due) from the records."""
    done = {p.procedure_id: p for p in drawn.procedures}
    death = {}
    for f in drawn.follow_ups:
        if f.died_on is not None:
            who = done[f.procedure].patient
            death[who] = min(f.died_on, death.get(who, date.max))
    rows = []
    for span in SCHEDULE:
        seen = {
            f.procedure
            for f in drawn.follow_ups
            if f.lost_because is None and window_on(f, done[f.procedure].performed_on) is span.window
        }
        begin = {p.procedure_id: p.performed_on + timedelta(days=span.first_days) for p in drawn.procedures}
        due = {
            p.procedure_id
            for p in drawn.procedures
            if begin[p.procedure_id] <= today and death.get(p.patient, date.max) >= begin[p.procedure_id]
        }
        rows.append((span.window, len(seen), max(len(due), len(seen))))
    return rows


@pytest.mark.parametrize("seed", range(6))
def test_the_database_counts_as_a_slow_count_does(registry, seed):
    drawn, other = drawn_series(seed), drawn_series(seed + 100, series="other", patients=5)
    today = FIRST_DAY + timedelta(days=100 + 200 * seed)
    keep_series(registry, own=False, other=True)
    registry.add_many([*drawn.records, *other.records], by="test", why="test")
    found = statistics(registry, today=today)
    levels = [level for p in drawn.procedures for level in p.levels]
    assert (found.patients, found.procedures, found.levels) == (25, len(drawn.procedures), len(levels))
    of = {kind: sum(level.indication is kind for level in levels) for kind in Indication}
    expected = {(kind.value, k, len(levels), "level") for kind, k in of.items() if k}
    aims = {kind: sum(p.intent is kind for p in drawn.procedures) for kind in Intent}
    expected |= {(kind.value, k, len(drawn.procedures), "procedure") for kind, k in aims.items() if k}
    assert shares(found.indications) == expected
    for row in found.leaks:
        by_modality = {each.modality: (each.share.k, each.share.n, each.symptomatic_k) for each in row.by_modality}
        told = (row.share.k, row.symptomatic_k, row.symptomatic_not_stated_k, row.modality_not_stated_k, by_modality)
        assert told == counted_leaks(drawn)[row.site]
    assert len(found.leaks) == len(LeakSite)
    complications = counted_complications(drawn)
    assert {row.share.name: row.share.k for row in found.complications if row.share.k} == complications
    assert {row.share.n for row in found.complications} == {len(drawn.procedures)}
    assert AdverseEventKind.CORD_COMPRESSION.value in {row.share.name for row in found.complications}
    graded = {(r.window, r.share.name, r.share.k, r.share.n) for r in found.relief if r.share.name != "not evaluated"}
    assert graded == counted_relief(drawn)
    volumes = [x.cement.total_ml for x in levels if x.cement is not None and x.cement.total_ml is not None]
    assert found.volume_ml.n == len(volumes)
    assert found.volume_ml.missing == len(levels) - len(volumes)
    assert found.volume_ml.mean == pytest.approx(math.fsum(volumes) / len(volumes), rel=1e-12)
    assert (found.volume_ml.min, found.volume_ml.max) == (min(volumes), max(volumes))
    seen = [(row.window, row.share.k, row.share.n) for row in found.followed_up]
    assert seen == counted_completeness(drawn, today)


@pytest.mark.parametrize("seed", range(3))
def test_what_is_missing_is_counted_and_not_dropped(registry, seed):
    drawn = drawn_series(seed, series="other")
    keep_series(registry, other=True)
    registry.add_many(drawn.records, by="test", why="test")
    found = statistics(registry)
    levels = [level for p in drawn.procedures for level in p.levels]
    gaps = {gap.name: (gap.k, gap.n) for gap in found.missing}
    assert gaps["sex"] == (sum(p.sex is None for p in drawn.patients), 25)
    assert gaps["year of birth"] == (sum(p.birth_year is None for p in drawn.patients), 25)
    assert gaps["operator"] == (sum(p.operator is None for p in drawn.procedures), len(drawn.procedures))
    assert gaps["aim"] == (sum(p.intent is None for p in drawn.procedures), len(drawn.procedures))
    assert gaps["day of the procedure"] == (0, len(drawn.procedures))
    assert gaps["indication"] == (sum(level.indication is None for level in levels), len(levels))
    unlooked = sum(level.leaks_looked_for_with is None for level in levels)
    assert gaps["what leaks were looked for with"] == (unlooked, len(levels))
    assert any(f"At {unlooked} of {len(levels)} levels" in warning for warning in found.warnings) == (unlooked > 0)
    aimed = {p.procedure_id for p in drawn.procedures if p.intent in (Intent.ANALGESIA, Intent.BOTH)}
    graded = {f.procedure for f in drawn.follow_ups if f.improvement is not None or f.relief_class is not None}
    silent = {f.procedure for f in drawn.follow_ups if f.not_evaluated_because is not None} & aimed - graded
    rows = [row.share for row in found.relief if row.share.name == "not evaluated"]
    assert [(row.k, row.n) for row in rows] == ([(len(silent), len(aimed))] if silent else [])
