"""Virtual X-ray stills of a needle in the patient: true AP and true lateral."""

from vertebroplasty.case.opened import OpenedCase
from vertebroplasty.fluoroscopy.image import PatientShadow, patient_shadow, xray
from vertebroplasty.fluoroscopy.render import render_png
from vertebroplasty.fluoroscopy.trunk import trunk_thickness_mm
from vertebroplasty.fluoroscopy.views import true_ap, true_lateral
from vertebroplasty.geometry.c_arm_view import CArmView
from vertebroplasty.geometry.needle_path import NeedlePath
from vertebroplasty.web.cases.beside import kept_beside_the_case

__all__ = ["VIEWS", "still_png"]

VIEWS = ("ap", "lateral")


def still_png(case: OpenedCase, view: str, needle: NeedlePath) -> bytes:
    """The picture of one view as PNG; the patient's own shadow is projected once."""
    shadow = _shadow(case, view)
    picture = xray(case.rehearsal.vertebra.level.ct, _pose(case, view), needles=(needle,), shadow=shadow)
    return render_png(picture)


def _pose(case: OpenedCase, view: str) -> CArmView:
    frame = case.rehearsal.vertebra.frame
    return true_ap(frame) if view == "ap" else true_lateral(frame)


@kept_beside_the_case
def _shadow(case: OpenedCase, view: str) -> PatientShadow:
    pose = _pose(case, view)
    return patient_shadow(case.rehearsal.vertebra.level.ct, pose, thickness_mm=trunk_thickness_mm(pose))
