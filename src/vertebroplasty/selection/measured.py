"""What the rules take from the CT of one level."""

from dataclasses import dataclass

from vertebroplasty.anatomy.measurement import LevelMeasurement

__all__ = ["MeasuredFindings"]


@dataclass(frozen=True, slots=True, kw_only=True)
class MeasuredFindings:
    """Canal, retropulsion, posterior wall and clefts as measured; each None stands with its reason.

    `canal_compromise_percent` carries the ± of the measurement in percentage points;
    `retropulsion_mm` is how far the posterior wall stands behind the chord between the neighbours' walls.
    """

    canal_compromise_percent: float | None = None
    canal_plus_minus_percent: float | None = None
    canal_why_unknown: str = ""
    retropulsion_mm: float | None = None
    retropulsion_why_unknown: str = ""
    posterior_wall_intact: bool | None = None
    posterior_wall_why_unknown: str = ""
    cleft: bool | None = None

    @classmethod
    def of(cls, measurement: LevelMeasurement) -> "MeasuredFindings":
        """Take them from a level's measurement; a wall whose gaps the CT cannot show is neither intact nor breached."""
        compromise = measurement.canal.compromise_percent
        wall = measurement.posterior_wall
        visible = measurement.breaches_can_be_seen
        return cls(
            canal_compromise_percent=compromise.value,
            canal_plus_minus_percent=compromise.plus_minus,
            canal_why_unknown=compromise.why,
            retropulsion_mm=wall.retropulsion_mm.value,
            retropulsion_why_unknown=wall.retropulsion_mm.why,
            posterior_wall_intact=wall.intact if visible else None,
            posterior_wall_why_unknown=wall.why_unknown or ("" if visible else "The CT cannot show gaps in the wall."),
            cleft=bool(measurement.clefts),
        )
