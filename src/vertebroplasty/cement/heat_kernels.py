"""The loops of heat: reaction and its heat, conduction between voxels, and the dose that tissue takes."""

import numpy as np
from jaxtyping import Float64

from vertebroplasty.kernels import kernel, parallel_kernel, prange

__all__ = ["add_dose", "cem43_speed", "conduct", "damage_speed", "react"]

GAS_CONSTANT = 8.314462618  # [exact] J/(mol·K)
KELVIN = 273.15  # [exact] 0 °C in K
HALVING_C = 43.0  # [thermal-practice] °C that the isoeffective dose refers to
ABOVE, BELOW = 0.5, 0.25  # [thermal-practice] factor of the isoeffective dose for each °C above and below 43
DAMAGE_PER_S = 3.1e98  # [thermal-practice] Henriques and Moritz, skin
DAMAGE_ENERGY = 628_000.0  # [thermal-practice] J/mol, Henriques and Moritz, skin
COUNTED_FROM_C = 38.0  # [choice] cooler tissue takes no dose worth a power function
NECROSIS_C = 47.0  # [Eriksson-secondary] a minute of it damages bone
STRICT_C = 50.0  # [thermal-practice] the threshold engineers commonly use
SECONDS_A_MINUTE = 60.0  # [exact] CEM43 is counted in minutes
HALF = 0.5  # [exact] midpoint of a step

Field = Float64[np.ndarray, "k j i"]


@kernel
def cem43_speed(temperature_c: float) -> float:
    """Equivalent minutes at 43 °C gathered in each minute at a temperature."""
    factor = ABOVE if temperature_c >= HALVING_C else BELOW
    return float(factor ** (HALVING_C - temperature_c))


@kernel
def damage_speed(temperature_c: float) -> float:
    """Henriques' and Moritz' damage integral gathered each second at a temperature; 1 is a second-degree burn."""
    return float(DAMAGE_PER_S * np.exp(-DAMAGE_ENERGY / (GAS_CONSTANT * (temperature_c + KELVIN))))


@kernel
def _speed(a: float, kelvin: float, law: Float64[np.ndarray, "6"]) -> float:
    """Conversion per second; `law` holds k1, its energy, k2, its energy, m, n."""
    start = law[0] * np.exp(-law[1] / (GAS_CONSTANT * kelvin)) if law[0] > 0.0 else 0.0
    on = law[2] * np.exp(-law[3] / (GAS_CONSTANT * kelvin))
    return float((start + on * a ** law[4]) * max(1.0 - a, 0.0) ** law[5])


@parallel_kernel
def react(
    temperature: Field, converted: Field, share: Field, heat: float, capacity: Field, law: Float64[np.ndarray, "6"],
    dt_s: float,
) -> None:  # fmt: skip
    """Convert monomer for one step (midpoint rule) and warm each voxel by the heat that frees.

    `heat` is J/m³ of cement at full conversion, `share` the cement's part of the voxel, `capacity` J/(m³·K).
    """
    nk, nj, ni = temperature.shape
    for k in prange(nk):
        for j in range(nj):
            for i in range(ni):
                if share[k, j, i] <= 0.0:
                    continue
                a, kelvin = converted[k, j, i], temperature[k, j, i] + KELVIN
                rise = share[k, j, i] * heat / capacity[k, j, i]
                first = HALF * dt_s * _speed(a, kelvin, law)
                gain = min(dt_s * _speed(a + first, kelvin + rise * first, law), 1.0 - a)
                converted[k, j, i] = a + gain
                temperature[k, j, i] += rise * gain


@parallel_kernel
def conduct(
    old: Field, new: Field, face_k: Field, face_j: Field, face_i: Field, blood: Field, per_capacity: Field, dt_s: float,
    body_c: float,
) -> None:  # fmt: skip
    """One explicit step of conduction, and of what blood at `body_c` carries away.

    `face_k` has one entry more than the voxels along k, and so on: W/(m³·K) between a voxel and the one before it; the
    first and the last lead to the outside at `body_c`.  `blood` is W/(m³·K) of each voxel,
    `per_capacity` one over J/(m³·K).
    """
    nk, nj, ni = old.shape
    for k in prange(nk):
        for j in range(nj):
            for i in range(ni):
                here = old[k, j, i]
                below = old[k - 1, j, i] if k > 0 else body_c
                above = old[k + 1, j, i] if k < nk - 1 else body_c
                front = old[k, j - 1, i] if j > 0 else body_c
                back = old[k, j + 1, i] if j < nj - 1 else body_c
                right = old[k, j, i - 1] if i > 0 else body_c
                left = old[k, j, i + 1] if i < ni - 1 else body_c
                flow = face_k[k, j, i] * (below - here) + face_k[k + 1, j, i] * (above - here)
                flow += face_j[k, j, i] * (front - here) + face_j[k, j + 1, i] * (back - here)
                flow += face_i[k, j, i] * (right - here) + face_i[k, j, i + 1] * (left - here)
                flow += blood[k, j, i] * (body_c - here)
                new[k, j, i] = here + dt_s * per_capacity[k, j, i] * flow


@parallel_kernel
def add_dose(
    temperature: Field, dt_s: float, peak: Field, cem43_min: Field, damage: Field, above_47_s: Field, above_50_s: Field
) -> None:
    """Gather peak, isoeffective dose, damage integral and the time above 47 and 50 °C over one step."""
    nk, nj, ni = temperature.shape
    for k in prange(nk):
        for j in range(nj):
            for i in range(ni):
                celsius = temperature[k, j, i]
                peak[k, j, i] = max(peak[k, j, i], celsius)
                if celsius < COUNTED_FROM_C:
                    continue
                cem43_min[k, j, i] += cem43_speed(celsius) * dt_s / SECONDS_A_MINUTE
                damage[k, j, i] += damage_speed(celsius) * dt_s
                if celsius >= NECROSIS_C:
                    above_47_s[k, j, i] += dt_s
                if celsius >= STRICT_C:
                    above_50_s[k, j, i] += dt_s
