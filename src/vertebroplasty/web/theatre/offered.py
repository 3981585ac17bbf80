"""What the theatre's page offers from the beginning: the plan's paths, the true views, cements, and the bone's axes."""

from typing import Any

import numpy as np
from jaxtyping import Float

from vertebroplasty.case.opened import OpenedCase
from vertebroplasty.cement.product import products
from vertebroplasty.fluoroscopy.views import barrel, true_ap, true_lateral
from vertebroplasty.geometry.c_arm_view import CArmView
from vertebroplasty.web.theatre.record import Record

__all__ = ["offered"]

PHLEBOGRAM_ML = 3.0  # [choice] of contrast medium, by hand through the needle
BALLOON_ML = 2.0  # [choice] filled into a balloon with one press


def offered(record: Record, case: OpenedCase) -> dict[str, Any]:
    """Everything a script of the page needs to know of the case; LPS mm and degrees."""
    rehearsal, frame = case.rehearsal, case.rehearsal.vertebra.frame
    return {
        "id": record.id,
        "level": record.level,
        "product": rehearsal.product,
        "products": [{"key": key, "name": each.name} for key, each in products().items()],
        "volume_ml": rehearsal.volume_ml,
        "gauge": rehearsal.gauge,
        "phlebogram_ml": PHLEBOGRAM_ML,
        "balloon_ml": BALLOON_ML,
        "frame": {
            "origin": _list(frame.origin_lps_mm),
            "right": _list(frame.right),
            "anterior": _list(frame.anterior),
            "superior": _list(frame.superior),
        },
        "views": {"ap": _angles(true_ap(frame)), "lateral": _angles(true_lateral(frame))},
        "paths": [
            {
                "side": each.side,
                "entry": _list(each.entry_lps_mm),
                "tip": _list(each.tip_lps_mm),
                "barrel": _angles(barrel(each.path, frame.origin_lps_mm)),
            }
            for each in rehearsal.paths
        ],
    }


def _list(vector: Float[np.ndarray, "3"]) -> list[float]:
    return [float(value) for value in vector]


def _angles(view: CArmView) -> list[float]:
    return [view.lao_deg, view.cranial_deg]
