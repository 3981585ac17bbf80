"""Which scheme a label file follows: declared by the user, or proven because every other one is contradicted.

Evidence, all of it from the file itself: numbers a scheme does not have; the order of levels from above to below; the
distances between them; pieces of the sacrum above a vertebra.  A single level proves nothing, unless a file of parts
accompanies it, which only programs of the VerSe family write.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from vertebroplasty.anatomy.levels import level_rank
from vertebroplasty.errors import UnknownLabels
from vertebroplasty.intake.column import Column, build_column, order_sentence, step_sentence
from vertebroplasty.intake.label_volume import LabelPiece
from vertebroplasty.intake.schemes import SCHEMES, LabelScheme, scheme_named

__all__ = ["Reading", "choose_scheme", "read_with"]

FEWEST_LEVELS = 2  # [exact] one level has no order
WITH_PARTS = ("verse", "tptbox")  # programs that write parts to a second file; both name levels by one table
REGULAR_COLUMN = 3  # [choice] so many labels in order at vertebral distances are no organs


@dataclass(frozen=True, eq=False, kw_only=True)
class Reading:
    """A label file as one scheme reads it.

    `unknown` are numbers the scheme does not have; `misplaced` and `unlikely` are clauses on what cannot be in a spine
    and on distances that no named region has.  `notes` say what the choice of this reading rests on besides the labels.
    """

    scheme: LabelScheme
    names: dict[int, str]
    column: Column
    whole_sacrum: bool
    ribs_labelled: bool
    unknown: tuple[int, ...]
    misplaced: tuple[str, ...]
    unlikely: tuple[str, ...]
    notes: tuple[str, ...] = ()

    @property
    def contradictions(self) -> tuple[str, ...]:
        """Everything that speaks against this reading, strongest first."""
        unknown = (f"it has no label {self.unknown[0]}",) if self.unknown else ()
        empty = () if set(self.names.values()) - {"S1"} else ("none of its vertebrae is labelled",)
        return (*unknown, *empty, *self.misplaced, *self.unlikely)


def read_with(scheme: LabelScheme, pieces: Mapping[int, LabelPiece]) -> Reading:
    """Name the pieces by a scheme and collect what contradicts it."""
    names = {value: scheme.levels[value] for value in pieces if value in scheme.levels}
    whole_sacrum = scheme.sacrum in pieces and "S1" not in names.values()
    if whole_sacrum:
        names[scheme.sacrum] = "S1"
    column = build_column([(name, pieces[value]) for value, name in names.items()])
    order, step = order_sentence(column), step_sentence(column)
    lowest = [pieces[value] for value in sorted(scheme.below & set(pieces))]
    turned = ("a piece of the sacrum or coccyx lies above a vertebra",) if _above_a_level(lowest, names, pieces) else ()
    return Reading(
        scheme=scheme,
        names=names,
        column=column,
        whole_sacrum=whole_sacrum,
        ribs_labelled=bool(scheme.ribs & set(pieces)),
        unknown=tuple(sorted(set(pieces) - scheme.known)),
        misplaced=(*((order,) if order else ()), *turned),
        unlikely=(step,) if step else (),
    )


def choose_scheme(
    pieces: Mapping[int, LabelPiece], declared: str | None, *, name: str, with_parts: bool = False
) -> Reading:
    """The reading of the declared scheme, or of the only one that the file does not contradict.

    `with_parts` says that a second file gives the vertebrae's parts: where the labels alone leave several schemes, it
    speaks for VerSe and TPTBox, which name levels alike: the reading is settled, and its notes say so.

    Raises:
        UnknownLabels: a declared scheme does not fit the numbers, or no scheme or more than one fits.
        Refused: no such scheme.
    """
    if declared is not None:
        reading = read_with(scheme_named(declared), pieces)
        if not reading.names or reading.unknown:
            what = (
                f"label {reading.unknown[0]}, which {declared} lacks" if reading.unknown else f"no level of {declared}"
            )
            raise UnknownLabels(f"{name} holds {what}: choose another --labels.", where="--labels")
        return reading
    readings = [read_with(scheme, pieces) for scheme in SCHEMES.values()]
    possible = _without_organs([reading for reading in readings if not reading.contradictions], len(pieces))
    if not possible:
        reasons = "; ".join(f"{reading.scheme.name}: {reading.contradictions[0]}" for reading in readings)
        raise UnknownLabels(
            f"The labels of {name} fit no scheme ({reasons}): correct them, or declare the scheme with --labels.",
            where="--labels",
        )
    first = possible[0]
    turned = _turned_around(readings, first)
    same = all(reading.names == first.names for reading in possible)
    if same and len(first.names) >= FEWEST_LEVELS and not turned:
        return first
    family = [reading for reading in possible if with_parts and reading.scheme.name in WITH_PARTS]
    if not family:
        raise UnknownLabels(
            f"{_ambiguous(name, possible, turned)}: declare the scheme with --labels.", where="--labels"
        )
    return replace(family[0], notes=(_parts_note(name, family),))


def _parts_note(name: str, family: list[Reading]) -> str:
    schemes = " and ".join(reading.scheme.name for reading in family)
    return (
        f"The labels of {name} alone do not prove their scheme; the subregion file beside them speaks for {schemes}: "
        f"{' '.join(family[0].column.names)}."
    )


def _without_organs(possible: list[Reading], labels: int) -> list[Reading]:
    """Set aside readings that find a single vertebra and call the rest organs, where another explains every label."""
    complete = [reading for reading in possible if len(reading.names) == labels >= REGULAR_COLUMN]
    return [reading for reading in possible if not complete or len(reading.names) >= FEWEST_LEVELS]


def _turned_around(readings: list[Reading], chosen: Reading) -> list[Reading]:
    """Downward schemes whose numbers, exchanged end to end, would look like the chosen upward numbering.

    Then nothing but the order speaks for the upward numbering, and the order alone does not prove it.
    """
    if chosen.scheme.numbered != "upwards":
        return []
    return [
        reading
        for reading in readings
        if reading.scheme.numbered == "downwards" and not reading.unknown and set(reading.names) >= set(chosen.names)
    ]


def _ambiguous(name: str, possible: list[Reading], turned: list[Reading]) -> str:
    candidates = [f"{reading.scheme.name} ({' '.join(reading.column.names)})" for reading in possible]
    candidates += [
        f"{reading.scheme.name} with its labels exchanged end to end "
        f"({' '.join(sorted(reading.column.names, key=level_rank))})"
        for reading in turned
    ]
    return f"The labels of {name} could be {', '.join(candidates)}, and nothing in the file proves which"


def _above_a_level(lowest: list[LabelPiece], names: Mapping[int, str], pieces: Mapping[int, LabelPiece]) -> bool:
    """Whether a piece that belongs below every vertebra lies above one."""
    levels = [("level", pieces[value]) for value, name in names.items() if name != "S1"]
    if not levels or not lowest:
        return False
    column = build_column([*levels, *(("low", piece) for piece in lowest)])
    return "level" in column.names[column.names.index("low") :]
