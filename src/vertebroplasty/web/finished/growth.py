"""How the cement of a finished run grew: its volumes, its events, and the timeline made of them."""

import json
import math
import zlib
from dataclasses import dataclass
from io import BytesIO
from itertools import pairwise
from typing import Any

import nibabel
import numpy as np
from jaxtyping import Float32

from vertebroplasty.case.cement_files import ARRIVAL, EVENTS, FILL
from vertebroplasty.documents.inject import InjectDocument
from vertebroplasty.errors import Refused
from vertebroplasty.geometry.frame import Affine
from vertebroplasty.quiet import quiet_readers
from vertebroplasty.web.debrief.timeline import Flag, PhaseBand, Timeline
from vertebroplasty.web.debrief.volumes import growing_cement
from vertebroplasty.web.finished.files import REMEDY, RunFolder
from vertebroplasty.web.finished.possible import MOST_ML, MOST_S

__all__ = ["Growth", "film_of", "growth_of"]

MOMENTS = 24  # [choice] as many as a debrief shows
MOST_EVENTS = 20_000  # [choice] lines of a log
MOST_VOXELS = 8_000_000  # [choice] ten times the grid of a large vertebra
MOST_INFLATED = 4 * MOST_VOXELS + 4096  # [exact] bytes: four a voxel, and the header
GZIP = 16  # [exact] zlib's sign for the gzip format
FULLER_THAN_FULL = 1.0 + 1e-6  # [choice] rounding of a fraction in float32
FLAT = 1e-9  # [choice] smallest determinant of an affine that spans a volume
AFTER_S = 60.0  # [choice] drawn after the injection has ended
LPS_OF_RAS = np.diag([-1.0, -1.0, 1.0, 1.0])
UNREADABLE = (
    nibabel.filebasedimages.ImageFileError,
    nibabel.spatialimages.HeaderDataError,
    nibabel.wrapstruct.WrapStructError,
)

Field = Float32[np.ndarray, "k j i"]


@dataclass(frozen=True, eq=False, kw_only=True)
class Growth:
    """The course of an injection, and the moments that the scrubber goes through: seconds after mixing, ml by then."""

    timeline: Timeline
    moments: tuple[tuple[float, float], ...]


def growth_of(run: RunFolder, inject: InjectDocument) -> Growth | None:
    """The course of the injection; None where nothing was injected.

    Raises:
        Refused: its events are damaged.
    """
    if not inject.injected_ml or inject.stop_time_s is None:
        return None
    curve = _curve(run.content(EVENTS))
    end_s = max(curve[-1][0], inject.stop_time_s) + AFTER_S
    seen = [leak.first_visible_s for leak in inject.leaks if leak.first_visible_s is not None]
    flags = [Flag(key="ended", t_s=inject.stop_time_s), *([Flag(key="visible", t_s=min(seen))] if seen else [])]
    bands = [
        PhaseBand(phase=each.phase, begin_s=each.start_s, end_s=end_s if each.end_s is None else min(each.end_s, end_s))
        for each in inject.phases
        if each.start_s < end_s
    ]
    shown_ml = np.linspace(0.0, curve[-1][1], MOMENTS)
    times = np.interp(shown_ml, [ml for _, ml in curve], [t_s for t_s, _ in curve])
    return Growth(
        timeline=Timeline(
            begin_s=0.0,
            end_s=end_s,
            bands=tuple(bands),
            curve=((0.0, 0.0), *curve, (end_s, curve[-1][1])),
            pictures=(),
            acts=(),
            flags=tuple(sorted(flags, key=lambda flag: flag.t_s)),
            top_ml=curve[-1][1],
        ),
        moments=tuple((float(t_s), float(ml)) for t_s, ml in zip(times, shown_ml, strict=True)),
    )


def _curve(content: bytes) -> tuple[tuple[float, float], ...]:
    """Time and ml injected by then, at every sample of the log."""
    lines = content.decode("utf-8", "replace").splitlines()
    if len(lines) > MOST_EVENTS:
        raise Refused(f"{EVENTS} holds more lines than any injection: {REMEDY}.", where=EVENTS)
    try:
        events = [json.loads(line) for line in lines if line.strip()]
        found = [(float(e["t_s"]), float(e["injected_ml"])) for e in events if "injected_ml" in e]
    except (ValueError, TypeError, KeyError, RecursionError):
        raise Refused(f"{EVENTS} is damaged: {REMEDY}.", where=EVENTS) from None
    rising = all(a[0] <= b[0] and a[1] <= b[1] for a, b in pairwise(found))
    if not rising or not all(0.0 <= t_s <= MOST_S and 0.0 <= ml <= MOST_ML for t_s, ml in found) or not found:
        raise Refused(f"{EVENTS} tells of no possible injection: {REMEDY}.", where=EVENTS)
    return tuple(found)


def film_of(run: RunFolder, growth: Growth) -> bytes:
    """The cement at every moment as a gzipped NIfTI with four dimensions.

    The last moment holds all of it.

    Raises:
        Refused: the volumes are damaged or do not belong together.
    """
    (fill, place), (arrived_s, other) = (_volume(run, name) for name in (FILL, ARRIVAL))
    if fill.shape != arrived_s.shape or not np.allclose(place, other):
        raise Refused(f"{FILL} and {ARRIVAL} lie in different places: {REMEDY}.", where=FILL)
    possible = np.isfinite(fill).all() and fill.min() >= 0.0 and fill.max() <= FULLER_THAN_FULL
    if not possible or np.isnan(arrived_s).any():
        raise Refused(f"{FILL} or {ARRIVAL} holds impossible values: {REMEDY}.", where=FILL)
    times_s = [*(t_s for t_s, _ in growth.moments[:-1]), growth.timeline.end_s]
    return growing_cement(fill, arrived_s, times_s, Affine(place))


def _volume(run: RunFolder, name: str) -> tuple[Field, np.ndarray]:
    """Values by (k, j, i), and the matrix from (i, j, k) to LPS mm."""
    content = run.content(name)
    try:
        with quiet_readers():
            image: Any = nibabel.Nifti1Image.from_stream(BytesIO(_inflated(content)))
        # The size is checked before any voxel is read: a header may promise what no memory holds.
        fits = len(image.shape) == 3 and 0 < math.prod(image.shape) <= MOST_VOXELS
        matrix = LPS_OF_RAS @ np.asarray(image.affine, float)
        spans = bool(np.isfinite(matrix).all()) and abs(np.linalg.det(matrix[:3, :3])) > FLAT
        values = np.asarray(image.dataobj) if fits and spans else None
    except (*UNREADABLE, OSError, EOFError, ValueError, OverflowError, zlib.error):
        values = None
    if values is None or not np.issubdtype(values.dtype, np.floating):
        raise Refused(f"{name} is damaged: {REMEDY}.", where=name)
    return values.T.astype(np.float32), matrix


def _inflated(content: bytes) -> bytes:
    """What a gzip file holds, up to the largest volume there is."""
    unzip = zlib.decompressobj(wbits=zlib.MAX_WBITS | GZIP)
    return unzip.decompress(content, MOST_INFLATED)
