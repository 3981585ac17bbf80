"""What the rules take from the CT of one level."""

from dataclasses import dataclass

from vertebroplasty.anatomy.measurement import LevelMeasurement, Spot

__all__ = ["MeasuredFindings"]

CLEFT_NEEDS_HU = 80.0  # [choice] spongy bone from which a cleft with fluid, near 0 HU, stands out
HOLE_NEEDS_HU = 120.0  # [choice] spongy bone from which a hole with soft tissue, near 40 HU, stands out
FOREIGN = "Metal or cement lies in this level."
PART = "Only a part of this level is in the scan."


@dataclass(frozen=True, slots=True, kw_only=True)
class MeasuredFindings:
    """Canal, retropulsion, wall, height, clefts and lytic holes as measured; each None stands with its reason.

    `canal_compromise_percent` and `height_loss_percent` carry the ± of the measurement in percentage points;
    `retropulsion_mm` is how far the posterior wall stands behind the chord between the neighbours' walls.  Volumes are
    those of all clefts or all holes together, in ml.
    """

    canal_compromise_percent: float | None = None
    canal_plus_minus_percent: float | None = None
    canal_why_unknown: str = ""
    retropulsion_mm: float | None = None
    retropulsion_why_unknown: str = ""
    posterior_wall_intact: bool | None = None
    posterior_wall_why_unknown: str = ""
    height_loss_percent: float | None = None
    height_loss_plus_minus_percent: float | None = None
    height_loss_why_unknown: str = ""
    cleft: bool | None = None
    cleft_volume_ml: float | None = None
    cleft_why_unknown: str = ""
    lytic_holes: bool | None = None
    lytic_holes_volume_ml: float | None = None
    lytic_holes_why_unknown: str = ""

    @classmethod
    def of(cls, measurement: LevelMeasurement) -> "MeasuredFindings":
        """Take them from a level's measurement.

        A wall whose gaps the CT cannot show is neither intact nor breached; where nothing was found that this CT or
        this bone could hide, the absence of a cleft or a hole is not claimed.
        """
        compromise = measurement.canal.compromise_percent
        wall = measurement.posterior_wall
        loss = measurement.genant.height_loss_percent
        visible = measurement.breaches_can_be_seen
        cleft, cleft_why = _found(measurement, measurement.clefts, CLEFT_NEEDS_HU, "a cleft filled with fluid")
        holes, holes_why = _found(measurement, measurement.lytic_holes, HOLE_NEEDS_HU, "a lytic hole")
        return cls(
            canal_compromise_percent=compromise.value,
            canal_plus_minus_percent=compromise.plus_minus,
            canal_why_unknown=compromise.why,
            retropulsion_mm=wall.retropulsion_mm.value,
            retropulsion_why_unknown=wall.retropulsion_mm.why,
            posterior_wall_intact=wall.intact if visible else None,
            posterior_wall_why_unknown=wall.why_unknown or ("" if visible else "The CT cannot show gaps in the wall."),
            height_loss_percent=loss.value,
            height_loss_plus_minus_percent=loss.plus_minus,
            height_loss_why_unknown=loss.why,
            cleft=cleft,
            cleft_volume_ml=_volume_ml(measurement.clefts),
            cleft_why_unknown=cleft_why,
            lytic_holes=holes,
            lytic_holes_volume_ml=_volume_ml(measurement.lytic_holes),
            lytic_holes_why_unknown=holes_why,
        )


def _volume_ml(spots: tuple[Spot, ...]) -> float | None:
    volumes = [spot.volume_ml for spot in spots if spot.volume_ml is not None]
    return sum(volumes) if volumes else None


def _found(
    measurement: LevelMeasurement, spots: tuple[Spot, ...], needs_hu: float, name: str
) -> tuple[bool | None, str]:
    """Whether such places were found; None with the reason where the level could hide one."""
    if spots:
        return True, ""
    if measurement.metal_or_cement:
        return None, FOREIGN
    if not measurement.complete:
        return None, PART
    bone = measurement.trabecular
    if bone.mean_hu is None:
        return None, bone.why or "The density of the spongy bone is unknown."
    if bone.mean_hu < needs_hu:
        return None, f"The spongy bone is hardly denser than {name}, which could not be told from it."
    return False, ""
