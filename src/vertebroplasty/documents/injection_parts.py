"""Parts of the `inject` document that tell how a leak grew, what sources say of such leaks, and what balloons did."""

from collections.abc import Iterable, Mapping
from typing import Any

from pydantic import Field

from vertebroplasty.anatomy.leak_sites import LeakSite
from vertebroplasty.cement.result import Injection
from vertebroplasty.documents.common import DECIMALS, Part
from vertebroplasty.selection.claims import claim

__all__ = ["BalloonEntry", "LeakAtTime", "SymptomClaim", "balloon_entries", "leak_over_time", "symptom_claims"]

VOLUME_DECIMALS = 9  # [choice] so that the sums of documents still balance
NEAR_NERVES = ("survey-neuralgia", "metastases-radiculopathy", "survey-cord-compression")
INTO_VEINS = ("survey-embolism", "hsieh-embolism-small", "hsieh-embolism-large")
CLAIMS: dict[LeakSite, tuple[str, ...]] = {
    LeakSite.EPIDURAL: NEAR_NERVES,
    LeakSite.BASIVERTEBRAL_VEIN: (*NEAR_NERVES, *INTO_VEINS),
    LeakSite.FORAMEN_LEFT: NEAR_NERVES,
    LeakSite.FORAMEN_RIGHT: NEAR_NERVES,
    LeakSite.SEGMENTAL_VEIN: INTO_VEINS,
    LeakSite.DISC_ABOVE: ("survey-disc-leak",),
    LeakSite.DISC_BELOW: ("survey-disc-leak",),
    LeakSite.PARAVERTEBRAL: ("al-ali-leak",),
    LeakSite.NEEDLE_TRACK: ("survey-stylet",),
}


class LeakAtTime(Part):
    """How much had leaked by a time."""

    t_s: float = Field(description="Seconds after mixing.")
    volume_ml: float = Field(description="Millilitres so far.")


class SymptomClaim(Part):
    """What one source says of the harm of cement at such sites; never a forecast for this patient."""

    sites: list[str] = Field(description="Leak sites of this injection that it speaks of.")
    claim: str = Field(description="Id of the claim.")
    statement: str = Field(description="The statement.")
    figure: str = Field(description="The figure with its denominator; empty where the source gives none.")
    source: str = Field(description="Citation key.")
    verified: bool = Field(description="Whether this very figure was read in the source.")


class BalloonEntry(Part):
    """What one balloon did before the cement came."""

    volume_ml: float = Field(description="Volume of the cavity.")
    pressure_kpa: float = Field(description="What the bone at its edge withstands.")
    shell_ml: float = Field(description="Volume of the compacted bone around it.")
    shell_density_ratio: float = Field(description="Mineral of that shell relative to before.")
    height_gain_mm: float = Field(description="Height gained while inflated; how much stays is not known.")


def leak_over_time(events: Iterable[Mapping[str, Any]], site: str, end_s: float, end_ml: float) -> list[LeakAtTime]:
    """Volume at one site at every sample of an injection, and at its end."""
    samples = [(event["t_s"], event["leaked_ml"][site]) for event in events if site in event.get("leaked_ml", {})]
    if not samples or samples[-1][1] < end_ml:
        samples.append((max(end_s, samples[-1][0]) if samples else end_s, end_ml))
    return [LeakAtTime(t_s=round(t, DECIMALS), volume_ml=round(ml, VOLUME_DECIMALS)) for t, ml in samples]


def symptom_claims(sites: Iterable[LeakSite]) -> list[SymptomClaim]:
    """What sources say of the harm of leaks at these sites, each claim once."""
    spoken_of: dict[str, list[str]] = {}
    for site in sites:
        for name in CLAIMS[site]:
            spoken_of.setdefault(name, []).append(site.value)
    found = [(claim(name), named) for name, named in spoken_of.items()]
    return [
        SymptomClaim(
            sites=named,
            claim=said.id,
            statement=said.statement,
            figure=said.figure,
            source=said.source,
            verified=said.verified,
        )
        for said, named in found
    ]


def balloon_entries(run: Injection) -> list[BalloonEntry]:
    """One entry for every balloon, in order."""
    return [
        BalloonEntry(
            volume_ml=round(cavity.volume_ml, VOLUME_DECIMALS),
            pressure_kpa=round(cavity.pressure_kpa, DECIMALS),
            shell_ml=round(cavity.shell_ml, VOLUME_DECIMALS),
            shell_density_ratio=round(cavity.shell_density_ratio, DECIMALS),
            height_gain_mm=round(cavity.height_gain_mm, DECIMALS),
        )
        for cavity in run.cavities
    ]
