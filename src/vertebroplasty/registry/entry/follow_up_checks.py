"""A follow-up beside its procedure and the other follow-ups: days, levels, scales, doses."""

from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import date

from vertebroplasty.anatomy.levels import level_rank
from vertebroplasty.registry.entry.day_checks import future
from vertebroplasty.registry.entry.finding import Finding, error, warning
from vertebroplasty.registry.follow_up.windows import window_of, window_on
from vertebroplasty.registry.records import FollowUp, Procedure
from vertebroplasty.registry.vocabulary import FollowUpModality, FractureRelation, Window

__all__ = ["NOT_ASKED", "follow_up_findings"]

NOT_ASKED = "Adverse events are listed, but were not asked for: correct one."

MM_A_POINT = 10.0  # [exact] the 100 mm of one scale beside the 10 points of the other
PAIN_DISAGREES_MM = 20.0  # [choice] mm: two points; answers on two scales differ somewhat in everyone
ANSWERS = ("pain_nrs", "pain_vas_mm", "rmdq", "odi_percent", "eq5d_vas", "eq5d_profile")


def follow_up_findings(
    follow_up: FollowUp, procedure: Procedure | None, others: Iterable[FollowUp], today: date
) -> Iterator[Finding]:
    """What is wrong or unlikely with one follow-up; `others` are further follow-ups of the same patient."""
    others = tuple(one for one in others if one.follow_up_id != follow_up.follow_up_id)
    yield from _future(follow_up, today)
    yield from _contradictions(follow_up)
    yield from _pain(follow_up)
    yield from _deaths(follow_up, others)
    yield from _doses(follow_up, others)
    if procedure is not None:
        yield from _levels(follow_up, procedure)
        if procedure.performed_on is not None:
            yield from _order(follow_up, procedure.performed_on)


def _future(follow_up: FollowUp, today: date) -> Iterator[Finding]:
    yield from future("seen_on", follow_up.seen_on, today)
    yield from future("died_on", follow_up.died_on, today)
    for n, fracture in enumerate(follow_up.new_fractures):
        yield from future(f"new_fractures[{n}].found_on", fracture.found_on, today)
    for n, event in enumerate(follow_up.adverse_events):
        yield from future(f"adverse_events[{n}].onset_on", event.onset_on, today)
        if event.onset_on is not None and follow_up.seen_on is not None and event.onset_on > follow_up.seen_on:
            day = follow_up.seen_on.isoformat()
            yield error(f"adverse_events[{n}].onset_on", f"{event.onset_on.isoformat()} lies after the look on {day}.")


def _contradictions(follow_up: FollowUp) -> Iterator[Finding]:
    if follow_up.new_fractures and follow_up.new_fractures_looked_for is False:
        yield error("new_fractures_looked_for", "New fractures are listed, but were not looked for: correct one.")
    if follow_up.adverse_events and follow_up.adverse_events_asked is False:
        yield error("adverse_events_asked", NOT_ASKED)
    if follow_up.relief_class is not None and follow_up.not_evaluated_because is not None:
        yield error("relief_class", "Relief has a class and a reason why it was not evaluated: keep one.")
    if follow_up.lost_because is not None and _answered(follow_up):
        yield error("lost_because", "The patient answered at this look and is lost at once: make two follow-ups of it.")
    if follow_up.relief_class is not None and follow_up.window == Window.BASELINE:
        yield error("relief_class", "Relief is judged after the procedure, and this is the baseline.")


def _pain(follow_up: FollowUp) -> Iterator[Finding]:
    nrs, vas = follow_up.pain_nrs, follow_up.pain_vas_mm
    if nrs is not None and vas is not None and abs(MM_A_POINT * nrs - vas) > PAIN_DISAGREES_MM:
        yield warning(
            "pain_vas_mm", f"{vas:g} mm on one scale and {nrs:g} of 10 on the other do not agree: check both."
        )


def _order(follow_up: FollowUp, performed: date) -> Iterator[Finding]:
    """The look lies on the right side of the procedure, and in the window it says."""
    day, seen = performed.isoformat(), follow_up.seen_on
    if follow_up.died_on is not None and follow_up.died_on < performed:
        yield error("died_on", f"{follow_up.died_on.isoformat()} lies before the procedure on {day}.")
    for n, event in enumerate(follow_up.adverse_events):
        if event.onset_on is not None and event.onset_on < performed and follow_up.window != Window.BASELINE:
            path = f"adverse_events[{n}].onset_on"
            yield error(path, f"{event.onset_on.isoformat()} lies before the procedure on {day}.")
    for n, fracture in enumerate(follow_up.new_fractures):
        if fracture.found_on is not None and fracture.found_on < performed:
            path = f"new_fractures[{n}].found_on"
            yield error(path, f"{fracture.found_on.isoformat()} lies before the procedure on {day}.")
    if seen is None:
        return
    if follow_up.window == Window.BASELINE:
        if seen > performed:
            yield error("seen_on", f"{seen.isoformat()} lies after the procedure on {day}, and this is the baseline.")
    elif seen < performed:
        yield error("seen_on", f"{seen.isoformat()} lies before the procedure on {day}: is this the baseline?")
    elif follow_up.window not in (None, Window.OTHER, window_of((seen - performed).days)):
        days = (seen - performed).days
        yield warning("window", f"{follow_up.window} is stated, but {days} days after the procedure is not within it.")


def _levels(follow_up: FollowUp, procedure: Procedure) -> Iterator[Finding]:
    """Levels seen again and events belong to treated levels; new fractures lie where they are said to lie."""
    treated = [level.level for level in procedure.levels]
    named = ", ".join(treated)
    for name, times in Counter(image.level for image in follow_up.imaged_levels).items():
        if times > 1:
            yield error("imaged_levels", f"{name} is named {times} times: name each level once.")
        if name not in treated:
            yield error("imaged_levels", f"{name} is not among the treated levels, {named}.")
    for n, event in enumerate(follow_up.adverse_events):
        if event.level is not None and event.level not in treated:
            yield error(f"adverse_events[{n}].level", f"{event.level} is not among the treated levels, {named}.")
    for n, fracture in enumerate(follow_up.new_fractures):
        lies = _relation(fracture.level, treated)
        if fracture.relation is None or fracture.relation == lies:
            continue
        # A missing or additional vertebra moves neighbours by one name; only the index level is beyond doubt.
        sure = FractureRelation.INDEX in (fracture.relation, lies)
        sentence = f"{fracture.level} is called {fracture.relation}, but beside {named} it is {lies}."
        yield (error if sure else warning)(f"new_fractures[{n}].relation", sentence)


def _relation(level: str, treated: list[str]) -> FractureRelation:
    if level in treated:
        return FractureRelation.INDEX
    near = any(abs(level_rank(level) - level_rank(other)) == 1 for other in treated)
    special = {level, *treated} >= {"T12", "L1"} or {level, *treated} >= {"L5", "S1"}
    return FractureRelation.ADJACENT if near or special else FractureRelation.REMOTE


def _deaths(follow_up: FollowUp, others: tuple[FollowUp, ...]) -> Iterator[Finding]:
    """Nobody answers after death."""
    deaths = {one.died_on for one in (follow_up, *others) if one.died_on is not None}
    if len(deaths) > 1 and follow_up.died_on is not None:
        days = ", ".join(sorted(day.isoformat() for day in deaths))
        yield error("died_on", f"Deaths are recorded on {days}: keep one day.")
    if not deaths:
        return
    died = min(deaths)
    looks = (follow_up,) if follow_up.died_on is None else (follow_up, *others)
    seen = max((one.seen_on for one in looks if one.seen_on is not None and _answered(one)), default=None)
    if seen is not None and seen > died:
        path = "seen_on" if follow_up.died_on is None else "died_on"
        yield error(path, f"Death on {died.isoformat()} lies before the patient answered on {seen.isoformat()}.")


def _answered(follow_up: FollowUp) -> bool:
    """Whether the patient was asked in life: a visit, or an answer on a scale."""
    if follow_up.modality == FollowUpModality.VISIT:
        return True
    return any(getattr(follow_up, name) is not None for name in ANSWERS)


def _doses(follow_up: FollowUp, others: tuple[FollowUp, ...]) -> Iterator[Finding]:
    """Doses before and after are compared only when one table counted both."""
    if follow_up.morphine_mg_per_day is None:
        return
    if follow_up.morphine_table is None:
        told = "The version of the conversion table is not recorded, so no percentage can be formed with this dose."
        yield warning("morphine_table", told)
        return
    is_baseline = window_on(follow_up, None) == Window.BASELINE
    for other in others:
        if other.procedure != follow_up.procedure or other.morphine_mg_per_day is None or other.morphine_table is None:
            continue
        between = is_baseline or window_on(other, None) == Window.BASELINE
        if between and other.morphine_table != follow_up.morphine_table:
            yield warning(
                "morphine_table",
                f"Counted with {follow_up.morphine_table} here and {other.morphine_table} in {other.follow_up_id}: the "
                "fall in percent is not comparable until both are counted with one table.",
            )
            return
