"""Where the patient file and the CT say different things of one level: both are named, and what the rules take."""

from collections.abc import Iterator

from vertebroplasty.selection.coded_values import WallReading
from vertebroplasty.selection.findings.imaging_facts import (
    measured_fragment,
    stated_plus_minus_percent,
    with_least_plus_minus,
)
from vertebroplasty.selection.kleene import Answer, of_bool
from vertebroplasty.selection.situation import Situation

__all__ = ["file_against_ct"]

STRICTER = "the stricter decides."
OR_READER = "the stricter decides, but the reader where the ± reaches a rule's limit."


def file_against_ct(s: Situation) -> Iterator[str]:
    """One sentence for each finding on which a reader and the CT disagree."""
    yield from _percentages(s)
    yield from _fragment(s)
    yield from _wall(s)
    yield from _cleft_and_holes(s)


def _percentages(s: Situation) -> Iterator[str]:
    findings, measured = s.findings, s.measured
    compared = (
        (
            "canal compromise",
            findings.canal_compromise_percent,
            measured.canal_compromise_percent,
            stated_plus_minus_percent(measured),
        ),
        (
            "the loss of height",
            findings.height_loss_percent,
            measured.height_loss_percent,
            with_least_plus_minus(measured.height_loss_plus_minus_percent),
        ),
    )
    for name, reader, by_ct, plus_minus in compared:
        if reader is not None and by_ct is not None and abs(reader - by_ct) > plus_minus:
            yield (
                f"a reader gives {name} as {reader:g} %, the CT measures {by_ct:.1f} ± {plus_minus:.1f} %: {OR_READER}"
            )


def _fragment(s: Situation) -> Iterator[str]:
    by_reader, by_ct = of_bool(s.findings.retropulsed_fragment), measured_fragment(s.measured)
    if Answer.UNKNOWN in (by_reader, by_ct) or by_reader is by_ct:
        return
    sees = "a" if s.findings.retropulsed_fragment else "no"
    yield (
        f"a reader sees {sees} retropulsed fragment, the CT measures {s.measured.retropulsion_mm:.1f} mm of "
        f"retropulsion: {STRICTER}"
    )


def _wall(s: Situation) -> Iterator[str]:
    reading, wall = s.findings.posterior_wall, s.measured.posterior_wall_intact
    if reading is not None and wall is not None and (reading is WallReading.INTACT) is not wall:
        yield (
            f"a reader calls the posterior wall {reading}, this CT shows it "
            f"{'intact' if wall else 'breached'}: take it as breached."
        )


def _cleft_and_holes(s: Situation) -> Iterator[str]:
    findings, measured = s.findings, s.measured
    cleft, holes = measured.cleft, measured.lytic_holes
    if None not in (findings.cleft, cleft) and findings.cleft is not cleft:
        by_reader, by_ct = ("a", "none") if findings.cleft else ("no", _one_of("one", measured.cleft_volume_ml))
        yield f"a reader sees {by_reader} cleft in the body, the CT shows {by_ct}: take it as present."
    if None not in (findings.lytic_holes, holes) and findings.lytic_holes is not holes:
        by_reader, by_ct = (
            ("lytic holes", "none")
            if findings.lytic_holes
            else ("no lytic hole", _one_of("some", measured.lytic_holes_volume_ml))
        )
        yield f"a reader sees {by_reader} in the body, the CT shows {by_ct}: {STRICTER}"


def _one_of(word: str, volume_ml: float | None) -> str:
    return word if volume_ml is None else f"{word} of {volume_ml:.1f} ml"
