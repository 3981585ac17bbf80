"""Models of one series: new fractures with death competing, how long relief lasts, pain over time, prediction, drift.

Each part is a result or a sentence why there is none.  They take longer than the counts of `series` and are asked for
apart.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
import sqlalchemy as sa

from vertebroplasty.anatomy.leak_sites import LeakSite
from vertebroplasty.errors import Refused
from vertebroplasty.registry.series.counts import series_definition
from vertebroplasty.registry.series.drift import CusumPlan, Drift, drift
from vertebroplasty.registry.series.look_data import fall_of_pain, first_relief_class, relief_courses, visits
from vertebroplasty.registry.series.model_data import Procedures, predictions, procedures, watched
from vertebroplasty.registry.series.queries import chosen_series
from vertebroplasty.registry.statistics.calibration import Calibration, calibration
from vertebroplasty.registry.statistics.durability import Durability, durability_of_relief
from vertebroplasty.registry.statistics.equivalence import Association, volume_and_relief
from vertebroplasty.registry.statistics.life_table import AtRisk, at_risk_table
from vertebroplasty.registry.statistics.opiate import ReliefOdds, indicators, relief_odds
from vertebroplasty.registry.statistics.repeated import RepeatedMeasures, repeated_measures
from vertebroplasty.registry.statistics.survival import BothRisks, Curve, aalen_johansen, kaplan_meier, risk_both_ways
from vertebroplasty.registry.store import tables
from vertebroplasty.registry.vocabulary import FractureRelation, Window

__all__ = ["NewFractures", "SeriesModels", "series_models"]

SYNTHETIC = "The records are synthetic: only their margins are those printed, so nothing can be modelled."
FEWEST = 10  # [choice] patients, procedures or levels without which a part is not attempted
ONE_YEAR_DAYS = 365.0  # [choice] day at which the risk of a new fracture is stated
AT_RISK_DAYS = (0.0, 91.0, 183.0, 365.0, 730.0, 1095.0)  # [choice] days below the curve
CANAL = (LeakSite.EPIDURAL, LeakSite.BASIVERTEBRAL_VEIN)


@dataclass(frozen=True, slots=True, kw_only=True)
class NewFractures:
    """Time to the first new fracture: the risk at one year both ways, the curves, and who was still watched."""

    risk: BothRisks
    incidence: Curve
    kaplan_meier: Curve
    at_risk: tuple[AtRisk, ...]
    patients: int
    never_looked: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SeriesModels:
    """Each model, or the sentence why there is none."""

    any_new_fracture: NewFractures | str
    adjacent_fracture: NewFractures | str
    index_fracture: NewFractures | str
    durability_of_relief: Durability | str
    pain_nrs: RepeatedMeasures | str
    pain_vas_mm: RepeatedMeasures | str
    odi_percent: RepeatedMeasures | str
    relief_class_odds: ReliefOdds | str
    volume_and_relief_class: Association | str
    volume_and_fall_of_pain: Association | str
    predicted_leaks: Calibration | str
    predicted_canal_leaks: Calibration | str
    experience: Drift | str


def series_models(
    connection: sa.Connection,
    series: str | None = None,
    *,
    today: date,
    seed: int = 0,
    operator: str | None = None,
    plan: CusumPlan | None = None,
    simulated_runs: int | None = None,
) -> SeriesModels:
    """Every model that the records allow.

    Args:
        connection: sees one state from first to last, as `Registry.reading` gives it.
        series: its name; chosen as `series_statistics` does.
        today: the day of the report.
        seed: of the bootstrap.
        operator: whose experience is shown; None: the department's, without anyone's name.
        plan: the acceptable share of complications, the one looked for, and both errors, set beforehand.
        simulated_runs: how many simulated injections the predicted risks were counted from.

    Raises:
        Refused: no such series, no procedure of that operator, or a plan that gives no limit.
    """
    name = chosen_series(connection, series)
    if series_definition(connection, name).synthetic:
        return SeriesModels(**dict.fromkeys(SeriesModels.__dataclass_fields__, SYNTHETIC))
    done = procedures(connection, name)
    return SeriesModels(
        any_new_fracture=_fractures(connection, name, None),
        adjacent_fracture=_fractures(connection, name, FractureRelation.ADJACENT),
        index_fracture=_fractures(connection, name, FractureRelation.INDEX),
        durability_of_relief=_durability(connection, name),
        pain_nrs=_repeated(connection, name, "pain_nrs", today),
        pain_vas_mm=_repeated(connection, name, "pain_vas_mm", today),
        odi_percent=_repeated(connection, name, "odi_percent", today),
        relief_class_odds=_relief_odds(connection, name, done),
        volume_and_relief_class=_volume(done, first_relief_class(connection, name), seed),
        volume_and_fall_of_pain=_volume(done, fall_of_pain(connection, name, window=Window.MONTH_1), seed),
        predicted_leaks=_predicted(connection, name, tuple(LeakSite), False, simulated_runs),
        predicted_canal_leaks=_predicted(connection, name, CANAL, True, simulated_runs),
        experience=drift(done, operator=operator, plan=plan),
    )


def _attempt(make: Callable[[], Any]) -> Any:
    """The result, or the sentence with which it was refused."""
    try:
        return make()
    except Refused as refused:
        return refused.message


def _few(n: int, what: str) -> str | None:
    return f"{n} {what} are fewer than {FEWEST}: not modelled." if n < FEWEST else None


def _fractures(connection: sa.Connection, series: str, relation: FractureRelation | None) -> NewFractures | str:
    data = watched(connection, series, relation)
    times, outcome = data.time_days, data.outcome
    few = _few(times.size, "patients in whom new fractures were looked for")
    if few:
        return few
    incidence = aalen_johansen(times, outcome)
    return NewFractures(
        risk=risk_both_ways(times, outcome, ONE_YEAR_DAYS),
        incidence=incidence,
        kaplan_meier=kaplan_meier(times, outcome),
        at_risk=at_risk_table(incidence.table, AT_RISK_DAYS),
        patients=int(times.size),
        never_looked=data.never_looked,
    )


def _durability(connection: sa.Connection, series: str) -> Durability | str:
    courses = relief_courses(connection, series)
    few = _few(courses.time_days.size, "procedures with relief at the first grade")
    return few or durability_of_relief(courses.time_days, courses.outcome)


def _repeated(connection: sa.Connection, series: str, scale: str, today: date) -> RepeatedMeasures | str:
    data = visits(connection, series, tables.follow_up.c[scale], today=today)
    few = _few(len(set(data.patient[~np.isnan(data.baseline)])), f"patients with {scale} before and after")
    return few or repeated_measures(
        name=scale,
        patient=data.patient,
        window=data.window,
        value=data.value,
        baseline=data.baseline,
        windows=data.windows,
    )


def _relief_odds(connection: sa.Connection, series: str, done: Procedures) -> ReliefOdds | str:
    """Volume and aetiology beside the class of relief at the first look that has one."""
    classes = first_relief_class(connection, series)
    known = np.array([classes.get(name, 0) for name in done.procedure], dtype=np.int64)
    few = _few(int(np.count_nonzero(known)), "procedures with a class of relief")
    if few:
        return few
    covariates = {"volume ml": done.volume_ml, **indicators("aetiology", done.aetiology)}
    odds: ReliefOdds | str = _attempt(lambda: relief_odds(known, covariates))
    return odds


def _volume(done: Procedures, relief: Any, seed: int) -> Association | str:
    values = np.array([relief.get(name, np.nan) for name in done.procedure], dtype=float)
    few = _few(int(np.count_nonzero(~np.isnan(values) & ~np.isnan(done.volume_ml))), "procedures with both values")
    return few or volume_and_relief(done.volume_ml, values, seed=seed, aetiology=done.aetiology)


def _predicted(
    connection: sa.Connection, series: str, sites: tuple[LeakSite, ...], canal: bool, runs: int | None
) -> Calibration | str:
    data = predictions(connection, series, sites, canal=canal)
    few = _few(int(np.count_nonzero(~np.isnan(data.seen))), "levels with a simulated risk, looked at for leaks,")
    return few or calibration(data.predicted, data.seen, runs=runs)
