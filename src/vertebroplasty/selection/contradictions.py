"""Inputs that cannot both be true, and what the rules do not read: said as warnings, never settled silently."""

from collections.abc import Iterator

from vertebroplasty.anatomy.levels import level_rank
from vertebroplasty.selection.coded_values import (
    FRACTURES,
    Aetiology,
    Bilsky,
    CoagulationStatus,
    SinsLesion,
)
from vertebroplasty.selection.ct_conflicts import file_against_ct
from vertebroplasty.selection.findings.patient_facts import laboratory_reasons, required_allergens, undecided_allergens
from vertebroplasty.selection.patient import Patient
from vertebroplasty.selection.situation import Situation

__all__ = ["level_contradictions", "patient_contradictions"]


def patient_contradictions(
    patient: Patient, *, levels: tuple[str, ...], product: str | None, required_components: frozenset[str]
) -> tuple[str, ...]:
    """Warnings on the patient as a whole and on what is planned."""
    sentences = list(_of_patient(patient, levels, product))
    if others := _other_allergies(patient, product, required_components):
        sentences.append(f"Allergy to {', '.join(others)}: the procedure as planned does not need it.")
    return tuple(sentences)


def level_contradictions(situation: Situation) -> tuple[str, ...]:
    """Warnings on one level, the patient file against itself and against the CT."""
    sentences = (*_within_file(situation), *_tumour(situation), *file_against_ct(situation))
    return tuple(f"{situation.level}: {sentence}" for sentence in sentences)


def _of_patient(patient: Patient, levels: tuple[str, ...], product: str | None) -> Iterator[str]:
    status, reasons = patient.coagulation.status, laboratory_reasons(patient.coagulation)
    if reasons and status in (CoagulationStatus.NORMAL, CoagulationStatus.CORRECTED):
        yield f"Coagulation is stated as {status}, but {' and '.join(reasons)}: the laboratory decides."
    planned = patient.planned
    if planned.product is not None and product is not None and planned.product != product:
        yield f"The patient file plans {planned.product}, but {product} is screened."
    for level in levels:
        if planned.levels is not None and level not in planned.levels:
            names = ", ".join(sorted(planned.levels, key=level_rank))
            yield f"{level} is screened, but the patient file plans {names or 'no level'}."


def _other_allergies(patient: Patient, product: str | None, components: frozenset[str]) -> list[str]:
    """Allergies that nothing required meets and that nothing unknown could still make matter."""
    undecided = frozenset().union(*undecided_allergens(patient, product).values())
    others = (patient.allergies or frozenset()) - required_allergens(patient.planned, components) - undecided
    return sorted(allergy.words for allergy in others)


def _within_file(s: Situation) -> Iterator[str]:
    findings = s.findings
    if findings.painful is False and findings.pain_nrs:
        yield f"the level is stated as painless, but with NRS {findings.pain_nrs:g}."
    if findings.painful and findings.pain_nrs == 0:
        yield "the level is stated as painful, but with NRS 0."
    if findings.aetiology is Aetiology.OSTEOPOROTIC_FRACTURE and s.patient.osteoporosis is False:
        yield "an osteoporotic fracture is stated in a patient without osteoporosis."
    if findings.aetiology is Aetiology.TRAUMATIC_FRACTURE and s.patient.osteoporosis:
        yield (
            "a traumatic fracture is stated in a patient with osteoporosis, which no indication reads: state an "
            "osteoporotic fracture if sound bone would have held."
        )
    if findings.imaging_before == () and findings.posterior_wall is not None:
        yield "the posterior wall is read, but neither MRI nor CT is stated as done before."
    if findings.painful is False and findings.pain_severe:
        yield "the level is stated as painless, but its pain as severe."
    if findings.lytic_holes and findings.sins.lesion is SinsLesion.BLASTIC:
        yield "a reader sees lytic holes, but the lesion is stated as blastic."


def _tumour(s: Situation) -> Iterator[str]:
    findings = s.findings
    raised = findings.bilsky not in (None, Bilsky.GRADE_0)
    if findings.epidural_tumour is False and raised:
        yield f"no epidural tumour is stated, but Bilsky {findings.bilsky}: the stricter decides."
    if findings.epidural_tumour and findings.bilsky is Bilsky.GRADE_0:
        yield "epidural tumour is stated, but Bilsky 0: the stricter decides."
    if findings.aetiology in FRACTURES and (findings.epidural_tumour or raised):
        yield "epidural tumour is stated beside a fracture without tumour: the rules on tumours do not read it."
