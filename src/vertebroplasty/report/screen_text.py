"""A screening as text for a terminal: verdict first, then because of what, then what is missing."""

import textwrap
from collections.abc import Iterable, Iterator, Sequence

from vertebroplasty.documents.screen import RuleEntry, ScreenDocument, ScreenedLevel
from vertebroplasty.selection.screening import NO_LEVEL
from vertebroplasty.selection.strictness import Verdict

__all__ = ["GROUPS", "screen_lines"]

# Headings in the order of strictness, with the effects of the rules below each.
GROUPS: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("Emergency", ("emergency",)),
    ("Absolute", ("absolute-contraindication",)),
    ("Defer", ("defer",)),
    ("Relative", ("relative-contraindication",)),
    ("Missing", ("insufficient-data",)),
    ("Not met", ("not-indicated",)),
    ("For", ("indicated",)),
    ("Caution", ("caution",)),
)
ALWAYS_SHOWN = ("Absolute", "Relative", "For")
LABEL_WIDTH = 11  # [choice] characters of the left column
YES, NO, UNKNOWN = "yes", "no", "unknown"
NOT_INDICATED = Verdict.NOT_INDICATED.value
MORE = "Checks for during and after the procedure, and what to say before consent: --json, or the report of `run`."


def screen_lines(document: ScreenDocument, width: int) -> Iterator[str]:
    """The text, no line longer than `width` characters."""
    if not document.levels:
        yield from textwrap.wrap(f"{NO_LEVEL} Name it in the patient file or with --level.", width)
    if len(document.levels) > 1:
        yield from _table(document.levels, width)
    for level in document.levels:
        yield from _level(level, document.levels, width)
    if document.evidence:
        yield ""
        yield "What the trials say"
        for item in document.evidence:
            read = "" if item.verified else " (not read)"
            yield from _bullet("-", f"{item.statement} [{item.source}]{read}", width)
    versions = ", ".join(
        f"{g.id} (version {g.version}{'' if g.decides else ', shown only'})" for g in document.guidelines
    )
    yield ""
    yield from textwrap.wrap(f"Rule sets: {versions}.", width)
    if document.levels:
        yield from textwrap.wrap(MORE, width)


def _table(levels: Sequence[ScreenedLevel], width: int) -> Iterator[str]:
    """All levels at a glance."""
    head = ("Level", "Verdict", "Because of", "May become")
    rows = [
        (
            level.level,
            _words(level.verdict),
            " ".join(_strictest_first(level.rules)) or "-",
            "; ".join(_words(entry.verdict) for entry in level.could_become) or "-",
        )
        for level in levels
    ]
    widths = [max(len(row[n]) for row in (head, *rows)) for n in range(len(head) - 1)]
    for row in (head, *rows):
        start = "  ".join(cell.ljust(size) for cell, size in zip(row[:-1], widths, strict=True)) + "  "
        yield from textwrap.wrap(
            start + row[-1],
            max(width, len(start) + LABEL_WIDTH),
            subsequent_indent=" " * len(start),
            drop_whitespace=False,
        )
    yield ""


def _strictest_first(rules: Iterable[RuleEntry]) -> list[str]:
    """Ids of the rules that fired and may decide, in the order of the headings."""
    order = {effect: n for n, (_, effects) in enumerate(GROUPS) for effect in effects}
    fired = [rule for rule in rules if rule.answer == YES and rule.decides]
    return [rule.id for rule in sorted(fired, key=lambda rule: order[rule.effect])]


def _level(level: ScreenedLevel, levels: Sequence[ScreenedLevel], width: int) -> Iterator[str]:
    yield from textwrap.wrap(f"{level.level}: {level.first_line}", width)
    if level.verdict_after_overrides is not None:
        reasons = "; ".join(f"{override.rule} set aside: {override.because}" for override in level.overrides)
        yield from textwrap.wrap(f"After overrides: {_words(level.verdict_after_overrides)} ({reasons}).", width)
    if level.ask_first is not None:
        yield from textwrap.wrap(f"Ask first: {level.ask_first.question}", width)
    for title, effects in GROUPS:
        rules = [rule for rule in level.rules if rule.effect in effects]
        yield from _group(title, rules, width)
        if title == "For" and level.verdict == NOT_INDICATED:
            yield from _why_not(rules, width)
        if title == "Missing":
            yield from _questions(level, width)
    if level.scores:
        yield from ("", "Score")
    for score in level.scores:
        yield from _bullet("-", score.sentence, width)
    yield from _tasks(level, width)
    if level is not levels[-1]:
        yield ""


def _group(title: str, rules: Sequence[RuleEntry], width: int) -> Iterator[str]:
    """The rules that fired; those of a rule set that is only shown are marked."""
    fired = [rule for rule in rules if rule.answer == YES]
    waiting = [rule.id for rule in rules if rule.answer == UNKNOWN and rule.decides]
    if not fired and title not in ALWAYS_SHOWN:
        return
    yield ""
    yield title
    for rule in fired:
        marks = "" if rule.verified else ", not read"
        if not rule.decides and rule.effect != "caution":
            marks += ", shown only"
        yield from _bullet(rule.id, rule.sentence, width)
        yield from _bullet("", f"{rule.because} [{' '.join(rule.sources)}{marks}]", width)
        if rule.note:
            yield from _bullet("", rule.note, width)
    if not fired:
        yield from _bullet("", "none applies" + (" so far" if waiting else ""), width)
    if waiting:
        verb = "waits" if len(waiting) == 1 else "wait"
        yield from _bullet("", f"{' '.join(waiting)} {verb} for the answers to find out", width)


def _why_not(rules: Sequence[RuleEntry], width: int) -> Iterator[str]:
    """Because of what each indication answers no, where none is left."""
    for rule in rules:
        if rule.answer == NO:
            yield from _bullet(rule.id, f"no: {rule.because[:1].lower()}{rule.because[1:]}", width)


def _questions(level: ScreenedLevel, width: int) -> Iterator[str]:
    if not level.missing:
        return
    yield ""
    yield "To find out, the most decisive first"
    for n, missing in enumerate(level.missing, start=1):
        yield from _bullet(f"{n}.", f"{missing.question} ({' '.join(missing.would_change)})", width)


def _tasks(level: ScreenedLevel, width: int) -> Iterator[str]:
    if not level.tasks:
        return
    yield ""
    yield "To arrange"
    for task in level.tasks:
        yield from _bullet("-", task, width)


def _bullet(mark: str, text: str, width: int) -> Iterable[str]:
    start = f"  {mark}".ljust(7)
    return textwrap.wrap(text, width, initial_indent=start, subsequent_indent=" " * len(start))


def _words(verdict: str) -> str:
    return verdict.replace("-", " ")
