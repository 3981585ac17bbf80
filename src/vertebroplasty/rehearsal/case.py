"""One patient made ready to be practised on: bone, plan, what each view shows, and what the screening said."""

import math
from collections.abc import Mapping
from dataclasses import dataclass

from vertebroplasty.anatomy.find import find_vertebra
from vertebroplasty.anatomy.grid import VertebraGrid
from vertebroplasty.anatomy.levels import Level
from vertebroplasty.anatomy.sites import LEAK_SITES
from vertebroplasty.anatomy.upright import build_grid
from vertebroplasty.anatomy.vertebra import Vertebra
from vertebroplasty.cement.product import product as cement_product
from vertebroplasty.fluoroscopy.cement_shadow import CementMix
from vertebroplasty.fluoroscopy.exposure import KERMA_NGY
from vertebroplasty.fluoroscopy.image import XrayImage, patient_shadow, xray
from vertebroplasty.fluoroscopy.relative_dose import FRAMES_PER_S, relative_dose
from vertebroplasty.fluoroscopy.trunk import trunk_thickness_mm
from vertebroplasty.fluoroscopy.views import true_ap, true_lateral
from vertebroplasty.fluoroscopy.visibility import visibility_by_view
from vertebroplasty.needle.planned_path import PlannedPath
from vertebroplasty.needle.planner import plan_in

__all__ = ["AP", "LATERAL", "RehearsalCase", "prepared"]

AP, LATERAL = "ap", "lateral"
NEVER_SEEN_ML = math.inf
PICTURE_PIXELS = 256  # [choice] a side of the pictures that visibility and dose are read from


@dataclass(frozen=True, eq=False, kw_only=True)
class RehearsalCase:
    """What a session is played on; nothing in it changes.

    `verdict` and `because` are the screening's, handed in as plain text.  `seen_from_ml` tells by view (`ap`,
    `lateral`) and leak site from how many ml a leak shows there, infinite where it never does; `entrance_mgy` is the
    dose of one frame at the skin in each view.
    """

    name: str
    vertebra: Vertebra
    grid: VertebraGrid
    paths: tuple[PlannedPath, ...]
    verdict: str
    because: str
    seen_from_ml: Mapping[str, Mapping[str, float]]
    entrance_mgy: Mapping[str, float]
    product: str = "pmma-medium"
    volume_ml: float = 3.0
    gauge: int = 11
    room_temperature_c: float = 22.0

    @property
    def level(self) -> str:
        """Name of the level."""
        return self.vertebra.name


def prepared(
    level: Level,
    *,
    name: str,
    verdict: str,
    because: str,
    product: str = "pmma-medium",
    volume_ml: float = 3.0,
    gauge: int = 11,
    grid_mm: float = 1.0,
) -> RehearsalCase:
    """Find the vertebra, plan its needles, and look how much cement a true AP and a true lateral show.

    Raises:
        Refused: an unknown cement or gauge, or a vertebra that cannot be found.
        CutBody: the body leaves the field of view.
    """
    vertebra, grid = find_vertebra(level), build_grid(level, grid_mm)
    cement = cement_product(product)
    mix = CementMix(opacifier=cement.opacifier, opacifier_fraction=cement.opacifier_mixed_fraction)
    pictures, paths = _pictures(vertebra), plan_in(vertebra, gauge_number=gauge).paths
    table: dict[str, dict[str, float]] = {view: dict.fromkeys(LEAK_SITES, NEVER_SEEN_ML) for view in pictures}
    for each in visibility_by_view(
        pictures, grid, mix, tuple(each.path for each in paths[:1]), kermas_ngy=(KERMA_NGY,)
    ):
        if each.smallest_visible_ml is not None:
            table[each.view][each.site] = each.smallest_visible_ml
    return RehearsalCase(
        name=name,
        vertebra=vertebra,
        grid=grid,
        paths=paths,
        verdict=verdict,
        because=because,
        seen_from_ml=table,
        entrance_mgy={
            view: relative_dose(picture, 1.0).entrance_mgy / FRAMES_PER_S for view, picture in pictures.items()
        },
        product=product,
        volume_ml=volume_ml,
        gauge=gauge,
    )


def _pictures(vertebra: Vertebra) -> dict[str, XrayImage]:
    """The two true views of the patient, without needle or cement."""
    found = {}
    for name, view in ((AP, true_ap(vertebra.frame)), (LATERAL, true_lateral(vertebra.frame))):
        ct = vertebra.level.ct
        shadow = patient_shadow(ct, view, size=PICTURE_PIXELS, thickness_mm=trunk_thickness_mm(view))
        found[name] = xray(ct, view, shadow=shadow)
    return found
