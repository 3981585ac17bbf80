"""Compress a specimen until its bone yields: the load-displacement curve, and the load at which it bends away.

Bone follows a line of Young's modulus up to its yield strain and one of a twentieth of it beyond (bilinear).  The
strain that counts is the effective one, sqrt(2 U / E), which is the axial strain in a bar.  Loads only rise, so the
stress depends on the strain alone and each voxel can be given its secant modulus, stress over strain; solving and
updating these in turn converges, because a yielding material's secant falls with its strain.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float32, Float64

from vertebroplasty.errors import Refused
from vertebroplasty.solvers.conjugate_gradient import NotConverged
from vertebroplasty.solvers.elasticity import nodal_forces, solve_elasticity, strain_energy_density
from vertebroplasty.strength.load_cases import compression
from vertebroplasty.strength.response import respond
from vertebroplasty.strength.specimen import Specimen
from vertebroplasty.strength.yield_laws import YieldLaw, yield_strains

__all__ = ["LATE_CRITERION", "OFFSET_CRITERION", "YieldCurve", "offset_load_n", "press_to_yield"]

LATE_CRITERION = "nonlinear: bilinear bone, load at a shortening of 1.9 % of the body's height"
POST_YIELD_SHARE = 0.05  # [bilinear-bone] of Young's modulus beyond yield
OFFSET_STRAIN = 0.002  # [offset-yield] shortening over height that would stay after unloading
OFFSET_CRITERION = "nonlinear: bilinear bone, load at an offset of 0.2 % of the body's height from the elastic line"
LATE_SHORTENING = 0.019  # [strain-1.9-percent] of the height, the other definition of strength in use
SHORTENINGS = (0.003, 0.005, 0.007, 0.01, 0.014, LATE_SHORTENING)  # [choice] of the height
ROUNDING = 1e-9  # [exact] relative, of two floats that are meant to be equal
OUT_OF_BALANCE = 2e-3  # [choice] unbalanced nodal forces over the plate's; measured, the load is then off by 3e-5
INNER_SHARE = 0.1  # [choice] of the forces out of balance that each linear solve may leave
MOST_UPDATES = 100  # [choice] of the secants in one step


@dataclass(frozen=True, eq=False, kw_only=True)
class YieldCurve:
    """Load against displacement under compression that only rises, the origin included.

    `offset_load_n` is None where the curve ends before it bends away far enough, and then `why_unknown` says so.
    `yielded_share` is that of the bone voxels past their yield strain at the last step; `out_of_balance` the largest
    of all steps.
    """

    displacement_mm: tuple[float, ...]
    load_n: tuple[float, ...]
    height_mm: float
    offset_load_n: float | None
    yielded_share: float
    updates: int
    iterations: int
    out_of_balance: float
    why_unknown: str = ""

    def load_at_shortening_n(self, share: float = LATE_SHORTENING) -> float | None:
        """The load at a shortening in shares of the body's height, 1.9 % if not stated; None beyond the curve's end."""
        amount = share * self.height_mm
        if amount > self.displacement_mm[-1] * (1 + ROUNDING):
            return None
        return float(np.interp(amount, self.displacement_mm, self.load_n))


@dataclass(frozen=True, eq=False, kw_only=True)
class _Step:
    load_n: float
    displacement_mm: Float64[np.ndarray, "3 kn jn in"]
    strain: Float64[np.ndarray, "k j i"]
    updates: int
    iterations: int
    out_of_balance: float


def press_to_yield(
    specimen: Specimen,
    law: YieldLaw,
    *,
    shortenings: Sequence[float] = SHORTENINGS,
    post_yield_share: float = POST_YIELD_SHARE,
) -> YieldCurve:
    """The load-displacement curve in axial compression, and the load at the 0.2 % offset.

    Args:
        specimen: the block; bone without cement yields, everything else stays elastic.
        law: when bone yields.
        shortenings: steps of the upper plate over the body's height, rising.
        post_yield_share: slope beyond yield over Young's modulus.

    Raises:
        Refused: steps that do not rise, an impossible slope, or no densities for a law that needs them.
        NotConverged: a step did not come into balance.
    """
    steps = np.asarray(shortenings, np.float64)
    if not steps.size or steps[0] <= 0 or (np.diff(steps) <= 0).any():
        raise Refused("The steps of a yield curve must be positive and rise.")
    if not 0 < post_yield_share <= 1:
        raise Refused(f"A post-yield slope of {post_yield_share} of Young's modulus is impossible: use 0 to 1.")
    limits = yield_strains(specimen, law)
    displacement = (steps * specimen.height_mm).tolist()
    elastic = respond(specimen, compression(specimen, displacement[0]))
    done: list[_Step] = []
    start = elastic.displacement_mm
    for before, amount in zip((displacement[0], *displacement), displacement, strict=False):
        done.append(_step(specimen, limits, post_yield_share, amount, start * (amount / before)))
        start = done[-1].displacement_mm
    bone = np.isfinite(limits) & (specimen.modulus_mpa > 0)
    x, y = (0.0, *displacement), (0.0, *(step.load_n for step in done))
    offset = offset_load_n(x, y, elastic.stiffness, specimen.height_mm)
    return YieldCurve(
        displacement_mm=x,
        load_n=y,
        height_mm=specimen.height_mm,
        offset_load_n=offset,
        yielded_share=float((done[-1].strain > limits)[bone].mean()) if bone.any() else 0.0,
        updates=sum(step.updates for step in done),
        iterations=elastic.iterations + sum(step.iterations for step in done),
        out_of_balance=max(step.out_of_balance for step in done),
        why_unknown="" if offset is not None else "The curve does not bend away by the offset: press it further.",
    )


def offset_load_n(
    displacement_mm: Sequence[float], load_n: Sequence[float], stiffness_n_per_mm: float, height_mm: float
) -> float | None:
    """Where a load-displacement curve meets the elastic line shifted by 0.2 % of the height; None if it does not."""
    x, y = np.asarray(displacement_mm, np.float64), np.asarray(load_n, np.float64)
    above = y - stiffness_n_per_mm * (x - OFFSET_STRAIN * height_mm)
    crossed = np.flatnonzero(above <= 0)
    if not crossed.size:
        return None
    n = int(crossed[0])
    share = above[n - 1] / (above[n - 1] - above[n])
    return float(y[n - 1] + share * (y[n] - y[n - 1]))


def _step(
    specimen: Specimen,
    limits: Float64[np.ndarray, "k j i"],
    post_yield_share: float,
    amount_mm: float,
    start_mm: Float64[np.ndarray, "3 kn jn in"],
) -> _Step:
    """Bring the specimen into balance at one position of the plate, setting out from a guess."""
    case = compression(specimen, amount_mm)
    u, iterations, out = start_mm, 0, np.inf
    for update in range(MOST_UPDATES + 1):
        strain = _effective_strain(specimen, u)
        secant = _secant(specimen.modulus_mpa, strain, limits, post_yield_share)
        forces = nodal_forces(secant, specimen.spacing_mm, u, element=specimen.unit_cube)
        free = np.where(case.held, 0.0, forces)
        out = float(np.linalg.norm(free) / np.linalg.norm(forces[:, -1]))
        if out <= OUT_OF_BALANCE:
            return _Step(
                load_n=float(np.vdot(forces, u)) / amount_mm,
                displacement_mm=u,
                strain=strain,
                updates=update,
                iterations=iterations,
                out_of_balance=out,
            )
        load = nodal_forces(secant, specimen.spacing_mm, case.prescribed_mm, element=specimen.unit_cube)
        left = INNER_SHARE * float(np.linalg.norm(free) / np.linalg.norm(np.where(case.held, 0.0, load)))
        solution = solve_elasticity(
            secant,
            specimen.spacing_mm,
            held=case.held,
            prescribed_mm=case.prescribed_mm,
            element=specimen.unit_cube,
            relative_tolerance=left,
            start_mm=u,
        )
        u, iterations = solution.displacement_mm, iterations + solution.iterations
    raise NotConverged(
        f"At a shortening of {amount_mm:.3f} mm the yielding bone was still {out:.1e} out of balance after "
        f"{MOST_UPDATES} updates (asked: {OUT_OF_BALANCE:.0e}): take smaller steps."
    )


def _effective_strain(
    specimen: Specimen, displacement_mm: Float64[np.ndarray, "3 kn jn in"]
) -> Float64[np.ndarray, "k j i"]:
    """sqrt(2 U / E) of every voxel: with one Poisson's ratio it depends on the displacements alone."""
    unit = (specimen.modulus_mpa > 0).astype(np.float32)
    density = strain_energy_density(unit, specimen.spacing_mm, displacement_mm, element=specimen.unit_cube)
    return np.asarray(np.sqrt(np.maximum(2 * density, 0.0)))


def _secant(
    modulus_mpa: Float32[np.ndarray, "k j i"],
    strain: Float64[np.ndarray, "k j i"],
    limits: Float64[np.ndarray, "k j i"],
    post_yield_share: float,
) -> Float32[np.ndarray, "k j i"]:
    """Stress over strain of every voxel on its bilinear line."""
    over = np.divide(limits, strain, out=np.ones(strain.shape), where=strain > limits)
    return np.asarray(modulus_mpa * (post_yield_share + (1 - post_yield_share) * over), np.float32)
