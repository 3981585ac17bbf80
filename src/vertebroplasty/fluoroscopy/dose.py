"""Dose: air kerma of a beam, its half-value layer, and what the skin receives for a dose at the detector.

Estimates for comparing settings, not a patient's dose: primary photons of one pencil beam, no backscatter from the
patient, no table.
"""

import numpy as np
from jaxtyping import Float
from scipy.optimize import brentq

from vertebroplasty.fluoroscopy.attenuation import density_of, mass_attenuation
from vertebroplasty.fluoroscopy.beam import Beam, air_mass_energy_absorption
from vertebroplasty.geometry.c_arm_view import CArmView

__all__ = [
    "detector_share_of_kerma",
    "entrance_kerma_ngy",
    "half_value_layer_mm",
    "kerma_per_photon_ngy_mm2",
    "mean_kev",
    "photons_per_mm2_ngy",
]

JOULE_PER_KEV = 1.602176634e-16  # [exact] definition of the electronvolt
NGY_MM2_PER_J_CM2_PER_G = 1e14  # [exact] 1 J/g is 1000 Gy; 1 cm² is 100 mm²; 1 Gy is 1e9 nGy
MM_PER_CM = 10.0  # [exact] layers are stated in mm
THICKEST_MM = 100.0  # [choice] far above any half-value layer up to 120 kVp

Areal = dict[str, float]


def _depth(areal_g_per_cm2: Areal, kev: Float[np.ndarray, "e"]) -> Float[np.ndarray, "e"]:
    return np.asarray(
        sum((mass * mass_attenuation(name, kev) for name, mass in areal_g_per_cm2.items()), np.zeros_like(kev))
    )


def kerma_per_photon_ngy_mm2(kev: Float[np.ndarray, "e"]) -> Float[np.ndarray, "e"]:
    """Air kerma in nGy of one photon per mm², at photon energies in keV: energy times the absorption of air."""
    return np.asarray(kev * JOULE_PER_KEV * air_mass_energy_absorption(kev) * NGY_MM2_PER_J_CM2_PER_G)


def _behind(through: Beam, areal_g_per_cm2: Areal) -> Float[np.ndarray, "e"]:
    """Photons of each energy left behind the areal densities, of one without them."""
    return np.asarray(through.photons * np.exp(-_depth(areal_g_per_cm2, through.kev)))


def mean_kev(through: Beam, behind: Areal | None = None) -> float:
    """Mean energy of the beam's photons in keV, behind the given areal densities in g/cm² (narrow beam)."""
    photons = _behind(through, behind or {})
    return float(photons @ through.kev / photons.sum())


def photons_per_mm2_ngy(through: Beam, behind: Areal | None = None) -> float:
    """Photons per mm² that make an air kerma of 1 nGy, behind the given areal densities in g/cm² (narrow beam)."""
    photons = _behind(through, behind or {})
    return float(photons.sum() / (photons @ kerma_per_photon_ngy_mm2(through.kev)))


def half_value_layer_mm(through: Beam, material: str = "aluminium") -> float:
    """Thickness in mm of a material that halves the beam's air kerma (narrow beam): how hard the beam is."""
    kerma = through.photons * kerma_per_photon_ngy_mm2(through.kev)
    per_mm = density_of(material) * mass_attenuation(material, through.kev) / MM_PER_CM

    def above_half(thickness_mm: float) -> float:
        return float(kerma @ np.exp(-per_mm * thickness_mm) / kerma.sum() - 0.5)

    return float(brentq(above_half, 0.0, THICKEST_MM))


def detector_share_of_kerma(through: Beam, behind: Areal) -> float:
    """Primary air kerma behind the areal densities (g/cm²) over that without them, at the same place."""
    per_photon = kerma_per_photon_ngy_mm2(through.kev)
    return float(_behind(through, behind) @ per_photon / (through.photons @ per_photon))


def entrance_kerma_ngy(
    detector_kerma_ngy: float,
    through: Beam,
    behind: Areal,
    view: CArmView,
    *,
    thickness_mm: float,
    scatter_to_primary: float = 0.0,
) -> float:
    """Air kerma at the patient's skin (free in air, on the central ray) for a kerma at the detector behind him.

    Scatter counts at the detector but not at the skin; the beam spreads with the square of the distance from the
    focal spot, and the patient is centred on the isocentre.
    """
    primary = detector_kerma_ngy / (1.0 + scatter_to_primary)
    to_skin_mm = view.sod_mm - thickness_mm / 2
    return float(primary / detector_share_of_kerma(through, behind) * (view.sid_mm / to_skin_mm) ** 2)
