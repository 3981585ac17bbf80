"""The X-ray beam and the detector: which photon energies make the picture, and how areal densities become signal.

Spectra of a tungsten tube were computed once with SpekPy and lie in `data/spectra.json`; the detector is a layer of
caesium iodide that weighs each absorbed photon by its energy.
"""

import json
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

import numpy as np
from jaxtyping import Float

from vertebroplasty.errors import Refused
from vertebroplasty.fluoroscopy.attenuation import density_of, mass_attenuation

__all__ = ["Beam", "air_mass_energy_absorption", "beam", "transmission"]

DEFAULT_KVP = 80  # [choice] 80 kVp, 2.5 mm Al and 0.2 mm Cu: common for the lumbar spine
DEFAULT_ALUMINIUM_MM = 2.5  # [choice] the least that a tube for fluoroscopy is filtered by
DEFAULT_COPPER_MM = 0.2  # [choice] of the usual 0.1 to 0.3 mm
THICKEST_FILTER_MM = 50.0  # [choice] more than the 40 mm of the thickest standard filter; nothing is left behind it
CSI_G_PER_CM2 = 0.06 * 0.75 * 4.51  # [SpekPy] 0.6 mm of caesium iodide at 75 % packing, the reference detector
MM_PER_CM = 10.0  # [exact] filters are stated in mm
CHUNK_PIXELS = 1 << 14  # [choice] pixels handled at once, bounds memory


@dataclass(frozen=True, eq=False, kw_only=True)
class Beam:
    """Photon energies in keV and how much each contributes to the detector's signal without a patient (sum 1).

    `photons` is how many of the photons without a patient have each energy (sum 1), `absorbed` the share of them that
    the detector stops.
    """

    name: str
    kev: Float[np.ndarray, "e"]
    signal: Float[np.ndarray, "e"]
    photons: Float[np.ndarray, "e"]
    absorbed: Float[np.ndarray, "e"]

    @classmethod
    def of_photons(cls, name: str, kev: Float[np.ndarray, "e"], photons: Float[np.ndarray, "e"]) -> "Beam":
        """An ideal detector: every photon absorbed and weighed by its energy."""
        return cls._absorbed_by(name, kev, photons, np.ones(np.shape(kev)))

    @classmethod
    def on_csi(cls, name: str, kev: Float[np.ndarray, "e"], photons: Float[np.ndarray, "e"]) -> "Beam":
        """A caesium iodide screen: photons weighed by energy and by the chance of being absorbed in it."""
        absorbed = 1.0 - np.exp(-mass_attenuation("caesium-iodide", kev) * CSI_G_PER_CM2)
        return cls._absorbed_by(name, kev, photons, absorbed)

    @classmethod
    def _absorbed_by(
        cls, name: str, kev: Float[np.ndarray, "e"], photons: Float[np.ndarray, "e"], absorbed: Float[np.ndarray, "e"]
    ) -> "Beam":
        energies, number = np.asarray(kev, float), np.asarray(photons, float)
        weighed = number * absorbed * energies
        return cls(
            name=name, kev=energies, signal=weighed / weighed.sum(), photons=number / number.sum(), absorbed=absorbed
        )


@cache
def _tables() -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads(files(__package__).joinpath("data/spectra.json").read_text(encoding="utf-8"))
    return loaded


@cache
def beam(
    kvp: int = DEFAULT_KVP, *, aluminium_mm: float = DEFAULT_ALUMINIUM_MM, copper_mm: float = DEFAULT_COPPER_MM
) -> Beam:
    """The C-arm's beam at a tube voltage from 60 to 120 kVp behind its filters, seen by the detector.

    `aluminium_mm` is the tube's whole filtration in aluminium, at least 2.5 mm; `copper_mm` comes on top.

    Raises:
        Refused: no spectrum of that voltage, or a filter that no tube has.
    """
    tables = _tables()
    if str(kvp) not in tables["beams"]:
        known = ", ".join(tables["beams"])
        raise Refused(f"There is no spectrum of {kvp} kVp: choose one of {known}.", where="--kvp")
    least = float(tables["filter_mm"]["Al"])
    if not (least <= aluminium_mm <= THICKEST_FILTER_MM and 0.0 <= copper_mm <= THICKEST_FILTER_MM):
        raise Refused(
            f"A filter of {aluminium_mm} mm Al and {copper_mm} mm Cu is not possible: "
            f"state {least} to {THICKEST_FILTER_MM:.0f} mm of aluminium and 0 to {THICKEST_FILTER_MM:.0f} of copper.",
            where="--filter",
        )
    bare = np.array(tables["beams"][str(kvp)]["photons_per_mm2_kev_mas_at_1m"])
    kev = np.array(tables["kev"][: len(bare)])
    filters = {"aluminium": aluminium_mm - least, "copper": copper_mm}
    depth = sum(mm / MM_PER_CM * density_of(name) * mass_attenuation(name, kev) for name, mm in filters.items())
    return Beam.on_csi(f"{kvp} kVp", kev, bare * np.exp(-depth))


def air_mass_energy_absorption(kev: Float[np.ndarray, "e"]) -> Float[np.ndarray, "e"]:
    """Mass energy-absorption coefficient of air in cm²/g at photon energies in keV, log–log between bins.

    From SpekPy (PENELOPE's cross sections), 1 to 2 % below the tables of NIST.
    """
    tables = _tables()
    known, values = np.array(tables["kev"]), np.array(tables["air_mass_energy_absorption"]["cm2_per_g"])
    if np.min(kev) < known[0] or np.max(kev) > known[-1]:
        raise ValueError(f"The table of air covers {known[0]} to {known[-1]} keV.")
    return np.asarray(np.exp(np.interp(np.log(kev), np.log(known), np.log(values))))


def transmission(
    areal_g_per_cm2: dict[str, Float[np.ndarray, "*pixels"]], through: Beam
) -> Float[np.ndarray, "*pixels"]:
    """Detector signal behind the given areal densities, as a fraction of the signal without a patient.

    The energies are summed for every pixel: `Σ s(E) exp(-Σ μ/ρ(E) L)`, so beam hardening is included.
    `areal_g_per_cm2` maps materials to line integrals of density in g/cm², all of one shape.
    """
    materials = list(areal_g_per_cm2)
    shape = np.shape(areal_g_per_cm2[materials[0]])
    stacked = np.stack([np.ravel(areal_g_per_cm2[name]) for name in materials])
    coefficients = np.stack([mass_attenuation(name, through.kev) for name in materials])
    if stacked.dtype == np.float32:
        from vertebroplasty.fluoroscopy.spectrum_sum import sum_energies  # compiled: not for `--help`

        quick = np.empty(stacked.shape[1], np.float32)
        sum_energies(stacked, coefficients.astype(np.float32), through.signal.astype(np.float32), quick)
        return quick.reshape(shape)
    result = np.empty(stacked.shape[1])
    for start in range(0, len(result), CHUNK_PIXELS):
        block = slice(start, start + CHUNK_PIXELS)
        result[block] = np.exp(-stacked[:, block].T @ coefficients) @ through.signal
    return result.reshape(shape)
