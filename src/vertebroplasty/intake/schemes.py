"""Which number means which vertebra: the four label schemes in use, written out, and codes of coded segmentations.

The same number means different levels in different schemes (20 is L1 in VerSe and L3 in TotalSegmentator 1), so a
number is never read without one of these tables.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from vertebroplasty.errors import Refused

__all__ = ["SCHEMES", "SNOMED_LEVELS", "SUBREGIONS", "LabelScheme", "scheme_named"]


@dataclass(frozen=True, eq=False, kw_only=True)
class LabelScheme:
    """One numbering of a label volume.

    `levels` gives the level of each number.  `sacrum` stands for S1 unless S1 has a number of its own in the file.
    `below` are pieces that lie below every level (lower sacrum, coccyx), `ribs` are ribs, and `known` is every number
    the scheme uses for anything.
    """

    name: str
    title: str
    numbered: str  # downwards | upwards: how numbers grow along the spine
    source: str
    levels: Mapping[int, str]
    sacrum: int
    below: frozenset[int] = frozenset()
    ribs: frozenset[int] = frozenset()
    known: frozenset[int] = frozenset()


def _numbered(first: int, *names: str) -> dict[int, str]:
    return {first + place: name for place, name in enumerate(names)}


CERVICAL = tuple(f"C{n}" for n in range(1, 8))
THORACIC = tuple(f"T{n}" for n in range(1, 13))
LUMBAR = tuple(f"L{n}" for n in range(1, 6))
UPWARDS = tuple(reversed((*CERVICAL, *THORACIC, *LUMBAR)))  # L5, L4 … C1

DOWNWARDS_LEVELS = MappingProxyType({**_numbered(1, *CERVICAL, *THORACIC, *LUMBAR, "L6"), 28: "T13"})

VERSE = LabelScheme(
    name="verse",
    title="VerSe: C1-C7 = 1-7, T1-T12 = 8-19, L1-L6 = 20-25, sacrum = 26, coccyx = 27, T13 = 28",
    numbered="downwards",
    source="VerSe",
    levels=DOWNWARDS_LEVELS,
    sacrum=26,
    below=frozenset({27}),
    known=frozenset(range(1, 29)),
)
TPTBOX = LabelScheme(
    name="tptbox",
    title="TPTBox and SPINEPS: vertebrae as in VerSe, S2-S6 = 29-33, ribs 39-53, discs 101-128, endplates 201-228",
    numbered="downwards",
    source="TPTBox",
    levels=DOWNWARDS_LEVELS,
    sacrum=26,
    below=frozenset({27, *range(29, 34)}),
    ribs=frozenset(range(39, 54)),
    known=frozenset({*range(1, 34), *range(39, 54), *range(101, 129), *range(201, 229)}),
)
TOTALSEGMENTATOR_1 = LabelScheme(
    name="totalsegmentator-v1",
    title="TotalSegmentator 1: L5-L1 = 18-22, T12-T1 = 23-34, C7-C1 = 35-41, ribs 58-81, sacrum = 92",
    numbered="upwards",
    source="TotalSegmentator",
    levels=MappingProxyType(_numbered(18, *UPWARDS)),
    sacrum=92,
    ribs=frozenset(range(58, 82)),
    known=frozenset(range(1, 105)),
)
TOTALSEGMENTATOR_2 = LabelScheme(
    name="totalsegmentator-v2",
    title="TotalSegmentator 2: sacrum = 25, S1 = 26, L5-L1 = 27-31, T12-T1 = 32-43, C7-C1 = 44-50, ribs 92-115",
    numbered="upwards",
    source="TotalSegmentator",
    levels=MappingProxyType(_numbered(26, "S1", *UPWARDS)),
    sacrum=25,
    ribs=frozenset(range(92, 116)),
    known=frozenset(range(1, 118)),
)

SCHEMES: Mapping[str, LabelScheme] = MappingProxyType(
    {scheme.name: scheme for scheme in (VERSE, TPTBOX, TOTALSEGMENTATOR_1, TOTALSEGMENTATOR_2)}
)

# TPTBox and SPINEPS parts of a vertebra -> ids of `anatomy.levels.Subregion`; 49 is the body's border, 50 its core.
SUBREGIONS: Mapping[int, int] = MappingProxyType({50: 1, 49: 1, 41: 2, 42: 3, 43: 4, 44: 5, 45: 6, 46: 7, 47: 8, 48: 9})

# SNOMED CT codes of the vertebrae as DICOM lists them for anatomic regions.
SNOMED_LEVELS: Mapping[str, str] = MappingProxyType(
    {
        "14806007": "C1",
        "39976000": "C2",
        "113205007": "C3",
        "5329002": "C4",
        "36978003": "C5",
        "36054005": "C6",
        "87391001": "C7",
        "64864005": "T1",
        "53733008": "T2",
        "1626008": "T3",
        "73071006": "T4",
        "56401006": "T5",
        "45296009": "T6",
        "62487009": "T7",
        "11068009": "T8",
        "82687006": "T9",
        "7610001": "T10",
        "12989004": "T11",
        "23215003": "T12",
        "66794005": "L1",
        "14293000": "L2",
        "36470004": "L3",
        "11994002": "L4",
        "49668003": "L5",
        "54735007": "S1",
    }
)


def scheme_named(name: str) -> LabelScheme:
    """The scheme of that name.

    Raises:
        Refused: no such scheme.
    """
    if name not in SCHEMES:
        raise Refused(f"{name} is not a label scheme: use --labels {' | '.join(SCHEMES)}.", where="--labels")
    return SCHEMES[name]
