"""The load cases of the field: which specimen each one tests, how, and when it counts as failed."""

from dataclasses import dataclass, replace
from enum import StrEnum

import numpy as np
from jaxtyping import Float

from vertebroplasty.anatomy.grid import VertebraGrid
from vertebroplasty.errors import Refused
from vertebroplasty.solvers.elasticity_element import transversely_isotropic
from vertebroplasty.strength import NOT_MODELLED
from vertebroplasty.strength.body_specimen import body_specimen
from vertebroplasty.strength.endplates import segment_failure_load_n
from vertebroplasty.strength.load_cases import compression
from vertebroplasty.strength.material import BoneLaw
from vertebroplasty.strength.plate import AHEAD_SHARE, flexion
from vertebroplasty.strength.press import CRITERION, failure_load_n
from vertebroplasty.strength.response import Response, respond
from vertebroplasty.strength.segment_specimen import DISC_MPA, disc_specimen, stack_specimen
from vertebroplasty.strength.specimen import Specimen

__all__ = ["CASES", "COMPRESSION", "Isotropy", "LoadSetting", "not_modelled", "setting_of"]


SEGMENT_CRITERION = (
    "linear: failure when the endplates come closer by 0.68 % of the body's height (after Crawford 2003)"
)
FLEXION_CRITERION = "linear: failure at 0.68 % shortening of the body along the force's line (after Crawford 2003)"
BONES_ONLY = (
    "Only bodies and discs bear load: arches, facet joints, ligaments and muscles are left out.",
    "A disc is one linear material of one modulus for all discs: its nucleus holds no pressure of its own, so the "
    "load that moves to a neighbour comes out smaller than in models with a fluid nucleus.",
)


TRANSVERSE_NOTE = (
    "Bone is stiffest upright and softer across (transverse isotropy); cement, caps and discs share these directions."
)


class Isotropy(StrEnum):
    """Whether bone is as stiff across as along the spine."""

    ISOTROPIC = "isotropic"
    TRANSVERSE = "transverse"


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadCaseKind:
    """One load case: how its specimen is built, its criterion, and what is not modelled."""

    name: str
    criterion: str
    through_discs: bool
    gaps: tuple[str, ...]


CASES = {
    kind.name: kind
    for kind in (
        LoadCaseKind(name="compression", criterion=CRITERION, through_discs=False, gaps=NOT_MODELLED),
        LoadCaseKind(
            name="flexion",
            criterion=FLEXION_CRITERION,
            through_discs=False,
            gaps=(*NOT_MODELLED, "In flexion the upper plate tilts and slides freely but does not twist."),
        ),
        LoadCaseKind(
            name="through-discs",
            criterion=SEGMENT_CRITERION,
            through_discs=True,
            gaps=(*NOT_MODELLED[1:], *BONES_ONLY),
        ),
        LoadCaseKind(
            name="stack", criterion=SEGMENT_CRITERION, through_discs=True, gaps=(*NOT_MODELLED[1:], *BONES_ONLY)
        ),
    )
}


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadSetting:
    """A load case with its free choices: where a flexion's force acts, how stiff discs are, bone's directions."""

    kind: LoadCaseKind
    ahead_share: float = AHEAD_SHARE
    disc_mpa: float = DISC_MPA
    isotropy: Isotropy = Isotropy.ISOTROPIC

    def specimen(
        self,
        grid: VertebraGrid,
        density_mg_per_ml: Float[np.ndarray, "k j i"],
        *,
        law: BoneLaw,
        fill: Float[np.ndarray, "k j i"] | None,
        cement_mpa: float,
    ) -> Specimen:
        """The specimen of this case.

        Raises:
            Refused: what the case needs is not on the grid, or an impossible fill or disc modulus.
        """
        if self.kind.through_discs:
            build = stack_specimen if self.kind.name == "stack" else disc_specimen
            made = build(grid, density_mg_per_ml, law=law, fill=fill, cement_mpa=cement_mpa, disc_mpa=self.disc_mpa)
        else:
            made = body_specimen(grid, density_mg_per_ml, law=law, fill=fill, cement_mpa=cement_mpa)
        return made if self.isotropy == Isotropy.ISOTROPIC else replace(made, element=transversely_isotropic())

    def respond(self, specimen: Specimen) -> Response:
        """The specimen under this case; the amount of load does not matter, since all is linear.

        Raises:
            NotConverged: the solver did not reach its tolerance.
        """
        if self.kind.name == "flexion":
            return flexion(specimen, ahead_share=self.ahead_share)
        return respond(specimen, compression(specimen))

    def failure_load_n(self, response: Response) -> float:
        """Failure load by the case's criterion."""
        if self.kind.through_discs:
            return segment_failure_load_n(response)
        return failure_load_n(response.stiffness, response.specimen.height_mm)

    def notes(self) -> tuple[str, ...]:
        """What a reader should know about the free choices of this case."""
        notes = [TRANSVERSE_NOTE] if self.isotropy == Isotropy.TRANSVERSE else []
        if self.kind.name == "flexion":
            notes.append(
                f"Flexion: the force acts {100 * self.ahead_share:.0f} % of the body's depth in front of its centre."
            )
        if self.kind.through_discs:
            notes.append(f"Every disc counts as {self.disc_mpa:g} MPa; published moduli run from 5 to 50 MPa.")
        return tuple(notes)


COMPRESSION = LoadSetting(kind=CASES["compression"])


def setting_of(
    case: str,
    *,
    ahead_share: float = AHEAD_SHARE,
    disc_mpa: float = DISC_MPA,
    isotropy: str = Isotropy.ISOTROPIC,
) -> LoadSetting:
    """A load case by its name.

    Raises:
        Refused: no such case or isotropy.
    """
    if case not in CASES:
        raise Refused(f"The load case {case} is not known: choose {', '.join(CASES)}.", where="--case")
    if isotropy not in list(Isotropy):
        raise Refused(f"The isotropy {isotropy} is not known: choose {' or '.join(Isotropy)}.", where="--isotropy")
    return LoadSetting(kind=CASES[case], ahead_share=ahead_share, disc_mpa=disc_mpa, isotropy=Isotropy(isotropy))


def not_modelled(case: str) -> tuple[str, ...]:
    """What a load case leaves out, as sentences."""
    return setting_of(case).kind.gaps
