"""The simulated injection: a list of actions runs against one vertebra until the operator has to stop.

Research, education and audit; not a medical device.
"""

from collections.abc import Mapping, Sequence

from vertebroplasty.anatomy.grid import VertebraGrid
from vertebroplasty.cement import NOT_MODELLED, SOURCES
from vertebroplasty.cement.actions import Action, Mix, Push, plain_actions
from vertebroplasty.cement.arrival import arrival_s, edge_warnings, fill_of
from vertebroplasty.cement.leak import BONY_SITES, LeakSite
from vertebroplasty.cement.operation import SEEN_FROM_ML, Operation, begin_operation
from vertebroplasty.cement.permeability import BedParameters
from vertebroplasty.cement.result import Injection, StopReason
from vertebroplasty.cement.syringe import cannula_ml
from vertebroplasty.errors import Refused
from vertebroplasty.geometry.needle_path import NeedlePath

__all__ = ["PRESSURE_LIMIT_KPA", "REACTION_S", "SEEN_FROM_ML", "finished", "inject", "inject_actions"]

PRESSURE_LIMIT_KPA = 3215.0  # [Krebs2005] highest peak measured at the syringe
REACTION_S = 1.0  # [choice] from seeing a reason to stop until the push has ended
ROOM_C = 22.0  # [Huang2012] temperature the handling times were measured at


def inject(
    grid: VertebraGrid,
    path: NeedlePath,
    *,
    product: str = "pmma-medium",
    volume_ml: float = 3.0,
    rate_ml_per_s: float = 0.05,
    start_s: float = 330.0,
    room_temperature_c: float = ROOM_C,
    component_temperature_c: float | None = None,
    seen_from_ml: float | Mapping[str, float] = SEEN_FROM_ML,
    stop_on_disc: bool = False,
    pressure_limit_kpa: float = PRESSURE_LIMIT_KPA,
    reaction_s: float = REACTION_S,
    parameters: BedParameters | None = None,
) -> Injection:
    """Mix, wait, then push at a steady rate until the volume is in or something says stop.

    `seen_from_ml` is the volume from which a leak is seen, one number or one for each site; `reaction_s` later the push
    has ended.  The stylet drives in the last part of the volume, which the cannula holds.

    Raises:
        Refused: an option is out of range, or the needle's tip does not lie in bone that cement can enter.
    """
    actions = plain_actions(
        product=product,
        volume_ml=volume_ml,
        rate_ml_per_s=rate_ml_per_s,
        start_s=start_s,
        cannula_ml=cannula_ml(path.gauge),
    )
    return inject_actions(
        grid,
        path,
        actions,
        room_temperature_c=room_temperature_c,
        component_temperature_c=component_temperature_c,
        seen_from_ml=seen_from_ml,
        stop_on_disc=stop_on_disc,
        pressure_limit_kpa=pressure_limit_kpa,
        reaction_s=reaction_s,
        parameters=parameters,
    )


def inject_actions(
    grid: VertebraGrid,
    path: NeedlePath,
    actions: Sequence[Action],
    *,
    room_temperature_c: float = ROOM_C,
    component_temperature_c: float | None = None,
    seen_from_ml: float | Mapping[str, float] = SEEN_FROM_ML,
    stop_on_disc: bool = False,
    pressure_limit_kpa: float = PRESSURE_LIMIT_KPA,
    reaction_s: float = REACTION_S,
    parameters: BedParameters | None = None,
) -> Injection:
    """Run a list of actions against one vertebra.

    The list begins with a mix and holds at least one push.  After the first reason to stop, pushes are passed over and
    said so; the stylet and the needle are still moved.

    Raises:
        Refused: the list cannot be run, an option is out of range, or no cement can leave the tip.
    """
    mix = _checked(actions)
    operation = begin_operation(
        grid,
        path,
        mix,
        room_temperature_c=room_temperature_c,
        component_temperature_c=component_temperature_c,
        seen_from_ml=seen_from_ml,
        stop_on_disc=stop_on_disc,
        pressure_limit_kpa=pressure_limit_kpa,
        reaction_s=reaction_s,
        parameters=parameters,
    )
    last_push = max(n for n, action in enumerate(actions) if isinstance(action, Push))
    for n, action in enumerate(actions[1:], start=1):
        operation.perform(action, push_follows=n < last_push)
    return finished(operation)


def _checked(actions: Sequence[Action]) -> Mix:
    """The mix that a runnable list of actions begins with."""
    if not actions or not isinstance(actions[0], Mix):
        raise Refused("The actions must begin with one mix: the clock starts there.", where="--actions")
    if not any(isinstance(action, Push) for action in actions):
        raise Refused("The actions hold no push, so nothing is injected: add one.", where="--actions")
    return actions[0]


def finished(operation: Operation) -> Injection:
    """Everything an operation came to; a volume that was pushed without a reason to stop has been delivered."""
    grid, run = operation.needles.grid, operation.run
    run.stop(StopReason.VOLUME_DELIVERED, at_s=run.pushed_until_s)
    reason = run.reason or StopReason.VOLUME_DELIVERED
    flow = run.flow
    leaks = run.leaks()
    in_body = flow.in_bone_ml
    canal = sum(leak.volume_ml for leak in leaks if leak.site in (LeakSite.EPIDURAL, LeakSite.BASIVERTEBRAL_VEIN))
    found = in_body + sum(leak.volume_ml for leak in leaks)
    return Injection(
        stop_reason=reason,
        stop_sentence=run.sentence,
        stop_time_s=run.stop_s,
        injected_ml=run.injected_ml,
        in_body_ml=in_body,
        leaks=leaks,
        in_canal_ml=canal,
        not_assessed=() if grid.breaches_can_be_seen else BONY_SITES,
        mass_balance_error=abs(found - run.injected_ml) / run.injected_ml if run.injected_ml else 0.0,
        peak_pressure_kpa=run.peak_kpa,
        peak_tip_pressure_kpa=run.peak_tip_kpa,
        phases=run.syringe.clock.phases(),
        arrival_time_s=arrival_s(flow, run.history, run.columns),
        fill=fill_of(flow, grid.voxel_ml),
        events=run.sorted_events(),
        actions=tuple(operation.done),
        product=run.syringe.clock.product.key,
        sources=SOURCES,
        warnings=tuple(dict.fromkeys(run.warnings + edge_warnings(flow))),
        not_modelled=NOT_MODELLED,
        dead_volume_ml=run.syringe.cannula_ml,
        stylet_reinserted=operation.stylet_reinserted,
        reaction_s=run.reaction_s,
        cavities=tuple(operation.cavities),
        delivered_c=run.delivered_c_ml / run.injected_ml if run.injected_ml else None,
    )
