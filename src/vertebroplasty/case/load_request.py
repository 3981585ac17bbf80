"""How the caller wants a vertebra loaded: the load case with its numbers, the force, and which neighbours."""

from dataclasses import dataclass

from vertebroplasty.anatomy.grid import VertebraGrid
from vertebroplasty.anatomy.levels import Level
from vertebroplasty.anatomy.stack import SIDES, build_stack
from vertebroplasty.errors import Refused
from vertebroplasty.strength.cases import LoadSetting, setting_of
from vertebroplasty.strength.plate import AHEAD_SHARE
from vertebroplasty.strength.segment_specimen import DISC_MPA

__all__ = ["COMPRESSION", "STACK", "LoadRequest"]

STACK = "stack"
BOTH = "both"
MOST_FORCE_N = 100_000.0  # [choice] a hundred times body weight: more is a slip of the pen


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadRequest:
    """A load case by its name, with what it needs; `neighbours` (above, below or both) matters to a stack alone."""

    case: str = "compression"
    force_n: float | None = None
    ahead_share: float = AHEAD_SHARE
    disc_mpa: float = DISC_MPA
    isotropy: str = "isotropic"
    neighbours: str = BOTH

    def setting(self) -> LoadSetting:
        """The load case itself.

        Raises:
            Refused: no such case, isotropy or choice of neighbours, a force that does not press or that no spine
                meets, or a number that another case alone would use.
        """
        if self.neighbours not in (*SIDES, BOTH):
            raise Refused(
                f"The neighbours {self.neighbours} are not known: choose above, below or both.", where="--neighbours"
            )
        if self.force_n is not None and not self.force_n > 0:
            raise Refused(f"A force of {self.force_n:g} N does not press: give a positive one.", where="--force-n")
        if self.force_n is not None and self.force_n > MOST_FORCE_N:
            raise Refused(
                f"No spine meets a force of {self.force_n:g} N: give at most {MOST_FORCE_N:.0f} N.", where="--force-n"
            )
        setting = setting_of(self.case, ahead_share=self.ahead_share, disc_mpa=self.disc_mpa, isotropy=self.isotropy)
        self._refuse_unused(setting)
        return setting

    def _refuse_unused(self, setting: LoadSetting) -> None:
        """Refuse a number that this case would silently leave aside."""
        for used, plain, option, cases in (
            (self.case == "flexion", self.ahead_share == AHEAD_SHARE, "--ahead", "flexion"),
            (setting.kind.through_discs, self.disc_mpa == DISC_MPA, "--disc-mpa", "through-discs or stack"),
            (self.case == STACK, self.neighbours == BOTH, "--neighbours", STACK),
        ):
            if not used and not plain:
                raise Refused(f"{option} goes with --case {cases}: leave it out of {self.case}.", where=option)

    def grid(self, level: Level, own: VertebraGrid) -> VertebraGrid:
        """The grid that the case needs: the level's own, or one that spans its neighbours.

        Raises:
            Refused: a neighbour is missing or cut.
        """
        if self.case != STACK:
            return own
        return build_stack(level, own.spacing_mm, SIDES if self.neighbours == BOTH else (self.neighbours,))

    def parameters(self) -> dict[str, object]:
        """What of it shaped the result."""
        chosen: dict[str, object] = {"case": self.case, "force_n": self.force_n, "isotropy": self.isotropy}
        chosen |= {"ahead_share": self.ahead_share, "disc_mpa": self.disc_mpa, "neighbours": self.neighbours}
        return chosen


COMPRESSION = LoadRequest()
