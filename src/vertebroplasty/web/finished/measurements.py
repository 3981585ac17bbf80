"""What was measured, as lines with units: the figures that a reader looks for first."""

from dataclasses import dataclass

from vertebroplasty.documents.measure import LevelEntry
from vertebroplasty.web.texts.texts import Texts

__all__ = ["Line", "measurements"]

LENGTHS = ("anterior_height", "middle_height", "posterior_height", "body_depth", "body_width")


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A name, and its value with its error and unit; an unknown value says so."""

    name: str
    value: str


def measurements(level: LevelEntry, t: Texts) -> list[Line]:
    """Heights, wedge, size, density, canal, pedicles and wall of one level."""

    def line(key: str, value: float | None, error: float | None, unit: str, digits: int = 1) -> Line:
        if value is None:
            return Line(name=t(f"finished.{key}"), value=t("common.unknown"))
        around = "" if error is None else f" ± {error:.{digits}f}"
        return Line(name=t(f"finished.{key}"), value=f"{value:.{digits}f}{around} {unit}")

    lengths = [
        line(name, getattr(level, f"{name}_mm"), getattr(level, f"{name}_plus_minus_mm"), "mm") for name in LENGTHS
    ]
    canal, genant, wall = level.canal, level.genant, level.posterior_wall
    grade = t("common.unknown") if genant.grade is None else f"{genant.grade}"
    intact = t("common.unknown") if wall.intact is None else t("common.yes" if wall.intact else "common.no")
    return [
        *lengths,
        line("wedge_angle", level.wedge_angle_deg, level.wedge_angle_plus_minus_deg, "°"),
        line("body_volume", level.body_volume_ml, level.body_volume_plus_minus_ml, "ml"),
        Line(name=t("finished.genant"), value=grade),
        line("height_loss", genant.height_loss_percent, genant.height_loss_plus_minus_percent, "%", 0),
        line("core", level.trabecular_hu.mean, level.trabecular_hu.sd, "HU", 0),
        line("density", level.bmd_mg_per_ml.value, None, "mg/ml", 0),
        line("canal_ap", canal.ap_mm, canal.ap_plus_minus_mm, "mm"),
        line("canal_compromise", canal.compromise_percent, canal.compromise_plus_minus_percent, "%", 0),
        Line(name=t("finished.wall_intact"), value=intact),
        *(
            line(f"pedicle_{side}", pedicle.width_mm, pedicle.width_plus_minus_mm, "mm")
            for side, pedicle in sorted(level.pedicle.items())
            if side in ("left", "right")
        ),
    ]
