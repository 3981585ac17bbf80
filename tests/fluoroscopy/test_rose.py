"""Rose's criterion: closed forms, a table worked out apart, and discs in noise that a simulated observer looks for."""

import numpy as np
import pytest
from scipy.stats import norm

from vertebroplasty.fluoroscopy.beam import beam, transmission
from vertebroplasty.fluoroscopy.noise import quanta_per_mm2_ngy, with_quantum_noise
from vertebroplasty.fluoroscopy.rose import (
    BLOB_VOLUMES_ML,
    ROSE_CNR,
    blob_contrast,
    blob_width_mm,
    cnr,
    smallest_blob_ml,
)

FRAMES = 500


def test_contrast_of_a_ball_is_the_mean_over_its_disc():
    for volume in (0.001, 0.1, 2.0):
        contrast, area = blob_contrast(2.76, volume)
        radius = (3 * volume / (4 * np.pi)) ** (1 / 3)
        s = (np.arange(200_000) + 0.5) / 200_000 * radius
        mean = np.sum((1 - np.exp(-2.76 * 2 * np.sqrt(radius**2 - s**2))) * 2 * s) / 200_000 / radius
        assert contrast == pytest.approx(mean, rel=1e-5)
        assert area == pytest.approx(np.pi * (10 * radius) ** 2)
        assert blob_width_mm(volume) == pytest.approx(20 * radius)
    # a thin ball's contrast is half as large again at the middle: taking that for the mean would be seen
    assert 1 - np.exp(-2.76 * 2 * 0.062) > 1.3 * blob_contrast(2.76, 0.001)[0]


def smallest_mm3(added, kerma, scatter, photons=32.0):
    found = smallest_blob_ml(
        added, quanta_per_mm2=kerma * photons * 0.65, magnification=1.4, primary_share=1 / (1 + scatter)
    )
    return 1000 * found


@pytest.mark.parametrize(
    ("added", "kerma", "scatter", "mm3"),
    [
        (2.76, 30, 1, 1.5), (2.76, 30, 4, 6.7), (2.76, 10, 4, 17),
        (0.81, 30, 1, 8.5), (0.81, 30, 4, 36), (0.81, 10, 4, 87),
        (2.88, 30, 1, 1.4), (2.88, 30, 4, 6.3), (2.88, 10, 4, 16),
    ],
)  # fmt: skip
def test_smallest_ball_against_photon_noise_alone(added, kerma, scatter, mm3):
    assert smallest_mm3(added, kerma, scatter) == pytest.approx(mm3, rel=0.05)  # two printed digits, steps of 12 %
    # forgetting that scatter dilutes the contrast, or counting twice the photons, would be seen
    assert smallest_mm3(added, kerma, 0) < 0.7 * mm3
    assert smallest_mm3(added, kerma, scatter, photons=64) < 0.75 * mm3


def test_the_smallest_ball_is_the_one_whose_contrast_to_noise_is_five():
    for clutter in (0.0, 0.02):
        uneven = [clutter] * len(BLOB_VOLUMES_ML)
        found = smallest_blob_ml(1.5, quanta_per_mm2=600.0, magnification=1.5, primary_share=0.2, clutter=uneven)
        contrast, area = blob_contrast(1.5, found)
        reached = cnr(contrast, area * 1.5**2, quanta_per_mm2=600.0, primary_share=0.2, clutter=clutter)
        assert reached == pytest.approx(ROSE_CNR, rel=2e-3)  # between volumes 12 % apart a power law is taken


def test_more_light_less_scatter_and_more_opacifier_show_less_cement():
    usual = {"quanta_per_mm2": 600.0, "magnification": 1.5, "primary_share": 0.2}
    base = smallest_blob_ml(1.5, **usual)
    assert smallest_blob_ml(3.0, **usual) < base
    assert smallest_blob_ml(1.5, **{**usual, "quanta_per_mm2": 2400.0}) < base
    assert smallest_blob_ml(1.5, **{**usual, "primary_share": 0.5}) < base
    assert smallest_blob_ml(1.5, **{**usual, "magnification": 1.6}) < base
    assert smallest_blob_ml(1.5, **usual, clutter=[0.1] * len(BLOB_VOLUMES_ML)) > base
    assert smallest_blob_ml(0.001, **usual) is None
    assert smallest_blob_ml(-0.1, **usual) is None  # cement less dense than what it replaces


@pytest.mark.parametrize(
    ("sigma", "added", "ml"), [(0.05, 2.76, 0.002), (0.05, 0.81, 0.084), (0.10, 2.76, 0.032), (0.10, 0.81, 1.3)]
)
def test_texture_alone_asks_for_its_contrast(sigma, added, ml):
    # five sigma of contrast whatever the dose, and whatever the scatter, for it dilutes both
    for share in (1.0, 0.2):
        found = smallest_blob_ml(
            added, quanta_per_mm2=1e12, magnification=1.4, primary_share=share, clutter=[sigma] * len(BLOB_VOLUMES_ML)
        )
        assert found == pytest.approx(ml, rel=0.15 if ml < 0.01 else 0.05)  # 0.002 is one printed digit
        assert blob_contrast(added, found)[0] == pytest.approx(5 * sigma, rel=0.01)


# Discs in noise ------------------------------------------------------------------------------------------------------
PIXEL_MM, SIZE, RADIUS = 0.2, 96, 5.0  # pixels of 0.2 mm on the detector; the disc's radius in pixels
KERMA_NGY, SCATTER = 30.0, 4.0


def disc(row: float, column: float) -> np.ndarray:
    rows, columns = np.mgrid[:SIZE, :SIZE]
    return ((rows - row) ** 2 + (columns - column) ** 2 <= RADIUS**2).astype(float)


def quanta_per_pixel() -> float:
    return KERMA_NGY * quanta_per_mm2_ngy(beam(80), {"water": 20.0}) * PIXEL_MM**2


def frame(contrast: float, row: int, column: int, seed: int) -> np.ndarray:
    """A flat field with a disc of this primary contrast, scatter of four times the primary over it, and noise."""
    signal = (1 - contrast * disc(row, column) + SCATTER) / (1 + SCATTER)
    return with_quantum_noise(signal, quanta_per_pixel(), seed=seed)


def contrast_for(wanted: float) -> float:
    area_mm2 = disc(48, 48).sum() * PIXEL_MM**2
    per_mm2 = quanta_per_pixel() / PIXEL_MM**2
    one = cnr(1.0, area_mm2, quanta_per_mm2=per_mm2, primary_share=1 / (1 + SCATTER))
    return float(wanted / one)


def matched(frames: np.ndarray) -> np.ndarray:
    """Darkness averaged over the disc at every place it can lie, one place wraps around."""
    template = np.fft.rfft2(np.fft.ifftshift(disc(48, 48)) / disc(48, 48).sum())
    return np.fft.irfft2(np.fft.rfft2(1 - frames) * template, s=(SIZE, SIZE))


def test_contrast_to_noise_of_a_disc_is_that_of_the_formula():
    contrast = contrast_for(4.0)
    seen = [np.sum((1 - frame(contrast, 48, 48, seed)) * disc(48, 48)) for seed in range(FRAMES)]
    blank = [np.sum((1 - frame(0.0, 48, 48, seed + FRAMES)) * disc(48, 48)) for seed in range(FRAMES)]
    found = (np.mean(seen) - np.mean(blank)) / np.std(blank)
    # the spread of 500 frames is known to 1/sqrt(2·500) = 3 %
    assert found == pytest.approx(4.0, rel=0.05)
    # without the loss of contrast to scatter the formula would ask for five times as much
    without = cnr(contrast, 1.0, quanta_per_mm2=1.0, primary_share=1.0)
    assert without / cnr(contrast, 1.0, quanta_per_mm2=1.0, primary_share=0.2) == pytest.approx(5.0)


def found_by_the_observer(wanted_cnr: float, threshold: float, seeds: range) -> float:
    """Share of frames in which an observer who looks everywhere calls a disc, and calls it where it is."""
    places = np.random.default_rng(4).integers(16, 80, size=(len(seeds), 2))
    contrast = contrast_for(wanted_cnr) if wanted_cnr else 0.0
    hits = 0
    for seed, (row, column) in zip(seeds, places, strict=True):
        darkness = matched(frame(contrast, row, column, seed))
        best = np.unravel_index(np.argmax(darkness), darkness.shape)
        near = np.hypot(best[0] - row, best[1] - column) <= RADIUS
        hits += bool(darkness.max() > threshold and (near or not wanted_cnr))
    return hits / len(seeds)


def test_an_observer_finds_discs_at_a_contrast_to_noise_of_five_and_not_at_half_of_it():
    # The threshold: what the darkest place of empty frames exceeds in one frame of twenty.
    empty = [matched(frame(0.0, 0, 0, seed)).max() for seed in range(1000, 1200)]
    threshold = float(np.quantile(empty, 0.95))
    false_alarms = found_by_the_observer(0.0, threshold, range(2000, 2200))
    assert false_alarms <= 0.10  # 5 % and three standard errors of 200 frames
    noise = 1 / np.sqrt(quanta_per_pixel() * disc(48, 48).sum())
    expected = norm.cdf(5.0 - threshold / noise)  # at the disc's own place; neighbouring places add a little
    found = found_by_the_observer(5.0, threshold, range(3000, 3200))
    assert expected - 0.08 <= found <= expected + 0.12  # three standard errors, and the neighbours
    assert found >= 0.75
    assert found_by_the_observer(2.5, threshold, range(4000, 4200)) <= 0.25


def test_the_ball_said_to_be_just_visible_has_a_contrast_to_noise_of_five_in_noisy_frames():
    """A ball of 30 % barium sulphate cement behind 20 cm of water, all energies summed ray by ray."""
    through, density, share, magnification = beam(80), 1.52695, 0.30, 1.4
    probe = {"water": np.array([20.0, 19.9]), "pmma": np.array([0.0, 0.07 * density]),
             "barium-sulfate": np.array([0.0, 0.03 * density])}  # fmt: skip
    bare, behind = transmission(probe, through)
    added = float(np.log(bare / behind) / 0.1)
    per_mm2 = KERMA_NGY * quanta_per_mm2_ngy(through, {"water": 20.0})
    smallest = smallest_blob_ml(
        added, quanta_per_mm2=per_mm2, magnification=magnification, primary_share=1 / (1 + SCATTER)
    )
    radius_mm = float(blob_width_mm(smallest)) / 2
    pixel_mm = 0.05  # fine enough for the ball's outline
    count = int(2 * (radius_mm * magnification / pixel_mm) + 9)
    offset = (np.arange(count) - (count - 1) / 2) * pixel_mm / magnification
    half = np.sqrt(np.maximum(0.0, radius_mm**2 - offset[:, None] ** 2 - offset[None, :] ** 2))
    path_cm = 2 * half / 10
    areal = {
        "water": 20 - path_cm,
        "pmma": (1 - share) * density * path_cm,
        "barium-sulfate": share * density * path_cm,
    }
    primary = transmission(areal, through) / bare
    signal, inside = (primary + SCATTER) / (1 + SCATTER), half > 0
    quanta = per_mm2 * pixel_mm**2
    seen, blank = (
        np.array([
            np.sum((1 - with_quantum_noise(picture, quanta, seed=seed + start)) * inside) for seed in range(FRAMES)
        ])
        for picture, start in ((signal, 0), (np.ones_like(signal), FRAMES))
    )  # fmt: skip
    assert (seen.mean() - blank.mean()) / blank.std() == pytest.approx(ROSE_CNR, rel=0.10)
