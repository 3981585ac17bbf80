"""How hot bone gets around setting cement, and how deep it is harmed.

Heat freed by conversion is conducted through cement and bone; blood carries some away where its flow is stated, else
none, so that living bone stays cooler (Pennes).  All cement is taken to lie still from the end of the injection on, as
warm as it left the syringe.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from jaxtyping import Bool, Float, Float64
from scipy.ndimage import distance_transform_edt

from vertebroplasty.cement.heat_kernels import add_dose, conduct, react
from vertebroplasty.cement.kinetics import BALIGA, Kinetics
from vertebroplasty.errors import Refused

__all__ = [
    "BLOOD_FLOW_ML_PER_100G_MIN", "BODY_C", "HEAT_J_PER_M3", "HEAT_LAW", "HeatInBone", "ThermalBox", "blood_w_per_m3_k",
    "heat_in_bone",
]  # fmt: skip

BODY_C = 37.0  # [exact] body temperature
HEAT_J_PER_M3 = 1.55e8  # [thermal-practice] freed by a cubic metre of mixed cement at its final conversion
CEMENT_W_PER_M_K = 0.2  # [thermal-practice] within 0.17 to 0.25
CEMENT_J_PER_M3_K = 1.8e6  # [thermal-practice] density times specific heat: an adiabatic rise of 86 K
BONE_W_PER_M_K = 0.4  # [thermal-practice] trabecular bone with marrow, within 0.3 to 0.5
BONE_J_PER_M3_K = 2.6e6  # [thermal-practice] trabecular bone with marrow, 1130 kg/m³ times 2300 J/(kg·K)
BONE_G_PER_ML = 1.13  # [thermal-practice] trabecular bone with marrow
BLOOD_J_PER_M3_K = 3.8e6  # [thermal-practice] blood, 1050 kg/m³ times 3620 J/(kg·K)
BLOOD_FLOW_ML_PER_100G_MIN = 17.6  # [Kahn1994] lower lumbar bodies of young adults, 17.6 ± 3.1
MOST_BLOOD_FLOW = 200.0  # [choice] ml per 100 g and minute, far beyond any marrow
HEAT_LAW = replace(BALIGA, seed=1e-2)  # [Boger2011a] seed with which it hardens 11 min after reaching 37 °C
ROOM_C = 22.0  # [Huang2012] cement as it leaves the syringe
DURATION_S = 1800.0  # [choice] half an hour: bone is back below 43 °C
STABLE = 0.8  # [exact] of the largest explicit step that is stable
ALONE_S = 1.0  # [choice] step of a voxel that conducts to none: its reaction alone
MARGIN_MM = 16.0  # [choice] bone simulated around the cement, farther than heat comes in that time
HALF_FULL = 0.5  # [choice] a voxel counts as cement from half of the fullest on
FULL_OF_NOTHING = 1e-9  # [choice] a box without cement is all bone
TRACE = 0.05  # [choice] a voxel with less cement counts as bone alone
NECROSIS_S = 60.0  # [Eriksson-secondary] above 47 °C for a minute
CEM43_MIN = 16.0  # [thermal-practice] isoeffective dose of 47 °C for a minute
BURN = 1.0  # [thermal-practice] damage integral of a second-degree burn
MM_PER_M = 1000.0  # [exact] mm in a metre
GRAMS, SECONDS_A_MINUTE = 100.0, 60.0  # [exact] what a blood flow is counted for
HIGHEST_C = 30.0  # [choice] of cement leaving a syringe

Field = Float64[np.ndarray, "k j i"]


@dataclass(eq=False, kw_only=True)
class ThermalBox:
    """Voxels of cement and bone with their temperature in °C and conversion; `share` is the cement's part of a voxel.

    Conductivity in W/(m·K) and heat capacity in J/(m³·K) for each voxel.  The outer faces are held at body temperature
    where `open_faces` is 1 and insulated where it is 0.
    """

    share: Field
    temperature_c: Field
    converted: Field
    conductivity: Field
    capacity: Field
    spacing_m: float
    kinetics: Kinetics
    heat_j_per_m3: float
    open_faces: float
    blood: Field  # W/(m³·K) that blood at body temperature carries away

    @classmethod
    def of(
        cls,
        share: Float[np.ndarray, "k j i"],
        spacing_m: float,
        *,
        cement_c: float = ROOM_C,
        kinetics: Kinetics = HEAT_LAW,
        heat_j_per_m3: float = HEAT_J_PER_M3,
        open_faces: float = 1.0,
        blood_w_per_m3_k: float = 0.0,
    ) -> "ThermalBox":
        """Cement among bone at body temperature; a voxel of both is mixed at once, its heat conserved.

        `blood_w_per_m3_k` is what blood takes from each cubic metre of bone; cement stops it, in the fullest voxels
        altogether and elsewhere in proportion.
        """
        part = np.ascontiguousarray(share, np.float64)
        capacity = part * CEMENT_J_PER_M3_K + (1.0 - part) * BONE_J_PER_M3_K
        stopped = part / max(float(part.max()), FULL_OF_NOTHING)
        held = part * CEMENT_J_PER_M3_K * cement_c + (1.0 - part) * BONE_J_PER_M3_K * BODY_C
        return cls(
            share=part,
            temperature_c=held / capacity,
            converted=np.where(part > 0.0, kinetics.seed, 0.0),
            conductivity=part * CEMENT_W_PER_M_K + (1.0 - part) * BONE_W_PER_M_K,
            capacity=capacity,
            spacing_m=spacing_m,
            kinetics=kinetics,
            heat_j_per_m3=heat_j_per_m3,
            open_faces=open_faces,
            blood=(1.0 - stopped) * blood_w_per_m3_k,
        )

    def faces(self) -> tuple[Field, Field, Field]:
        """Conductance in W/(m³·K) of the faces before and behind each voxel, by axis: two halves in series."""
        found = []
        for axis in range(3):
            own = np.moveaxis(self.conductivity, axis, 0)
            inner = 2.0 * own[1:] * own[:-1] / (own[1:] + own[:-1])
            ends = 2.0 * self.open_faces * own[[0, -1]]
            face = np.concatenate((ends[:1], inner, ends[1:])) / self.spacing_m**2
            found.append(np.ascontiguousarray(np.moveaxis(face, 0, axis)))
        return found[0], found[1], found[2]

    @property
    def stable_s(self) -> float:
        """A time step with which explicit conduction is stable and monotone: no voxel gives more than it has."""
        k, j, i = self.faces()
        out = k[1:] + k[:-1] + j[:, 1:] + j[:, :-1] + i[:, :, 1:] + i[:, :, :-1] + self.blood
        fastest = float(np.max(out / self.capacity))
        return STABLE / fastest if fastest > 0.0 else ALONE_S

    @property
    def energy_j_per_m3(self) -> float:
        """Mean of sensible heat above 0 °C and the heat still to be freed; constant in an insulated box."""
        sensible = self.capacity * self.temperature_c
        return float(np.mean(sensible + self.share * self.heat_j_per_m3 * (1.0 - self.converted)))

    def advance(self, duration_s: float, each: Callable[[Field, float], None] | None = None) -> None:
        """Let time pass in stable steps; `each` is shown the temperature and the step after every one."""
        steps = max(1, int(np.ceil(duration_s / self.stable_s)))
        dt = duration_s / steps
        law = self.kinetics
        start = law.energy_j_per_mol if law.start_energy_j_per_mol is None else law.start_energy_j_per_mol
        numbers = np.array([law.k1_per_s, start, law.k2_per_s, law.energy_j_per_mol, law.m, law.n])
        new, faces, per_capacity = np.empty_like(self.temperature_c), self.faces(), 1.0 / self.capacity
        for _ in range(steps):
            react(self.temperature_c, self.converted, self.share, self.heat_j_per_m3, self.capacity, numbers, dt)
            conduct(self.temperature_c, new, *faces, self.blood, per_capacity, dt, BODY_C)
            self.temperature_c, new = new, self.temperature_c
            if each is not None:
                each(self.temperature_c, dt)


@dataclass(frozen=True, eq=False, kw_only=True)
class HeatInBone:
    """Heat around one bolus: fields on the grid that was given, and what they come to.

    Depths are the farthest distance in mm between harmed bone and the cement, 0 where none is: `necrosis_depth_mm` by
    a minute above 47 °C, the others by 50 °C ever reached, by 16 equivalent minutes at 43 °C, and by a damage integral
    of 1 (skin coefficients, which under-predict harm to bone).
    """

    peak_c: Field
    cem43_min: Field
    damage: Field
    above_47_s: Field
    above_50_s: Field
    peak_cement_c: float
    peak_bone_c: float
    necrosis_depth_mm: float
    depth_above_50_c_mm: float
    cem43_depth_mm: float
    damage_depth_mm: float


def blood_w_per_m3_k(flow_ml_per_100g_min: float) -> float:
    """Watts that blood takes from a cubic metre of bone for each degree above the body's, at a flow through marrow.

    All blood leaves as warm as the bone it ran through.  Source: Pennes' equation.
    """
    per_second = flow_ml_per_100g_min / GRAMS * BONE_G_PER_ML / SECONDS_A_MINUTE
    return per_second * BLOOD_J_PER_M3_K


def heat_in_bone(
    fill: Float[np.ndarray, "k j i"],
    spacing_mm: float,
    *,
    cement_c: float = ROOM_C,
    duration_s: float = DURATION_S,
    blood_flow_ml_per_100g_min: float = 0.0,
) -> HeatInBone:
    """Temperature and thermal dose around acrylic cement lying in bone.

    `fill` is cement volume per voxel volume, 0 to 1, on cubes of `spacing_mm`; only a box with 16 mm around the cement
    is simulated, held at body temperature on its outside.  Blood cools bone only where its flow is stated; it is taken
    to go on flowing in bone that the heat has harmed.

    Raises:
        Refused: there is no cement, a fill is impossible, the cement is not as cool as a room, or no marrow has such a
            blood flow.
    """
    values = np.asarray(fill, np.float64)
    if not np.isfinite(values).all() or values.min() < 0.0 or values.max() > 1.0 + 1e-6:
        raise Refused("The fill holds values outside 0 to 1: give cement volume per voxel volume.", where="fill")
    if not (values > 0.0).any():
        raise Refused("There is no cement, so nothing gets warm: inject some first.", where="fill")
    if not 0.0 <= cement_c <= HIGHEST_C:
        raise Refused(f"Cement leaves a syringe at 0 to {HIGHEST_C:g} °C, not at {cement_c:g} °C.", where="cement_c")
    if not 0.0 <= blood_flow_ml_per_100g_min <= MOST_BLOOD_FLOW:
        raise Refused(
            f"--blood-ml-per-100g-min must be at least zero and at most {MOST_BLOOD_FLOW:g}, not "
            f"{blood_flow_ml_per_100g_min:g}.",
            where="--blood-ml-per-100g-min",
        )
    pad = int(np.ceil(MARGIN_MM / spacing_mm))
    low, high = _around(values > 0.0)
    inner = np.pad(np.minimum(values[tuple(map(slice, low, high))], 1.0), pad)
    blood = blood_w_per_m3_k(blood_flow_ml_per_100g_min)
    box = ThermalBox.of(inner, spacing_mm / MM_PER_M, cement_c=cement_c, blood_w_per_m3_k=blood)
    dose = [box.temperature_c.copy(), *(np.zeros_like(inner) for _ in range(4))]
    box.advance(duration_s, lambda temperature, dt: add_dose(temperature, dt, *dose))
    return _heat(dose, inner, spacing_mm, values.shape, [int(n) - pad for n in low])


def _around(cement: Bool[np.ndarray, "k j i"]) -> tuple[list[int], list[int]]:
    """First and one past the last index of the cement on each axis."""
    where = [np.flatnonzero(cement.any(axis=tuple(set(range(3)) - {axis}))) for axis in range(3)]
    return [int(w[0]) for w in where], [int(w[-1]) + 1 for w in where]


def _heat(dose: list[Field], share: Field, spacing_mm: float, shape: tuple[int, ...], origin: list[int]) -> HeatInBone:
    """Sum up the doses, and lay the fields back on the grid they were asked on."""
    peak, cem43, damage, above_47, above_50 = dose
    solid = share >= HALF_FULL * float(share.max())
    bone = share < TRACE
    away_mm = spacing_mm * distance_transform_edt(~solid) - 0.5 * spacing_mm

    def depth(harmed: Bool[np.ndarray, "k j i"]) -> float:
        return float(np.max(away_mm, initial=0.0, where=harmed & bone))

    def on_grid(field: Field, elsewhere: float) -> Field:
        out = np.full(shape, elsewhere)
        first = [max(o, 0) for o in origin]
        last = [min(o + n, size) for o, n, size in zip(origin, field.shape, shape, strict=True)]
        there = tuple(map(slice, first, last))
        out[there] = field[tuple(slice(f - o, e - o) for f, e, o in zip(first, last, origin, strict=True))]
        return out

    return HeatInBone(
        peak_c=on_grid(peak, BODY_C),
        cem43_min=on_grid(cem43, 0.0),
        damage=on_grid(damage, 0.0),
        above_47_s=on_grid(above_47, 0.0),
        above_50_s=on_grid(above_50, 0.0),
        peak_cement_c=float(peak[solid].max()),
        peak_bone_c=float(peak[bone].max()),
        necrosis_depth_mm=depth(above_47 >= NECROSIS_S),
        depth_above_50_c_mm=depth(above_50 > 0.0),
        cem43_depth_mm=depth(cem43 >= CEM43_MIN),
        damage_depth_mm=depth(damage >= BURN),
    )
