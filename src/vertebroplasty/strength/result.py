"""What a test of one vertebra says, how sure it is, and how two of them compare."""

from dataclasses import dataclass
from math import floor, log10

from vertebroplasty.errors import Refused
from vertebroplasty.strength.calibration import Calibration
from vertebroplasty.strength.cases import COMPRESSION, LoadSetting
from vertebroplasty.strength.response import Response

__all__ = ["Ratio", "Strength", "ratio"]

Interval = tuple[float, float]
ROUNDING = 1e-9  # [exact] relative, of two floats that are meant to be equal
MOST_DECIMALS = 3  # [choice] no ratio of two simulations is stated more finely


@dataclass(frozen=True, eq=False, kw_only=True)
class Strength:
    """Stiffness and failure load of one vertebra in one load case.

    Newtons are None where they cannot be given, and then `why_unknown` is a sentence.  The intervals span the
    calibration's lines only; None means that the calibration has none.  `relative_stiffness` holds the stiffness on
    every line (the best one first) for `ratio` alone: without a calibration it is not in newtons; so does
    `relative_failure_load`.  `line_responses` are the deformed specimens on every line, the best one first,
    `setting` is how they were loaded and `density_line` the calibration with all its numbers.
    """

    stiffness_n_per_mm: float | None
    stiffness_interval: Interval | None
    failure_load_n: float | None
    failure_load_interval: Interval | None
    criterion: str
    iterations: int | None
    relative_residual: float | None
    case: str
    material: str
    calibration: str
    height_mm: float | None
    sources: tuple[str, ...]
    why_unknown: str = ""
    notes: tuple[str, ...] = ()
    relative_stiffness: tuple[float, ...] = ()
    relative_failure_load: tuple[float, ...] = ()
    line_responses: tuple[Response, ...] = ()
    setting: LoadSetting = COMPRESSION
    isotropy: str = "isotropic"
    density_line: Calibration | None = None

    @property
    def response(self) -> Response | None:
        """The deformed specimen on the best line; None where nothing could be computed."""
        return self.line_responses[0] if self.line_responses else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Ratio:
    """After over before, rounded to what the calibration's interval supports; None with the reason if unknown."""

    stiffness: float | None
    failure_load: float | None
    same_by_rule: bool = False
    interval: Interval | None = None
    why_unknown: str = ""


def ratio(before: Strength, after: Strength) -> Ratio:
    """How many times stiffer and stronger the treated vertebra is.

    Each line of the calibration gives one ratio; they span the interval, and the ratio on the best line is rounded
    to the decimals that the half-width of the interval supports.  Under the linear criterion the failure load has the
    same ratio as the stiffness where the height is the same; `same_by_rule` then says that it is no second finding.

    Raises:
        Refused: the two were computed with different cases, materials or calibrations.
    """
    settings = [(item.case, item.material, item.calibration, item.isotropy) for item in (before, after)]
    if settings[0] != settings[1]:
        raise Refused(f"{settings[0]} and {settings[1]} cannot be compared: repeat both with the same options.")
    if not before.relative_stiffness or not after.relative_stiffness:
        why = before.why_unknown or after.why_unknown
        return Ratio(stiffness=None, failure_load=None, why_unknown=why)
    each = [b / a for a, b in zip(before.relative_stiffness, after.relative_stiffness, strict=True)]
    low, high = min(each), max(each)
    decimals = _supported_decimals((high - low) / 2)
    heights = (after.height_mm or 1.0) / (before.height_mm or 1.0)
    loads = [b / a for a, b in zip(before.relative_failure_load, after.relative_failure_load, strict=True)]
    failure = loads[0] if loads else each[0] * heights
    return Ratio(
        stiffness=round(each[0], decimals),
        failure_load=round(failure, decimals),
        same_by_rule=abs(failure - each[0]) <= ROUNDING * each[0],
        interval=(low, high) if len(each) > 1 else None,
    )


def _supported_decimals(half_width: float) -> int:
    """Decimals down to the leading digit of the half-width, at least one."""
    if half_width <= 0:
        return MOST_DECIMALS
    return min(MOST_DECIMALS, max(1, -floor(log10(half_width))))
