"""What the trainee can see: the view a pose stands for, and the leaks that one frame of it shows."""

from vertebroplasty.cement.marrow_flow import MarrowFlow
from vertebroplasty.fluoroscopy.coach import TRUE_AP_TURN_DEG, TRUE_TILT_DEG, ViewTruth, truth
from vertebroplasty.rehearsal.case import AP, LATERAL, RehearsalCase
from vertebroplasty.rehearsal.state import RehearsalState

__all__ = ["OBLIQUE", "WALL", "could_be_seen_from_ml", "counts_as_true", "named_view", "shown"]

OBLIQUE = "oblique"
WALL = "posterior-cortex"
NEAR_DEG = 20.0  # [choice] a pose farther from both true views shows neither
VISIBLE_WITHIN = 1e-9  # [choice] ml, rounding of the volume from which a leak shows


def named_view(found: ViewTruth) -> str:
    """`ap`, `lateral` or `oblique`, by the nearer true view."""
    if found.from_true_ap_deg <= NEAR_DEG:
        return AP
    return LATERAL if found.from_true_lateral_deg <= NEAR_DEG else OBLIQUE


def counts_as_true(found: ViewTruth) -> bool:
    """Whether a pose is as true an AP or lateral as a C-arm is set by hand."""
    return abs(found.move_lao_deg) <= TRUE_AP_TURN_DEG and abs(found.move_cranial_deg) <= TRUE_TILT_DEG


def _threshold_ml(case: RehearsalCase, view: str, site: str) -> float:
    """From how many ml a leak at a site shows in a view; between the two true views the worse one counts."""
    if view == OBLIQUE:
        return max(table[site] for table in case.seen_from_ml.values())
    return case.seen_from_ml[view][site]


def could_be_seen_from_ml(case: RehearsalCase) -> dict[str, float]:
    """From how many ml a leak shows in the better of the two true views, by site."""
    first, *others = case.seen_from_ml.values()
    return {site: min([ml, *(table[site] for table in others)]) for site, ml in first.items()}


def shown(state: RehearsalState, plane: int = 1) -> tuple[ViewTruth, tuple[str, ...]]:
    """How true a tube's present view is, and what it shows: leak sites, and the posterior wall reached (lateral only).

    Raises:
        Refused: the second tube has not been set.
    """
    found = truth(state.view_of(plane), state.case.vertebra.frame)
    view, flow = named_view(found), state.bone.flow
    seen = [
        site
        for site, ml in state.bone.leaked_ml.items()
        if ml >= _threshold_ml(state.case, view, site) - VISIBLE_WITHIN
    ]
    if view == LATERAL and _wall_reached(flow):
        seen.append(WALL)
    return found, tuple(seen)


def _wall_reached(flow: MarrowFlow | None) -> bool:
    """Whether cement has come within 1 mm of the inner posterior wall."""
    return flow is not None and flow.wall_reached()
