"""One of many injections: its draw put into the vertebra, injected, and what is kept of it."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from math import inf
from typing import Any

import numpy as np

from vertebroplasty.anatomy.grid import VertebraGrid
from vertebroplasty.cement.actions import Action
from vertebroplasty.cement.injection import inject_actions
from vertebroplasty.cement.product import Product, register
from vertebroplasty.cement.result import Injection
from vertebroplasty.cement.risk_gaps import Shell
from vertebroplasty.cement.risk_sampling import Sample, misplaced
from vertebroplasty.errors import Refused
from vertebroplasty.geometry.needle_path import NeedlePath

__all__ = ["Outcome", "RiskRuns"]

PASSED_OVER = ("--tip", "--volume-ml")  # a tip outside cancellous bone; no room left for what was asked


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What is kept of one run: why it stopped and what leaked where.

    `site_ml` is what leaked, `first_ml` what had been injected at each first drop, `seen` where it was seen.
    `refusal` says why nothing could be injected; then all else is empty.
    """

    refusal: str | None
    stop_reason: str
    injected_ml: float
    site_ml: dict[str, float]
    first_ml: dict[str, float]
    seen: list[str]

    def as_json(self) -> dict[str, Any]:
        """Plain values, which JSON gives back unchanged to the last bit."""
        return asdict(self)


@dataclass(frozen=True, eq=False, kw_only=True)
class RiskRuns:
    """The injection to repeat: vertebra, planned needle, actions, and the further options of `inject_actions`.

    `options` hold neither `parameters` nor `reaction_s`: both are drawn.
    """

    grid: VertebraGrid
    path: NeedlePath
    actions: tuple[Action, ...]
    options: Mapping[str, Any]
    own_product: Product | None = None  # a cement of the user's own, which a new process does not know yet

    def make_known(self) -> None:
        """Register the user's own cement in this process."""
        if self.own_product is not None:
            register(self.own_product)

    def shell(self) -> Shell | None:
        """The closed vertebra to draw gaps into; None where the CT shows its gaps."""
        return None if self.grid.breaches_can_be_seen else Shell(self.grid)

    def outcome(self, sample: Sample, shell: Shell | None) -> Outcome:
        """Inject once.

        Raises:
            Refused: an option is out of range.
        """
        grid = self.grid if shell is None else shell.opened((sample.bony_gap, sample.disc_gap))
        needle = misplaced(self.path, sample)
        try:
            run = inject_actions(
                grid, needle, self.actions, parameters=sample.bed, reaction_s=sample.reaction_s, **self.options
            )
        except Refused as refusal:
            if refusal.where not in PASSED_OVER:
                raise
            return Outcome(
                refusal=refusal.message,
                stop_reason="",
                injected_ml=0.0,
                site_ml={},
                first_ml={},
                seen=[],
            )
        return _kept(run)


def _kept(run: Injection) -> Outcome:
    """The few numbers that a chance needs."""
    return Outcome(
        refusal=None,
        stop_reason=run.stop_reason.value,
        injected_ml=run.injected_ml,
        site_ml={leak.site.value: leak.volume_ml for leak in run.leaks},
        first_ml={leak.site.value: _injected_at(run.events, leak.first_time_s) for leak in run.leaks},
        seen=[leak.site.value for leak in run.leaks if leak.first_visible_s is not None],
    )


def _injected_at(events: Sequence[Mapping[str, Any]], t_s: float) -> float:
    """Volume that had left the tip by a time, read between the samples."""
    known = [(float(e["t_s"]), float(e["injected_ml"])) for e in events if "injected_ml" in e]
    if not known or not t_s < inf:
        return inf
    times, volumes = zip(*sorted(known), strict=True)
    return float(np.interp(t_s, times, volumes))
