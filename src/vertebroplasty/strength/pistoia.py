"""Failure load by the share of the bone that is strained too far: the second linear rule, beside that of shortening.

Both rules are scaled out of one linear answer.  The rule of shortening (Crawford 2003) sees the stiffness alone; this
one sees where the bone is strained, and so whether cement spares bone or loads what lies above and below it.
"""

import math

from vertebroplasty.errors import Refused
from vertebroplasty.strength.response import Response
from vertebroplasty.strength.specimen import Matter

__all__ = ["PISTOIA_CRITERION", "pistoia_load_n"]

CRITICAL_STRAIN = 0.007  # [Pistoia2002] effective strain at which bone counts as failed
CRITICAL_SHARE = 0.02  # [Pistoia2002] of the bone that must have failed; found on micro-CT voxels of the radius
PISTOIA_CRITERION = (
    "linear: failure when 2 % of the body's bone exceeds an effective strain of 0.7 %, cement left out (Pistoia 2002)"
)


def pistoia_load_n(
    response: Response, *, critical_strain: float = CRITICAL_STRAIN, critical_share: float = CRITICAL_SHARE
) -> float:
    """The load (N) at which a share of the body's bone exceeds a critical effective strain.

    The effective strain is sqrt(2 U / E) with U the strain energy density; in a uniform bar it is the axial strain.
    Bone with cement in its pores, earlier cement, processes and caps are not counted: a stiff and little strained
    region would only dilute the share.

    Raises:
        Refused: the body holds no bone without cement, its bone is not strained, or the share is no share.
    """
    if not 0 < critical_share < 1:
        raise Refused(f"A share of {critical_share} of the bone is impossible: use a number between 0 and 1.")
    strain = response.effective_strain()[response.specimen.made_of(Matter.BONE)]
    if not strain.size:
        raise Refused("The body holds no bone free of cement: the rule of strained bone does not apply.")
    strain.sort()
    reached = float(strain[math.ceil((1 - critical_share) * strain.size) - 1])
    if not reached > 0:
        raise Refused("The bone is not strained under this load: the rule of strained bone does not apply.")
    return response.reaction_n * critical_strain / reached
