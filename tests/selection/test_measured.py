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


UNKNOWN_DENSITY = Density(mean_hu=None, sd_hu=None, n_voxels=0, why="Too few voxels.")
DENSE = Density(mean_hu=180.0, sd_hu=20.0, n_voxels=900)


def spot(volume_ml):
    return Spot(centre_lps_mm=zeros(3), volume_ml=volume_ml)


def measurement(
    *,
    compromise=OPEN,
    retropulsion=OPEN,
    intact=None,
    visible=True,
    clefts=(),
    holes=(),
    loss=OPEN,
    trabecular=UNKNOWN_DENSITY,
    complete=True,
    metal=False,
):
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
        complete=complete,
        missing_sides=(),
        evidence=LevelEvidence(counted_from="sacrum", neighbours=(), suspicious=()),
        frame=Frame(zeros(3), *eye(3)),
        heights=HEIGHTS,
        quarter_heights={},
        wedge_angle_deg=OPEN,
        body_depth_mm=OPEN,
        body_width_mm=OPEN,
        body_volume_ml=OPEN,
        trabecular=trabecular,
        contrast_suspected=None,
        metal_or_cement=metal,
        bmd_mg_per_ml=OPEN,
        bmd_calibration=None,
        pedicles={},
        canal=canal,
        posterior_wall=PosteriorWall(retropulsion_mm=retropulsion, intact=intact, why_unknown="", defects=()),
        genant=Genant(grade=None, shape=None, height_loss_percent=loss, reference_levels=()),
        clefts=clefts,
        lytic_holes=holes,
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


def test_the_loss_of_height_comes_with_its_plus_minus_or_its_reason():
    known = MeasuredFindings.of(measurement(loss=Measured(34.0, 5.0)))
    assert (known.height_loss_percent, known.height_loss_plus_minus_percent) == (34.0, 5.0)
    assert MeasuredFindings.of(measurement()).height_loss_why_unknown == "No complete neighbour."


def test_clefts_and_holes_that_were_found_carry_their_volume_whatever_the_bone():
    found = MeasuredFindings.of(measurement(clefts=(spot(0.5), spot(0.25)), holes=(spot(1.5),)))
    assert (found.cleft, found.cleft_volume_ml) == (True, 0.75)
    assert (found.lytic_holes, found.lytic_holes_volume_ml) == (True, 1.5)


def test_their_absence_is_claimed_only_in_bone_that_could_not_hide_them():
    dense = MeasuredFindings.of(measurement(trabecular=DENSE))
    assert (dense.cleft, dense.lytic_holes, dense.cleft_volume_ml) == (False, False, None)
    middling = MeasuredFindings.of(measurement(trabecular=Density(mean_hu=100.0, sd_hu=20.0, n_voxels=900)))
    assert (middling.cleft, middling.lytic_holes) == (False, None)
    assert "lytic hole" in middling.lytic_holes_why_unknown
    thin = MeasuredFindings.of(measurement(trabecular=Density(mean_hu=60.0, sd_hu=20.0, n_voxels=900)))
    assert (thin.cleft, thin.lytic_holes) == (None, None)
    assert "a cleft filled with fluid" in thin.cleft_why_unknown


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"trabecular": UNKNOWN_DENSITY}, "Too few voxels."),
        ({"trabecular": DENSE, "complete": False}, "Only a part of this level is in the scan."),
        ({"trabecular": DENSE, "metal": True}, "Metal or cement lies in this level."),
    ],
)
def test_what_could_not_be_looked_for_stands_with_its_reason(changes, why):
    found = MeasuredFindings.of(measurement(**changes))
    assert (found.cleft, found.lytic_holes) == (None, None)
    assert found.cleft_why_unknown == found.lytic_holes_why_unknown == why
