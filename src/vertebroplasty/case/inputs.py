"""Opening a case: the CT, its labels and the level asked for."""

from dataclasses import dataclass
from pathlib import Path

from vertebroplasty.anatomy.levels import Level, Spine
from vertebroplasty.errors import Refused
from vertebroplasty.intake import read_ct, read_labels

__all__ = ["ScanRequest", "open_level", "open_spine"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ScanRequest:
    """Which files to read and how sure the user is of their labels."""

    ct: Path
    seg: tuple[Path, ...]
    labels: str | None = None
    series: str | None = None
    resample_tilt: bool = False
    confirm_level: str | None = None


def open_spine(request: ScanRequest) -> Spine:
    """Read the CT and its labels, or stop with one sentence."""
    if not request.seg:
        raise Refused("No segmentation was given: add -s with the vertebra labels.", where="--seg")
    ct = read_ct(request.ct, series=request.series, resample_tilt=request.resample_tilt)
    return read_labels(request.seg, like=ct, scheme=request.labels, confirm_level=request.confirm_level)


def open_level(request: ScanRequest, level: str) -> Level:
    """Read the case and pick one level."""
    return open_spine(request)[level]
