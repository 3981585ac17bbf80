"""Small series drawn at random, with gaps, double entries and contradictions such as real registries have."""

from dataclasses import dataclass
from datetime import date, timedelta
from random import Random

from vertebroplasty.anatomy.leak_sites import LeakSite
from vertebroplasty.registry.procedure_parts import AdverseEvent, Cement, Leak, PlannedLevel, TreatedLevel
from vertebroplasty.registry.records import FollowUp, NewFracture, Patient, Procedure
from vertebroplasty.registry.store.series_record import Series
from vertebroplasty.registry.vocabulary import (
    AdverseEventKind,
    Causality,
    FractureRelation,
    Improvement,
    Indication,
    LeakModality,
    Window,
)
from vertebroplasty.selection.coded_values import Intent, Sex

FIRST_DAY = date(2020, 1, 1)
LEVELS = ("T11", "T12", "L1", "L2", "L3")
KINDS = (AdverseEventKind.NEURALGIA, AdverseEventKind.PAIN_FLARE, AdverseEventKind.INFECTION)
SITES = (LeakSite.EPIDURAL, LeakSite.DISC_ABOVE, LeakSite.CENTRAL_VEIN_OR_LUNG)


@dataclass(frozen=True)
class Drawn:
    """The records of one series, by kind."""

    patients: list[Patient]
    procedures: list[Procedure]
    follow_ups: list[FollowUp]

    @property
    def records(self):
        return [*self.patients, *self.procedures, *self.follow_ups]


def maybe(rng: Random, values):
    """One of the values, or unknown."""
    return rng.choice([None, *values])


def drawn_series(seed: int, *, series: str = "own", patients: int = 25) -> Drawn:
    """A series; the same for the same seed."""
    rng = Random(seed)
    people, procedures, follow_ups = [], [], []
    for n in range(patients):
        who = f"{series}-{n}"
        people.append(
            Patient(pseudonym=who, series=series, sex=maybe(rng, Sex), birth_year=maybe(rng, range(1930, 1980)))
        )
        for m in range(rng.choice((1, 1, 2))):
            done = _procedure(rng, f"{who}-{m}", who)
            procedures.append(done)
            follow_ups += [_follow_up(rng, f"{who}-{m}-{k}", done) for k in range(rng.randrange(6))]
    return Drawn(people, procedures, follow_ups)


def series_record(name: str, *, synthetic: bool) -> Series:
    return Series(name=name, title=f"Series {name}", synthetic=synthetic, procedures_stated=True)


def _procedure(rng: Random, name: str, who: str) -> Procedure:
    levels = tuple(_level(rng, level) for level in rng.sample(LEVELS, rng.choice((1, 1, 2, 3))))
    return Procedure(
        procedure_id=name,
        patient=who,
        performed_on=FIRST_DAY + timedelta(days=rng.randrange(700)),
        operator=maybe(rng, ("op-1", "op-2")),
        intent=maybe(rng, Intent),
        levels=levels,
        adverse_events=_events(rng, [level.level for level in levels]),
    )


def _level(rng: Random, name: str) -> TreatedLevel:
    return TreatedLevel(
        level=name,
        indication=maybe(rng, tuple(Indication)[:3]),
        cement=maybe(rng, (Cement(total_ml=round(rng.uniform(1, 6), 1)), Cement(total_ml=2.5), Cement())),
        leaks_looked_for_with=maybe(
            rng, ((), (LeakModality.CT,), (LeakModality.CT, LeakModality.RADIOGRAPH), (LeakModality.FLUOROSCOPY,))
        ),
        leaks=tuple(
            Leak(
                site=rng.choice(SITES),
                modality=maybe(rng, LeakModality),
                symptomatic=maybe(rng, (True, False, False, False, False, False)),
            )
            for _ in range(rng.choice((0, 0, 1, 2, 3)))
        ),
        planned=maybe(rng, (PlannedLevel(simulated_leak_probability=round(rng.uniform(0.05, 0.95), 2)),)),
    )


def _events(rng: Random, levels) -> tuple[AdverseEvent, ...]:
    return tuple(
        AdverseEvent(
            kind=rng.choice(KINDS),
            level=maybe(rng, levels),
            procedure_related=maybe(rng, (True, False)),
            causality=maybe(rng, Causality),
        )
        for _ in range(rng.choice((0, 0, 0, 0, 0, 0, 0, 1, 2)))
    )


def _follow_up(rng: Random, name: str, procedure: Procedure) -> FollowUp:
    days = rng.choice((-5, -5, -1, 0, 2, 7, 9, 30, 30, 60, 90, 180, 365, 400, 600))
    window = Window.BASELINE if days < 0 else maybe(rng, (Window.DAY_1, Window.MONTH_1, Window.MONTH_12, None, None))
    seen = maybe(rng, (procedure.performed_on + timedelta(days=days),) * 4)
    lost = None if rng.random() > 0.1 else "moved away"
    died = procedure.performed_on + timedelta(days=max(days, 0)) if rng.random() < 0.1 else None
    graded = rng.random() < 0.7
    return FollowUp(
        follow_up_id=name,
        procedure=procedure.procedure_id,
        seen_on=seen,
        window=window,
        pain_nrs=maybe(rng, range(11)),
        relief_class=maybe(rng, (1, 2, 3, 4)) if graded else None,
        improvement=maybe(rng, Improvement) if graded else None,
        not_evaluated_because=None if graded else maybe(rng, ("confused", "too ill")),
        lost_because=lost,
        died_on=died,
        new_fractures_looked_for=maybe(rng, (True, False)),
        new_fractures=tuple(
            NewFracture(level="L4", relation=rng.choice(tuple(FractureRelation)), found_on=seen)
            for _ in range(rng.choice((0, 0, 0, 1)))
        ),
        adverse_events=_events(rng, [level.level for level in procedure.levels]),
    )
