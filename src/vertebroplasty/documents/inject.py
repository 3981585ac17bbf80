"""The `inject` document: how the injection ended, where the cement went, and what was not assessed."""

from collections.abc import Iterable

from pydantic import Field

from vertebroplasty.cement import NOT_MODELLED
from vertebroplasty.cement.leak import Leak
from vertebroplasty.cement.result import Injection
from vertebroplasty.documents.common import Document, Number, Part, Provenance, Unknowns, rounded
from vertebroplasty.documents.injection_parts import (
    BalloonEntry,
    LeakAtTime,
    SymptomClaim,
    balloon_entries,
    leak_over_time,
    symptom_claims,
)

__all__ = [
    "HEAT_NOT_ASKED",
    "Files",
    "HeatEntry",
    "InjectDocument",
    "LeakEntry",
    "PhaseEntry",
    "inject_document",
    "no_injection_document",
]

VOLUME_DECIMALS = 9  # [choice] so that the sums of documents still balance


class LeakEntry(Part):
    """Cement outside the bone, by site."""

    site: str = Field(description="Leak site.")
    volume_ml: float = Field(description="Millilitres at the end.")
    first_time_s: Number = Field(description="Seconds after mixing at the first drop.")
    first_visible_s: Number = Field(description="Seconds after mixing when enough had leaked to be seen.")
    yeom: str | None = Field(description="Yeom type: B basivertebral, S segmental, C cortical.")
    over_time: list[LeakAtTime] = Field(default_factory=list, description="How the leak grew.")


class PhaseEntry(Part):
    """One phase of the cement in the syringe."""

    phase: str = Field(description="liquid, pasty, closing, hardening or set.")
    start_s: float = Field(description="Seconds after mixing.")
    end_s: Number = Field(description="Seconds after mixing; null for set.")


class HeatEntry(Part):
    """How hot the cement and the bone around it got, and how deep bone is harmed."""

    peak_cement_c: float = Field(description="Hottest cement, °C.")
    peak_bone_c: float = Field(description="Hottest bone, °C, pockets that cement encloses included.")
    peak_canal_c: Number = Field(description="Hottest place of the canal, °C; cement that leaked is not counted.")
    necrosis_depth_mm: float = Field(description="Farthest bone from the cement above 47 °C for a minute.")
    depth_above_50_c_mm: float = Field(description="Farthest bone that ever passed 50 °C.")
    cem43_depth_mm: float = Field(description="Farthest bone with 16 equivalent minutes at 43 °C.")
    damage_depth_mm: float = Field(description="Farthest bone with a damage integral of 1 (skin coefficients).")


class Files(Part):
    """The volumes and the log."""

    arrival: str | None = Field(description="Arrival times on the vertebra's grid.")
    fill: str | None = Field(description="Cement volume per voxel volume on the vertebra's grid.")
    events: str | None = Field(
        description="Events, one JSON object a line; every sample carries mass_error, relative to the volume so far."
    )
    actions: str | None = Field(default=None, description="What the operator did; read back by --actions.")
    cavity: str | None = Field(
        default=None, description="Which voxels which balloon emptied, numbered from 1; null without a balloon."
    )


class InjectDocument(Document):
    """What `inject` answers."""

    level: str = Field(description="Name of the level.")
    stop_reason: str | None = Field(description="Why the injection ended; null when none was possible.")
    stop_sentence: str = Field(description="The same as a sentence.")
    stop_time_s: Number = Field(description="Seconds after mixing.")
    injected_ml: Number = Field(description="What left the needle's tip.")
    in_body_ml: Number = Field(description="What stayed in the bone, its vein included.")
    in_canal_ml: Number = Field(description="Epidural and basivertebral-vein leaks together; null when not assessed.")
    leaks: list[LeakEntry] = Field(description="Leaks by site.")
    not_assessed: list[str] = Field(description="Sites the CT cannot show a breach towards; never read them as 0 ml.")
    mass_balance_error: Number = Field(description="Relative difference of injected and found cement.")
    peak_pressure_kpa: Number = Field(description="Highest pressure at the syringe.")
    peak_tip_pressure_kpa: Number = Field(description="Highest pressure in bone at the tip.")
    phases: list[PhaseEntry] = Field(description="The syringe clock.")
    files: Files = Field(description="Names of the files written beside this document.")
    dead_volume_ml: Number = Field(default=None, description="What the full cannula holds; apart from injected_ml.")
    stylet_reinserted: bool | None = Field(default=None, description="Whether the stylet went back; null: not tried.")
    reaction_s: Number = Field(default=None, description="From noticing a reason to stop until the push had ended.")
    balloons: list[BalloonEntry] = Field(default_factory=list, description="Balloons inflated before the cement.")
    symptoms: list[SymptomClaim] = Field(
        default_factory=list, description="What sources say of harm from leaks at these sites; no forecast."
    )
    heat: HeatEntry | None = Field(default=None, description="Heat of setting in bone; null when not asked for.")


HEAT_NOT_ASKED = "heat was not asked for: add --heat"
NO_CANAL = "no voxel of the grid is known to be canal"
NO_STYLET = "nobody tried to put the stylet back"
NO_ACTIONS_FILE = "the actions were not written to a file"
EPIDURAL = "epidural"
CANAL_NOT_ASSESSED = "the CT is too coarse to show a breach towards the canal, and no cement left through the vein"


def inject_document(
    run: Injection,
    provenance: Provenance,
    *,
    level: str,
    files: Files,
    warnings: Iterable[str] = (),
    heat: HeatEntry | str = HEAT_NOT_ASKED,
) -> InjectDocument:
    """Fill the document from an injection.

    Where breaches cannot be seen, the canal's volume is null unless the vein leaked: then it is a lower bound.
    `heat` is what setting does to bone, or why that is not told.
    """
    leaks = [leak for leak in run.leaks if leak.volume_ml > 0]
    not_assessed = [str(site) for site in run.not_assessed]
    unknowns = _nulls_of(run, leaks, files, heat)
    hidden = EPIDURAL in not_assessed and run.in_canal_ml == 0
    phases = [PhaseEntry(phase=str(p.phase), start_s=p.start_s, end_s=rounded(p.end_s)) for p in run.phases]
    symptoms = symptom_claims(leak.site for leak in leaks)
    head = provenance.head(
        "inject",
        sources=tuple(dict.fromkeys((*run.sources, *(said.source for said in symptoms)))),
        warnings=[*warnings, *run.warnings],
        not_modelled=run.not_modelled,
        unknown=unknowns.entries,
    )
    return InjectDocument(
        **head,
        level=level,
        stop_reason=run.stop_reason.value,
        stop_sentence=run.stop_sentence,
        stop_time_s=rounded(run.stop_time_s),
        injected_ml=round(run.injected_ml, VOLUME_DECIMALS),
        in_body_ml=round(run.in_body_ml, VOLUME_DECIMALS),
        in_canal_ml=None if hidden else round(run.in_canal_ml, VOLUME_DECIMALS),
        leaks=[_leak_entry(run, leak) for leak in leaks],
        not_assessed=not_assessed,
        mass_balance_error=run.mass_balance_error,
        peak_pressure_kpa=rounded(run.peak_pressure_kpa),
        peak_tip_pressure_kpa=rounded(run.peak_tip_pressure_kpa),
        phases=phases,
        files=files,
        dead_volume_ml=rounded(run.dead_volume_ml),
        stylet_reinserted=run.stylet_reinserted,
        reaction_s=run.reaction_s,
        balloons=balloon_entries(run),
        symptoms=symptoms,
        heat=None if isinstance(heat, str) else heat,
    )


def _nulls_of(run: Injection, leaks: list[Leak], files: Files, heat: HeatEntry | str) -> Unknowns:
    """What an injection leaves unknown, each with its reason."""
    unknowns = Unknowns()
    if EPIDURAL in run.not_assessed and run.in_canal_ml == 0:
        unknowns.note("in_canal_ml", CANAL_NOT_ASSESSED)
    for n, leak in enumerate(leaks):
        if leak.first_visible_s is None:
            unknowns.note(f"leaks[{n}].first_visible_s", "too little leaked to be seen")
        if leak.yeom is None:
            unknowns.note(f"leaks[{n}].yeom", "Yeom's types do not name this site")
    if run.stylet_reinserted is None:
        unknowns.note("stylet_reinserted", NO_STYLET)
    if files.actions is None:
        unknowns.note("files.actions", NO_ACTIONS_FILE)
    if isinstance(heat, str):
        unknowns.note("heat", heat)
    elif heat.peak_canal_c is None:
        unknowns.note("heat.peak_canal_c", NO_CANAL)
    unknowns.note(f"phases[{len(run.phases) - 1}].end_s", "the cement stays set")
    return unknowns


def _leak_entry(run: Injection, leak: Leak) -> LeakEntry:
    return LeakEntry(
        site=str(leak.site),
        volume_ml=round(leak.volume_ml, VOLUME_DECIMALS),
        first_time_s=rounded(leak.first_time_s),
        first_visible_s=rounded(leak.first_visible_s),
        yeom=leak.yeom,
        over_time=leak_over_time(run.events, leak.site.value, leak.first_time_s, leak.volume_ml),
    )


def no_injection_document(why: str, provenance: Provenance, *, level: str) -> InjectDocument:
    """The document where nothing could be injected: nulls with the reason."""
    unknowns = Unknowns()
    names = ("stop_reason", "stop_time_s", "injected_ml", "in_body_ml", "in_canal_ml", "mass_balance_error")
    for name in (
        *names,
        "peak_pressure_kpa",
        "peak_tip_pressure_kpa",
        "files",
        "dead_volume_ml",
        "stylet_reinserted",
        "reaction_s",
        "heat",
    ):
        unknowns.note(name, why)
    head = provenance.head("inject", sources=(), warnings=(), not_modelled=NOT_MODELLED, unknown=unknowns.entries)
    return InjectDocument(
        **head,
        level=level,
        stop_reason=None,
        stop_sentence=why,
        stop_time_s=None,
        injected_ml=None,
        in_body_ml=None,
        in_canal_ml=None,
        leaks=[],
        not_assessed=[],
        mass_balance_error=None,
        peak_pressure_kpa=None,
        peak_tip_pressure_kpa=None,
        phases=[],
        files=Files(arrival=None, fill=None, events=None),
    )
