"""The whole injection as a moving picture: AP and lateral side by side, with a clock and the volume injected."""

import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from vertebroplasty.anatomy.grid import VertebraGrid
from vertebroplasty.case.steps import cement_mass
from vertebroplasty.cement.result import Injection
from vertebroplasty.fluoroscopy.annotate import DISCLAIMER
from vertebroplasty.fluoroscopy.image import PatientShadow, xray_run
from vertebroplasty.fluoroscopy.render import render_run
from vertebroplasty.geometry.needle_path import NeedlePath

__all__ = ["ANIMATION", "Moment", "MovingPicture", "moments", "moving_picture"]

ANIMATION = "injection.webp"
FRAMES = 20  # [choice] enough to see which way cement turns, few enough to stay small
FRAME_MS, LAST_MS = 250, 2500  # [choice] on the screen; the end stays longer
MOST_BYTES = 600_000  # [choice] a page that holds it can still be sent by mail
QUALITIES = (75, 50, 25)  # [choice] of the lossy compression, the first that is small enough
EFFORT = 2  # [choice] of the compression, 0 to 6; more takes seconds and saves little
STRIP_PIXELS, TEXT_PIXELS, LINE_PIXELS, LEFT_PIXELS = 56, 17, 22, 12  # [choice] the writing under the pictures
SHEET = (4, 9, 14, 19)  # [choice] frames of the sheet that does not move: a quarter, half, three quarters, the end
CAPTION_PIXELS = 26  # [choice] height of the writing under each of them
WHITE, GREY = 255, 170  # [choice] greys of the writing


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment:
    """One frame: seconds after mixing began, the volume injected by then, and what is said of it."""

    t_s: float
    injected_ml: float
    words: str


@dataclass(frozen=True, slots=True, kw_only=True)
class MovingPicture:
    """An animated WebP, and a WebP that does not move: four moments beside each other, one view in each row."""

    animation: bytes
    still: bytes


def moments(run: Injection) -> tuple[Moment, ...]:
    """Moments that share the injected volume evenly, from the first push to the end; none where nothing was injected.

    Evenly by volume and not by time, so that pauses take no frames; the clock shows the time that passed.
    """
    log = [(float(e["t_s"]), float(e["injected_ml"])) for e in run.events if "injected_ml" in e]
    if not log or run.injected_ml <= 0.0:
        return ()
    times, volumes = (np.array(column) for column in zip(*log, strict=True))
    shown = np.linspace(0.0, run.injected_ml, FRAMES)
    return tuple(
        Moment(t_s=float(t_s), injected_ml=float(ml), words=_words(run, float(t_s), float(ml)))
        for t_s, ml in zip(np.interp(shown, volumes, times), shown, strict=True)
    )


def _words(run: Injection, t_s: float, injected_ml: float) -> str:
    """The clock, the phase, the volume, and where cement has been seen outside the bone."""
    phase = next(span.phase.value for span in run.phases if span.end_s is None or t_s < span.end_s)
    said = f"{_clock(t_s)} min after mixing ({phase})    {injected_ml:.2f} of {run.injected_ml:.2f} ml"
    seen = [leak.site.value.replace("-", " ") for leak in run.leaks if (leak.first_visible_s or np.inf) <= t_s]
    return f"{said}    seen outside the bone: {', '.join(seen)}" if seen else said


def _clock(t_s: float) -> str:
    """Minutes and seconds."""
    minutes, seconds = divmod(round(t_s), 60)
    return f"{minutes}:{seconds:02d}"


def moving_picture(
    run: Injection, grid: VertebraGrid, needles: tuple[NeedlePath, ...], shadows: Mapping[str, PatientShadow]
) -> MovingPicture | None:
    """The injection from every pose side by side; None where nothing was injected.

    `shadows` are the patient's, by the name of the view.  The last frame holds all cement and says why it ended.
    """
    frames = moments(run)
    if not frames:
        return None
    masses = [
        cement_mass(grid, run.fill, run.arrival_time_s, run.product, None if frame is frames[-1] else frame.t_s)
        for frame in frames
    ]
    views = [list(render_run(xray_run(shadow, masses, needles=needles))) for shadow in shadows.values()]
    pictures = [
        _beside([view[n] for view in views], frame.words, run.stop_sentence if frame is frames[-1] else DISCLAIMER)
        for n, frame in enumerate(frames)
    ]
    return MovingPicture(animation=_animated(pictures), still=_webp(_sheet(views, frames)))


def _beside(pictures: Sequence[Image.Image], words: str, below: str) -> Image.Image:
    """Pictures side by side over a strip with two lines of text."""
    height = max(each.height for each in pictures)
    canvas = Image.new("L", (sum(each.width for each in pictures), height + STRIP_PIXELS))
    across = 0
    for each in pictures:
        canvas.paste(each, (across, 0))
        across += each.width
    draw, font = ImageDraw.Draw(canvas), ImageFont.load_default(TEXT_PIXELS)
    for row, (text, fill) in enumerate(((words, WHITE), (below, GREY))):
        draw.text((LEFT_PIXELS, height + LEFT_PIXELS // 2 + row * LINE_PIXELS), text, fill=fill, font=font)
    return canvas


def _sheet(views: Sequence[Sequence[Image.Image]], frames: Sequence[Moment]) -> Image.Image:
    """Some moments side by side at half size, every view in a row of its own, time and volume under each column."""
    width, height = (size // 2 for size in views[0][0].size)
    canvas = Image.new("L", (width * len(SHEET), height * len(views) + CAPTION_PIXELS))
    draw, font = ImageDraw.Draw(canvas), ImageFont.load_default(TEXT_PIXELS)
    for column, n in enumerate(SHEET):
        for row, view in enumerate(views):
            canvas.paste(view[n].resize((width, height), Image.Resampling.BOX), (column * width, row * height))
        text = f"{_clock(frames[n].t_s)} min   {frames[n].injected_ml:.2f} ml"
        draw.text((column * width + LEFT_PIXELS, height * len(views)), text, fill=WHITE, font=font)
    return canvas


def _animated(pictures: Sequence[Image.Image]) -> bytes:
    """All frames in one file, as good as its size allows; the same frames give the same bytes."""
    stream = io.BytesIO()
    for quality in QUALITIES:
        stream = io.BytesIO()
        pictures[0].save(
            stream, "WEBP", save_all=True, append_images=pictures[1:], loop=0, quality=quality, method=EFFORT,
            duration=[FRAME_MS] * (len(pictures) - 1) + [LAST_MS],
        )  # fmt: skip
        if stream.tell() <= MOST_BYTES:
            break
    return stream.getvalue()


def _webp(picture: Image.Image) -> bytes:
    stream = io.BytesIO()
    picture.save(stream, "WEBP", quality=QUALITIES[0], method=EFFORT)
    return stream.getvalue()
