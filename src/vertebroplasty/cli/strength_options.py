"""What `strength` computes on request: volumes of cement, yielding, setting time."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter

from vertebroplasty.errors import WrongUsage

if TYPE_CHECKING:
    from vertebroplasty.case.energy_files import EnergyFiles
    from vertebroplasty.case.strength_more import Wishes
    from vertebroplasty.cli.options import Common

__all__ = ["PLAIN", "MoreOptions"]


@Parameter(name="*")
@dataclass(frozen=True, kw_only=True)
class MoreOptions:
    """What is asked for beside stiffness and failure load."""

    volumes: Annotated[
        str | None, Parameter(name="--volumes", help="Cement volumes in ml to compare, such as 1.5,2.8,6.5.")
    ] = None
    placement: Annotated[
        str, Parameter(name="--placement", help="Cement of --volumes: central, left, right, asymmetric or injected.")
    ] = "central"
    loss: Annotated[
        float, Parameter(name="--loss", help="With --volumes: share of the bone's modulus that a fracture took.")
    ] = 0.0
    yield_law: Annotated[
        str | None,
        Parameter(
            name="--yield-law",
            help="Press until the bone yields: kopperdahl2002-power, kopperdahl2002-linear or yield-strain.",
        ),
    ] = None
    minutes: Annotated[
        str | None, Parameter(name="--minutes", help="Strength at these minutes after mixing; with --cement.")
    ] = None

    energy: Annotated[
        bool, Parameter(name="--energy", negative="", help="With -o: write maps of strain energy (NIfTI) beside it.")
    ] = False

    def energy_files(self, common: "Common") -> "EnergyFiles | None":
        """Where maps of strain energy go; None where none was asked for.

        Raises:
            WrongUsage: there is no -o to put them beside.
        """
        if not self.energy:
            return None
        if common.out is None:
            raise WrongUsage("--energy writes its maps beside the JSON file: name one with -o.")
        from vertebroplasty.case.energy_files import EnergyFiles

        return EnergyFiles(out=common.out, overwrite=common.overwrite)

    def wishes(self) -> "Wishes":
        """What the case computes.

        Raises:
            WrongUsage: lists that hold no numbers, or what goes with volumes without any.
        """
        from vertebroplasty.case.strength_more import Wishes

        if self.volumes is None and (self.placement, self.loss) != (PLAIN.placement, PLAIN.loss):
            raise WrongUsage("--placement and --loss go with --volumes: say which volumes to compare.")
        return Wishes(
            volumes_ml=_numbers(self.volumes, "--volumes"),
            placement=self.placement,
            lost_modulus=self.loss,
            yield_law=self.yield_law,
            minutes=_numbers(self.minutes, "--minutes"),
        )


def _numbers(text: str | None, option: str) -> tuple[float, ...]:
    try:
        return tuple(float(part) for part in text.split(",")) if text is not None else ()
    except ValueError:
        raise WrongUsage(f"{option} is {text!r}: give numbers such as 1.5,2.8.") from None


PLAIN = MoreOptions()
