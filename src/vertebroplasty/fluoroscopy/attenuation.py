"""What the CT's voxels are made of, and how strongly each material attenuates X-rays of each energy.

A voxel is soft tissue (water scaled in density), or a mixture of soft tissue and cortical bone, or something denser.
The coefficients were computed once with xraylib and lie in `data/attenuation.json`.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from importlib.resources import files
from typing import Any

import numpy as np
from jaxtyping import Bool, Float, Shaped

__all__ = [
    "DENSE_FROM_HU",
    "MATERIALS",
    "Dense",
    "TissueDensities",
    "cortical_hu",
    "density_of",
    "hu_of_densities",
    "mass_attenuation",
    "mixture_attenuation",
    "tissue_densities",
]

CT_KEV = 70.0  # [choice] effective energy of a 120 kVp CT, of the usual 65 to 75 keV
CORTICAL_G_PER_CM3 = 1.92  # [NIST-XAAMDI] density of ICRU-44 cortical bone
SOFT_UP_TO_HU = 80.0  # [choice] above muscle and blood, below this nothing is taken for bone
DENSE_FROM_HU = 2500.0  # [choice] no bone is denser: metal, or cement placed earlier
HU_PER_UNIT = 1000.0  # [exact] Hounsfield's scale
SHARES_WITHIN = 1e-9  # [choice] rounding of shares that are meant to add up to 1


class Dense(StrEnum):
    """What voxels above 2500 HU are: metal, or cement placed before the scan."""

    METAL = "steel-316l"
    CEMENT = "barium-sulfate"


@cache
def _stored() -> dict[str, Any]:
    raw = json.loads(files(__package__).joinpath("data/attenuation.json").read_text(encoding="utf-8"))
    materials: dict[str, Any] = raw["materials"]
    return materials


@cache
def _tables() -> dict[str, tuple[tuple[Float[np.ndarray, "n"], Float[np.ndarray, "n"]], ...]]:
    return {
        name: tuple((np.log(part["kev"]), np.log(part["cm2_per_g"])) for part in material["segments"])
        for name, material in _stored().items()
    }


MATERIALS: tuple[str, ...] = (
    "water",
    "cortical-bone",
    "pmma",
    "barium-sulfate",
    "zirconia",
    "tantalum",
    "tungsten",
    "steel-316l",
    "caesium-iodide",
    "iodine",
    "soft-tissue",
    "bone-mineral",
    "aluminium",
    "copper",
)


def density_of(material: str) -> float:
    """Density of a material of the tables in g/cm³, free of pores."""
    return float(_stored()[material]["density_g_per_cm3"])


def mass_attenuation(material: str, kev: Float[np.ndarray, "*n"] | float) -> Float[np.ndarray, "*n"]:
    """Mass attenuation coefficient in cm²/g, coherent scattering included, at photon energies in keV.

    Interpolated log–log between tabulated energies and never across an absorption edge (xraylib, 15 to 121 keV).

    Raises:
        ValueError: an energy outside the tables.
    """
    log_kev = np.log(np.atleast_1d(np.asarray(kev, float)))
    segments = _tables()[material]
    if log_kev.min() < segments[0][0][0] - 1e-9 or log_kev.max() > segments[-1][0][-1] + 1e-9:
        raise ValueError(f"The tables of {material} cover {np.exp(segments[0][0][0]):.0f} to 121 keV.")
    result = np.empty_like(log_kev)
    for energies, values in segments:
        inside = log_kev >= energies[0]
        result[inside] = np.interp(log_kev[inside], energies, values)
    return np.exp(result).reshape(np.shape(kev))


def mixture_attenuation(
    mass_fractions: Mapping[str, float], kev: Float[np.ndarray, "*n"] | float
) -> Float[np.ndarray, "*n"]:
    """Mass attenuation coefficient in cm²/g of a mixture: those of its parts, each by its share of the mass.

    Raises:
        ValueError: the shares do not add up to 1, or an energy outside the tables.
    """
    total = sum(mass_fractions.values())
    if abs(total - 1.0) > SHARES_WITHIN:
        raise ValueError(f"The mass fractions add up to {total:g}; they must add up to 1.")
    parts = [share * mass_attenuation(name, kev) for name, share in mass_fractions.items()]
    return np.asarray(sum(parts))


@cache
def _cortical_over_water() -> float:
    """Linear attenuation of cortical bone over that of water at the CT's effective energy."""
    bone, water = mass_attenuation("cortical-bone", CT_KEV), mass_attenuation("water", CT_KEV)
    return float(CORTICAL_G_PER_CM3 * bone / water)


def cortical_hu() -> float:
    """HU of solid cortical bone at the CT's effective energy: about 1558."""
    return HU_PER_UNIT * (_cortical_over_water() - 1.0)


@dataclass(frozen=True, eq=False, kw_only=True)
class TissueDensities:
    """Partial densities in g/cm³ on the CT's voxels; `dense` is None where no voxel reads above 2500 HU."""

    soft: Float[np.ndarray, "k j i"]
    bone: Float[np.ndarray, "k j i"]
    dense: Float[np.ndarray, "k j i"] | None
    dense_material: Dense
    dense_voxels: int


def tissue_densities(
    hu: Shaped[np.ndarray, "k j i"], outside: Bool[np.ndarray, "k j i"], *, dense_material: Dense = Dense.METAL
) -> TissueDensities:
    """Split Hounsfield units into soft tissue, bone and what is denser than bone, in g/cm³ per voxel.

    Up to 80 HU: water of density 1 + HU/1000.  From there to solid cortical bone (1558 HU) the bone's volume
    fraction rises evenly from 0 to 1 and soft tissue fills the rest, so that the mixture has the voxel's HU again.
    To 2500 HU cortical bone of rising density; above, `dense_material` at the density that has this HU.
    Voxels outside the scan are empty: nothing is known of them.
    """
    relative = np.maximum(0.0, 1.0 + hu.astype(np.float32) / np.float32(HU_PER_UNIT))
    relative[outside] = 0.0
    ratio, soft_limit = _cortical_over_water(), 1.0 + SOFT_UP_TO_HU / HU_PER_UNIT
    fraction = np.clip((relative - soft_limit) / (ratio - soft_limit), 0.0, 1.0)
    is_dense = np.asarray(hu > DENSE_FROM_HU)
    bone = np.where(relative > ratio, CORTICAL_G_PER_CM3 * relative / ratio, CORTICAL_G_PER_CM3 * fraction)
    soft = np.where(fraction > 0.0, soft_limit * (1.0 - fraction), relative)
    count = int(np.count_nonzero(is_dense))
    dense = None
    if count:
        per_unit = float(mass_attenuation(dense_material.value, CT_KEV) / mass_attenuation("water", CT_KEV))
        dense = np.where(is_dense, relative / per_unit, 0.0).astype(np.float32)
        bone[is_dense] = 0.0
    return TissueDensities(
        soft=soft.astype(np.float32),
        bone=bone.astype(np.float32),
        dense=dense,
        dense_material=dense_material,
        dense_voxels=count,
    )


def hu_of_densities(tissue: TissueDensities) -> Float[np.ndarray, "k j i"]:
    """Hounsfield units that the mixture would read on the CT: the check of `tissue_densities`."""
    water = float(mass_attenuation("water", CT_KEV))
    linear = tissue.soft * water + tissue.bone * float(mass_attenuation("cortical-bone", CT_KEV))
    if tissue.dense is not None:
        linear = linear + tissue.dense * float(mass_attenuation(tissue.dense_material.value, CT_KEV))
    return np.asarray(HU_PER_UNIT * (linear / water - 1.0))
