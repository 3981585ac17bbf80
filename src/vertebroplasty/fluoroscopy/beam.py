"""The X-ray beam and the detector: which photon energies make the picture, and how areal densities become signal.

Spectra of a tungsten tube were computed once with SpekPy and lie in `data/spectra.json`; the detector is a layer of
caesium iodide that weighs each absorbed photon by its energy.
"""

import json
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

import numpy as np
from jaxtyping import Float

from vertebroplasty.errors import Refused
from vertebroplasty.fluoroscopy.attenuation import mass_attenuation

__all__ = ["Beam", "beam", "transmission"]

DEFAULT_KVP = 80  # [choice] 80 kVp, 2.5 mm Al and 0.2 mm Cu: common for the lumbar spine
CSI_G_PER_CM2 = 0.06 * 0.75 * 4.51  # [SpekPy] 0.6 mm of caesium iodide at 75 % packing, the reference detector
CHUNK_PIXELS = 1 << 14  # [choice] pixels handled at once, bounds memory


@dataclass(frozen=True, eq=False, kw_only=True)
class Beam:
    """Photon energies in keV and how much each contributes to the detector's signal without a patient (sum 1)."""

    name: str
    kev: Float[np.ndarray, "e"]
    signal: Float[np.ndarray, "e"]

    @classmethod
    def of_photons(cls, name: str, kev: Float[np.ndarray, "e"], photons: Float[np.ndarray, "e"]) -> "Beam":
        """An ideal detector: every photon absorbed and weighed by its energy."""
        weighed = np.asarray(photons, float) * np.asarray(kev, float)
        return cls(name=name, kev=np.asarray(kev, float), signal=weighed / weighed.sum())

    @classmethod
    def on_csi(cls, name: str, kev: Float[np.ndarray, "e"], photons: Float[np.ndarray, "e"]) -> "Beam":
        """A caesium iodide screen: photons weighed by energy and by the chance of being absorbed in it."""
        absorbed = 1.0 - np.exp(-mass_attenuation("caesium-iodide", kev) * CSI_G_PER_CM2)
        return cls.of_photons(name, kev, np.asarray(photons, float) * absorbed)


@cache
def beam(kvp: int = DEFAULT_KVP) -> Beam:
    """The C-arm's beam at a tube voltage, filtered by 2.5 mm aluminium and 0.2 mm copper, seen by the detector.

    Raises:
        Refused: no spectrum of that voltage.
    """
    beams = json.loads(files(__package__).joinpath("data/spectra.json").read_text(encoding="utf-8"))["beams"]
    if str(kvp) not in beams:
        raise Refused(f"There is no spectrum of {kvp} kVp: choose one of {', '.join(beams)}.", where="--kvp")
    found = beams[str(kvp)]
    return Beam.on_csi(f"{kvp} kVp", np.array(found["kev"]), np.array(found["photons_per_mm2_kev_mas_at_1m"]))


def transmission(
    areal_g_per_cm2: dict[str, Float[np.ndarray, "*pixels"]], through: Beam
) -> Float[np.ndarray, "*pixels"]:
    """Detector signal behind the given areal densities, as a fraction of the signal without a patient.

    The energies are summed for every pixel: `Σ s(E) exp(-Σ μ/ρ(E) L)`, so beam hardening is included.
    `areal_g_per_cm2` maps materials to line integrals of density in g/cm², all of one shape.
    """
    materials = list(areal_g_per_cm2)
    shape = np.shape(areal_g_per_cm2[materials[0]])
    stacked = np.stack([np.ravel(areal_g_per_cm2[name]) for name in materials], axis=1)
    coefficients = np.stack([mass_attenuation(name, through.kev) for name in materials])
    kind = np.float32 if stacked.dtype == np.float32 else np.float64
    stacked, coefficients, signal = stacked.astype(kind), coefficients.astype(kind), through.signal.astype(kind)
    result = np.empty(len(stacked), kind)
    for start in range(0, len(stacked), CHUNK_PIXELS):
        block = slice(start, start + CHUNK_PIXELS)
        result[block] = np.exp(-stacked[block] @ coefficients) @ signal
    return result.reshape(shape)
