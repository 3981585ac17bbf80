"""What only several fields together tell: each rule once where it holds and once where it is broken."""

from datetime import UTC, date, datetime, timedelta

import pytest

from registry_records import follow_up, patient, procedure
from vertebroplasty.errors import Refused
from vertebroplasty.registry.entry.checks import check_follow_up, check_patient, check_procedure
from vertebroplasty.registry.entry.double_entry import double_entry, treated
from vertebroplasty.registry.entry.finding import Severity, refuse_errors, warning
from vertebroplasty.registry.procedure_parts import AdverseEvent, Cement, ClockEvent, Leak, TreatedLevel
from vertebroplasty.registry.records import ImagedLevel, NewFracture

TODAY = date(2024, 6, 1)
DONE = date(2024, 3, 1)
AT = datetime(2024, 3, 1, 9, tzinfo=UTC)


def plain(**changes):
    """A procedure at L1 with nothing to be found."""
    nothing = {"levels": (TreatedLevel(level="L1"),), "events": (), "adverse_events": (), "started_at": None}
    return procedure(**nothing | changes)


def level(**changes):
    return plain(levels=(TreatedLevel(level="L1", **changes),))


def cement(**changes):
    return level(cement=Cement(**changes))


def clock(*events, **cement_changes):
    made = tuple(ClockEvent(**event) for event in events)
    return plain(events=made, levels=(TreatedLevel(level="L1", cement=Cement(**cement_changes)),))


def look(**changes):
    bare = {"imaged_levels": (), "new_fractures": (), "adverse_events": (), "relief_class": None}
    return follow_up(**bare | changes)


def told(findings, path, words, severity):
    return any(one.path == path and words in one.sentence and one.severity == severity for one in findings)


def push(t_s, ml, **more):
    return {"event": "sample", "t_s": t_s, "injected_ml": ml, **more}


STOP = {"event": "stop", "t_s": 20}
ON = {"event": "resume", "t_s": 25, "remark": "needle moved"}

PROCEDURES = [
    (plain(performed_on=TODAY + timedelta(days=1)), "performed_on", "after today", "error"),
    (plain(performed_on=None), "performed_on", "own series needs it", "error"),
    (plain(discussed_on=date(2024, 3, 2)), "discussed_on", "after the procedure", "error"),
    (plain(started_at=datetime(2024, 3, 3, 9, tzinfo=UTC)), "started_at", "not the day of the procedure", "error"),
    (plain(started_at=AT.replace(tzinfo=None)), "started_at", "no zone", "error"),
    (cement(mixed_at=datetime(2024, 2, 1, tzinfo=UTC)), "levels[0].cement.mixed_at", "not the day", "error"),
    (level(fracture_on=date(2024, 3, 2)), "levels[0].fracture_on", "after the procedure", "error"),
    (
        level(fracture_on=date(2024, 2, 1), fracture_age_days=60),
        "levels[0].fracture_age_days",
        "but 29 lie between",
        "error",
    ),
    (
        plain(adverse_events=(AdverseEvent(kind="other", onset_on=date(2024, 2, 1)),)),
        "adverse_events[0].onset_on",
        "before the procedure",
        "error",
    ),
    (plain(adverse_events=(AdverseEvent(kind="other", level="L4"),)), "adverse_events[0].level", "not among", "error"),
    (plain(levels=(TreatedLevel(level="L1"), TreatedLevel(level="L1"))), "levels", "named 2 times", "error"),
    (plain(operator="A", assistants=("A",)), "assistants", "A is named 2 times", "error"),
    (plain(assistants=("Jane Doe",)), "assistants[0]", "A pseudonym has", "error"),
    (plain(age_years=60), "age_years", "82 or 83 years old", "error"),
    (cement(left_ml=1.0, right_ml=1.5, total_ml=2.6), "levels[0].cement.total_ml", "make 2.5 ml", "error"),
    (cement(left_ml=3.0, total_ml=2.6), "levels[0].cement.left_ml", "more than the 2.6", "error"),
    (cement(total_ml=7.0), "levels[0].cement.total_ml", "outside the 1.5 to 6.5 ml", "warning"),
    (cement(total_ml=1.4), "levels[0].cement.total_ml", "outside the 1.5 to 6.5 ml", "warning"),
    (cement(injection_start_s=300, injection_end_s=200), "levels[0].cement.injection_end_s", "before the", "error"),
    (cement(paste_start_s=300, injection_start_s=200), "levels[0].cement.injection_start_s", "paste", "warning"),
    (cement(paste_start_s=300, injection_end_s=200), "levels[0].cement.injection_end_s", "before the cement", "error"),
    (cement(stylet_reinserted=False), "levels[0].cement.stylet_reinserted", "see a leak [S0]", "warning"),
    (cement(needle_out_under_fluoroscopy=False), "levels[0].cement.stylet_reinserted", "is not recorded", "warning"),
    (
        level(cement=Cement(total_ml=2.0), leaks=(Leak(site="epidural", volume_ml=1.5),) * 2),
        "levels[0].leaks",
        "make 3 ml, more than the 2 ml",
        "error",
    ),
    (
        level(leaks=(Leak(site="epidural", modality="ct"),)),
        "levels[0].leaks[0].modality",
        "leaks_looked_for_with is not stated",
        "error",
    ),
    (
        level(leaks_looked_for_with=("radiograph",), leaks=(Leak(site="epidural", modality="ct"),)),
        "levels[0].leaks[0].modality",
        "leaks_looked_for_with says radiograph",
        "error",
    ),
    (
        level(
            leaks_looked_for_with=("radiograph",),
            leaks=(Leak(site="epidural", seen="ct-after", modality="radiograph"),),
        ),
        "levels[0].leaks[0].modality",
        "on CT afterwards",
        "warning",
    ),
    (clock(push(10, 1), push(9, 1)), "events[1].t_s", "does not run backwards", "error"),
    (clock(push(10, 1), push(11, 0.5)), "events[1].injected_ml", "does not become less", "error"),
    (clock(push(10, 1), STOP, push(30, 1.5)), "events[2].injected_ml", "after the stop at 1 ml", "error"),
    (clock(STOP, {"event": "inject-start", "t_s": 30}), "events[1]", "begins again after a stop", "error"),
    (clock(STOP, {"event": "resume", "t_s": 30}), "events[1].remark", "the reason to go on", "error"),
    (clock({"event": "leak", "t_s": 1, "level": "L4"}), "events[0].level", "not among the treated", "error"),
    (clock({"event": "leak", "t_s": 1, "site": "epidural"}), "events[0].site", "no level records", "warning"),
    (clock(push(10, 2), total_ml=2.5), "levels[0].cement.total_ml", "the clock ends at 2 ml", "warning"),
    (
        clock({"event": "phase", "t_s": 1, "remark": "hardening"}, {"event": "phase", "t_s": 2, "remark": "pasty"}),
        "events[1].remark",
        "pasty comes after hardening",
        "error",
    ),
]


@pytest.mark.parametrize(("record", "path", "words", "severity"), PROCEDURES, ids=lambda value: str(value)[:40])
def test_what_cannot_be_in_a_procedure(record, path, words, severity):
    found = check_procedure(record, patient=patient(), today=TODAY)
    assert told(found, path, words, severity), found
    assert len(found) == 1


FINE = [
    plain(),
    plain(age_years=82.3),
    plain(age_years=83.9),
    plain(discussed_on=DONE, started_at=AT),
    level(fracture_on=DONE, fracture_age_days=1),
    cement(left_ml=1.0, right_ml=1.5, total_ml=2.54),
    cement(total_ml=1.5),
    cement(total_ml=6.5),
    cement(stylet_reinserted=True),
    cement(stylet_reinserted=False, needle_out_under_fluoroscopy=True),
    cement(paste_start_s=100, injection_start_s=100, injection_end_s=200),
    clock(push(10, 1), STOP, ON, push(30, 1.5), total_ml=1.5),
    clock(push(10, 1, at=AT), push(11, 1, at=AT - timedelta(hours=1))),  # the wall clock was set back
    clock({"event": "phase", "t_s": 1, "remark": "pasty"}, {"event": "phase", "t_s": 2, "remark": "closing"}),
    clock(
        {"event": "phase", "t_s": 1, "remark": "set"},
        {"event": "mix-start", "t_s": 2},
        {"event": "phase", "t_s": 3, "remark": "liquid"},
    ),
]


@pytest.mark.parametrize("record", FINE)
def test_what_may_be_is_not_complained_of(record):
    assert check_procedure(record, patient=patient(), today=TODAY) == ()


def test_each_level_has_its_own_stop():
    levels = (TreatedLevel(level="L1"), TreatedLevel(level="L2"))
    stop = STOP | {"level": "L1"}
    one = plain(levels=levels, events=tuple(ClockEvent(**e) for e in (stop, push(30, 1, level="L2"))))
    assert check_procedure(one, today=TODAY) == ()
    all_stopped = plain(levels=levels, events=tuple(ClockEvent(**e) for e in (STOP, push(30, 1, level="L2"))))
    assert told(check_procedure(all_stopped, today=TODAY), "events[1].injected_ml", "after the stop", "error")


def test_a_synthetic_series_may_lack_days():
    printed = patient(series="weill-1996", birth_year=None)
    assert check_procedure(plain(performed_on=None), patient=printed, today=TODAY) == ()
    assert check_follow_up(look(seen_on=None), series="weill-1996", today=TODAY) == ()
    assert told(check_follow_up(look(seen_on=None), today=TODAY), "seen_on", "own series needs it", "error")


def test_a_patient_is_not_born_after_today_nor_treated_before_birth():
    assert told(check_patient(patient(birth_year=2025), today=TODAY), "birth_year", "after today", "error")
    assert check_patient(patient(), today=TODAY) == ()
    unborn = check_procedure(plain(), patient=patient(birth_year=2025), today=TODAY)
    assert told(unborn, "performed_on", "before the patient's birth", "error")
    other = check_procedure(plain(), patient=patient("P2"), today=TODAY)
    assert told(other, "patient", "of P1, not of P2", "error")


LOOKS = [
    (look(seen_on=date(2024, 2, 1), window=None), "seen_on", "is this the baseline?", "error"),
    (look(seen_on=date(2024, 3, 2), window="baseline"), "seen_on", "after the procedure", "error"),
    (look(seen_on=date(2024, 7, 2), window=None), "seen_on", "after today", "error"),
    (look(window="12mo"), "window", "30 days after the procedure is not within it", "warning"),
    (look(died_on=date(2024, 2, 1), pain_nrs=None), "died_on", "before the procedure", "error"),
    (look(died_on=date(2024, 3, 9)), "died_on", "before the patient answered on 2024-03-31", "error"),
    (look(pain_nrs=8, pain_vas_mm=30), "pain_vas_mm", "do not agree", "warning"),
    (look(relief_class=2, not_evaluated_because="x"), "relief_class", "keep one", "error"),
    (look(lost_because="moved"), "lost_because", "lost at once", "error"),
    (look(morphine_mg_per_day=30), "morphine_table", "no percentage", "warning"),
    (look(imaged_levels=(ImagedLevel(level="L4"),)), "imaged_levels", "not among the treated", "error"),
    (look(imaged_levels=(ImagedLevel(level="L1"),) * 2), "imaged_levels", "named 2 times", "error"),
    (look(new_fractures=(NewFracture(level="L3", relation="index"),)), "new_fractures[0].relation", "remote", "error"),
    (
        look(new_fractures=(NewFracture(level="L2", relation="remote"),)),
        "new_fractures[0].relation",
        "it is adjacent",
        "warning",
    ),
    (
        look(new_fractures=(NewFracture(level="L3"),), new_fractures_looked_for=False),
        "new_fractures_looked_for",
        "not looked for",
        "error",
    ),
    (look(adverse_events=(AdverseEvent(kind="other", level="L4"),)), "adverse_events[0].level", "not among", "error"),
    (
        look(adverse_events=(AdverseEvent(kind="other", onset_on=date(2024, 4, 1)),)),
        "adverse_events[0].onset_on",
        "after the look",
        "error",
    ),
]


@pytest.mark.parametrize(("record", "path", "words", "severity"), LOOKS, ids=lambda value: str(value)[:40])
def test_what_cannot_be_in_a_follow_up(record, path, words, severity):
    found = check_follow_up(record, procedure=plain(), today=TODAY)
    assert told(found, path, words, severity), found
    assert len(found) == 1


@pytest.mark.parametrize(
    "record",
    [
        look(),
        look(seen_on=DONE, window="baseline"),
        look(seen_on=date(2024, 2, 1), window="baseline"),
        look(died_on=date(2024, 3, 9), pain_nrs=None),  # told by the family on the day of the look
        look(pain_nrs=5, pain_vas_mm=70),
        look(new_fractures=(NewFracture(level="T12", relation="adjacent"),)),
    ],
)
def test_a_follow_up_in_order(record):
    assert check_follow_up(record, procedure=plain(), today=TODAY) == ()


def test_the_table_of_opiates_is_the_same_before_and_after():
    base = follow_up("F0", window="baseline", seen_on=DONE, morphine_mg_per_day=60.0, morphine_table="CDC 2022")
    after = look(morphine_mg_per_day=30, morphine_table="CDC 2016")
    found = check_follow_up(after, procedure=plain(), others=(base,), today=TODAY)
    assert told(found, "morphine_table", "not comparable", "warning")
    same = look(morphine_mg_per_day=30, morphine_table="CDC 2022")
    assert check_follow_up(same, procedure=plain(), others=(base,), today=TODAY) == ()


def test_nobody_answers_after_a_death_told_in_another_follow_up():
    dead = look(died_on=date(2024, 3, 9), seen_on=date(2024, 3, 9), pain_nrs=None)
    later = follow_up("F2", imaged_levels=(), new_fractures=(), adverse_events=(), relief_class=None)
    found = check_follow_up(later, procedure=plain(), others=(dead,), today=TODAY)
    assert told(found, "seen_on", "Death on 2024-03-09", "error")
    twice = follow_up("F3", **{"pain_nrs": None, "died_on": date(2024, 3, 8), "seen_on": date(2024, 3, 9)})
    assert told(check_follow_up(twice, others=(dead,), today=TODAY), "died_on", "keep one day", "error")


def test_the_same_procedure_entered_twice():
    kept = treated(plain())
    for day in (DONE, DONE + timedelta(days=1), DONE - timedelta(days=1)):
        again = treated(procedure("X2", performed_on=day))
        (found,) = double_entry(again, [kept])
        assert found.severity is Severity.ERROR
        assert "--not-a-duplicate" in found.sentence
        (allowed,) = double_entry(again, [kept], not_a_duplicate_because="two sessions")
        assert allowed.severity is Severity.WARNING
        assert "two sessions" in allowed.sentence


def test_what_is_not_a_double_entry():
    kept = treated(plain())
    assert double_entry(kept, [kept]) == ()  # the record itself, amended
    assert double_entry(treated(procedure("X2", "P2")), [kept]) == ()
    assert double_entry(treated(procedure("X2", levels=(TreatedLevel(level="L5"),))), [kept]) == ()
    assert double_entry(treated(procedure("X2", performed_on=None)), [kept]) == ()
    (later,) = double_entry(treated(procedure("X2", performed_on=DONE + timedelta(days=90))), [kept])
    assert later.severity is Severity.WARNING
    assert "treated earlier too, on 2024-03-01" in later.sentence


def test_errors_stop_and_warnings_pass():
    only = (warning("a", "odd."),)
    assert refuse_errors(only, name="procedure X1") == only
    found = check_procedure(plain(performed_on=None, operator="A", assistants=("A",)), today=TODAY)
    with pytest.raises(Refused, match="procedure X1 has 2 problems") as refused:
        refuse_errors(found, name="procedure X1")
    assert len(refused.value.problems) == 2


def test_events_that_nobody_asked_for_are_a_contradiction():
    event = (AdverseEvent(kind="neuralgia"),)
    for found in (
        check_procedure(plain(adverse_events=event, adverse_events_asked=False), today=TODAY),
        check_follow_up(look(adverse_events=event, adverse_events_asked=False), today=TODAY),
    ):
        assert [(one.path, one.severity) for one in found] == [("adverse_events_asked", Severity.ERROR)]
    assert check_procedure(plain(adverse_events_asked=False), today=TODAY) == ()
    assert check_procedure(plain(adverse_events=event, adverse_events_asked=True), today=TODAY) == ()
