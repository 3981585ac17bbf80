"""Needles pushed at the same time: each by a syringe of its own, all of them sources of one pressure field.

What one needle delivers raises the pressure at the others' tips.  Cannula and bone behind each must together cost the
pressure of its own syringe, so flows and pressures are solved for in turn until both agree.
"""

from dataclasses import dataclass

import numpy as np

from vertebroplasty.cement.marrow_flow import Field, Flow, MarrowFlow
from vertebroplasty.cement.rheology import PowerLaw
from vertebroplasty.cement.syringe import Syringe
from vertebroplasty.solvers.conjugate_gradient import NotConverged

__all__ = ["Asked", "Delivery", "Feed", "delivered"]

KPA = 1e-3  # [exact] kilopascals in a pascal
AGREE_WITHIN = 1e-4  # [choice] of the flow asked: flows and pressures agree
MOST_SOLUTIONS = 60  # [choice] far more than a cannula that costs most of the pressure needs
LEAST_PART = 1e-6  # [choice] of the flow asked: a needle that delivers less is as good as closed, and is kept solvable


@dataclass(frozen=True, eq=False, kw_only=True)
class Feed:
    """One needle that is pushed: the share of its flow that enters each voxel, its syringe, its part of the rate."""

    needle: int
    source: Field
    syringe: Syringe
    share: float = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What is asked of all needles together: a rate, or a pressure at each syringe; never more than `limit_kpa`."""

    rate_ml_per_s: float
    limit_kpa: float
    by_pressure: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """What one needle delivers, and the pressures at its tip and its syringe."""

    feed: Feed
    rate_ml_per_s: float
    tip_kpa: float
    syringe_kpa: float


def delivered(
    flow: MarrowFlow, feeds: tuple[Feed, ...], law: PowerLaw, asked: Asked, now_s: float, begin: tuple[float, ...]
) -> tuple[Flow, tuple[Delivery, ...]]:
    """Pressure field and what every needle delivers; `begin` are rates in ml/s to start from.

    Leaves the sources of all needles in `flow`, each weighted by its part of the flow.

    Raises:
        NotConverged: flows and pressures do not come to agree.
    """
    rates = np.array(begin)
    if not flow.speed.any():
        flow.source = _weighted(feeds, rates)
        flow.prime(flow.solve(float(rates.sum()), law), float(rates.sum()))
    for _ in range(MOST_SOLUTIONS):
        flow.source = _weighted(feeds, rates)
        solution = flow.solve(float(rates.sum()), law)
        tips = [float((f.source[solution.box] * solution.pressure_pa).sum()) * KPA for f in feeds]
        possible = [
            f.syringe.rate_at(now_s, asked.limit_kpa, tip / rate)
            for f, tip, rate in zip(feeds, tips, rates, strict=True)
        ]
        shares = np.array([f.share for f in feeds]) * asked.rate_ml_per_s
        found = np.array(possible) if asked.by_pressure else np.minimum(shares, possible)
        found = np.maximum(found, LEAST_PART * asked.rate_ml_per_s)
        if np.abs(found - rates).max() <= AGREE_WITHIN * asked.rate_ml_per_s:
            return solution, tuple(
                Delivery(
                    feed=f,
                    rate_ml_per_s=float(rate),
                    tip_kpa=tip,
                    syringe_kpa=tip + f.syringe.pressure_kpa(now_s, float(rate)),
                )
                for f, tip, rate in zip(feeds, tips, rates, strict=True)
            )
        rates = found
    raise NotConverged("The flows of the needles pushed together did not come to agree with their pressures.")


def _weighted(feeds: tuple[Feed, ...], rates: np.ndarray) -> Field:
    """Share of the whole flow that enters each voxel."""
    total = np.zeros_like(feeds[0].source)
    for feed, rate in zip(feeds, rates, strict=True):
        total += rate * feed.source
    return np.asarray(total / rates.sum())
