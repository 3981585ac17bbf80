"""The one line that people read first: the verdict, and what it could still become."""

from collections.abc import Collection, Iterable, Mapping, Sequence

from vertebroplasty.selection.entries import CouldBecome, Missing
from vertebroplasty.selection.expression import Judged
from vertebroplasty.selection.kleene import Answer
from vertebroplasty.selection.questions import question_for
from vertebroplasty.selection.rules import Rule
from vertebroplasty.selection.strictness import Verdict, stricter

__all__ = ["first_line"]

NAMES_SHOWN = 3  # [choice] inputs named for each verdict; the list of questions has them all


def first_line(
    verdict: Verdict,
    could_become: Sequence[CouldBecome],
    missing: Sequence[Missing],
    rules: Sequence[Rule],
    deciding: Sequence[Rule],
    answers: Mapping[str, Judged],
    *,
    asking: Collection[str],
    without_file: bool,
) -> str:
    """For example "Relative contraindication; may become absolute: infection not stated.".

    `asking` holds the ids of the rules whose task is not done; a caution that has a word on the first line stands
    after the verdict.
    """
    leads = [
        _lead(rule, answers[rule.id], asked=rule.id in asking)
        for rule in rules
        if rule.lead and answers[rule.id].answer is Answer.YES
    ]
    head = verdict.words.capitalize()
    if without_file:
        head += ": no patient file"
    elif verdict is Verdict.INSUFFICIENT_DATA:
        head += _what_is_insufficient(could_become, missing, deciding, answers)
    parts = [
        f"{entry.verdict.short}: {_reason(entry, missing, answers)}"
        for entry in could_become
        if stricter(entry.verdict, verdict)
    ]
    becoming = f"; may become {'; '.join(parts)}" if parts else ""
    return " ".join([f"{head}{becoming}.", *leads])


def _lead(rule: Rule, answer: Judged, *, asked: bool) -> str:
    label = "Caution" if rule.verified else "Caution (source not verified)"
    return f"{label}: {_clause(answer)}{f'; {rule.lead}' if asked else ''}."


def _clause(answer: Judged) -> str:
    return " and ".join(dict.fromkeys(fact.phrase for fact in answer.facts))


def _what_is_insufficient(
    could_become: Sequence[CouldBecome],
    missing: Sequence[Missing],
    rules: Iterable[Rule],
    answers: Mapping[str, Judged],
) -> str:
    """Why the data do not suffice, beside the stricter verdicts left open."""
    clauses = [
        _clause(answers[rule.id])
        for rule in rules
        if rule.effect.verdict is Verdict.INSUFFICIENT_DATA and answers[rule.id].answer is Answer.YES
    ]
    milder = [entry for entry in could_become if not stricter(entry.verdict, Verdict.INSUFFICIENT_DATA)]
    clauses += _not_stated({rule for entry in milder for rule in entry.rules}, missing)
    return f": {'; '.join(clauses)}" if clauses else ""


def _reason(entry: CouldBecome, missing: Sequence[Missing], answers: Mapping[str, Judged]) -> str:
    """The inputs not stated; a rule that the CT alone answers yes says so itself."""
    clauses = [_clause(answers[rule]) for rule in entry.rules if answers[rule].answer is Answer.YES]
    return " and ".join([*clauses, *_not_stated(set(entry.rules), missing)])


def _not_stated(rules: set[str], missing: Sequence[Missing]) -> list[str]:
    """The inputs that any of the rules waits for, the most decisive first, as one clause."""
    names = [question_for(entry.input).name for entry in missing if rules & set(entry.would_change)]
    if not names:
        return []
    more = f" and {len(names) - NAMES_SHOWN} more" if len(names) > NAMES_SHOWN else ""
    return [f"{', '.join(names[:NAMES_SHOWN])}{more} not stated"]
