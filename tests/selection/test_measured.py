"""What the rules take from a measured level."""

import pytest
from numpy import eye, zeros

from vertebroplasty.anatomy.levels import LevelEvidence
from vertebroplasty.anatomy.measurement import (
    CanalSize,
    Density,
    Genant,
    Heights,
    LevelMeasurement,
    Measured,
    PosteriorWall,
    Spot,
    unknown,
)
from vertebroplasty.geometry.frame import Frame
from vertebroplasty.selection.measured import MeasuredFindings

OPEN = unknown("No complete neighbour.")
HEIGHTS = Heights(anterior_mm=OPEN, middle_mm=OPEN, posterior_mm=OPEN)


def measurement(*, compromise=OPEN, retropulsion=OPEN, intact=None, visible=True, clefts=()):
    canal = CanalSize(
        area_mm2=OPEN,
        ap_mm=OPEN,
        width_mm=OPEN,
        compromise_percent=compromise,
        area_compromise_percent=OPEN,
        reference_levels=(),
    )
    return LevelMeasurement(
        level="L3",
        complete=True,
        missing_sides=(),
        evidence=LevelEvidence(counted_from="sacrum", neighbours=(), suspicious=()),
        frame=Frame(zeros(3), *eye(3)),
        heights=HEIGHTS,
        quarter_heights={},
        wedge_angle_deg=OPEN,
        body_depth_mm=OPEN,
        body_width_mm=OPEN,
        body_volume_ml=OPEN,
        trabecular=Density(mean_hu=None, sd_hu=None, n_voxels=0),
        contrast_suspected=None,
        metal_or_cement=False,
        bmd_mg_per_ml=OPEN,
        bmd_calibration=None,
        pedicles={},
        canal=canal,
        posterior_wall=PosteriorWall(retropulsion_mm=retropulsion, intact=intact, why_unknown="", defects=()),
        genant=Genant(grade=None, shape=None, height_loss_percent=OPEN, reference_levels=()),
        clefts=clefts,
        lytic_holes=(),
        cortex_apparent_mm=None,
        breaches=(),
        breaches_can_be_seen=visible,
        regional_kyphosis_deg=OPEN,
    )


def test_values_come_with_their_plus_minus():
    findings = MeasuredFindings.of(
        measurement(
            compromise=Measured(24.0, 4.0),
            retropulsion=Measured(3.4),
            intact=True,
            clefts=(Spot(centre_lps_mm=zeros(3)),),
        )
    )
    assert (findings.canal_compromise_percent, findings.canal_plus_minus_percent) == (24.0, 4.0)
    assert (findings.retropulsion_mm, findings.posterior_wall_intact, findings.cleft) == (3.4, True, True)


def test_what_was_not_measured_keeps_its_reason():
    findings = MeasuredFindings.of(measurement())
    assert (findings.canal_compromise_percent, findings.retropulsion_mm) == (None, None)
    assert findings.canal_why_unknown == findings.retropulsion_why_unknown == "No complete neighbour."


@pytest.mark.parametrize("intact", [True, False])
def test_a_wall_whose_gaps_the_ct_cannot_show_is_unknown(intact):
    findings = MeasuredFindings.of(measurement(intact=intact, visible=False))
    assert findings.posterior_wall_intact is None
    assert findings.posterior_wall_why_unknown == "The CT cannot show gaps in the wall."
