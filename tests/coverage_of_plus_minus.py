"""Random synthetic spines measured beside their truth: shared by the coverage test and the coverage benchmark."""

from collections import defaultdict
from dataclasses import replace

import numpy as np

from vertebroplasty.anatomy.measure import measure
from vertebroplasty.anatomy.measurement import LevelMeasurement, Measured
from vertebroplasty.phantom import SpinePhantom, random_phantom
from vertebroplasty.phantom.truth import Truth


def pairs(m: LevelMeasurement, truth: Truth) -> dict[str, tuple[Measured, float | None]]:
    """Every measured value beside its true one."""
    heights = m.heights
    found = {
        "anterior height mm": (heights.anterior_mm, truth.anterior_mm),
        "middle height mm": (heights.middle_mm, truth.middle_mm),
        "posterior height mm": (heights.posterior_mm, truth.posterior_mm),
        "left quarter middle mm": (m.quarter_heights["left"].middle_mm, truth.quarter_middle_mm),
        "right quarter middle mm": (m.quarter_heights["right"].middle_mm, truth.quarter_middle_mm),
        "wedge deg": (m.wedge_angle_deg, truth.wedge_angle_deg),
        "depth mm": (m.body_depth_mm, truth.body_depth_mm),
        "width mm": (m.body_width_mm, truth.body_width_mm),
        "volume ml": (m.body_volume_ml, truth.body_volume_ml),
        "canal AP mm": (m.canal.ap_mm, truth.canal_ap_min_mm),
        "canal area mm2": (m.canal.area_mm2, truth.canal_area_min_mm2),
        "canal width mm": (m.canal.width_mm, truth.canal_width_mm),
        "compromise %": (m.canal.compromise_percent, truth.compromise_percent),
        "area compromise %": (m.canal.area_compromise_percent, truth.area_compromise_percent),
        "retropulsion mm": (m.posterior_wall.retropulsion_mm, truth.retropulsion_mm),
    }
    for side, pedicle in truth.pedicles.items():
        found[f"{side} pedicle width mm"] = (m.pedicles[side].width_mm, pedicle.width_mm)
        found[f"{side} pedicle height mm"] = (m.pedicles[side].height_mm, pedicle.height_mm)
    return found


def measured(phantom: SpinePhantom, name: str = "L2") -> tuple[LevelMeasurement, Truth]:
    """One level measured from its whole-vertebra label, and its truth."""
    _, spine = phantom.build()
    whole = replace(spine, subregions=None, _found={})
    return measure(whole[name]), phantom.truth(name)


def coverage(first: int, count: int) -> dict[str, list[tuple[float, float]]]:
    """(error, ±) of every quantity over random phantoms; unknown values are left out."""
    rows: dict[str, list[tuple[float, float]]] = defaultdict(list)
    for seed in range(first, first + count):
        for quantity, (value, true) in pairs(*measured(random_phantom(np.random.default_rng(seed)))).items():
            if value.value is not None and value.plus_minus is not None and true is not None:
                rows[quantity].append((value.value - true, value.plus_minus))
    return rows
