"""The moving picture of an injection: its moments, its frames against X-rays taken one by one, its size."""

import hashlib
import io
import json
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from drawn_grid import boxed_body, path_to
from vertebroplasty.anatomy.volume import CtVolume
from vertebroplasty.case.animation import FRAMES, MOST_BYTES, moments, moving_picture
from vertebroplasty.case.steps import cement_mass
from vertebroplasty.cement.actions import Mix, Push, Wait
from vertebroplasty.cement.injection import inject_actions
from vertebroplasty.fluoroscopy.image import patient_shadow, xray, xray_run
from vertebroplasty.fluoroscopy.render import render_png, render_run
from vertebroplasty.fluoroscopy.views import true_ap, true_lateral

PAUSE_S = 40.0


@pytest.fixture(scope="module")
def grid():
    return boxed_body()


@pytest.fixture(scope="module")
def needle(grid):
    return path_to(grid, (18, 20, 13))


@pytest.fixture(scope="module")
def run(grid, needle):
    """Half a millilitre, a pause, and one and a half more: three times the volume after it."""
    push = {"rate_ml_per_s": 0.05, "needle": 1}
    actions = [
        Mix(product="pmma-medium"), Wait(duration_s=330.0), Push(volume_ml=0.5, **push), Wait(duration_s=PAUSE_S),
        Push(volume_ml=1.5, **push),
    ]  # fmt: skip
    return inject_actions(grid, needle, actions)


@pytest.fixture(scope="module")
def ct(grid):
    return CtVolume(hu=grid.hu, affine=grid.affine)


@pytest.fixture(scope="module")
def shadows(ct, grid):
    views = {"ap": true_ap(grid.frame), "lateral": true_lateral(grid.frame)}
    return {name: patient_shadow(ct, pose, size=128) for name, pose in views.items()}


def test_moments_share_the_volume_and_the_clock_keeps_the_pause(run):
    found = moments(run)
    assert len(found) == FRAMES
    volumes, times = (np.array([getattr(m, name) for m in found]) for name in ("injected_ml", "t_s"))
    assert np.allclose(np.diff(volumes), run.injected_ml / (FRAMES - 1))
    assert volumes[0] == 0.0
    assert times[0] == pytest.approx(330.0)
    # a frame lasts 2.1 s of the steady push; the one across the pause lasts that and the pause
    steady = run.injected_ml / (FRAMES - 1) / 0.05
    steps = np.sort(np.diff(times))
    assert np.allclose(steps[:-1], steady, rtol=1e-6)
    assert steps[-1] == pytest.approx(steady + PAUSE_S, rel=1e-6)


def test_the_words_tell_clock_phase_and_volume(run):
    first, last = moments(run)[0], moments(run)[-1]
    assert first.words == f"5:30 min after mixing (pasty)    0.00 of {run.injected_ml:.2f} ml"
    assert last.words.endswith("2.00 of 2.00 ml")


def test_what_was_seen_outside_is_said_from_then_on(run):
    from vertebroplasty.cement.leak import YEOM, Leak, LeakSite

    site = LeakSite.DISC_ABOVE
    leak = Leak(site=site, volume_ml=0.1, first_time_s=335.0, first_visible_s=360.0, yeom=YEOM[site])
    shown = moments(replace(run, leaks=(leak,)))
    said = [("seen outside the bone: disc above" in m.words, m.t_s >= 360.0) for m in shown]
    assert all(words == seen for words, seen in said)
    assert {seen for _, seen in said} == {True, False}


def test_frames_of_a_run_are_the_x_rays_taken_one_by_one(ct, grid, run, needle, shadows):
    # a run sums only the rays through cement anew: to the bit what the whole picture gives, at every moment
    times = [moment.t_s for moment in moments(run)[::6]]
    masses = [cement_mass(grid, run.fill, run.arrival_time_s, run.product, t) for t in times]
    for shadow in shadows.values():
        together = list(xray_run(shadow, masses, needles=(needle,)))
        for frame, mass in zip(together, masses, strict=True):
            alone = xray(ct, shadow.detector.view, needles=(needle,), cement=mass, shadow=shadow)
            assert np.array_equal(frame.transmission, alone.transmission)
            assert np.array_equal(frame.patient_only, alone.patient_only)
        assert together[0].transmission.min() > together[-1].transmission.min()  # cement came in


def test_greys_of_a_run_are_those_of_the_single_picture(ct, grid, run, needle, shadows):
    shadow = shadows["lateral"]
    mass = cement_mass(grid, run.fill, run.arrival_time_s, run.product, None)
    image = xray(ct, shadow.detector.view, needles=(needle,), cement=mass, shadow=shadow)
    single = np.asarray(Image.open(io.BytesIO(render_png(image))))
    (moving,) = render_run([image])
    middle = slice(50, 100)  # below the two lines of text, above the scale bar, between the letters
    assert np.array_equal(np.asarray(moving)[middle, 30:90], single[middle, 30:90])


def test_the_file_moves_is_small_and_is_the_same_twice(grid, run, needle, shadows):
    made = moving_picture(run, grid, (needle,), shadows)
    picture = Image.open(io.BytesIO(made.animation))
    assert picture.n_frames == FRAMES
    assert len(made.animation) <= MOST_BYTES
    assert picture.size[0] == 2 * 128
    picture.seek(FRAMES - 1)
    last = np.asarray(picture.convert("L"), float)
    picture.seek(0)
    first = np.asarray(picture.convert("L"), float)
    assert (first - last)[:128].max() > 60  # grey bone turned dark
    assert getattr(Image.open(io.BytesIO(made.still)), "n_frames", 1) == 1
    assert moving_picture(run, grid, (needle,), shadows) == made


def test_nothing_injected_makes_no_picture(grid, run, needle, shadows):
    dry = replace(run, injected_ml=0.0, events=())
    assert moments(dry) == ()
    assert moving_picture(dry, grid, (needle,), shadows) is None


def test_run_writes_it_lists_it_and_shows_it(walked):
    content = (walked / "injection.webp").read_bytes()
    assert len(content) <= MOST_BYTES
    listed = {
        f["name"]: f["sha256"] for f in json.loads((walked / "manifest.json").read_text(encoding="utf-8"))["files"]
    }
    assert listed["injection.webp"] == hashlib.sha256(content).hexdigest()
    page = (walked / "report.html").read_text(encoding="utf-8")
    moving, still = page.count("data:image/webp;base64,UklGR"), page.count('media="(prefers-reduced-motion: reduce)"')
    assert (moving, still) == (3, 1)  # the animation; the still for reduced motion and for paper
    assert '<img class="on-paper"' in page
    assert "@media print { .moving .on-screen { display: none; }" in page
