"""Which of a folder's series is the CT to read: one, or the one asked for, never two merged."""

from collections import defaultdict

import numpy as np

from vertebroplasty.errors import UnreadableImage
from vertebroplasty.intake.dicom_headers import Header

__all__ = ["choose_series"]

FEWEST_SLICES = 2  # [choice] fewer make no volume
MOST_LISTED = 12  # [choice] series named in one refusal


def choose_series(headers: list[Header], series: str | None) -> tuple[list[Header], tuple[str, ...]]:
    """The slices of the series to read, and a sentence on what was left aside.

    Raises:
        UnreadableImage: no image, no CT, several CT series, an unknown series, or all slices in one file.
    """
    if not headers:
        raise UnreadableImage("The folder holds no DICOM images: give the folder of one CT series.", where="CT")
    groups: dict[str, list[Header]] = defaultdict(list)
    for header in headers:
        groups[header.series_uid].append(header)
    chosen = _only_ct(groups) if series is None else _named(groups, series)
    if any(header.is_enhanced for header in chosen):
        raise UnreadableImage(
            f"{chosen[0].name} holds many slices in one file (enhanced CT): export it as single-slice CT images.",
            where=chosen[0].name,
        )
    others = len(groups) - 1
    if series is not None or not others:
        return chosen, ()
    noun = "other series was" if others == 1 else "other series were"
    return chosen, (f"{others} {noun} left aside: no axial CT.",)


def _named(groups: dict[str, list[Header]], series: str) -> list[Header]:
    if series not in groups:
        raise UnreadableImage(
            f"The folder holds no series {series}: it has {_listed(groups)}; choose one with --series.",
            where="--series",
        )
    _refuse_other_modality(groups[series])
    return groups[series]


def _only_ct(groups: dict[str, list[Header]]) -> list[Header]:
    """The one series that can be a volume; if none can, the largest CT one, whose fault is then named."""
    ct = {uid: group for uid, group in groups.items() if any(header.modality == "CT" for header in group)}
    if not ct:
        _refuse_other_modality(max(groups.values(), key=len))
    possible = {uid: group for uid, group in ct.items() if _may_be_volume(group)}
    if len(possible) > 1:
        raise UnreadableImage(
            f"The folder holds {len(possible)} CT series: choose one with --series: {_listed(possible)}.",
            where="--series",
        )
    chosen = max((possible or ct).values(), key=len)
    _refuse_other_modality(chosen)
    return chosen


def _may_be_volume(group: list[Header]) -> bool:
    if any(header.is_enhanced for header in group):
        return True
    images = [header for header in group if not header.is_localizer and "ImagePositionPatient" in header.dataset]
    return len(images) >= FEWEST_SLICES


def _refuse_other_modality(group: list[Header]) -> None:
    for header in group:
        if header.modality != "CT":
            raise UnreadableImage(
                f"{header.name} is {header.modality or 'of no stated modality'}, not CT: give the folder of a CT.",
                where=header.name,
            )


def _listed(groups: dict[str, list[Header]]) -> str:
    lines = [f"{uid} ({len(group)} slices{_spacing(group)})" for uid, group in sorted(groups.items())]
    more = len(lines) - MOST_LISTED
    return "; ".join(lines[:MOST_LISTED]) + (f"; and {more} more" if more > 0 else "")


def _spacing(group: list[Header]) -> str:
    """The usual distance between slices, for choosing a series; empty where the headers do not tell."""
    try:
        axes = group[0].numbers("ImageOrientationPatient", 6)
        normal = np.cross(axes[:3], axes[3:])
        heights = np.unique([header.numbers("ImagePositionPatient", 3) @ normal for header in group])
    except UnreadableImage:
        return ""
    return f", every {float(np.median(np.diff(heights))):.2f} mm" if len(heights) > 1 else ""
