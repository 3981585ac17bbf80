"""What fills a voxel and how easily it moves: permeability over the viscosity of cement and marrow, Darcy speeds."""

import numpy as np
from jaxtyping import Bool, Float64

from vertebroplasty.kernels import kernel

__all__ = ["mixture", "speeds"]

LOWEST_SHEAR = 1e-3  # [choice] 1/s, as in the rheology
IMMOBILE_PA_S = 1e4  # [choice] as in the rheology
TUBES = 12.0  # [ChristopherMiddleman1965] factor of the effective viscosity in a bed
TUBE_SHAPE = 150.0  # [ChristopherMiddleman1965] factor of permeability times porosity
NINE, THREE = 9.0, 3.0  # [ChristopherMiddleman1965] (9 + 3/n)^n
PLUG_COST = 4.0 / 3.0  # [exact] of the yield stress, what it adds to the stress on a tube's wall (Buckingham, Reiner)
SMOOTHING_S = 100.0  # [choice] as in the rheology
HALF = 0.5  # [exact] mean of the two faces of a voxel

Flat = Float64[np.ndarray, "n"]
Field = Float64[np.ndarray, "k j i"]


@kernel
def mixture(
    share: Flat,
    permeability: Flat,
    porosity: Flat,
    speed: Flat,
    active: Bool[np.ndarray, "n"],
    consistency: float,
    index: float,
    marrow: float,
    mobility: Flat,
    yield_pa: float = 0.0,
) -> None:
    """Permeability over the viscosity of what fills each voxel: cement and marrow one behind the other.

    `share` is the part of the pores that holds cement.  Its apparent viscosity follows the speed of the last solution
    (Christopher and Middleman); where nothing has flowed yet it is the consistency.  A yield stress adds what it costs
    at the shear rate of the pores' walls, smoothed where hardly anything moves.  Writes m²/(Pa·s) into `mobility`.
    """
    thin = index - 1.0
    ceiling = min(consistency * LOWEST_SHEAR**thin, IMMOBILE_PA_S)
    shape = (NINE + THREE / index) ** index / TUBES
    for c in range(share.size):
        if not active[c]:
            mobility[c] = 0.0
            continue
        cement = consistency
        if share[c] > 0.0 and thin != 0.0 and speed[c] > 0.0:
            pores = (TUBE_SHAPE * permeability[c] * porosity[c]) ** (-HALF * thin)
            cement = min(consistency * shape * pores * speed[c] ** thin, ceiling)
        if share[c] > 0.0 and yield_pa > 0.0:
            shear = (NINE + THREE / index) * speed[c] / np.sqrt(TUBE_SHAPE * permeability[c] * porosity[c])
            shear = max(shear, LOWEST_SHEAR)
            plug = PLUG_COST * yield_pa * (1.0 - np.exp(-SMOOTHING_S * shear)) / shear
            cement = min(cement + plug, IMMOBILE_PA_S)
        mobility[c] = permeability[c] / (share[c] * cement + (1.0 - share[c]) * marrow)


@kernel
def speeds(flux_i: Field, flux_j: Field, flux_k: Field, per_area: float, speed: Field) -> None:
    """Darcy speed at voxel centres in m/s: the mean flux through opposite faces times `per_area` (1/m²)."""
    nk, nj, ni = speed.shape
    for k in range(1, nk):
        for j in range(1, nj):
            for i in range(1, ni):
                x = abs(flux_i[k, j, i]) + abs(flux_i[k, j, i - 1])
                y = abs(flux_j[k, j, i]) + abs(flux_j[k, j - 1, i])
                z = abs(flux_k[k, j, i]) + abs(flux_k[k - 1, j, i])
                speed[k, j, i] = HALF * per_area * np.sqrt(x * x + y * y + z * z)
