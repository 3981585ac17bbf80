"""What `strength` computes on request: yielding, the effect of the cement's volume, and of its setting time."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
from jaxtyping import Float32

from vertebroplasty.anatomy.grid import VertebraGrid
from vertebroplasty.case.cement_files import CementRun
from vertebroplasty.case.load_request import STACK
from vertebroplasty.case.treated_bone import TreatedBone
from vertebroplasty.cement.heat import BODY_C, HEAT_LAW
from vertebroplasty.cement.kinetics import conversion
from vertebroplasty.cement.product import product
from vertebroplasty.cement.setting import SettingClock
from vertebroplasty.documents.strength_more import More
from vertebroplasty.errors import Refused
from vertebroplasty.strength.compression import bare_specimens
from vertebroplasty.strength.consolidation import ConsolidationStep, Setting, consolidation
from vertebroplasty.strength.placement import Placement, bolus, first_millilitres, onto_specimen
from vertebroplasty.strength.result import Strength
from vertebroplasty.strength.specimen import Matter
from vertebroplasty.strength.volume_curve import VolumeCurve, volume_curve, with_fill
from vertebroplasty.strength.yield_laws import yield_law
from vertebroplasty.strength.yielding import YieldCurve, press_to_yield

__all__ = ["INJECTED", "NO_WISHES", "Wishes", "more_of"]

INJECTED = "injected"
ONLY_CASE = "compression"
SECONDS_PER_MINUTE = 60.0  # [exact] seconds
MOST_MINUTES = 10_080.0  # [choice] a week after mixing: cement has long set, and its kinetics are walked step by step


@dataclass(frozen=True, slots=True, kw_only=True)
class Wishes:
    """What the user asks for beside stiffness and failure load; empty means nothing.

    Raises:
        Refused: minutes before mixing or long after setting.
    """

    volumes_ml: tuple[float, ...] = ()
    placement: str = Placement.CENTRAL
    lost_modulus: float = 0.0
    yield_law: str | None = None
    minutes: tuple[float, ...] = ()

    def __post_init__(self) -> None:
        """Refuse times that no setting curve reaches, before anything is solved."""
        for time in self.minutes:
            if not 0 <= time <= MOST_MINUTES:
                raise Refused(
                    f"{time:g} minutes after mixing cannot be asked for: use 0 to {MOST_MINUTES:.0f}.",
                    where="--minutes",
                )

    @property
    def any(self) -> bool:
        """Whether something is asked for."""
        return bool(self.volumes_ml or self.yield_law or self.minutes)

    def parameters(self) -> dict[str, object]:
        """The options for the document; empty where nothing was asked for."""
        if not self.any:
            return {}
        return {
            "volumes_ml": list(self.volumes_ml),
            "placement": self.placement,
            "lost_modulus": self.lost_modulus,
            "yield_law": self.yield_law,
            "minutes": list(self.minutes),
        }


NO_WISHES = Wishes()


def more_of(
    wishes: Wishes,
    before: Strength,
    after: Strength | None,
    grid: VertebraGrid | None = None,
    run: CementRun | None = None,
    treated: TreatedBone | None = None,
) -> More:
    """Compute what was asked for, on the specimens of the plain answer and so on every line of its calibration.

    Raises:
        Refused: yielding in another load case than compression, no injection where one is needed, or an impossible
            wish.
        NotConverged: a solver did not reach its tolerance.
    """
    if not wishes.any or before.response is None:
        return More()
    if wishes.yield_law is not None and before.case != ONLY_CASE:
        raise Refused(
            f"--yield-law presses the body alone until it yields and goes with --case {ONLY_CASE}: leave it out of "
            f"{before.case}.",
            where="--yield-law",
        )
    return More(
        curves_before=_yielding(wishes, before),
        curves_after=_yielding(wishes, after),
        volumes_by_line=_volumes(wishes, before, grid, run) if wishes.volumes_ml else (),
        placement=wishes.placement,
        setting_by_line=_setting(wishes.minutes, before, after, run, treated) if wishes.minutes else (),
    )


def _yielding(wishes: Wishes, strength: Strength | None) -> tuple[YieldCurve, ...]:
    """The curve of yielding on every line; empty where none was asked for."""
    if wishes.yield_law is None or strength is None:
        return ()
    law = yield_law(wishes.yield_law)
    return tuple(press_to_yield(response.specimen, law) for response in strength.line_responses)


def _volumes(
    wishes: Wishes, before: Strength, grid: VertebraGrid | None, run: CementRun | None
) -> tuple[VolumeCurve, ...]:
    """The effect of the volume on every line; a tilting plate on the best one alone, in compression alone."""
    known = (*Placement, INJECTED)
    if wishes.placement not in known:
        raise Refused(f"No placement is called {wishes.placement}: choose {', '.join(known)}.", where="--placement")

    specimen = before.line_responses[0].specimen

    def fill(volume_ml: float) -> Float32[np.ndarray, "k j i"]:
        if wishes.placement != INJECTED:
            placement, taken = Placement(wishes.placement), specimen.made_of(Matter.OLD_CEMENT)
            return bolus(specimen.treated_body(), specimen.spacing_mm, volume_ml, placement, taken=taken)
        if run is None or grid is None:
            raise Refused("--placement injected needs --cement with the folder of an injection.", where="--placement")
        if before.case == STACK:
            raise Refused(
                "--placement injected goes with the level alone, not with a stack: choose another --placement.",
                where="--placement",
            )
        if run.cavities:
            raise Refused(
                "The first millilitres after a balloon lie in its cavity, which they did not make: choose another "
                "--placement.",
                where="--placement",
            )
        first = first_millilitres(run.fill, run.arrival_s, grid.body(), grid.spacing_mm, volume_ml)
        return onto_specimen(first, specimen)

    fills = {volume: fill(volume) for volume in wishes.volumes_ml}
    return tuple(
        volume_curve(
            response.specimen,
            fills,
            lost_modulus=wishes.lost_modulus,
            with_toggle=n == 0 and before.case == ONLY_CASE,
            setting=before.setting,
        )
        for n, response in enumerate(before.line_responses)
    )


def _setting(
    minutes: Sequence[float],
    before: Strength,
    after: Strength | None,
    run: CementRun | None,
    treated: TreatedBone | None,
) -> tuple[tuple[ConsolidationStep, ...], ...]:
    """Strength while the cement sets, on every line, in the bone that a balloon left where one was used."""
    fill = None if after is None or after.response is None else after.response.specimen.fill
    if fill is None or run is None:
        raise Refused("--minutes needs --cement with the folder of an injection.", where="--minutes")
    times = np.asarray(sorted(set(minutes))) * SECONDS_PER_MINUTE
    clock = SettingClock(product=product(run.product))

    def temperature_c(t_s: float) -> float:
        """In the room until the paste can be injected, then at body temperature."""
        return clock.temperature_c(t_s) if t_s < clock.paste_begins_s else BODY_C

    set_share = np.clip(conversion(times, temperature_c, HEAT_LAW), 0.0, 1.0)
    curve = [Setting(time_s=float(t), conversion=float(x)) for t, x in zip(times, set_share, strict=True)]
    bare = tuple(response.specimen for response in before.line_responses)
    if treated is not None and treated.density_factor is not None:
        bare = bare_specimens(treated.grid, before, treated.density_factor)
    return tuple(
        consolidation(partial(with_fill, specimen, fill), curve, load_case=before.setting) for specimen in bare
    )
