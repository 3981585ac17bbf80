"""How far a body's endplates come together under load, and the linear failure rule for a body inside a segment."""

import numpy as np
from jaxtyping import Bool, Float, Int64

from vertebroplasty.errors import Refused
from vertebroplasty.strength.press import FAILURE_STRAIN
from vertebroplasty.strength.response import Response

__all__ = ["body_shortening_mm", "segment_failure_load_n"]


def body_shortening_mm(response: Response) -> float:
    """How much closer the treated body's endplates come, on average over the columns loaded at both ends.

    Raises:
        Refused: no column of the body has material above and below.
    """
    specimen = response.specimen
    body, solid = specimen.treated_body(), specimen.modulus_mpa > 0
    level = np.arange(body.shape[0])[:, None, None]
    lowest = body.argmax(axis=0)
    highest = body.shape[0] - 1 - body[::-1].argmax(axis=0)
    loaded = (
        body.any(axis=0) & (solid & (level == lowest - 1)).any(axis=0) & (solid & (level == highest + 1)).any(axis=0)
    )
    if not loaded.any():
        raise Refused("No column of the body is loaded from above and below: its shortening is not defined.")
    return float((_down(response, highest + 1, loaded) - _down(response, lowest, loaded)).mean())


def segment_failure_load_n(response: Response) -> float:
    """Failure load of a body inside a segment: the force at which its endplates are 0.68 % of its height closer.

    Raises:
        Refused: the body does not become shorter.
    """
    shortening = body_shortening_mm(response)
    if not shortening > 0:
        raise Refused("The body does not become shorter under this load: the linear failure rule does not apply.")
    return response.reaction_n * FAILURE_STRAIN * response.specimen.height_mm / shortening


def _down(
    response: Response, node_level: Int64[np.ndarray, "j i"], columns: Bool[np.ndarray, "j i"]
) -> Float[np.ndarray, "n"]:
    """Downward displacement of the columns' faces at a level of nodes, mean of their four corners."""
    j, i = np.nonzero(columns)
    k = node_level[j, i]
    up = response.displacement_mm[2]
    return np.asarray(-(up[k, j, i] + up[k, j + 1, i] + up[k, j, i + 1] + up[k, j + 1, i + 1]) / 4)
