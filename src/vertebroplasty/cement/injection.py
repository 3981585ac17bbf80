"""The simulated injection: a list of actions runs against one vertebra until the operator has to stop.

Research, education and audit; not a medical device.
"""

from collections.abc import Mapping, Sequence

from vertebroplasty.anatomy.grid import Tissue, VertebraGrid
from vertebroplasty.cement import NOT_MODELLED, SOURCES
from vertebroplasty.cement.actions import (
    HIGHEST_KPA,
    HIGHEST_ML,
    Action,
    Balloon,
    CArm,
    Help,
    Image,
    Mix,
    MoveNeedle,
    Pause,
    Phlebogram,
    Push,
    Stop,
    Stylet,
    Wait,
    Withdraw,
    check_option,
    plain_actions,
)  # fmt: skip
from vertebroplasty.cement.leak import BONY_SITES, SITES, LeakSite, links, near_posterior_wall, site_codes, with_gaps
from vertebroplasty.cement.marrow_flow import MarrowFlow, begin
from vertebroplasty.cement.permeability import BedParameters, porous_bed
from vertebroplasty.cement.product import product as product_of
from vertebroplasty.cement.push import PushRun
from vertebroplasty.cement.result import Injection, StopReason, stop_sentence
from vertebroplasty.cement.setting import Phase, SettingClock
from vertebroplasty.cement.syringe import Syringe
from vertebroplasty.cement.tip import needle_steel, tip_source
from vertebroplasty.errors import Refused
from vertebroplasty.geometry.needle_path import NeedlePath

__all__ = ["PRESSURE_LIMIT_KPA", "SEEN_FROM_ML", "inject", "inject_actions"]

PRESSURE_LIMIT_KPA = 3215.0  # [Krebs2005] highest peak measured at the syringe
SEEN_FROM_ML = 0.05  # [choice] a leak is seen from this volume unless a visibility table says otherwise
ROOM_C = 22.0  # [Huang2012] temperature the handling times were measured at
VIEWING = (CArm, Image, Help, Pause)
REFUSED = {
    MoveNeedle: "Moving the needle during an injection is not simulated: give its path when the injection starts.",
    Balloon: "A balloon is not simulated in an injection: leave the action out.",
    Phlebogram: "A phlebogram is not simulated in an injection: leave the action out.",
}


def inject(
    grid: VertebraGrid,
    path: NeedlePath,
    *,
    product: str = "pmma-medium",
    volume_ml: float = 3.0,
    rate_ml_per_s: float = 0.05,
    start_s: float = 330.0,
    room_temperature_c: float = ROOM_C,
    seen_from_ml: float | Mapping[str, float] = SEEN_FROM_ML,
    stop_on_disc: bool = False,
    pressure_limit_kpa: float = PRESSURE_LIMIT_KPA,
    parameters: BedParameters | None = None,
) -> Injection:
    """Mix, wait, then push at a steady rate until the volume is in or something says stop.

    `seen_from_ml` is the volume from which a leak is seen, one number or one for each site.

    Raises:
        Refused: an option is out of range, or the needle's tip does not lie in bone that cement can enter.
    """
    actions = plain_actions(product=product, volume_ml=volume_ml, rate_ml_per_s=rate_ml_per_s, start_s=start_s)
    return inject_actions(
        grid,
        path,
        actions,
        room_temperature_c=room_temperature_c,
        seen_from_ml=seen_from_ml,
        stop_on_disc=stop_on_disc,
        pressure_limit_kpa=pressure_limit_kpa,
        parameters=parameters,
    )


def inject_actions(
    grid: VertebraGrid,
    path: NeedlePath,
    actions: Sequence[Action],
    *,
    room_temperature_c: float = ROOM_C,
    seen_from_ml: float | Mapping[str, float] = SEEN_FROM_ML,
    stop_on_disc: bool = False,
    pressure_limit_kpa: float = PRESSURE_LIMIT_KPA,
    parameters: BedParameters | None = None,
) -> Injection:
    """Run a list of actions against one vertebra.

    The list begins with a mix and holds at least one push.  After the first reason to stop, pushes are passed over and
    said so; the stylet and the needle are still moved.

    Raises:
        Refused: the list cannot be run, an option is out of range, or no cement can leave the tip.
    """
    mix = _checked(actions, pressure_limit_kpa)
    cement = product_of(mix.product).thickened(parameters.consistency_factor if parameters else 1.0)
    clock = SettingClock(product=cement, room_temperature_c=room_temperature_c)
    run = PushRun(
        flow=_begin(grid, path, parameters),
        syringe=Syringe(clock=clock, gauge=path.gauge, pressure_limit_kpa=pressure_limit_kpa),
        seen_from_ml=_visibility(seen_from_ml),
        stop_on_disc=stop_on_disc,
    )
    for action in actions:
        _perform(run, action)
    return _result(grid, run, actions)


def _checked(actions: Sequence[Action], pressure_limit_kpa: float) -> Mix:
    """The mix that a runnable list of actions begins with."""
    for action in actions:
        if type(action) in REFUSED:
            raise Refused(REFUSED[type(action)], where=action.name)
    if not actions or not isinstance(actions[0], Mix) or sum(isinstance(a, Mix) for a in actions) > 1:
        raise Refused("The actions must begin with one mix: the clock starts there.", where="--actions")
    if not any(isinstance(action, Push) for action in actions):
        raise Refused("The actions hold no push, so nothing is injected: add one.", where="--actions")
    check_option("pressure-limit-kpa", pressure_limit_kpa, "kPa", HIGHEST_KPA)
    return actions[0]


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


def _begin(grid: VertebraGrid, path: NeedlePath, parameters: BedParameters | None) -> MarrowFlow:
    """The bed with the needle in it, before the first drop."""
    bed = porous_bed(grid, parameters)
    source = tip_source(grid, path, bed.inside)
    steel = needle_steel(grid, path)
    bed.inside[steel] = False
    bed.outside[steel] = False
    open_links = links(grid, bed)
    return begin(
        with_gaps(grid, bed, open_links),
        open_links,
        source,
        site=site_codes(grid, bed, path),
        near_wall=near_posterior_wall(grid, bed, open_links),
        vein=grid.tissue == Tissue.BASIVERTEBRAL_VEIN,
    )


def _perform(run: PushRun, action: Action) -> None:
    """One action; its time, if stated, must not lie in the past."""
    if action.t_s is not None:
        if action.t_s < run.now_s:
            raise Refused(
                f"{action.name} at {action.t_s:g} s comes after {run.now_s:g} s: order the actions by time.",
                where="--actions",
            )
        run.wait(action.t_s - run.now_s)
    match action:
        case Wait():
            run.wait(action.duration_s)
        case Push():
            run.push(action)
        case Stop():
            run.stop(StopReason.OPERATOR)
        case Stylet():
            _stylet(run)
        case Withdraw():
            run.stop(StopReason.VOLUME_DELIVERED, at_s=run.pushed_until_s)
            run.note("needle-out")
        case _:
            pass  # mixing starts the clock at zero; viewing and pausing move no cement


def _stylet(run: PushRun) -> None:
    """The stylet goes back, if the cement in the needle still lets it."""
    run.stop(StopReason.VOLUME_DELIVERED, at_s=run.pushed_until_s)
    blocked = run.syringe.clock.phase_at(run.now_s) in (Phase.HARDENING, Phase.SET)
    run.note("stylet", reinserted=not blocked)
    if blocked:
        run.warnings.append("The cement in the needle had hardened before the stylet was put back: it cannot go in.")


def _result(grid: VertebraGrid, run: PushRun, actions: Sequence[Action]) -> Injection:
    """Everything the run came to."""
    run.stop(StopReason.VOLUME_DELIVERED, at_s=run.pushed_until_s)
    reason = run.reason or StopReason.VOLUME_DELIVERED
    flow = run.flow
    leaks = run.leaks()
    in_body = flow.in_bone_ml
    canal = sum(leak.volume_ml for leak in leaks if leak.site in (LeakSite.EPIDURAL, LeakSite.BASIVERTEBRAL_VEIN))
    found = in_body + sum(leak.volume_ml for leak in leaks)
    return Injection(
        stop_reason=reason,
        stop_sentence=stop_sentence(reason, run.injected_ml, run.stop_s),
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
        arrival_time_s=run.arrival(),
        fill=run.fill(grid.voxel_ml),
        events=run.sorted_events(),
        actions=tuple(actions),
        product=run.syringe.clock.product.key,
        sources=SOURCES,
        warnings=tuple(dict.fromkeys(run.warnings + run.edge_warnings())),
        not_modelled=NOT_MODELLED,
    )
