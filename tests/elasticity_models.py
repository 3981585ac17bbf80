"""Small voxel models between plates and rollers, and the strains of a displaced one, for the rungs of elasticity."""

import numpy as np

from vertebroplasty.solvers.elasticity import solve_elasticity


def nodes(shape, spacing=1.0):
    """Coordinates (x, y, z) of the nodes of [k, j, i] voxels, component first."""
    k, j, i = np.meshgrid(*(spacing * np.arange(n + 1.0) for n in shape), indexing="ij")
    return np.stack([i, j, k])


def nothing_held(shape):
    return np.zeros((3, *(n + 1 for n in shape)), bool)


def surface(shape):
    """All components on the surface of the box; everything inside is free."""
    held = ~nothing_held(shape)
    held[:, 1:-1, 1:-1, 1:-1] = False
    return held


def rollers(shape, lengthened):
    """All six faces slide; the far ones are moved outwards by so much along (x, y, z), None leaving one free."""
    held, prescribed = nothing_held(shape), np.zeros((3, *(n + 1 for n in shape)))
    for component, far in enumerate(lengthened):
        face = [component, *[slice(None)] * 3]
        face[3 - component] = 0
        held[tuple(face)] = True
        face[3 - component] = -1
        if far is not None:
            held[tuple(face)] = True
            prescribed[tuple(face)] = far
    return {"held": held, "prescribed_mm": prescribed}


def bonded(shape, shortening=0.1):
    """Lowest and highest nodes bonded to plates, the upper moved down."""
    held, prescribed = nothing_held(shape), np.zeros((3, *(n + 1 for n in shape)))
    held[:, 0] = held[:, -1] = True
    prescribed[2, -1] = -shortening
    return {"held": held, "prescribed_mm": prescribed}


def solved(modulus, ends, *, nu=None, element=None, spacing=1.0, tolerance=1e-10, **more):
    return solve_elasticity(
        modulus, spacing, **ends, poisson_ratio=nu, element=element, relative_tolerance=tolerance, **more
    )


def bonded_stiffness(modulus, **more):
    return 2 * solved(modulus, bonded(modulus.shape), **more).energy_n_mm / 0.1**2


def random_modulus(shape, seed=0, low=1.0, high=100.0):
    return np.random.default_rng(seed).uniform(low, high, shape)


def strains(displacement, spacing=1.0):
    """Mean strain of every voxel, [a, b, k, j, i], from differences between opposite faces."""
    gradient = np.empty((3, 3, *(n - 1 for n in displacement.shape[1:])))
    for direction, axis in enumerate((3, 2, 1)):
        slope = np.diff(displacement, axis=axis) / spacing
        for other in {1, 2, 3} - {axis}:
            low = [slice(None)] * 4
            high = low.copy()
            low[other], high[other] = slice(None, -1), slice(1, None)
            slope = (slope[tuple(low)] + slope[tuple(high)]) / 2
        gradient[:, direction] = slope
    return (gradient + gradient.swapaxes(0, 1)) / 2
