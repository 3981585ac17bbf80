"""The options that several commands share, each explained once."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TypeVar

from cyclopts import Parameter, Token
from cyclopts.validators import Number

from vertebroplasty.errors import WrongUsage

if TYPE_CHECKING:
    from vertebroplasty.case.inputs import ScanRequest

__all__ = [
    "ApproachOption",
    "ChosenGauge",
    "ChosenProduct",
    "Common",
    "Gauge",
    "GridMm",
    "LevelOption",
    "LevelsOption",
    "OptionalScan",
    "OwnGauge",
    "PathRank",
    "PlanFile",
    "PointOption",
    "Rate",
    "Scan",
    "SiteFile",
    "Start",
    "VolumeMl",
    "first_given",
    "parse_point",
    "split_levels",
]

SEG_HELP = "Segmentation of the vertebrae; give it twice for a vertebra and a subregion file."
FARTHEST_MM = 1e5  # [choice] a coordinate beyond 100 m is a mistyped one


def whole_number(_: object, tokens: Sequence[Token]) -> int:
    """A whole number as it was typed: 11.5 is refused, never rounded to a needle that nobody asked for.

    Raises:
        WrongUsage: not a whole number.
    """
    token = tokens[0]
    try:
        return int(token.value)
    except ValueError:
        option = token.keyword or ""
        raise WrongUsage(f"{option} is {token.value!r}: give a whole number.".lstrip(), where=option) from None


LabelScheme = Annotated[
    str | None,
    Parameter(name="--labels", help="Label scheme: verse, totalsegmentator-v1, totalsegmentator-v2 or tptbox."),
]
SeriesUid = Annotated[
    str | None, Parameter(name="--series", help="Series UID, where a folder holds several CT series.")
]
ResampleTilt = Annotated[
    bool, Parameter(name="--resample-tilt", negative="", help="Undo a gantry tilt by resampling the series upright.")
]
ConfirmLevel = Annotated[
    str | None,
    Parameter(name="--confirm-level", help="Confirm a level's name although the labels leave doubt; it is recorded."),
]
LandmarksFile = Annotated[
    Path | None,
    Parameter(name="--landmarks", help="Landmarks (axes, posterior wall, isthmus) that stand above what is measured."),
]


@dataclass(frozen=True, kw_only=True)
class _Reading:
    """How to read the CT and its labels."""

    labels: LabelScheme = None
    series: SeriesUid = None
    resample_tilt: ResampleTilt = False
    confirm_level: ConfirmLevel = None
    landmarks: LandmarksFile = None

    def request(self, ct: Path, seg: list[Path]) -> "ScanRequest":
        """What the case opens."""
        from vertebroplasty.case.inputs import ScanRequest

        return ScanRequest(
            ct=ct,
            seg=tuple(seg),
            labels=self.labels,
            series=self.series,
            resample_tilt=self.resample_tilt,
            confirm_level=self.confirm_level,
            landmarks=self.landmarks,
        )


@Parameter(name="*")
@dataclass(frozen=True, kw_only=True)
class Scan(_Reading):
    """The labels of a CT and how to read both."""

    seg: Annotated[list[Path], Parameter(name=["--seg", "-s"], negative="", help=SEG_HELP)]

    def of(self, ct: Path) -> "ScanRequest":
        """What the case opens."""
        return self.request(ct, self.seg)


@Parameter(name="*")
@dataclass(frozen=True, kw_only=True)
class OptionalScan(_Reading):
    """The same where a CT need not be given."""

    seg: Annotated[list[Path] | None, Parameter(name=["--seg", "-s"], negative="", help=SEG_HELP)] = None

    def of(self, ct: Path) -> "ScanRequest":
        """What the case opens."""
        return self.request(ct, self.seg or [])


@Parameter(name="*")
@dataclass(frozen=True, kw_only=True)
class Common:
    """What every command understands."""

    out: Annotated[Path | None, Parameter(name=["--out", "-o"], help="Where to write.")] = None
    json: Annotated[bool, Parameter(name="--json", negative="", help="Print exactly one JSON object on stdout.")] = (
        False
    )
    overwrite: Annotated[
        bool, Parameter(name="--overwrite", negative="", help="Replace the files this command writes, nothing else.")
    ] = False
    debug: Annotated[bool, Parameter(name="--debug", negative="", help="Add the traceback to an error.")] = False
    threads: Annotated[
        int | None, Parameter(name="--threads", validator=Number(gte=1, lte=256), help="Use at most so many threads.")
    ] = None
    seed: Annotated[int, Parameter(name="--seed", validator=Number(gte=0), help="Seed of everything random.")] = 0


NO_SCAN = OptionalScan()
COMMON = Common()
LevelOption = Annotated[str, Parameter(name="--level", help="The level to work on, for example L3.")]
LevelsOption = Annotated[
    str | None, Parameter(name="--level", help="One level or several, for example L2,L3; all if not given.")
]
GridMm = Annotated[float, Parameter(name="--grid-mm", help="Spacing of the vertebra's own grid in mm.")]
Gauge = Annotated[int, Parameter(name="--gauge", converter=whole_number, help="Needle gauge, 8 to 15.")]
SiteFile = Annotated[
    Path | None,
    Parameter(name="--site", help="The department's defaults (`info site`); else the file VERTEBROPLASTY_SITE names."),
]
ChosenGauge = Annotated[
    int | None,
    Parameter(
        name="--gauge",
        converter=whole_number,
        help="Needle gauge, 8 to 15; the department's, or 11, if not given.",
    ),
]
ChosenProduct = Annotated[
    str | None,
    Parameter(name="--product", help="Cement, or the TOML file of your own; `info cements` lists them."),
]
OwnGauge = Annotated[
    int | None,
    Parameter(name="--gauge", converter=whole_number, help="Needle gauge; the plan's, or 11, if not given."),
]
ApproachOption = Annotated[
    str,
    Parameter(
        name="--approach", help="Needle approach: transpedicular, parapedicular, posterolateral or anterolateral."
    ),
]
PlanFile = Annotated[Path | None, Parameter(name="--plan", help="A plan.json made by `plan` or `run`.")]
PathRank = Annotated[int, Parameter(name="--path", converter=whole_number, help="Rank of the path in the plan.")]
VolumeMl = Annotated[float, Parameter(name="--volume-ml", help="Millilitres to inject.")]
Rate = Annotated[float, Parameter(name="--rate-ml-per-s", help="Millilitres a second.")]
Start = Annotated[float, Parameter(name="--start-s", help="Seconds after mixing when the injection begins.")]
PointOption = Annotated[str | None, Parameter(allow_leading_hyphen=True, help="LPS millimetres as x,y,z.")]

Value = TypeVar("Value")


def first_given(option: Value | None, site: Value | None, usual: Value) -> Value:
    """What counts: the option, else the department's default, else the usual value."""
    return next(value for value in (option, site, usual) if value is not None)


def parse_point(text: str, option: str) -> tuple[float, float, float]:
    """Three numbers from `x,y,z`.

    Raises:
        WrongUsage: not three finite numbers, or one that no patient reaches.
    """
    try:
        x, y, z = (float(part) for part in text.split(","))
    except ValueError:
        raise WrongUsage(f"{option} is {text!r}: give three numbers as x,y,z in LPS mm.", where=option) from None
    if not all(abs(value) < float("inf") for value in (x, y, z)):
        raise WrongUsage(f"{option} is {text!r}: the numbers must be finite.", where=option)
    if max(abs(x), abs(y), abs(z)) > FARTHEST_MM:
        raise WrongUsage(f"{option} is {text!r}: give millimetres within this CT.", where=option)
    return x, y, z


def split_levels(text: str | None) -> list[str] | None:
    """Level names from `L2,L3`.

    Raises:
        WrongUsage: not one name.
    """
    if text is None:
        return None
    names = [name.strip() for name in text.split(",") if name.strip()]
    if not names:
        raise WrongUsage(f"--level is {text!r}: name one level or several, for example L2,L3.", where="--level")
    return names
