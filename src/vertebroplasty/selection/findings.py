"""Every finding that a rule may name, by its name in the guideline files."""

from collections.abc import Callable, Mapping

from vertebroplasty.selection.body_facts import BODY_FACTS
from vertebroplasty.selection.imaging_facts import IMAGING_FACTS
from vertebroplasty.selection.level_facts import LEVEL_FACTS
from vertebroplasty.selection.patient_facts import PATIENT_FACTS
from vertebroplasty.selection.plan_facts import PLAN_FACTS
from vertebroplasty.selection.situation import Fact, Situation
from vertebroplasty.selection.treatment_facts import TREATMENT_FACTS
from vertebroplasty.selection.tumour_facts import TUMOUR_FACTS

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
