"""The standard views of one vertebra, computed from its own axes and pedicles.

A true AP looks along its anterior axis, a true lateral along its right axis, an oblique puts the pedicle's eye on the
middle of the body.  The default set-up has the patient prone, the tube below and the detector behind: 180 degrees.
"""

import re
from collections.abc import Mapping

import numpy as np
from jaxtyping import Float

from vertebroplasty.anatomy.vertebra import Pedicle
from vertebroplasty.errors import Refused
from vertebroplasty.geometry.c_arm_view import SID_MM, SOD_MM, CArmView, angles_of_direction
from vertebroplasty.geometry.frame import Frame
from vertebroplasty.geometry.needle_path import NeedlePath

__all__ = ["SLAB", "barrel", "oblique", "parse_view", "split_views", "true_ap", "true_lateral", "view_along"]

SLAB = "ct"
NAMED = "ap, lateral, oblique-left, oblique-right, barrel, ct or lao=160,cranial=5"
OBLIQUE = "oblique-"


def view_along(
    to_detector_lps: Float[np.ndarray, "3"],
    isocentre_lps_mm: Float[np.ndarray, "3"],
    *,
    sid_mm: float = SID_MM,
    sod_mm: float = SOD_MM,
) -> CArmView:
    """The C-arm with its detector in the given direction from the isocentre."""
    lao, cranial = angles_of_direction(to_detector_lps)
    return CArmView(
        lao_deg=lao,
        cranial_deg=cranial,
        isocentre_lps_mm=np.asarray(isocentre_lps_mm, float),
        sid_mm=sid_mm,
        sod_mm=sod_mm,
    )


def true_ap(frame: Frame) -> CArmView:
    """True AP of a vertebra: the beam along its anterior axis, detector behind the patient, isocentre at its origin."""
    return view_along(-frame.anterior, frame.origin_lps_mm)


def true_lateral(frame: Frame) -> CArmView:
    """True lateral of a vertebra: the beam along its right axis, detector at the patient's left."""
    return view_along(-frame.right, frame.origin_lps_mm)


def barrel(path: NeedlePath, isocentre_lps_mm: Float[np.ndarray, "3"] | None = None) -> CArmView:
    """The view down the needle: the beam along it, the detector on the hub's side, the tip as isocentre unless given.

    With another isocentre the hub and the tip project apart by what the cone beam makes of their distance to it.
    """
    return view_along(-path.direction_lps, path.tip_lps_mm if isocentre_lps_mm is None else isocentre_lps_mm)


def oblique(frame: Frame, pedicle: Pedicle) -> CArmView:
    """The oblique view of one side, in which the "Scottie dog" is seen: its eye is this side's pedicle.

    From the true AP the detector turns towards that side, endplates kept in line, until the middle of the pedicle
    lies on the middle of the body: usually 35 to 45 degrees, as the standing oblique radiograph is taken.  The
    facet joint of that side then opens below the ear.  Source: lumbar oblique view, radiopaedia.org.
    """
    right, anterior, _ = pedicle.isthmus_mm
    return view_along(right * frame.right + anterior * frame.anterior, frame.origin_lps_mm)


def split_views(text: str) -> list[str]:
    """One view or several of one exposure, as `ap+lateral` for a biplane system; a plus before a number is its sign."""
    return [part for part in (each.strip() for each in re.split(r"\+(?=\s*[A-Za-z])", text)) if part]


def parse_view(
    text: str, frame: Frame, path: NeedlePath | None = None, pedicles: Mapping[str, Pedicle] | None = None
) -> CArmView:
    """The view a user asks for: `ap` and `lateral` are the true ones of the vertebra, `barrel` looks down `path`.

    `oblique-left` and `oblique-right` show that side's pedicle, from `pedicles`; `lao=160,cranial=5` states the angles
    (either may be left out).

    Raises:
        Refused: not a view, an angle given twice, `barrel` without a needle, or an oblique without that pedicle.
    """
    name = text.strip().lower()
    if name == "ap":
        return true_ap(frame)
    if name == "lateral":
        return true_lateral(frame)
    if name in (f"{OBLIQUE}left", f"{OBLIQUE}right"):
        side = name.removeprefix(OBLIQUE)
        if pedicles is None or side not in pedicles:
            raise Refused(f"The {side} pedicle of this level was not found: state lao and cranial.", where="--view")
        return oblique(frame, pedicles[side])
    if name == "barrel":
        if path is None:
            raise Refused("The barrel view looks down a needle: give --plan and --path.", where="--view")
        return barrel(path)
    angles = {"lao": 180.0, "cranial": 0.0} | _stated(text)
    lao = 180.0 if angles["lao"] == -180.0 else angles["lao"]
    return CArmView(lao_deg=lao, cranial_deg=angles["cranial"], isocentre_lps_mm=frame.origin_lps_mm)


def _stated(text: str) -> dict[str, float]:
    """The angles in `lao=160,cranial=5`."""
    found: dict[str, float] = {}
    for item in text.strip().lower().split(","):
        key, _, value = (part.strip() for part in item.partition("="))
        if key in found:
            raise Refused(f"{text} gives {key} twice: keep one.", where="--view")
        try:
            found[key] = float(value)
        except ValueError:
            key = ""
        if key not in ("lao", "cranial"):
            raise Refused(f"{text} is not a view: use {NAMED}.", where="--view")
    return found
