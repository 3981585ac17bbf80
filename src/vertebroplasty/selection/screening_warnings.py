"""What a reader must know before using a verdict: inputs that contradict each other, and overrides without effect."""

from collections.abc import Iterable, Sequence

from vertebroplasty.selection.contradictions import level_contradictions, patient_contradictions
from vertebroplasty.selection.overrides import Override
from vertebroplasty.selection.patient import Patient
from vertebroplasty.selection.situation import Situation

__all__ = ["screening_warnings"]


def screening_warnings(
    patient: Patient | None, situations: Sequence[Situation], idle_overrides: Iterable[Override]
) -> tuple[str, ...]:
    """Each warning once; `idle_overrides` are those of rules that did not fire."""
    sentences: list[str] = []
    if patient is not None and situations:
        names = tuple(situation.level for situation in situations)
        plan = situations[0]
        sentences += patient_contradictions(
            patient, levels=names, product=plan.product, required_components=plan.required_components
        )
        sentences += [f"The patient file says nothing on {name}." for name in names if name not in patient.levels]
    for situation in situations:
        sentences += level_contradictions(situation)
    sentences += [f"Overriding {override.rule} changes nothing: it does not fire." for override in idle_overrides]
    return tuple(dict.fromkeys(sentences))
