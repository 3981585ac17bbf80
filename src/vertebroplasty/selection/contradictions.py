"""Inputs that cannot both be true, and what the rules do not read: said as warnings, never settled silently."""

from collections.abc import Iterator

from vertebroplasty.selection.coded_values import (
    Aetiology,
    Bilsky,
    CoagulationStatus,
    WallReading,
)
from vertebroplasty.selection.imaging_facts import measured_fragment, stated_plus_minus_percent
from vertebroplasty.selection.kleene import Answer, of_bool
from vertebroplasty.selection.patient import Patient
from vertebroplasty.selection.patient_facts import laboratory_reasons, required_allergens, undecided_allergens
from vertebroplasty.selection.situation import Situation

__all__ = ["level_contradictions", "patient_contradictions"]

FRACTURES = (Aetiology.OSTEOPOROTIC_FRACTURE, Aetiology.TRAUMATIC_FRACTURE)


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
    sentences = (*_within_file(situation), *_tumour(situation), *_file_against_ct(situation))
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
            yield f"{level} is screened, but the patient file plans {', '.join(planned.levels) or 'no level'}."


def _other_allergies(patient: Patient, product: str | None, components: frozenset[str]) -> list[str]:
    """Allergies that nothing required meets and that nothing unknown could still make matter."""
    undecided = frozenset().union(*undecided_allergens(patient, product).values())
    others = (patient.allergies or frozenset()) - required_allergens(patient.planned, components) - undecided
    return sorted(allergy.value for allergy in others)


def _within_file(s: Situation) -> Iterator[str]:
    findings = s.findings
    if findings.painful is False and findings.pain_nrs:
        yield f"the level is stated as painless, but with NRS {findings.pain_nrs:g}."
    if findings.painful and findings.pain_nrs == 0:
        yield "the level is stated as painful, but with NRS 0."
    if findings.aetiology is Aetiology.OSTEOPOROTIC_FRACTURE and s.patient.osteoporosis is False:
        yield "an osteoporotic fracture is stated in a patient without osteoporosis."


def _tumour(s: Situation) -> Iterator[str]:
    findings = s.findings
    raised = findings.bilsky not in (None, Bilsky.GRADE_0)
    if findings.epidural_tumour is False and raised:
        yield f"no epidural tumour is stated, but Bilsky {findings.bilsky}: the stricter decides."
    if findings.epidural_tumour and findings.bilsky is Bilsky.GRADE_0:
        yield "epidural tumour is stated, but Bilsky 0: the stricter decides."
    if findings.aetiology in FRACTURES and (findings.epidural_tumour or raised):
        yield "epidural tumour is stated beside a fracture without tumour: the rules on tumours do not read it."


def _file_against_ct(s: Situation) -> Iterator[str]:
    findings, measured = s.findings, s.measured
    reader, by_ct = findings.canal_compromise_percent, measured.canal_compromise_percent
    if reader is not None and by_ct is not None:
        plus_minus = stated_plus_minus_percent(measured)
        if abs(reader - by_ct) > plus_minus:
            yield (
                f"a reader gives canal compromise as {reader:g} %, the CT measures {by_ct:.1f} ± {plus_minus:.1f} %: "
                "the stricter decides."
            )
    fragment = measured_fragment(measured)
    if Answer.UNKNOWN not in (fragment, of_bool(findings.retropulsed_fragment)) and fragment is not of_bool(
        findings.retropulsed_fragment
    ):
        sees = "a" if findings.retropulsed_fragment else "no"
        yield (
            f"a reader sees {sees} retropulsed fragment, the CT measures {measured.retropulsion_mm:.1f} mm of "
            "retropulsion: the stricter decides."
        )
    wall = measured.posterior_wall_intact
    if findings.posterior_wall is not None and wall is not None:
        read_intact = findings.posterior_wall is WallReading.INTACT
        if read_intact is not wall:
            yield (
                f"a reader calls the posterior wall {findings.posterior_wall}, this CT shows it "
                f"{'intact' if wall else 'breached'}: take it as breached."
            )
