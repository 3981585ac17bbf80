"""Options of `strength` on how the vertebra is loaded."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter

if TYPE_CHECKING:
    from vertebroplasty.case.load_request import LoadRequest

__all__ = ["PRESSED", "LoadOptions"]


@Parameter(name="*")
@dataclass(frozen=True, kw_only=True)
class LoadOptions:
    """The load case and its numbers."""

    case: Annotated[str, Parameter(name="--case", help="Load case: compression, flexion, through-discs or stack.")] = (
        "compression"
    )
    force_n: Annotated[
        float | None, Parameter(name="--force-n", help="An axial force in newton: what it does is added.")
    ] = None
    ahead: Annotated[
        float, Parameter(name="--ahead", help="Flexion: how far before the centre the force acts, share of the depth.")
    ] = 0.25
    disc_mpa: Annotated[float, Parameter(name="--disc-mpa", help="Modulus of the discs, 5 to 50 MPa.")] = 10.0
    isotropy: Annotated[str, Parameter(name="--isotropy", help="isotropic, or transverse: bone softer across.")] = (
        "isotropic"
    )
    neighbours: Annotated[str, Parameter(name="--neighbours", help="Stack: above, below or both.")] = "both"

    def request(self) -> "LoadRequest":
        """What the case loads."""
        from vertebroplasty.case.load_request import LoadRequest

        return LoadRequest(
            case=self.case,
            force_n=self.force_n,
            ahead_share=self.ahead,
            disc_mpa=self.disc_mpa,
            isotropy=self.isotropy,
            neighbours=self.neighbours,
        )


PRESSED = LoadOptions()
