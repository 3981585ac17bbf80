"""A calibrated density volume with its part labels, instead of a CT, for `strength`."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter

from vertebroplasty.errors import WrongUsage

if TYPE_CHECKING:
    from vertebroplasty.case.energy_files import EnergyFiles
    from vertebroplasty.case.strength_more import Wishes
    from vertebroplasty.documents.strength import StrengthDocument

__all__ = ["NO_DENSITY", "DensityOptions"]

Ids = Annotated[str, Parameter(help="Label ids, comma-separated.")]


@Parameter(name="*")
@dataclass(frozen=True, kw_only=True)
class DensityOptions:
    """The two files, what their labels mean, and how far the upper plate moves."""

    density: Annotated[
        Path | None, Parameter(name="--density", help="Calibrated density in mg/ml, instead of a CT.")
    ] = None
    parts: Annotated[Path | None, Parameter(name="--parts", help="Part labels on the same grid as --density.")] = None
    body: Ids = "1,2"
    process: Ids = "3,4"
    cap: Ids = "5,6"
    displacement_mm: Annotated[float, Parameter(name="--displacement-mm", help="Displacement of the upper plate.")] = (
        0.2
    )

    def answer(self, material: str, wishes: "Wishes", energy: "EnergyFiles | None" = None) -> "StrengthDocument":
        """The strength of the volume.

        Raises:
            WrongUsage: a file is missing, or the labels are no numbers.
        """
        from vertebroplasty.case.loading import density_answer

        if self.density is None or self.parts is None:
            raise WrongUsage("--density goes with --parts and without a CT.")
        return density_answer(
            self.density,
            self.parts,
            body=_ids(self.body, "--body"),
            process=_ids(self.process, "--process"),
            cap=_ids(self.cap, "--cap"),
            displacement_mm=self.displacement_mm,
            material=material,
            wishes=wishes,
            energy=energy,
        )


def _ids(text: str, option: str) -> tuple[int, ...]:
    try:
        return tuple(int(part) for part in text.split(","))
    except ValueError:
        raise WrongUsage(f"{option} is {text!r}: give label ids such as 1,2.") from None


NO_DENSITY = DensityOptions()
