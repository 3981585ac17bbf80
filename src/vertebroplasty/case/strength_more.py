"""What `strength` computes on request: yielding, the effect of the cement's volume, and of its setting time."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float32

from vertebroplasty.anatomy.grid import VertebraGrid
from vertebroplasty.case.cement_files import CementRun
from vertebroplasty.cement.heat import BODY_C, HEAT_LAW
from vertebroplasty.cement.kinetics import conversion
from vertebroplasty.cement.product import product
from vertebroplasty.cement.setting import SettingClock
from vertebroplasty.documents.strength_more import More
from vertebroplasty.errors import Refused
from vertebroplasty.strength.consolidation import ConsolidationStep, Setting, consolidation
from vertebroplasty.strength.placement import Placement, bolus, first_millilitres, onto_specimen
from vertebroplasty.strength.result import Strength
from vertebroplasty.strength.specimen import Matter, Specimen
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
) -> More:
    """Compute what was asked for, on the specimens of the plain answer.

    Raises:
        Refused: another load case than compression, no injection where one is needed, or an impossible wish.
        NotConverged: a solver did not reach its tolerance.
    """
    if not wishes.any or before.response is None:
        return More()
    if before.case != ONLY_CASE:
        raise Refused(f"Volumes, yielding and setting times go with --case {ONLY_CASE}.", where="--case")
    specimen = before.response.specimen
    curves: list[YieldCurve | None] = [None, None]
    if wishes.yield_law is not None:
        law = yield_law(wishes.yield_law)
        curves[0] = press_to_yield(specimen, law)
        if after is not None and after.response is not None:
            curves[1] = press_to_yield(after.response.specimen, law)
    return More(
        curve_before=curves[0],
        curve_after=curves[1],
        volumes=_volumes(wishes, specimen, grid, run) if wishes.volumes_ml else None,
        placement=wishes.placement,
        setting=_setting(wishes.minutes, specimen, after, run) if wishes.minutes else (),
    )


def _volumes(wishes: Wishes, specimen: Specimen, grid: VertebraGrid | None, run: CementRun | None) -> VolumeCurve:
    known = (*Placement, INJECTED)
    if wishes.placement not in known:
        raise Refused(f"No placement is called {wishes.placement}: choose {', '.join(known)}.", where="--placement")

    def fill(volume_ml: float) -> Float32[np.ndarray, "k j i"]:
        if wishes.placement != INJECTED:
            placement, taken = Placement(wishes.placement), specimen.made_of(Matter.OLD_CEMENT)
            return bolus(specimen.treated_body(), specimen.spacing_mm, volume_ml, placement, taken=taken)
        if run is None or grid is None:
            raise Refused("--placement injected needs --cement with the folder of an injection.", where="--placement")
        first = first_millilitres(run.fill, run.arrival_s, grid.body(), grid.spacing_mm, volume_ml)
        return onto_specimen(first, specimen)

    return volume_curve(
        specimen,
        {volume: fill(volume) for volume in wishes.volumes_ml},
        lost_modulus=wishes.lost_modulus,
        with_toggle=True,
    )


def _setting(
    minutes: Sequence[float], specimen: Specimen, after: Strength | None, run: CementRun | None
) -> tuple[ConsolidationStep, ...]:
    treated = None if after is None or after.response is None else after.response.specimen.fill
    if treated is None or run is None:
        raise Refused("--minutes needs --cement with the folder of an injection.", where="--minutes")
    times = np.asarray(sorted(set(minutes))) * SECONDS_PER_MINUTE
    clock = SettingClock(product=product(run.product))

    def temperature_c(t_s: float) -> float:
        """In the room until the paste can be injected, then at body temperature."""
        return clock.temperature_c(t_s) if t_s < clock.paste_begins_s else BODY_C

    set_share = np.clip(conversion(times, temperature_c, HEAT_LAW), 0.0, 1.0)
    curve = [Setting(time_s=float(t), conversion=float(x)) for t, x in zip(times, set_share, strict=True)]
    return consolidation(lambda modulus: with_fill(specimen, treated, modulus), curve)
