"""A push, in small portions: pressure, front, leaks seen, pressure at the syringe, and every reason to stop."""

from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from vertebroplasty.cement.actions import Push
from vertebroplasty.cement.batches import Batch
from vertebroplasty.cement.front import STUCK
from vertebroplasty.cement.leak import SITES, YEOM, Leak, LeakSite
from vertebroplasty.cement.marrow_flow import Advance, Field, Flow, MarrowFlow
from vertebroplasty.cement.needle_track import Laid
from vertebroplasty.cement.result import REASON_OF_SITE, TOO_STIFF, StopReason, first_reason, stop_sentence
from vertebroplasty.cement.rheology import PowerLaw, power_law
from vertebroplasty.cement.setting import Phase
from vertebroplasty.cement.syringe import Bolus, Syringe
from vertebroplasty.cement.together import Asked, Delivery, Feed, delivered
from vertebroplasty.errors import Refused

__all__ = ["PushRun"]

PORTION_ML = 0.05  # [choice] pushed between two pressure solutions
LOWERED_BY = 1e-3  # [choice] of the rate asked; less is what needles pushed together agree within
LEAST_SHARE = 0.1  # [choice] of the rate asked; less than that and the injection stops
NOMINAL_ML_PER_S = 0.05  # [choice] rate that a push at a given pressure is measured against
KPA = 1e-3  # [exact] kilopascals in a pascal
VISIBLE_WITHIN = 1e-9  # [choice] ml, rounding of the moment a leak becomes visible
SPENT_ML = 1e-9  # [choice] a remainder below this is rounding
SPENT_S = 1e-9  # [choice] a remainder below this is rounding


def _of_needle(given: Delivery) -> dict[str, Any]:
    """What one of several needles does, for a sample."""
    return {
        "needle": given.feed.needle,
        "rate_ml_per_s": given.rate_ml_per_s,
        "pressure_kpa": given.syringe_kpa,
        "tip_pressure_kpa": given.tip_kpa,
    }


@dataclass(eq=False, kw_only=True)
class PushRun:
    """An injection under way: clocks, volumes, events; `reason` is set by the first thing that stops it."""

    flow: MarrowFlow
    syringe: Syringe  # of the needle used last, or of the first of those pushed together
    seen_from_ml: dict[LeakSite, float]
    stop_on_disc: bool
    together: tuple[Feed, ...] = ()  # the needles pushed at the same time; none where it is one alone
    mixed_again_s: list[float] = field(default_factory=list)
    reaction_s: float = 0.0
    stops_when_seen: bool = True  # False: somebody else looks at the pictures and stops by hand
    now_s: float = 0.0
    pushed_until_s: float = 0.0
    injected_ml: float = 0.0
    delivered_c_ml: float = 0.0  # temperature that cement left the tip with, times its volume
    reason: StopReason | None = None
    halted: StopReason | None = None
    stop_s: float = 0.0
    sentence: str = ""
    noticed: StopReason | None = None
    noticed_s: float = 0.0
    last_rate: float = NOMINAL_ML_PER_S
    last_rates: tuple[float, ...] = ()  # of the needles pushed together
    peak_kpa: float = 0.0
    peak_tip_kpa: float = 0.0
    boluses: dict[float, Bolus] = field(default_factory=dict)  # cement in bone, by when it was mixed
    visible_s: dict[LeakSite, float] = field(default_factory=dict)
    reached: frozenset[LeakSite] = frozenset()  # sites whose first drop has been noted
    events: list[dict[str, Any]] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    history: list[tuple[float, np.ndarray, np.ndarray]] = field(default_factory=list)
    columns: list[tuple[float, np.ndarray]] = field(default_factory=list)

    def wait(self, duration_s: float) -> None:
        """Time passes without a push."""
        self.now_s += duration_s
        self._age(duration_s)

    def _age(self, duration_s: float) -> None:
        """Cement in bone warms and sets."""
        self.boluses = {mixed_s: bolus.aged(duration_s) for mixed_s, bolus in self.boluses.items()}

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
        phase = self.syringe.phase_at(self.now_s)
        if any(syringe.phase_at(self.now_s) is Phase.LIQUID for syringe in self._syringes):
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
            if self._paste_ends_s - self.now_s <= SPENT_S:
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
        found = self.flow.partly_filled()
        if self.history:
            last_s, *held = self.history[-1]
            if self.now_s - last_s <= SPENT_S and all(map(np.array_equal, held, found)):
                return  # a push that goes on from the one before
        self.history.append((self.now_s, *found))

    def laid(self, column: Laid, syringe: Syringe, gained_ml: Field) -> None:
        """Account for cement of a syringe that stayed in a needle's track, ml in every voxel, and look at it."""
        if syringe.mixed_s in self.mixed_again_s:
            self.flow.later[self.mixed_again_s.index(syringe.mixed_s)].laid(gained_ml)
        self.injected_ml += column.volume_ml
        self.delivered_c_ml += column.volume_ml * syringe.temperature_c(self.now_s)
        self.columns.append((self.now_s, column.cells))
        self._look()
        if self.noticed is not None:
            self.stop(self.noticed)

    def mix_again(self) -> None:
        """Fresh cement is being mixed: it may be pushed though that of before was too stiff."""
        if self.reason in TOO_STIFF:
            self.reason = self.halted = None
        if self.now_s in (0.0, *self.mixed_again_s):
            return  # of one age with cement that is known
        self.mixed_again_s.append(self.now_s)
        nothing = np.zeros(self.flow.content.shape)
        self.flow.later.append(Batch(content=nothing, source=nothing, law=self.syringe.law(self.now_s)))

    @property
    def _syringes(self) -> tuple[Syringe, ...]:
        """Those pushed now."""
        return tuple(feed.syringe for feed in self.together) or (self.syringe,)

    @property
    def _paste_ends_s(self) -> float:
        """When the first of the cements pushed now can no longer be injected."""
        return min(syringe.paste_ends_s for syringe in self._syringes)

    @property
    def _reaction_left_s(self) -> float:
        """Seconds until the operator, who has noticed a reason to stop, lets go."""
        return np.inf if self.noticed is None else self.noticed_s + self.reaction_s - self.now_s

    def _portion(self, action: Push, left_ml: float, left_s: float) -> None:
        """One pressure solution and what it moves."""
        asked = Asked(
            rate_ml_per_s=action.rate_ml_per_s or NOMINAL_ML_PER_S,
            limit_kpa=min(action.pressure_kpa or np.inf, self.syringe.pressure_limit_kpa),
            by_pressure=action.pressure_kpa is not None,
        )
        flow, given = self._through_all(asked) if self.together else self._through_one(asked)
        rate = sum(each.rate_ml_per_s for each in given)
        if rate < LEAST_SHARE * asked.rate_ml_per_s:
            self.stop(StopReason.PRESSURE_LIMIT)
            return
        if rate < asked.rate_ml_per_s * (1.0 - LOWERED_BY):
            self.warnings.append("The pressure limit lowered the rate of injection.")
        left_s = min(left_s, self._paste_ends_s - self.now_s, left_ml / rate)
        self._mark_sources(given)
        moved = self.flow.advance(
            flow,
            rate,
            start_s=self.now_s,
            duration_s=min(PORTION_ML / rate, left_s),
            threshold_ml=self._thresholds(),
        )
        if moved.ended == STUCK:
            raise Refused("No room is left that the cement could enter: ask for less volume.", where="--volume-ml")
        self._account(given, moved)
        self._look()

    def _through_one(self, asked: Asked) -> tuple[Flow, tuple[Delivery, ...]]:
        """Pressure field and what the needle in use delivers."""
        flow = self._solved(asked.rate_ml_per_s)
        bed = flow.tip_pa * KPA / asked.rate_ml_per_s
        possible = self.syringe.rate_at(self.now_s, asked.limit_kpa, bed)
        rate = possible if asked.by_pressure else min(asked.rate_ml_per_s, possible)
        feed = Feed(needle=0, source=self.flow.source, syringe=self.syringe)
        syringe_kpa = rate * bed + self.syringe.pressure_kpa(self.now_s, rate)
        return flow, (Delivery(feed=feed, rate_ml_per_s=rate, tip_kpa=rate * bed, syringe_kpa=syringe_kpa),)

    def _through_all(self, asked: Asked) -> tuple[Flow, tuple[Delivery, ...]]:
        """Pressure field and what each of the needles pushed together delivers."""
        begin = self.last_rates if len(self.last_rates) == len(self.together) else ()
        begin = begin or tuple(feed.share * asked.rate_ml_per_s for feed in self.together)
        flow, given = delivered(self.flow, self.together, self._law(), asked, self.now_s, begin)
        self.last_rates = tuple(each.rate_ml_per_s for each in given)
        return flow, given

    def _solved(self, asked: float) -> Flow:
        """The pressure solution; the first one twice, so that the shear it thins with is known."""
        law = self._law()
        if not self.flow.speed.any():
            self.flow.prime(self.flow.solve(asked, law), asked)
        return self.flow.solve(asked, law)

    def _law(self) -> PowerLaw:
        """Viscosity of the first mix in bone, at its own mean age; tells the flow that of every later one."""
        for mixed_s, batch in zip(self.mixed_again_s, self.flow.later, strict=True):
            batch.law = self._law_of(mixed_s)
        return self._law_of(0.0)

    def _law_of(self, mixed_s: float) -> PowerLaw:
        """Viscosity of one mix in bone; as in the syringe while none of it has come there."""
        syringe = replace(self.syringe, mixed_s=mixed_s)
        if mixed_s not in self.boluses:
            return syringe.law(self.now_s)
        return power_law(syringe.clock.product, self.boluses[mixed_s].equivalent_min)

    def _mark_sources(self, given: tuple[Delivery, ...]) -> None:
        """Tell the flow which part of its sources each later mix is."""
        rate = sum(each.rate_ml_per_s for each in given)
        for mixed_s, batch in zip(self.mixed_again_s, self.flow.later, strict=True):
            batch.source = np.zeros(self.flow.source.shape)
            for each in given:
                if each.feed.syringe.mixed_s == mixed_s:
                    batch.source += each.rate_ml_per_s / rate * each.feed.source

    def _account(self, given: tuple[Delivery, ...], moved: Advance) -> None:
        """Volumes, ages, pressures and the sample after a portion."""
        duration_s = moved.duration_s
        rate = sum(each.rate_ml_per_s for each in given)
        tip_kpa, syringe_kpa = max(each.tip_kpa for each in given), max(each.syringe_kpa for each in given)
        self._age(duration_s)
        for each in given:
            syringe = each.feed.syringe
            volume, warm = each.rate_ml_per_s * duration_s, syringe.temperature_c(self.now_s)
            age = syringe.equivalent_min(self.now_s + duration_s)
            self.delivered_c_ml += volume * warm
            fresh = Bolus(volume_ml=volume, temperature_c=warm, equivalent_min=age)
            old = self.boluses.get(syringe.mixed_s)
            self.boluses[syringe.mixed_s] = fresh if old is None else old.joined(volume, warm, age)
        self.now_s += duration_s
        self.last_rate = rate
        self.injected_ml += rate * duration_s
        self.peak_kpa = max(self.peak_kpa, syringe_kpa)
        self.peak_tip_kpa = max(self.peak_tip_kpa, tip_kpa)
        self.remember()
        each_needle: dict[str, Any] = {"needles": [_of_needle(each) for each in given]} if self.together else {}
        leaked = {s.value: float(v) for s, v in zip(SITES, self.flow.site_volume, strict=True) if v > 0}
        self.note(
            "sample", injected_ml=self.injected_ml, rate_ml_per_s=rate, pressure_kpa=syringe_kpa,
            tip_pressure_kpa=tip_kpa, leaked_ml=leaked, mass_error=moved.mass_error,
            **each_needle,
        )  # fmt: skip

    def _thresholds(self) -> np.ndarray:
        """Volume at which each site is looked at again; infinite where it has been seen."""
        return np.array([np.inf if site in self.visible_s else self.seen_from_ml[site] for site in SITES])

    def _look(self) -> None:
        """Note leaks and what is seen of them; stop where a reason says so."""
        reasons = set()
        for code, site in enumerate(SITES):
            first, volume = float(self.flow.first_time[code]), float(self.flow.site_volume[code])
            if np.isfinite(first) and site not in self.reached:
                self.reached |= {site}
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
        if reasons and self.noticed is None and self.stops_when_seen:
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

    def sorted_events(self) -> tuple[dict[str, Any], ...]:
        """Events in order of time, with the start of mixing and the phases passed."""
        product = self.syringe.clock.product.key
        clock = [{"t_s": 0.0, "event": "mix-start", "product": product}]
        clock += [
            {"t_s": span.start_s, "event": "phase", "phase": span.phase.value}
            for span in self.syringe.clock.phases()
            if span.start_s <= self.now_s
        ]
        clock += [
            {"t_s": begin_s + span.start_s, "event": "phase", "phase": span.phase.value, "mix": number}
            for number, begin_s in enumerate(self.mixed_again_s, start=2)
            for span in self.syringe.clock.phases()
            if begin_s + span.start_s <= self.now_s
        ]
        return tuple(sorted(clock + self.events, key=lambda event: event["t_s"]))
