"""The `risk` document: how often cement leaked where, how much, from which volume on, and what mattered most."""

from collections.abc import Iterable
from typing import Any

from pydantic import Field

from vertebroplasty.cement import NOT_MODELLED as INJECTION_NOT_MODELLED
from vertebroplasty.cement import SOURCES as INJECTION_SOURCES
from vertebroplasty.cement.risk import NOT_MODELLED, SOURCES, Chance, Risk
from vertebroplasty.documents.common import Document, Number, Part, Provenance, Unknowns, rounded

__all__ = ["ChanceEntry", "DriverEntry", "RefusedEntry", "RiskDocument", "VolumeAtRiskEntry", "risk_document"]

NEVER = "fewer runs than this share leaked there"


class ChanceEntry(Part):
    """How often cement came to a place, and how much."""

    probability: float = Field(description="Share of the injected runs with any cement there.")
    ci_low: float = Field(description="Lower end of the 95 % interval (Wilson), from the number of runs alone.")
    ci_high: float = Field(description="Upper end of the 95 % interval (Wilson).")
    ml_p50: float = Field(description="Median millilitres over all injected runs, those without any as 0.")
    ml_p95: float = Field(description="95th percentile of the millilitres over all injected runs.")
    seen: float = Field(description="Share of the injected runs in which so much came there that it was seen.")
    basis: str = Field(
        description="this-ct, or published-rate where this CT cannot show gaps and they were drawn at a published rate."
    )


class SiteEntry(ChanceEntry):
    """The same with its place."""

    site: str = Field(description="Leak site.")


class VolumeAtRiskEntry(Part):
    """From which injected volume on a leak is so likely."""

    site: str = Field(description="Leak site, or canal for epidural and basivertebral-vein together.")
    threshold: float = Field(description="Share of the injected runs.")
    volume_ml: Number = Field(description="Injected millilitres by which so many runs had leaked; null if never.")


class DriverEntry(Part):
    """How a drawn parameter goes with the volume leaked."""

    parameter: str = Field(description="What was drawn.")
    rank_correlation: Number = Field(description="Spearman's coefficient with the total volume leaked.")
    beyond_chance: bool = Field(description="Whether so strong a coefficient comes by chance in less than 5 %.")


class RefusedEntry(Part):
    """Runs in which nothing could be injected."""

    why: str = Field(description="The reason, in one sentence.")
    runs: int = Field(description="Number of runs.")


class RiskDocument(Document):
    """What `risk` answers."""

    level: str = Field(description="Name of the level.")
    runs: int = Field(description="Number of runs asked for.")
    seed: int = Field(description="Seed of all draws.")
    resumed: int = Field(description="Runs taken over from an interrupted attempt with the same inputs and options.")
    refused: list[RefusedEntry] = Field(description="Runs that could not be injected; they count in no share.")
    in_canal: ChanceEntry = Field(description="Epidural and basivertebral-vein leaks together.")
    sites: list[SiteEntry] = Field(description="Every leak site.")
    not_assessed: list[str] = Field(description="Sites whose gaps this CT cannot show: their chances are no finding.")
    volume_at_risk: list[VolumeAtRiskEntry] = Field(description="Volumes at which the chance passes a threshold.")
    drivers: list[DriverEntry] = Field(description="What was drawn, the strongest first.")
    stop_reasons: dict[str, int] = Field(description="Number of runs by why they ended.")


def risk_document(
    risk: Risk, provenance: Provenance, *, level: str, resumed: int, warnings: Iterable[str] = ()
) -> RiskDocument:
    """Fill the document."""
    unknowns = Unknowns()
    for n, at in enumerate(risk.volume_at_risk):
        if at.volume_ml is None:
            unknowns.note(f"volume_at_risk[{n}].volume_ml", NEVER)
    for n, driver in enumerate(risk.drivers):
        if driver.rank_correlation is None:
            unknowns.note(f"drivers[{n}].rank_correlation", driver.why_none)
    head = provenance.head(
        "risk",
        sources=(*INJECTION_SOURCES, *SOURCES),
        warnings=[*warnings, *_said(risk)],
        not_modelled=(*INJECTION_NOT_MODELLED, *NOT_MODELLED),
        unknown=unknowns.entries,
    )
    return RiskDocument(
        **head,
        level=level,
        runs=risk.runs,
        seed=risk.seed,
        resumed=resumed,
        refused=[RefusedEntry(why=why, runs=count) for why, count in risk.refused.items()],
        in_canal=ChanceEntry(**_numbers(risk.in_canal)),
        sites=[SiteEntry(site=chance.site, **_numbers(chance)) for chance in risk.sites],
        not_assessed=[site.value for site in risk.not_assessed],
        volume_at_risk=[
            VolumeAtRiskEntry(site=at.site, threshold=at.threshold, volume_ml=rounded(at.volume_ml))
            for at in risk.volume_at_risk
        ],
        drivers=[
            DriverEntry(
                parameter=driver.parameter,
                rank_correlation=rounded(driver.rank_correlation),
                beyond_chance=driver.beyond_chance,
            )
            for driver in risk.drivers
        ],
        stop_reasons=risk.stop_reasons,
    )


def _said(risk: Risk) -> list[str]:
    """What must be read beside the numbers."""
    said = []
    if risk.not_assessed:
        said.append(
            "This CT is too coarse to show gaps in the cortex: they were drawn at a published rate, so the chances of "
            f"{', '.join(site.value for site in risk.not_assessed)} say nothing about this patient's bone."
        )
        said.append(
            "The drawn gaps lie anywhere on the body, the published rate is of gaps that leaked: read their chances as "
            "lower bounds."
        )
    refused = sum(risk.refused.values())
    if refused:
        said.append(f"In {refused} of {risk.runs} runs nothing could be injected; they count in no share.")
    return said


def _numbers(chance: Chance) -> dict[str, Any]:
    names = ("probability", "ci_low", "ci_high", "ml_p50", "ml_p95", "seen")
    return {name: rounded(getattr(chance, name)) for name in names} | {"basis": chance.basis.value}
