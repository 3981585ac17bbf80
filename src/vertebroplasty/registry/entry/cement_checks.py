"""Cement, leaks and needle of each treated level: sums, ranges, and what the founding survey warns of."""

from collections import Counter
from collections.abc import Iterator

from vertebroplasty.registry.entry.finding import Finding, error, warning
from vertebroplasty.registry.procedure_parts import Cement, TreatedLevel
from vertebroplasty.registry.vocabulary import LeakModality, LeakSeen
from vertebroplasty.selection.findings.plan_facts import LEAST_ML_PER_LEVEL, MOST_ML_PER_LEVEL

__all__ = ["TOLERANCE_ML", "level_findings"]

TOLERANCE_ML = 0.05  # [choice] ml: half of the last digit that a syringe of 0.1 ml marks tells


def level_findings(levels: tuple[TreatedLevel, ...]) -> Iterator[Finding]:
    """What is wrong or unlikely with the treated levels of one procedure."""
    for name, times in Counter(level.level for level in levels).items():
        if times > 1:
            yield error("levels", f"{name} is named {times} times: name each treated level once.")
    for n, level in enumerate(levels):
        path = f"levels[{n}]"
        if level.cement is not None:
            yield from _sums(level.cement, f"{path}.cement")
            yield from _times(level.cement, f"{path}.cement")
            yield from _needle(level.cement, f"{path}.cement")
        if level.leaks:
            yield from _leaks(level, path)


def _sums(cement: Cement, path: str) -> Iterator[Finding]:
    """Left and right make the whole; the whole lies within what was published."""
    left, right, total = cement.left_ml, cement.right_ml, cement.total_ml
    if total is None:
        return
    if left is not None and right is not None and abs(left + right - total) > TOLERANCE_ML:
        yield error(
            f"{path}.total_ml", f"{total:g} ml, but left {left:g} and right {right:g} make {left + right:g} ml."
        )
    for side, part in (("left", left), ("right", right)):
        if part is not None and part > total + TOLERANCE_ML:
            yield error(f"{path}.{side}_ml", f"{part:g} ml is more than the {total:g} ml of the whole level.")
    if not LEAST_ML_PER_LEVEL <= total <= MOST_ML_PER_LEVEL:
        yield warning(
            f"{path}.total_ml",
            f"{total:g} ml lies outside the {LEAST_ML_PER_LEVEL:g} to {MOST_ML_PER_LEVEL:g} ml a level that the "
            "founding documents report [S0]: check the figure.",
        )


def _times(cement: Cement, path: str) -> Iterator[Finding]:
    """Paste, first push, last push follow each other."""
    start, end, paste = cement.injection_start_s, cement.injection_end_s, cement.paste_start_s
    if start is not None and end is not None and end < start:
        yield error(f"{path}.injection_end_s", f"{end:g} s lies before the injection began at {start:g} s.")
    if paste is not None and end is not None and end < paste:
        yield error(
            f"{path}.injection_end_s", f"{end:g} s: the injection ended before the cement was paste ({paste:g} s)."
        )
    elif paste is not None and start is not None and start < paste:
        yield warning(f"{path}.injection_start_s", f"{start:g} s: injected before the cement was paste at {paste:g} s.")


def _needle(cement: Cement, path: str) -> Iterator[Finding]:
    """The founding survey's rule: stylet back before the needle comes out, else withdraw under fluoroscopy."""
    if cement.stylet_reinserted is True or cement.needle_out_under_fluoroscopy is True:
        return
    if cement.stylet_reinserted is None and cement.needle_out_under_fluoroscopy is None:
        return  # nothing said of the needle's withdrawal: missing, and counted as missing elsewhere
    stylet = "was not back" if cement.stylet_reinserted is False else "is not recorded to be back"
    withdrawn = (
        "without" if cement.needle_out_under_fluoroscopy is False else "and is not recorded to have come out under"
    )
    yield warning(
        f"{path}.stylet_reinserted",
        f"The stylet {stylet} and the needle came out {withdrawn} fluoroscopy: where the stylet cannot be put back, "
        "the needle is withdrawn under fluoroscopy to see a leak [S0].",
    )


def _leaks(level: TreatedLevel, path: str) -> Iterator[Finding]:
    """Leaks hold no more than was injected, and were found with what was used to look."""
    total = None if level.cement is None else level.cement.total_ml
    leaked = sum(leak.volume_ml or 0.0 for leak in level.leaks)
    if total is not None and leaked > total + TOLERANCE_ML:
        yield error(f"{path}.leaks", f"The leaks make {leaked:g} ml, more than the {total:g} ml of the whole level.")
    looked = level.leaks_looked_for_with
    for n, leak in enumerate(level.leaks):
        here = f"{path}.leaks[{n}]"
        if leak.modality is not None and leak.modality not in (looked or ()):
            words = "is not stated" if looked is None else f"says {', '.join(looked) or 'nothing'}"
            told = f"Seen with {leak.modality}, but leaks_looked_for_with {words}: name it there, since shares need it."
            yield error(f"{here}.modality", told)
        if leak.seen == LeakSeen.CT_AFTER and leak.modality not in (None, LeakModality.CT):
            yield warning(f"{here}.modality", f"Seen on CT afterwards, but the modality says {leak.modality}.")
