"""Quantum noise of one frame: the detector counts energy that arrives in quanta.

A detector that adds up energy has the mean and the variance of so many equal quanta, each of the energy
`Σ n E² / Σ n E` of the photons it absorbs.  The number of those is drawn from Poisson's distribution.
"""

import numpy as np
from jaxtyping import Float

from vertebroplasty.errors import Refused
from vertebroplasty.fluoroscopy.attenuation import mass_attenuation
from vertebroplasty.fluoroscopy.beam import Beam
from vertebroplasty.fluoroscopy.dose import kerma_per_photon_ngy_mm2

__all__ = ["quanta_per_mm2_ngy", "with_quantum_noise"]

SWANK = 0.85  # [choice] of 0.85 to 0.9: quanta are not equally bright in the screen, so fewer count

Pixels = Float[np.ndarray, "rows columns"]


def quanta_per_mm2_ngy(through: Beam, behind: dict[str, float]) -> float:
    """Noise-equivalent quanta per mm² of detector for each nGy of air kerma, behind areal densities in g/cm².

    `(Σ n η E)² / Σ n η E²` over the photons that 1 nGy holds, times Swank's factor.
    """
    depth = sum((mass * mass_attenuation(name, through.kev) for name, mass in behind.items()), np.zeros(1))
    photons = through.photons * np.exp(-depth)
    photons = photons / (photons @ kerma_per_photon_ngy_mm2(through.kev))
    counted = photons * through.absorbed
    return float(SWANK * (counted @ through.kev) ** 2 / (counted @ through.kev**2))


def with_quantum_noise(signal: Pixels, quanta_per_signal: float, *, seed: int, frame: int = 0) -> Pixels:
    """One noisy frame of a signal; the same seed and frame number give the same noise, on any number of threads.

    `quanta_per_signal` is the number of quanta in a pixel whose signal is 1.  The mean is the signal, the variance
    `signal / quanta_per_signal`; pixels are independent.

    Raises:
        Refused: a dose that is no dose.
    """
    if not (quanta_per_signal > 0.0 and np.isfinite(quanta_per_signal)):
        raise Refused("The dose per frame must be more than 0 nGy.", where="--kerma-ngy")
    random = np.random.Generator(np.random.Philox(key=np.array([seed, frame], np.uint64)))
    counts = random.poisson(np.asarray(signal, float) * quanta_per_signal)
    return np.asarray(counts / quanta_per_signal, signal.dtype)
