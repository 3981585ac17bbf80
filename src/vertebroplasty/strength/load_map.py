"""Where a loaded body stores its energy, and which of its voxels are loaded most."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float

from vertebroplasty.errors import Refused
from vertebroplasty.strength.response import Response

__all__ = ["MOST_LOADED_SHARE", "LoadMap", "load_map", "most_loaded_strain"]

MOST_LOADED_SHARE = 0.05  # [choice] of the body's voxels, cement included


@dataclass(frozen=True, eq=False, kw_only=True)
class LoadMap:
    """The treated body under a force, on the grid that the specimen was cut from.

    `strain_energy_mpa` is energy per volume and `effective_strain` the strain that would store it in a bar; both are 0
    outside the body.  `most_loaded` marks the 5 % of the body's voxels with the largest effective strain, and
    `most_loaded_strain` is their mean.
    """

    force_n: float
    strain_energy_mpa: Float[np.ndarray, "k j i"]
    effective_strain: Float[np.ndarray, "k j i"]
    most_loaded: Bool[np.ndarray, "k j i"]
    most_loaded_strain: float


def load_map(response: Response, force_n: float, shape: tuple[int, ...]) -> LoadMap:
    """Maps of a response under a force, on the grid of so many voxels that its specimen was cut from.

    Raises:
        Refused: a force that does not press, or a specimen without a body.
    """
    loaded = response.at_force(force_n)
    specimen = loaded.specimen
    body, strain = specimen.treated_body(), loaded.effective_strain()
    most = _most_loaded(body, strain)
    return LoadMap(
        force_n=force_n,
        strain_energy_mpa=specimen.onto_grid(np.where(body, loaded.energy_density_mpa(), 0.0), shape),
        effective_strain=specimen.onto_grid(np.where(body, strain, 0.0), shape),
        most_loaded=specimen.onto_grid(most, shape).astype(np.bool_),
        most_loaded_strain=float(strain[most].mean()),
    )


def most_loaded_strain(response: Response) -> float:
    """Mean effective strain of the 5 % of the body's voxels that are loaded most, under the response's own load.

    Raises:
        Refused: a specimen without a body.
    """
    strain = response.effective_strain()
    return float(strain[_most_loaded(response.specimen.treated_body(), strain)].mean())


def _most_loaded(body: Bool[np.ndarray, "k j i"], strain: Float[np.ndarray, "k j i"]) -> Bool[np.ndarray, "k j i"]:
    """The 5 % of the body with the largest strain; ties go to the first in the array's order."""
    if not body.any():
        raise Refused("The specimen holds no vertebral body: nothing can be mapped.")
    count = max(1, round(MOST_LOADED_SHARE * int(np.count_nonzero(body))))
    order = np.argsort(-strain[body], kind="stable")[:count]
    most = np.zeros(body.shape, np.bool_)
    most[tuple(np.argwhere(body)[order].T)] = True
    return most
