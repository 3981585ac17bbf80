"""Named levels of one spine: which voxels are L3, who its neighbours are, and how sure the name is."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from jaxtyping import Bool, Shaped

from vertebroplasty.anatomy.landmarks import Landmarks
from vertebroplasty.anatomy.volume import CtVolume, InputFile
from vertebroplasty.errors import Refused
from vertebroplasty.geometry.frame import Affine

__all__ = ["LEVELS", "Level", "LevelEvidence", "Spine", "Subregion", "expected_below", "level_rank"]

# From the skull down.  T13 and L6 exist in some people; T12 or L5 may be missing in others.
LEVELS: tuple[str, ...] = (
    *(f"C{n}" for n in range(1, 8)),
    *(f"T{n}" for n in range(1, 14)),
    *(f"L{n}" for n in range(1, 7)),
    "S1",
)


class Subregion:
    """Part ids that a subregion segmentation may carry, in our own numbering (0 = not stated)."""

    NONE = 0
    CORPUS = 1  # corpus core and border together
    ARCH = 2
    SPINOUS = 3
    COSTAL_LEFT = 4  # transverse process
    COSTAL_RIGHT = 5
    SUPERIOR_ARTICULAR_LEFT = 6
    SUPERIOR_ARTICULAR_RIGHT = 7
    INFERIOR_ARTICULAR_LEFT = 8
    INFERIOR_ARTICULAR_RIGHT = 9


def level_rank(name: str) -> int:
    """Position of a level from the skull down.

    Raises:
        Refused: not a level's name.
    """
    try:
        return LEVELS.index(name)
    except ValueError:
        raise Refused(f"{name} is not a level: use names such as T12, L3 or S1.", where="--level") from None


def expected_below(name: str) -> tuple[str, ...]:
    """Levels that may follow directly below, transitional spines included (T11 to L1, T12 to T13, L4 to S1 …)."""
    special = {
        "T11": ("T12", "L1"),
        "T12": ("T13", "L1"),
        "T13": ("L1",),
        "L4": ("L5", "S1"),
        "L5": ("L6", "S1"),
        "L6": ("S1",),
    }
    if name in special:
        return special[name]
    rank = level_rank(name)
    return (LEVELS[rank + 1],) if rank + 1 < len(LEVELS) else ()


@dataclass(frozen=True, slots=True, kw_only=True)
class LevelEvidence:
    """What speaks for a level's name: where the count began, who lies next to it, and what is suspicious."""

    counted_from: str  # sacrum | c2 | ribs | none
    neighbours: tuple[str, ...]
    suspicious: tuple[str, ...]
    confirmed_by_user: bool = False


@dataclass(frozen=True, eq=False)
class Spine:
    """The labelled spine on one CT.

    `labels` lies on its own grid (`affine`) in the same world as the CT: value v means the level `names[v]`.
    `subregions`, where the segmentation has them, lies on the same grid with the ids of `Subregion`.
    `landmarks` holds, by level, what a reader states instead of what is measured.
    """

    ct: CtVolume
    labels: Shaped[np.ndarray, "k j i"]
    affine: Affine
    names: dict[int, str]
    scheme: str
    evidence: dict[str, LevelEvidence]
    subregions: Shaped[np.ndarray, "k j i"] | None = None
    notes: tuple[str, ...] = ()
    inputs: tuple[InputFile, ...] = ()
    ribs_labelled: bool = False
    landmarks: Mapping[str, Landmarks] = field(default_factory=dict)
    _found: dict[str, Any] = field(default_factory=dict, repr=False)  # what was worked out once per level

    def __getitem__(self, name: str) -> "Level":
        """The level of that name.

        Raises:
            Refused: the segmentation has no such level.
        """
        for value, known in self.names.items():
            if known == name:
                return Level(spine=self, name=name, value=value)
        present = ", ".join(self) or "none"
        raise Refused(f"The segmentation holds no {name}: it has {present}.", where="--level")

    def __iter__(self) -> Iterator[str]:
        """Names from the skull down."""
        return iter(sorted(self.names.values(), key=level_rank))

    def __len__(self) -> int:
        return len(self.names)

    def __contains__(self, name: object) -> bool:
        return name in self.names.values()


@dataclass(frozen=True, eq=False)
class Level:
    """One labelled vertebra of a spine."""

    spine: Spine
    name: str
    value: int

    @property
    def ct(self) -> CtVolume:
        """The CT it lies in."""
        return self.spine.ct

    @property
    def evidence(self) -> LevelEvidence:
        """What speaks for its name."""
        return self.spine.evidence[self.name]

    def mask(self) -> Bool[np.ndarray, "k j i"]:
        """Its voxels on the label grid (`spine.affine`)."""
        return np.asarray(self.spine.labels == self.value)

    def neighbour(self, step: int) -> "Level | None":
        """The labelled level `step` places further down (+1) or up (-1), if its name follows directly."""
        order = list(self.spine)
        place = order.index(self.name) + step
        if not 0 <= place < len(order):
            return None
        upper, lower = (self.name, order[place]) if step > 0 else (order[place], self.name)
        return self.spine[order[place]] if lower in expected_below(upper) else None
