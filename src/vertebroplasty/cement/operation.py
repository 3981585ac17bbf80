"""One injection while it is under way: every action of the operator changes the needles, the clock or the cement.

An operation can be kept (pickled) between two actions and taken up again with the same result to the bit.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import numpy as np

from vertebroplasty.anatomy.grid import VertebraGrid
from vertebroplasty.cement.actions import (
    HIGHEST_KPA,
    HIGHEST_ML,
    LONGEST_S,
    Action,
    Balloon,
    Mix,
    MoveNeedle,
    Phlebogram,
    Push,
    Stop,
    Stylet,
    Wait,
    Withdraw,
    check_option,
)  # fmt: skip
from vertebroplasty.cement.balloon import Cavity, inflated
from vertebroplasty.cement.leak import SITES, LeakSite
from vertebroplasty.cement.needle_track import lay_column
from vertebroplasty.cement.needles import FIRST, Needles
from vertebroplasty.cement.permeability import BedParameters, porous_bed
from vertebroplasty.cement.product import product as product_of
from vertebroplasty.cement.push import PushRun
from vertebroplasty.cement.result import StopReason
from vertebroplasty.cement.setting import SettingClock
from vertebroplasty.cement.stylet import put_back
from vertebroplasty.cement.syringe import Syringe
from vertebroplasty.cement.together import Feed
from vertebroplasty.errors import Refused
from vertebroplasty.geometry.needle_path import NeedlePath

__all__ = ["SEEN_FROM_ML", "Operation", "begin_operation"]

SEEN_FROM_ML = 0.05  # [choice] a leak is seen from this volume unless a visibility table says otherwise


@dataclass(eq=False, kw_only=True)
class Operation:
    """The needles, the push and what has been done so far."""

    needles: Needles
    run: PushRun
    filled: Syringe  # with the cement mixed last, at every needle that `syringes` does not name
    done: list[Action] = field(default_factory=list)
    cavities: list[Cavity] = field(default_factory=list)
    stylet_reinserted: bool | None = None
    syringes: dict[int, Syringe] = field(default_factory=dict)

    def perform(self, action: Action, *, push_follows: bool = True) -> None:
        """Carry out one action; its time, if stated, must not lie in the past.

        `push_follows` tells whether more cement will be pushed: else the stylet and the needle's removal end the
        injection.

        Raises:
            Refused: the action comes too late, names a needle that is not in place, or cannot be done.
        """
        run = self.run
        if action.t_s is not None:
            if action.t_s < run.now_s:
                raise Refused(
                    f"{action.name} at {action.t_s:g} s comes after {run.now_s:g} s: order the actions by time.",
                    where="--actions",
                )
            run.wait(action.t_s - run.now_s)
        self.done.append(action)
        match action:
            case Mix():
                self._mix(action)
            case Wait():
                run.wait(action.duration_s)
            case Push():
                self._push(action)
            case Stop():
                run.stop(StopReason.OPERATOR)
            case Stylet():
                self._use(action.needle)
                self.stylet_reinserted = put_back(run, self.needles, action, ends=not push_follows)
            case Withdraw():
                self._withdraw(action, ends=not push_follows)
            case MoveNeedle():
                self._move(action)
            case Balloon():
                self._inflate(action)
            case Phlebogram():
                self.needles.path(action.needle)
                self._log(action)
            case _:
                self._log(action)  # pausing and viewing move no cement

    def _mix(self, action: Mix) -> None:
        """Fresh cement into one needle's syringe, or into those of all needles whose cannula holds none.

        A cannula that holds cement goes on with it until the stylet has driven it out.
        """
        run = self.run
        if action.product != run.syringe.clock.product.key:
            raise Refused(
                f"One injection is of one product: mix {run.syringe.clock.product.key} again.", where="--actions"
            )
        fresh = replace(run.syringe, mixed_s=run.now_s)
        if action.needle is None:
            self.syringes = {number: self._syringe(number) for number, ml in self.needles.column_ml.items() if ml > 0.0}
            self.filled = fresh
        else:
            self.needles.path(action.needle)
            if self.needles.column_ml.get(action.needle, 0.0) > 0.0:
                raise Refused(
                    f"Needle {action.needle} still holds cement mixed before: put its stylet back first.",
                    where="--actions",
                )
            self.syringes[action.needle] = fresh
        run.mix_again()
        run.note("mix-start", product=action.product, **({} if action.needle is None else {"needle": action.needle}))

    def _push(self, action: Push) -> None:
        one = None if action.needle is None else (action.needle,)
        numbers = action.needles or one or self.needles.feeding
        self._use(*numbers, shares=action.shares)
        before = self.run.injected_ml
        self.run.push(action)
        if self.run.injected_ml > before:
            self.needles.column_ml |= dict.fromkeys(numbers, self.run.syringe.cannula_ml)

    def _syringe(self, needle: int) -> Syringe:
        """The syringe at a needle."""
        return self.syringes.get(needle, self.filled)

    def _use(self, *numbers: int, shares: tuple[float, ...] | None = None) -> None:
        """Feed the bed through these needles; let it know of those placed, moved or drawn out since the last push."""
        needles, run = self.needles, self.run
        needles.use(*numbers)
        if needles.changed:
            run.flow = needles.changed_flow(run.flow)
        run.syringe, run.together = self._syringe(numbers[0]), ()
        if len(numbers) > 1:
            parts = shares or (1.0 / len(numbers),) * len(numbers)
            run.together = tuple(
                Feed(needle=number, source=source, syringe=self._syringe(number), share=share)
                for (number, source), share in zip(needles.sources().items(), parts, strict=True)
            )
            run.last_rates = ()

    def _withdraw(self, action: Withdraw, *, ends: bool) -> None:
        """Draw a needle out; a column of cement that no stylet replaced stays in its track."""
        run, column = self.run, self.needles.column_ml.get(action.needle, 0.0)
        if ends:
            run.stop(StopReason.VOLUME_DELIVERED, at_s=run.pushed_until_s)
        path = self.needles.take_out(action.needle)
        laid = 0.0
        if column > 0:
            before = run.flow.content.copy()
            stayed = lay_column(run.flow, self.needles.grid, path, column, run.now_s)
            run.laid(stayed, self._syringe(action.needle), run.flow.content - before)
            laid = stayed.volume_ml
            run.warnings.append(
                f"The needle was drawn out without its stylet: {laid:.2f} ml of cement stayed in its track."
            )
        run.note("needle-out", needle=action.needle, in_track_ml=laid)

    def _move(self, action: MoveNeedle) -> None:
        model = next(iter(self.needles.placed.values()), None) or self.needles.left[-1]
        tip, entry = np.asarray(action.tip_lps_mm, float), np.asarray(action.entry_lps_mm, float)
        self.needles.place(action.needle, replace(model, tip_lps_mm=tip, entry_lps_mm=entry))
        self._log(action)

    def _inflate(self, action: Balloon) -> None:
        bed, cavity = inflated(
            self.needles.grid, self.needles.bed, self.needles.path(action.needle), action, self.run.flow.content > 0
        )
        self.needles.bed = bed
        self.needles.changed = True
        self.cavities.append(cavity)
        self.run.note("balloon", needle=action.needle, volume_ml=cavity.volume_ml, pressure_kpa=cavity.pressure_kpa)

    def _log(self, action: Action) -> None:
        said = {key: value for key, value in action.as_json().items() if key not in ("action", "t_s")}
        self.run.note(action.name, **said)


def begin_operation(
    grid: VertebraGrid,
    path: NeedlePath,
    mix: Mix,
    *,
    room_temperature_c: float,
    component_temperature_c: float | None = None,
    seen_from_ml: float | Mapping[str, float],
    stop_on_disc: bool,
    pressure_limit_kpa: float,
    reaction_s: float,
    parameters: BedParameters | None,
) -> Operation:
    """The operation at the moment mixing begins, with needle 1 in place.

    Raises:
        Refused: an option is out of range, or no cement can leave the needle's tip.
    """
    if mix.needle is not None:
        raise Refused("The first mix fills every syringe: leave its needle out.", where="--actions")
    check_option("pressure-limit-kpa", pressure_limit_kpa, "kPa", HIGHEST_KPA)
    check_option("reaction-s", reaction_s, "s", LONGEST_S, zero_too=True)
    cement = product_of(mix.product).thickened(parameters.consistency_factor if parameters else 1.0)
    clock = SettingClock(
        product=cement, room_temperature_c=room_temperature_c, component_temperature_c=component_temperature_c
    )
    needles = Needles(grid=grid, bed=porous_bed(grid, parameters), placed={FIRST: path})
    run = PushRun(
        flow=needles.flow(),
        syringe=Syringe(clock=clock, gauge=path.gauge, pressure_limit_kpa=pressure_limit_kpa),
        seen_from_ml=_visibility(seen_from_ml),
        stop_on_disc=stop_on_disc,
        reaction_s=reaction_s,
    )
    return Operation(needles=needles, run=run, done=[mix], filled=run.syringe)


def _visibility(seen_from_ml: float | Mapping[str, float]) -> dict[LeakSite, float]:
    """Volume from which a leak is seen, for every site."""
    if isinstance(seen_from_ml, Mapping):
        unknown = sorted(set(seen_from_ml) - {site.value for site in SITES})
        if unknown:
            raise Refused(f"The visibility table names {unknown[0]}, which is no leak site.", where="--visibility")
        table = {site: float(seen_from_ml.get(site.value, SEEN_FROM_ML)) for site in SITES}
    else:
        table = dict.fromkeys(SITES, float(seen_from_ml))
    for volume in table.values():
        check_option("seen-from-ml", volume, "ml", HIGHEST_ML)
    return table
