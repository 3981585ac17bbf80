"""One tube in its pose, with patient and needles at rest: only the cement moves from frame to frame.

A moving picture is made of what stays and what changes.  What stays is worked out once, when the tube is turned or a
needle moved; a frame then costs no more than the rays through the cement, and what the screen does to them.
"""

from dataclasses import dataclass

from vertebroplasty.fluoroscopy.image import PatientShadow, Scene, XrayImage, patient_shadow, scene
from vertebroplasty.fluoroscopy.looks import Look, Screen, as_seen, screen
from vertebroplasty.geometry.c_arm_view import CArmView
from vertebroplasty.geometry.needle_path import NeedlePath
from vertebroplasty.rehearsal.picture import cement_in_beam
from vertebroplasty.rehearsal.state import RehearsalState

__all__ = ["PICTURE_PIXELS", "Tube", "tube"]

PICTURE_PIXELS = 512  # [choice] a side of the picture


@dataclass(frozen=True, eq=False, kw_only=True)
class Tube:
    """A tube's pose made ready; nothing in it changes."""

    view: CArmView
    needles: tuple[NeedlePath, ...]
    at_rest: Scene
    screen: Screen

    @property
    def shadow(self) -> PatientShadow:
        """The patient alone."""
        return self.at_rest.dry.shadow

    def still(self, state: RehearsalState) -> XrayImage:
        """The picture of a moment, free of noise, scatter and blur: `picture`, to the bit."""
        return self.at_rest.with_cement(cement_in_beam(state))

    def seen(self, state: RehearsalState, look: Look, *, seed: int = 0, frame: int = 0) -> XrayImage:
        """The picture as the screen shows it, live or held; the same seed and frame number give the same noise."""
        return as_seen(self.still(state), look, seed, frame, on=self.screen)

    def serves(self, state: RehearsalState, plane: int) -> bool:
        """Whether the tube still stands so, and the needles lie as they did."""
        return self._stands(state.view_of(plane)) and self._lie(tuple(state.bone.needles.placed.values()))

    def _stands(self, view: CArmView) -> bool:
        return (view.lao_deg, view.cranial_deg) == (self.view.lao_deg, self.view.cranial_deg)

    def _lie(self, needles: tuple[NeedlePath, ...]) -> bool:
        return len(needles) == len(self.needles) and all(map(_same, needles, self.needles))


def tube(state: RehearsalState, plane: int = 1, *, size: int = PICTURE_PIXELS, before: Tube | None = None) -> Tube:
    """Tube 1 or 2 as it stands; what of `before`, the tube of an earlier moment of this case, still holds is kept.

    `size` is the pixels a side.

    Raises:
        Refused: the second tube has not been set.
    """
    view, needles = state.view_of(plane), tuple(state.bone.needles.placed.values())
    kept = before if before is not None and before._stands(view) and before.shadow.detector.size == size else None
    if kept is not None and kept._lie(needles):
        return kept
    ct = state.case.vertebra.level.ct
    shadow = patient_shadow(ct, view, size=size) if kept is None else kept.shadow
    at_rest = scene(shadow, needles)
    return Tube(
        view=view, needles=needles, at_rest=at_rest, screen=screen(at_rest.dry) if kept is None else kept.screen
    )


def _same(one: NeedlePath, other: NeedlePath) -> bool:
    """Whether two needles are one and lie alike; a session taken up again has them as copies."""
    return one is other or (
        one.gauge_number == other.gauge_number
        and (one.entry_lps_mm == other.entry_lps_mm).all()
        and bool((one.tip_lps_mm == other.tip_lps_mm).all())
    )
