"""A page that sets a series beside the literature: what can be compared, what contradicts itself, what is pooled."""

from collections.abc import Iterator

from markupsafe import Markup

from vertebroplasty.documents.registry_compare import RegistryCompareDocument
from vertebroplasty.registry.figures.claim_ranges import claim_ranges
from vertebroplasty.registry.figures.forest import forest
from vertebroplasty.registry.literature.definitions import family
from vertebroplasty.registry.literature.effects import Sign
from vertebroplasty.registry.literature.pooling import pool_effects, poolable
from vertebroplasty.registry.series.figures import Figure, beside_literature
from vertebroplasty.registry.series.rendering import rendered
from vertebroplasty.registry.series.statistics import SeriesStatistics
from vertebroplasty.selection.claims import Claim

__all__ = ["MADE_BY", "literature_page", "pooled_trials"]

MADE_BY = "vertebroplasty registry compare"
RELIEF_FAMILY = "pain-relief"


def literature_page(found: SeriesStatistics, document: RegistryCompareDocument) -> str:
    """The page as HTML, everything inside it; no patient and no operator is in it.

    Args:
        found: the series in numbers.
        document: its comparison.
    """
    beside, cautions = beside_literature(found)
    return rendered(
        "literature.html.j2",
        made_by=MADE_BY,
        document=document,
        beside=Markup(beside),
        cautions=cautions,
        contradictions=Markup(claim_ranges(_relief_claims(), outcome="patients or procedures with relief")),
        pooled=[(figure.caption, Markup(figure.svg)) for figure in pooled_trials()],
    )


def _relief_claims() -> list[Claim]:
    """Published shares of relief, however each defined it."""
    return [claim for each in family(RELIEF_FAMILY) for claim in each.claims if _has_percentage(claim)]


def _has_percentage(claim: Claim) -> bool:
    counted = claim.count is not None and claim.denominator.n is not None
    return counted or (claim.unit == "%" and (claim.value is not None or claim.low is not None))


def pooled_trials() -> Iterator[Figure]:
    """A forest plot for each question that several published trials answer; nothing of the series is in it."""
    for group in poolable():
        effect = group[0]
        cement_first = effect.sign is not Sign.POSITIVE_FAVOURS_AUGMENTATION
        favours = ("vertebroplasty", str(effect.control)) if cement_first else (str(effect.control), "vertebroplasty")
        plot = forest(pool_effects(group), effect=f"{effect.outcome}, {effect.unit}", favours=favours)
        yield Figure(caption=f"Published trials pooled: {effect.outcome}, {effect.time}.", svg=plot, wide=True)
