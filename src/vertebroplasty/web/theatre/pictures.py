"""What the two monitors show: live pictures while the pedal is down, then the last image held."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
from jaxtyping import Float

from vertebroplasty.fluoroscopy.coach import truth
from vertebroplasty.fluoroscopy.detector import Detector
from vertebroplasty.fluoroscopy.looks import Look
from vertebroplasty.fluoroscopy.render import screen_of, side_letters
from vertebroplasty.rehearsal.seeing import named_view
from vertebroplasty.rehearsal.state import RehearsalState
from vertebroplasty.rehearsal.tube import tube
from vertebroplasty.web.theatre.live import LEFT, RIGHT, Live, Moment, Ready, Shot

__all__ = ["held", "monitors", "projection", "retaken", "taken"]

KEPT_TUBES = 3  # [choice] of a rehearsal, some 15 MB each: AP, lateral and one oblique


def taken(live: Live, planes: int, look: Look) -> list[Shot]:
    """Pictures of this moment with one tube or both, put on their monitors.

    Raises:
        Refused: the second tube has not been set.
    """
    state = live.paced.state
    return _shown(live, {n: _moment(live, state, plane) for n, plane in monitors(state, planes).items()}, look)


def held(live: Live) -> list[Shot]:
    """The live pictures of the last moment the beam was on, as the last image hold shows them."""
    return _shown(live, {n: shot.live for n, shot in live.shots.items() if shot.live is not None}, Look.HOLD)


def retaken(live: Live, last: Mapping[str, tuple[RehearsalState, int]]) -> list[Shot]:
    """The pictures that the monitors held, taken again: by monitor the moment of the last one, and with which tube."""
    return _shown(live, {n: _moment(live, state, plane) for n, (state, plane) in last.items()}, Look.HOLD)


def _moment(live: Live, state: RehearsalState, plane: int) -> Moment:
    return Moment(ready=_ready(live, state, plane), state=state, plane=plane)


def monitors(state: RehearsalState, planes: int) -> dict[str, int]:
    """Which tube's picture comes on which monitor, with one tube or both."""
    return {_monitor(state, plane, planes): plane for plane in range(1, planes + 1)}


def _shown(live: Live, moments: Mapping[str, Moment], look: Look) -> list[Shot]:
    """Pictures put on their monitors."""
    shots = []
    for monitor, moment in moments.items():
        live.drawn += 1
        image = moment.ready.tube.seen(moment.state, look, seed=moment.state.seed, frame=live.drawn)
        grey = moment.ready.greys.greys(image)
        told = _told(monitor, moment, look, grey.shape[0])
        shots.append(Shot(monitor=monitor, grey=grey, told=told, live=moment if look is Look.LIVE else None))
    live.shots.update({shot.monitor: shot for shot in shots})
    return shots


def _monitor(state: RehearsalState, plane: int, planes: int) -> str:
    """With both tubes the first is on the left; one alone is where its view belongs: AP left, lateral right."""
    if planes > 1:
        return LEFT if plane == 1 else RIGHT
    return LEFT if truth(state.view_of(plane), state.case.vertebra.frame).nearest == "AP" else RIGHT


def _ready(live: Live, state: RehearsalState, plane: int) -> Ready:
    """The tube as it stands; what was worked out for this pose before is used again."""
    view = state.view_of(plane)
    pose = view.lao_deg, view.cranial_deg
    before = next((e for e in live.tubes if (e.tube.view.lao_deg, e.tube.view.cranial_deg) == pose), None)
    stands = tube(state, plane, before=None if before is None else before.tube)
    if before is not None and stands is before.tube:
        found = before
    elif before is not None:
        found = Ready(tube=stands, greys=before.greys)
    else:
        seen = replace(stands.at_rest.dry, patient_only=stands.screen.patient_only)
        found = Ready(tube=stands, greys=screen_of(seen, 0.0))  # a noisy picture is not sharpened
    live.tubes = [found, *(each for each in live.tubes if each is not before)][:KEPT_TUBES]
    return found


def _told(monitor: str, moment: Moment, look: Look, pixels: int) -> dict[str, Any]:
    """What a monitor must know of its picture; the grey values go beside."""
    tube = moment.ready.tube
    image = tube.at_rest.dry
    return {
        "monitor": monitor,
        "plane": moment.plane,
        "live": look is Look.LIVE,
        "at_s": moment.state.now_s,
        "view": named_view(truth(tube.view, moment.state.case.vertebra.frame)),
        "size": pixels,
        "lao_deg": tube.view.lao_deg,
        "cranial_deg": tube.view.cranial_deg,
        "letters": side_letters(image),
        "pixel_mm": image.object_pixel_mm,
        "matrix": projection(image.detector).tolist(),
    }


def projection(detector: Detector) -> Float[np.ndarray, "3 4"]:
    """Matrix from homogeneous LPS mm to homogeneous (column, row) of the picture; the third is the depth in mm."""
    view, middle = detector.view, 0.5 * (detector.size - 1)
    right, up = view.detector_axes
    scale = view.sid_mm / detector.pixel_mm
    rows = np.stack([
        scale * right + middle * view.to_detector, -scale * up + middle * view.to_detector, view.to_detector
    ])  # fmt: skip
    return np.hstack([rows, -(rows @ view.source_lps_mm)[:, None]])
