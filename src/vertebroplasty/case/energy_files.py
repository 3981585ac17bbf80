"""Where a loaded body stores its energy, as NIfTI volumes beside the JSON answer of `strength`."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from jaxtyping import Float64

from vertebroplasty.case.cement_files import LPS_OF_RAS, write_volume
from vertebroplasty.documents.strength_load import EnergyEntry
from vertebroplasty.errors import Refused
from vertebroplasty.files import refuse_existing_file
from vertebroplasty.strength.load_map import load_map
from vertebroplasty.strength.result import Strength

__all__ = ["SHOWN_FORCE_N", "EnergyFiles", "Place"]

SHOWN_FORCE_N = 1000.0  # [choice] newton, between the loads of standing and of lifting
NO_NEWTONS = "Energies are not known without newtons"


@dataclass(frozen=True, eq=False, kw_only=True)
class Place:
    """The grid that a map lies on: voxels along k, j, i, and (i, j, k) to the world of NIfTI, RAS mm."""

    shape: tuple[int, ...]
    ras: Float64[np.ndarray, "4 4"]

    @classmethod
    def of_lps(cls, shape: tuple[int, ...], lps: Float64[np.ndarray, "4 4"]) -> "Place":
        """From an affine to LPS mm."""
        return cls(shape=shape, ras=LPS_OF_RAS @ lps)


@dataclass(frozen=True, slots=True, kw_only=True)
class EnergyFiles:
    """Where the maps go: beside a JSON answer, under its name."""

    out: Path
    overwrite: bool = False

    def name(self, role: str) -> str:
        """The file of the map before or after."""
        return f"{self.out.stem}_energy_{role}.nii.gz"

    def refuse(self) -> None:
        """Refuse files that exist, before any work.

        Raises:
            Refused: a file exists and may not be overwritten.
        """
        for role in ("before", "after"):
            refuse_existing_file(self.out.parent / self.name(role), overwrite=self.overwrite)

    def write(self, found: dict[str, tuple[Strength, Place]], force_n: float | None) -> EnergyEntry:
        """Write strain energy per volume (N·mm per mm³, that is MPa) under a force; outside the body it is 0.

        `found` holds what was loaded `before` and, with cement, `after`, each with its grid.

        Raises:
            Refused: newtons are not known.
        """
        force = force_n or SHOWN_FORCE_N
        names: dict[str, str] = {}
        for role, (strength, place) in found.items():
            if strength.response is None or strength.stiffness_n_per_mm is None:
                raise Refused(f"{NO_NEWTONS}: leave --energy out. {strength.why_unknown}".strip(), where="--energy")
            values = load_map(strength.response, force, place.shape).strain_energy_mpa
            names[role] = self.name(role)
            write_volume(self.out.parent / names[role], values, place.ras)
        return EnergyEntry(force_n=force, before=names["before"], after=names.get("after"))
