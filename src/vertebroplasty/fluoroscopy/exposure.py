"""One frame as the detector takes it: scatter, the focal spot's blur, quantum noise for a dose, the screen's blur.

Every part can be left out.  The dose is what automatic exposure control holds: the mean air kerma at the detector,
scatter included, over the rays that the CT covers.
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from vertebroplasty.fluoroscopy.beam import beam
from vertebroplasty.fluoroscopy.blur import FOCAL_SPOT_MM, focal_spot_blurred, scintillator_blurred
from vertebroplasty.fluoroscopy.image import XrayImage
from vertebroplasty.fluoroscopy.noise import quanta_per_mm2_ngy, with_quantum_noise
from vertebroplasty.fluoroscopy.scatter import scatter_to_primary, scattered

__all__ = ["Exposure", "Metered", "metered", "one_frame"]

KERMA_NGY = 30.0  # [choice] per frame at the detector; fluoroscopy uses 20 to 60
LEAST_TRUNK_CM = 20.0  # [choice] of water: a CT cut around the spine lacks the tissue that scatters
LEAST_RATIO = 1e-6  # [choice] where nothing scatters, a ray's share of nothing

Pixels = Float[np.ndarray, "rows columns"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Exposure:
    """How a frame is taken.

    `kerma_ngy` is the dose per frame at the detector; None takes no noise.  `scatter` None follows the patient's
    thickness without a grid; 0 leaves scatter out.  `focal_spot_mm` 0 is a point; `screen_blur` is that of the
    scintillator.
    """

    kerma_ngy: float | None = KERMA_NGY
    scatter: float | None = None
    focal_spot_mm: float = FOCAL_SPOT_MM
    screen_blur: bool = True


@dataclass(frozen=True, eq=False, kw_only=True)
class Metered:
    """What the exposure control makes of a picture: the same for all frames of a pose.

    `mean_signal` is the primary signal averaged over the rays that the CT covers, `scatter` the ratio of scatter to
    primary there and `shed` that of every ray, by its own thickness; `quanta_per_mm2_ngy` are the noise-equivalent
    quanta of each nGy per mm² of detector.
    """

    mean_signal: float
    scatter: float
    shed: Pixels
    quanta_per_mm2_ngy: float

    def quanta_per_mm2(self, signal: Pixels | float, kerma_ngy: float) -> Pixels:
        """Noise-equivalent quanta per mm² of detector where the signal, scatter included, is `signal`."""
        whole = self.mean_signal * (1.0 + self.scatter)
        return np.asarray(kerma_ngy * self.quanta_per_mm2_ngy * signal / whole)


def metered(image: XrayImage, scatter: float | None = None) -> Metered:
    """Meter a picture without needles and cement, so that they do not change the dose of a run.

    The scatter of a CT that holds less than 20 cm of trunk is that of 20 cm.
    """
    shadow, where = image.shadow, image.complete if image.complete.any() else np.ones(image.complete.shape, bool)
    behind = {"water": float(shadow.soft[where].mean()), "cortical-bone": float(shadow.bone[where].mean())}
    thickness_cm = sum(behind.values())
    ratio = float(scatter_to_primary(max(LEAST_TRUNK_CM, thickness_cm))) if scatter is None else scatter
    local = scatter_to_primary(shadow.soft + shadow.bone) / max(float(scatter_to_primary(thickness_cm)), LEAST_RATIO)
    return Metered(
        mean_signal=float(image.patient_only[where].mean(dtype=np.float64)),
        scatter=ratio,
        shed=(ratio * local).astype(np.float32),
        quanta_per_mm2_ngy=quanta_per_mm2_ngy(beam(image.kvp), behind),
    )


def one_frame(
    image: XrayImage, exposure: Exposure, *, seed: int, frame: int = 0, meter: Metered | None = None
) -> Pixels:
    """The signal of one frame as the detector measures it, in the same unit as `image.transmission`, scatter added.

    `meter` is the pose's `metered` picture, where it has been worked out before.  The same seed and frame number give
    the same frame.

    Raises:
        Refused: a dose that is no dose.
    """
    meter = metered(image, exposure.scatter) if meter is None else meter
    signal = image.transmission
    if meter.scatter > 0.0:
        signal = signal + scattered(signal, image.pixel_mm, meter.shed)
    if exposure.focal_spot_mm > 0.0:
        signal = focal_spot_blurred(signal, image.view, image.pixel_mm, focal_spot_mm=exposure.focal_spot_mm)
        signal = np.maximum(signal, 0.0)
    if exposure.kerma_ngy is not None:
        per_pixel = meter.quanta_per_mm2(1.0, exposure.kerma_ngy) * image.pixel_mm**2
        signal = with_quantum_noise(signal, float(per_pixel), seed=seed, frame=frame)
    return scintillator_blurred(signal, image.pixel_mm) if exposure.screen_blur else signal
