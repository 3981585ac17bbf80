"""The trainee's past beside a debrief, and keeping a rehearsal in the registry, never as a procedure."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import numpy as np
from fastapi import APIRouter, Request
from pydantic import BaseModel, ConfigDict, Field

from vertebroplasty.registry.rehearsals.drift import OUTCOME, rehearsal_drift
from vertebroplasty.registry.rehearsals.keeping import log_sha256, rehearsal_of, rehearsals_of, save_rehearsal
from vertebroplasty.registry.rehearsals.record import ELEMENTS, Rehearsal
from vertebroplasty.registry.series.drift import CusumPlan
from vertebroplasty.web.debrief.debriefed import Debriefed
from vertebroplasty.web.debrief.kept import RehearsalId, worked_out
from vertebroplasty.web.forms.opening import opened
from vertebroplasty.web.house import house_of
from vertebroplasty.web.safety import Conflict
from vertebroplasty.web.texts.texts import Texts, language_of, texts_in

__all__ = ["router"]

router = APIRouter()
ALPHA, BETA = 0.05, 0.05  # [choice] errors of the chart: false alarm and missed
NOTE = "Rehearsals on simulated cases, never procedures."


class Operator(BaseModel):
    """Who rehearsed, by a pseudonym; for a CUSUM which share of leaks driven on is acceptable, and which looked for."""

    model_config = ConfigDict(extra="forbid", allow_inf_nan=False)
    operator: str = Field(max_length=64)
    p0: float | None = None
    p1: float | None = None


@router.post("/{rehearsal_id}/past")
def past(request: Request, rehearsal_id: RehearsalId, asked: Operator) -> dict[str, Any]:
    """The operator's other rehearsals of the same kind, guided or not: how many, and the mean of each element.

    And the CUSUM of the unguided ones, where it is asked for.
    """
    found, t = worked_out(request, rehearsal_id), texts_in(language_of(request))
    with opened(request) as registry:
        kept = rehearsals_of(registry, asked.operator)
    guided, own_log = house_of(request).rehearsals.find(rehearsal_id).guided, log_sha256(found.document.log)
    others = [each for each in kept if each.log_sha256 != own_log and each.guided is guided]
    drift = Told() if asked.p0 is None or asked.p1 is None else _drift(kept, asked.p0, asked.p1)
    sentence = t("debrief.past_of", count=len(others)) if others else t("debrief.no_past")
    told = {"sessions": len(others), "elements": _means(others, found, t), "sentence": sentence}
    return told | {"drift": drift.sentence, "chart": drift.chart, "chart_says": drift.chart_says}


@dataclass(frozen=True, slots=True)
class Told:
    """The CUSUM as a sentence, as a drawing in SVG, and the drawing in words; empty where none was asked for."""

    sentence: str = ""
    chart: str = ""
    chart_says: str = ""


def _drift(kept: tuple[Rehearsal, ...], p0: float, p1: float) -> Told:
    from vertebroplasty.registry.figures.cusum import cusum_chart

    found = rehearsal_drift(kept, CusumPlan(p0=p0, p1=p1, alpha=ALPHA, beta=BETA))
    chart = cusum_chart(found.cusum, outcome=OUTCOME, note=NOTE)
    return Told(found.sentence, chart, f"CUSUM of {OUTCOME}, rehearsal by rehearsal. {found.cusum.sentence}")


def _means(others: list[Rehearsal], found: Debriefed, t: Texts) -> dict[str, str]:
    """The mean of each element, and how far this rehearsal lies from it."""
    told = {}
    for name in ELEMENTS:
        values = [value for each in others if (value := getattr(each, name)) is not None]
        own = getattr(found.document.score, name).value
        if values:
            mean = float(np.mean(values))
            told[name] = f"{mean:.2f}" if own is None else f"{mean:.2f} ({own - mean:+.2f})"
        else:
            told[name] = t("debrief.not_judged")
    return told


@router.post("/{rehearsal_id}/save")
def save(request: Request, rehearsal_id: RehearsalId, asked: Operator) -> dict[str, Any]:
    """Keep the rehearsal; a second time is refused."""
    found, t = worked_out(request, rehearsal_id), texts_in(language_of(request))
    log = house_of(request).rehearsals.folder / f"{rehearsal_id}.jsonl"
    ended_at = datetime.fromtimestamp(log.stat().st_mtime, UTC).replace(microsecond=0)
    guided = house_of(request).rehearsals.find(rehearsal_id).guided
    rehearsal = rehearsal_of(found.document, operator=asked.operator, ended_at=ended_at, guided=guided)
    with opened(request) as registry:
        if any(each.log_sha256 == rehearsal.log_sha256 for each in rehearsals_of(registry, asked.operator)):
            raise Conflict(t("debrief.saved_already"), where="operator")
        save_rehearsal(registry, rehearsal, by=asked.operator)
    return {"sentence": t("debrief.saved")}
