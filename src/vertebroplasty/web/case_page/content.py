"""Everything the page of a case shows, for its template and its script."""

from typing import Any

from vertebroplasty.case.opened import OpenedCase
from vertebroplasty.geometry.gauges import GAUGES
from vertebroplasty.web.case_page.measurements import measured_document, measurement_rows
from vertebroplasty.web.case_page.needle import planned, shown_path
from vertebroplasty.web.case_page.selection import groups, screened_level
from vertebroplasty.web.case_page.views import NOT_SCANNED_HU, Shown, upright_image
from vertebroplasty.web.texts.texts import Texts

__all__ = ["content"]


def content(case: OpenedCase, case_id: str, t: Texts) -> dict[str, Any]:
    """What the template is given; `script` is what the page's script reads."""
    document, plan, level = measured_document(case), planned(case), screened_level(case)
    measured = document.levels[0]
    address = f"/cases/{case_id}/{case.level}"
    return {
        "level": case.level,
        "case_id": case_id,
        "synthetic": case.synthetic,
        "measured": measured,
        "evidence": measured.level_evidence,
        "rows": measurement_rows(document, t),
        "screened": level,
        "groups": groups(level, t),
        "patient_known": case.patient is not None,
        "warnings": list(dict.fromkeys((*document.warnings, *measured.notes, *plan.warnings))),
        "refused": plan.refused,
        "notes": plan.notes,
        "gauges": sorted(GAUGES),
        "script": {
            "address": address,
            "case": case_id,
            "level": case.level,
            "image": _geometry(case),
            "paths": [shown_path(each) for each in plan.paths],
            "labels": {int(each): t(f"case.label_{each.name.lower()}") for each in Shown},
            "texts": t.under("case.js_"),
        },
    }


def _geometry(case: OpenedCase) -> dict[str, Any]:
    """Where the image lies: voxels [k, j, i], mm in the vertebra's axes, and those axes in LPS."""
    image, frame = upright_image(case), case.rehearsal.vertebra.frame
    return {
        "shape": list(image.hu.shape),
        "spacing_mm": image.spacing_mm,
        "start_mm": list(image.start_mm),
        "not_scanned_hu": NOT_SCANNED_HU,
        "origin_lps_mm": [float(x) for x in frame.origin_lps_mm],
        "axes_lps": [[float(x) for x in axis] for axis in frame.axes],
    }
