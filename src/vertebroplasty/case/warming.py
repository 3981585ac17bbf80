"""The heat of a finished injection, as its document tells it."""

from vertebroplasty.anatomy.grid import Tissue, VertebraGrid
from vertebroplasty.cement.heat import heat_in_bone
from vertebroplasty.cement.product import ACRYLIC, product
from vertebroplasty.cement.result import Injection
from vertebroplasty.documents.common import rounded
from vertebroplasty.documents.inject import HeatEntry

__all__ = ["heat_of"]

NO_CEMENT = "no cement came into the bone"
COLD = "this cement sets without noticeable heat"


def heat_of(
    run: Injection, grid: VertebraGrid, cement_c: float, *, blood_flow_ml_per_100g_min: float = 0.0
) -> HeatEntry | str:
    """How hot the bone around the cement gets; a sentence where nothing does.

    `cement_c` is the cement's temperature as it came into the bone; blood cools bone only where its flow is stated.
    """
    if product(run.product).family != ACRYLIC:
        return COLD
    if not (run.fill > 0.0).any():
        return NO_CEMENT
    found = heat_in_bone(
        run.fill, grid.spacing_mm, cement_c=cement_c, blood_flow_ml_per_100g_min=blood_flow_ml_per_100g_min
    )
    canal = found.peak_c[grid.tissue == Tissue.CANAL]
    return HeatEntry(
        peak_cement_c=round(found.peak_cement_c, 1),
        peak_bone_c=round(found.peak_bone_c, 1),
        peak_canal_c=rounded(float(canal.max())) if canal.size else None,
        necrosis_depth_mm=round(found.necrosis_depth_mm, 1),
        depth_above_50_c_mm=round(found.depth_above_50_c_mm, 1),
        cem43_depth_mm=round(found.cem43_depth_mm, 1),
        damage_depth_mm=round(found.damage_depth_mm, 1),
    )
