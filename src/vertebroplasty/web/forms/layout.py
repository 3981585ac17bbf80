"""In which order the fields of a record are asked: what every case has first, the rest behind a fold.

A field that is named nowhere here comes last, behind the fold, so that none is ever lost.
"""

from dataclasses import dataclass
from typing import Any

from vertebroplasty.registry.entry.field_tree import fields_of
from vertebroplasty.registry.procedure_parts import AdverseEvent, Cement, Leak, TreatedLevel
from vertebroplasty.registry.records import FollowUp, Patient, Procedure

__all__ = ["IMAGING", "LEVELS", "Group", "groups_of", "unit_of"]

HIGHEST = {"C": 7, "T": 13, "L": 6, "S": 1}  # the last level of each region that a record takes
LEVELS = tuple(f"{region}{number}" for region, last in HIGHEST.items() for number in range(1, last + 1))

UNITS = {
    "_mg_per_day": "mg/d",
    "_gy_cm2": "Gy·cm²",
    "_percent": "%",
    "_mgy": "mGy",
    "_min": "min",
    "_deg": "°",
    "_ml": "ml",
    "_mm": "mm",
    "_hu": "HU",
    "_s": "s",
    "_c": "°C",
}
"""Unit by the end of a field's name."""


@dataclass(frozen=True, slots=True)
class Group:
    """Fields that stand together under one heading; `folded` ones are opened by a click."""

    key: str
    names: tuple[str, ...]
    folded: bool = False


ORDER: dict[type[Any], tuple[Group, ...]] = {
    Patient: (
        Group("patient", ("pseudonym", "sex", "birth_year")),
        Group("health", ("ecog", "asa", "t_score", "osteoporosis_treatment", "anticoagulants")),
    ),
    Procedure: (
        Group("case", ("patient", "procedure_id", "performed_on", "operator", "guidance", "anaesthesia", "intent")),
        Group("levels", ("levels",)),
        Group("after", ("adverse_events_asked", "adverse_events")),
        Group("dose", ("duration_min", "fluoroscopy_time_s", "dose_area_product_gy_cm2", "air_kerma_mgy")),
        Group("remark", ("remark",)),
        Group(
            "preparation",
            (
                "age_years",
                "assistants",
                "centre",
                "started_at",
                "antibiotics",
                "discussed_on",
                "consent_version",
                "surgical_backup",
                "room_temperature_c",
                "screening",
            ),
            folded=True,
        ),
        Group("clock", ("events",), folded=True),
    ),
    TreatedLevel: (
        Group("lesion", ("level", "indication", "approach", "gauge", "needle_passes")),
        Group("cement", ("cement",)),
        Group("leaks", ("leaks_looked_for_with", "leaks")),
        Group(
            "fracture",
            (
                "fracture_on",
                "fracture_age_days",
                "genant_grade",
                "genant_shape",
                "oedema",
                "cleft",
                "posterior_wall",
                "of_grade",
                "anterior_height_mm",
                "middle_height_mm",
                "posterior_height_mm",
                "wedge_angle_deg",
                "mobility_mm",
                "canal_compromise_percent",
                "trabecular_hu",
            ),
            folded=True,
        ),
        Group("tumour", ("sins_total", "bilsky", "hypervascular"), folded=True),
        Group("technique", ("phlebogram", "balloon", "planned"), folded=True),
    ),
    Cement: (
        Group("", ("product", "total_ml", "stop_reason", "stylet_reinserted")),
        Group(
            "cement_more",
            (
                "left_ml",
                "right_ml",
                "needle_out_under_fluoroscopy",
                "mixed_at",
                "paste_start_s",
                "injection_start_s",
                "injection_end_s",
                "component_temperature_c",
                "opacifier",
                "lot",
                "udi",
            ),
            folded=True,
        ),
    ),
    Leak: (Group("", ("site", "modality", "seen", "symptomatic", "volume_ml", "action")),),
    AdverseEvent: (
        Group("", ("kind", "level", "onset_on", "transient", "cirse_2017", "causality", "outcome")),
        Group("event_more", ("duration_days", "cirse_2026", "sir_2003", "procedure_related"), folded=True),
    ),
    FollowUp: (
        Group("look", ("procedure", "follow_up_id", "seen_on", "modality", "window")),
        Group("pain", ("pain_nrs", "pain_vas_mm", "improvement", "analgesic_step", "morphine_mg_per_day")),
        Group("after", ("adverse_events_asked", "adverse_events")),
        Group("new_fractures", ("new_fractures_looked_for", "new_fractures")),
        Group("remark", ("remark",)),
        Group(
            "function",
            (
                "rmdq",
                "odi_percent",
                "eq5d_vas",
                "eq5d_profile",
                "relief_class",
                "morphine_table",
                "not_evaluated_because",
            ),
            folded=True,
        ),
        Group("imaged", ("imaged_levels",), folded=True),
        Group("end", ("lost_because", "died_on", "cause_of_death"), folded=True),
    ),
}
IMAGING: tuple[Group, ...] = (
    Group("look", ("procedure", "follow_up_id", "seen_on", "window")),
    Group("imaged", ("imaged_levels",)),
    Group("new_fractures", ("new_fractures_looked_for", "new_fractures")),
    Group("remark", ("remark",)),
)
"""A follow-up whose images come first; everything else of a follow-up is behind the fold."""


def groups_of(cls: type[Any], order: tuple[Group, ...] | None = None) -> tuple[Group, ...]:
    """The groups of a class of record or part of one; every field is in exactly one."""
    named = ORDER.get(cls, ()) if order is None else order
    placed = {name for group in named for name in group.names}
    rest = tuple(name for name in fields_of(cls) if name not in placed)
    if not named:
        return (Group("", rest),)
    return (*named, Group("more", rest, folded=True)) if rest else named


def unit_of(name: str) -> str:
    """The unit that the end of a field's name tells; empty if none."""
    return next((unit for end, unit in UNITS.items() if name.endswith(end)), "")
