"""A push, in small portions: pressure, front, leaks seen, pressure at the syringe, and every reason to stop."""

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from jaxtyping import Float32

from vertebroplasty.cement.actions import Push
from vertebroplasty.cement.front import STUCK
from vertebroplasty.cement.leak import SITES, YEOM, Leak, LeakSite
from vertebroplasty.cement.marrow_flow import Flow, MarrowFlow
from vertebroplasty.cement.needle_track import Laid
from vertebroplasty.cement.result import REASON_OF_SITE, StopReason, first_reason, stop_sentence
from vertebroplasty.cement.rheology import PowerLaw, power_law
from vertebroplasty.cement.setting import Phase
from vertebroplasty.cement.syringe import Bolus, Syringe
from vertebroplasty.errors import Refused

__all__ = ["PushRun"]

PORTION_ML = 0.05  # [choice] pushed between two pressure solutions
LEAST_SHARE = 0.1  # [choice] of the rate asked; less than that and the injection stops
NOMINAL_ML_PER_S = 0.05  # [choice] rate that a push at a given pressure is measured against
KPA = 1e-3  # [exact] kilopascals in a pascal
VISIBLE_WITHIN = 1e-9  # [choice] ml, rounding of the moment a leak becomes visible
SPENT_ML = 1e-9  # [choice] a remainder below this is rounding
SPENT_S = 1e-9  # [choice] a remainder below this is rounding


@dataclass(eq=False, kw_only=True)
class PushRun:
    """An injection under way: clocks, volumes, events; `reason` is set by the first thing that stops it."""

    flow: MarrowFlow
    syringe: Syringe
    seen_from_ml: dict[LeakSite, float]
    stop_on_disc: bool
    reaction_s: float = 0.0
    now_s: float = 0.0
    pushed_until_s: float = 0.0
    injected_ml: float = 0.0
    reason: StopReason | None = None
    halted: StopReason | None = None
    stop_s: float = 0.0
    sentence: str = ""
    noticed: StopReason | None = None
    noticed_s: float = 0.0
    last_rate: float = NOMINAL_ML_PER_S
    peak_kpa: float = 0.0
    peak_tip_kpa: float = 0.0
    bolus: Bolus | None = None
    visible_s: dict[LeakSite, float] = field(default_factory=dict)
    events: list[dict[str, Any]] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    history: list[tuple[float, np.ndarray, np.ndarray]] = field(default_factory=list)
    columns: list[tuple[float, np.ndarray]] = field(default_factory=list)

    def wait(self, duration_s: float) -> None:
        """Time passes without a push."""
        self.now_s += duration_s
        if self.bolus is not None:
            self.bolus = self.bolus.aged(duration_s)

    def note(self, event: str, *, at_s: float | None = None, **values: Any) -> None:
        """Write an event."""
        self.events.append({"t_s": self.now_s if at_s is None else at_s, "event": event} | values)

    def stop(self, reason: StopReason, *, at_s: float | None = None) -> None:
        """End the injection; the first reason stays, from when it was noticed."""
        self.halted = self.noticed or reason
        if self.reason is None:
            self.reason, self.stop_s = self.noticed or reason, self.now_s if at_s is None else at_s
            self.sentence = stop_sentence(self.reason, self.injected_ml, self.stop_s)
            self.note("stop", at_s=self.stop_s, reason=self.reason.value, sentence=self.sentence)

    def push(self, action: Push) -> None:
        """Push until the volume or time is spent, or something stops it."""
        if self.reason is not None:
            self.warnings.append("A push after the injection had been stopped was passed over.")
            return
        phase = self.syringe.clock.phase_at(self.now_s)
        if phase is Phase.LIQUID:
            self.warnings.append("The injection began while the cement was still liquid: it leaks more easily then.")
        self.note("inject-start", phase=phase.value, injected_ml=self.injected_ml)
        self.deliver(action)

    def deliver(self, action: Push) -> float:
        """Drive cement out of the tip; returns how much.  What is noticed stops it a reaction time later."""
        begin_ml, self.halted = self.injected_ml, None
        self.remember()
        left_ml = np.inf if action.volume_ml is None else action.volume_ml
        left_s = np.inf if action.duration_s is None else action.duration_s
        while self.halted is None and left_ml > SPENT_ML and left_s > SPENT_S:
            if self.syringe.clock.paste_ends_s - self.now_s <= SPENT_S:
                self.stop(StopReason.PASTE_ENDED)
                break
            before_ml, before_s = self.injected_ml, self.now_s
            self._portion(action, left_ml, min(left_s, self._reaction_left_s))
            left_ml -= self.injected_ml - before_ml
            left_s -= self.now_s - before_s
            if self._reaction_left_s <= SPENT_S:
                self.stop(StopReason.OPERATOR)
        self.pushed_until_s = self.now_s
        if self.noticed is not None and self.halted is None:
            self.stop(self.noticed)
        return self.injected_ml - begin_ml

    def remember(self) -> None:
        """Keep the front's voxels as they are now, so that arrival times can be told."""
        self.history.append((self.now_s, *self.flow.partly_filled()))

    def laid(self, column: Laid) -> None:
        """Account for cement that stayed in a needle's track, and look at it."""
        self.injected_ml += column.volume_ml
        self.columns.append((self.now_s, column.cells))
        self._look()
        if self.noticed is not None:
            self.stop(self.noticed)

    @property
    def _reaction_left_s(self) -> float:
        """Seconds until the operator, who has noticed a reason to stop, lets go."""
        return np.inf if self.noticed is None else self.noticed_s + self.reaction_s - self.now_s

    def _portion(self, action: Push, left_ml: float, left_s: float) -> None:
        """One pressure solution and what it moves."""
        asked = action.rate_ml_per_s or NOMINAL_ML_PER_S
        flow = self._solved(asked)
        bed = flow.tip_pa * KPA / asked
        limit = min(action.pressure_kpa or np.inf, self.syringe.pressure_limit_kpa)
        possible = self.syringe.rate_at(self.now_s, limit, bed)
        rate = possible if action.pressure_kpa is not None else min(asked, possible)
        if rate < LEAST_SHARE * asked:
            self.stop(StopReason.PRESSURE_LIMIT)
            return
        if possible < asked:
            self.warnings.append("The pressure limit lowered the rate of injection.")
        left_s = min(left_s, self.syringe.clock.paste_ends_s - self.now_s, left_ml / rate)
        moved = self.flow.advance(
            flow,
            rate,
            start_s=self.now_s,
            duration_s=min(PORTION_ML / rate, left_s),
            threshold_ml=self._thresholds(),
        )
        if moved.ended == STUCK:
            raise Refused("No room is left that the cement could enter: ask for less volume.", where="--volume-ml")
        self._account(rate, moved.duration_s, rate * bed)
        self._look()

    def _solved(self, asked: float) -> Flow:
        """The pressure solution; the first one twice, so that the shear it thins with is known."""
        law = self._law()
        if not self.flow.speed.any():
            self.flow.prime(self.flow.solve(asked, law), asked)
        return self.flow.solve(asked, law)

    def _law(self) -> PowerLaw:
        """Viscosity of the cement in bone, at its own mean age."""
        if self.bolus is None:
            return self.syringe.law(self.now_s)
        return power_law(self.syringe.clock.product, self.bolus.equivalent_min)

    def _account(self, rate: float, duration_s: float, tip_kpa: float) -> None:
        """Volumes, ages, pressures and the sample after a portion."""
        syringe_kpa = tip_kpa + self.syringe.pressure_kpa(self.now_s, rate)
        clock = self.syringe.clock
        fresh = (rate * duration_s, clock.temperature_c(self.now_s), clock.equivalent_min(self.now_s + duration_s))
        old = self.bolus.aged(duration_s) if self.bolus is not None else None
        self.bolus = old.joined(*fresh) if old is not None else Bolus(
            volume_ml=fresh[0], temperature_c=fresh[1], equivalent_min=fresh[2]
        )  # fmt: skip
        self.now_s += duration_s
        self.last_rate = rate
        self.injected_ml += rate * duration_s
        self.peak_kpa = max(self.peak_kpa, syringe_kpa)
        self.peak_tip_kpa = max(self.peak_tip_kpa, tip_kpa)
        self.remember()
        leaked = {s.value: float(v) for s, v in zip(SITES, self.flow.site_volume, strict=True) if v > 0}
        self.note(
            "sample", injected_ml=self.injected_ml, rate_ml_per_s=rate, pressure_kpa=syringe_kpa,
            tip_pressure_kpa=tip_kpa, leaked_ml=leaked,
        )  # fmt: skip

    def _thresholds(self) -> np.ndarray:
        """Volume at which each site is looked at again; infinite where it has been seen."""
        return np.array([np.inf if site in self.visible_s else self.seen_from_ml[site] for site in SITES])

    def _look(self) -> None:
        """Note leaks and what is seen of them; stop where a reason says so."""
        reasons = set()
        for code, site in enumerate(SITES):
            first, volume = float(self.flow.first_time[code]), float(self.flow.site_volume[code])
            if np.isfinite(first) and not any(e.get("site") == site.value for e in self.events):
                self.note("leak", at_s=first, site=site.value, visible=False)
            if site not in self.visible_s and volume >= self.seen_from_ml[site] - VISIBLE_WITHIN:
                self.visible_s[site] = self.now_s
                self.note("leak", site=site.value, visible=True, volume_ml=volume)
                reason = REASON_OF_SITE[site]
                if reason is StopReason.DISC_LEAK and not self.stop_on_disc:
                    self.warnings.append(f"Caution: cement was seen in the {site.value.replace('-', ' ')}.")
                else:
                    reasons.add(reason)
        if self.flow.wall_reached():
            reasons.add(StopReason.POSTERIOR_CORTEX)
        if reasons and self.noticed is None:
            self.noticed, self.noticed_s = first_reason(reasons), self.now_s

    def leaks(self) -> tuple[Leak, ...]:
        """Every site that cement reached."""
        return tuple(
            Leak(
                site=site,
                volume_ml=volume,
                first_time_s=float(self.flow.first_time[code]),
                first_visible_s=self.visible_s.get(site),
                yeom=YEOM[site],
            )
            for code, site in enumerate(SITES)
            if (volume := self.flow.site_ml(site)) > 0
        )

    def fill(self, voxel_ml: float) -> Float32[np.ndarray, "k j i"]:
        """Cement volume per voxel volume."""
        return (self.flow.content / voxel_ml).astype(np.float32)

    def arrival(self) -> Float32[np.ndarray, "k j i"]:
        """When each voxel passed half its final content: exact for full voxels, else between pressure solutions."""
        times = np.where(self.flow.full, self.flow.half_time, np.inf).reshape(-1)
        cells = np.flatnonzero((self.flow.content > 0) & ~self.flow.full)
        half = 0.5 * self.flow.content.reshape(-1)[cells]
        before, before_s = np.zeros(cells.size), 0.0
        for now_s, index, content in self.history:
            now = np.zeros(cells.size)
            _, here, there = np.intersect1d(cells, index, assume_unique=True, return_indices=True)
            now[here] = content[there]
            crossed = (before < half) & (now >= half)
            share = (half[crossed] - before[crossed]) / (now[crossed] - before[crossed])
            times[cells[crossed]] = before_s + share * (now_s - before_s)
            before, before_s = now, now_s
        for laid_s, laid in self.columns:
            times[laid] = np.minimum(times[laid], laid_s)
        return times.reshape(self.flow.content.shape).astype(np.float32)

    def edge_warnings(self) -> list[str]:
        """A sentence where cement reached the last voxel layer it may enter."""
        inner = np.zeros(self.flow.content.shape, bool)
        inner[2:-2, 2:-2, 2:-2] = True
        if (self.flow.content[~inner] > 0).any():
            return [
                "Cement reached the edge of the modelled region and was closed off there: its way beyond is unknown."
            ]
        return []

    def sorted_events(self) -> tuple[dict[str, Any], ...]:
        """Events in order of time, with the start of mixing and the phases passed."""
        product = self.syringe.clock.product.key
        clock = [{"t_s": 0.0, "event": "mix-start", "product": product}]
        clock += [
            {"t_s": span.start_s, "event": "phase", "phase": span.phase.value}
            for span in self.syringe.clock.phases()
            if span.start_s <= self.now_s
        ]
        return tuple(sorted(clock + self.events, key=lambda event: event["t_s"]))
