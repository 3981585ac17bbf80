"""The four answers at the top of the page: treatable, from where, how much cement, what could go wrong."""

from dataclasses import dataclass

from vertebroplasty.documents.inject import InjectDocument
from vertebroplasty.documents.plan import PlanDocument
from vertebroplasty.documents.screen import ScreenDocument
from vertebroplasty.documents.strength import StrengthDocument

__all__ = ["Answer", "answers"]


@dataclass(frozen=True, slots=True)
class Answer:
    """A question of the radiologist and its answer."""

    question: str
    text: str


def answers(
    screen: ScreenDocument, plan: PlanDocument, inject: InjectDocument, strength: StrengthDocument, level: str
) -> list[Answer]:
    """The four questions in the order they are asked."""
    return [
        Answer("Can it be treated?", _treatable(screen, level)),
        Answer("From where?", _from_where(plan)),
        Answer("How much cement?", _how_much(inject, strength)),
        Answer("What could go wrong?", _what_goes_wrong(inject)),
    ]


def _treatable(screen: ScreenDocument, level: str) -> str:
    screened = next(entry for entry in screen.levels if entry.level == level)
    fired = [rule.id for rule in screened.rules if rule.answer == "yes" and rule.decides]
    text = f"{screened.verdict.replace('-', ' ').capitalize()}."
    if fired:
        text += f" Rules that apply: {', '.join(fired)}."
    if screened.ask_first is not None:
        text += f" First ask: {screened.ask_first.question}"
    return text


def _from_where(plan: PlanDocument) -> str:
    if not plan.paths:
        return "No safe path. " + " ".join(refused.reason for refused in plan.refused[:2])
    best = plan.paths[0]
    text = f"{best.side.capitalize()} pedicle, {best.gauge}G, converging {best.convergence_deg:.0f}°"
    if best.worst_clearance_mm is not None:
        text += f", worst clearance {best.worst_clearance_mm:.1f} mm"
    if best.depth_from_skin_mm is not None:
        text += f", {best.depth_from_skin_mm:.0f} mm from skin to tip"
    return text + "."


def _how_much(inject: InjectDocument, strength: StrengthDocument) -> str:
    if inject.stop_reason is None or inject.injected_ml is None:
        return inject.stop_sentence
    text = f"{inject.injected_ml:.1f} ml went in; it ended by: {inject.stop_reason.replace('-', ' ')}."
    if strength.ratio.stiffness is not None:
        text += f" Stiffness × {strength.ratio.stiffness:.2f}."
    return text + " Pain relief is not known to depend on the volume."


def _what_goes_wrong(inject: InjectDocument) -> str:
    if inject.stop_reason is None:
        return "No injection was simulated."
    leaked = [f"{leak.site.replace('-', ' ')} {leak.volume_ml:.2f} ml" for leak in inject.leaks if leak.volume_ml > 0]
    text = f"Simulated leaks: {'; '.join(leaked)}." if leaked else "No simulated leak on the paths that were assessed."
    if inject.not_assessed:
        text += f" Not assessed on this CT: {', '.join(inject.not_assessed).replace('-', ' ')}."
    return text
