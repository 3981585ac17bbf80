"""Every finding that a rule may name, by its name in the guideline files."""

from collections.abc import Callable, Mapping

from vertebroplasty.selection.findings.body_facts import BODY_FACTS
from vertebroplasty.selection.findings.imaging_facts import IMAGING_FACTS
from vertebroplasty.selection.findings.level_facts import LEVEL_FACTS
from vertebroplasty.selection.findings.patient_facts import PATIENT_FACTS
from vertebroplasty.selection.findings.plan_facts import PLAN_FACTS
from vertebroplasty.selection.findings.treatment_facts import TREATMENT_FACTS
from vertebroplasty.selection.findings.tumour_facts import TUMOUR_FACTS
from vertebroplasty.selection.situation import Fact, Situation

__all__ = ["FINDINGS"]

FINDINGS: Mapping[str, Callable[[Situation], Fact]] = {
    **LEVEL_FACTS,
    **PATIENT_FACTS,
    **IMAGING_FACTS,
    **BODY_FACTS,
    **TUMOUR_FACTS,
    **PLAN_FACTS,
    **TREATMENT_FACTS,
}
