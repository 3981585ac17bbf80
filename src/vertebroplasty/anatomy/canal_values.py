"""The canal and the posterior wall as measured values: sizes with ±, narrowing against the neighbours, gaps."""

import numpy as np

from vertebroplasty.anatomy.levels import Level
from vertebroplasty.anatomy.measurement import CanalSize, Measured, PosteriorWall, Spot, unknown
from vertebroplasty.anatomy.plus_minus import PlusMinus, plus_minus
from vertebroplasty.anatomy.references import references, retropulsion_of, unretropulsed
from vertebroplasty.anatomy.sizes import Sizes, sizes_of

__all__ = ["canal_size", "posterior_wall"]

NO_CANAL = "The canal cannot be found: no ring of bone closes around it."
NO_WHOLE_BODY = "The body is not seen whole: its canal and its posterior wall cannot be judged over its height."
NO_REFERENCE = "No complete, unretropulsed level above or below is in the scan."
NO_NEIGHBOURS = "Not measurable without complete levels directly above and below."
TOO_COARSE = "Gaps in the cortex cannot be seen on this CT."


def _none(why: str) -> CanalSize:
    none = unknown(why)
    return CanalSize(
        area_mm2=none,
        ap_mm=none,
        width_mm=none,
        compromise_percent=none,
        area_compromise_percent=none,
        reference_levels=(),
    )


def _loss(own: Measured, expected: list[Measured], why: str) -> Measured:
    """100 · (1 − own / mean of the references) with the ± of both."""
    pairs = [(e.value, e.plus_minus) for e in expected if e.value is not None and e.plus_minus is not None]
    if own.value is None or own.plus_minus is None or not pairs:
        return unknown(own.why or why)
    values, errors = np.array(pairs).T
    mean, spread = float(values.mean()), float(np.sqrt(np.sum(errors**2)) / len(errors))
    share = own.value / mean
    return Measured(100.0 * (1.0 - share), 100.0 * float(np.hypot(own.plus_minus, share * spread)) / mean)


def _ap_and_area(sizes: Sizes, error: PlusMinus | None) -> tuple[Measured, Measured]:
    """Smallest front-to-back distance and area of one level's canal."""
    if sizes.canal is None:
        return unknown(NO_CANAL), unknown(NO_CANAL)
    if error is None:
        return unknown(NO_WHOLE_BODY), unknown(NO_WHOLE_BODY)
    ap, area = sizes.canal.smallest_ap_mm, sizes.canal.area_mm2
    return (
        unknown(NO_CANAL) if ap is None else Measured(ap, error.ap_mm),
        unknown(NO_CANAL) if area is None else Measured(area, error.area_mm2),
    )


def canal_size(level: Level, sizes: Sizes, error: PlusMinus | None) -> CanalSize:
    """The canal's size and its narrowing against the nearest complete, unretropulsed levels above and below."""
    if sizes.canal is None or error is None:
        return _none(NO_CANAL if sizes.canal is None else NO_WHOLE_BODY)
    ap, area = _ap_and_area(sizes, error)
    known = references(level, unretropulsed)
    expected = []
    for reference in known:
        found = sizes_of(reference)
        expected.append(_ap_and_area(found, None if found.middle is None else plus_minus(found, found.middle)))
    width = sizes.canal.width_mm
    return CanalSize(
        area_mm2=area,
        ap_mm=ap,
        width_mm=unknown(NO_CANAL) if width is None else Measured(width, error.canal_width_mm),
        compromise_percent=_loss(ap, [pair[0] for pair in expected], NO_REFERENCE),
        area_compromise_percent=_loss(area, [pair[1] for pair in expected], NO_REFERENCE),
        reference_levels=tuple(reference.name for reference in known),
    )


def posterior_wall(
    level: Level, error: PlusMinus | None, breaches: tuple[Spot, ...], can_be_seen: bool
) -> PosteriorWall:
    """Retropulsion against the neighbours, and the gaps that face the canal.

    The wall is called intact only where gaps can be seen and the whole body is (`error` is given).
    """
    behind = None if error is None else retropulsion_of(level)
    why = NO_WHOLE_BODY if error is None else "" if can_be_seen else TOO_COARSE
    defects = tuple(breach for breach in breaches if breach.toward == "canal")
    return PosteriorWall(
        retropulsion_mm=(
            unknown(NO_NEIGHBOURS) if behind is None or error is None else Measured(behind, error.retropulsion_mm)
        ),
        intact=(not defects) if defects or not why else None,
        why_unknown="" if defects else why,
        defects=defects,
    )
