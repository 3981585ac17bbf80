"""What a check of a record found: an error stops the entry, a warning is shown and kept aside."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from vertebroplasty.errors import Refused

__all__ = ["Finding", "Severity", "error", "refuse_errors", "warning"]

MOST_SHOWN = 20  # [choice] findings in one message: a screen of them


class Severity(StrEnum):
    """Whether a record may be kept as it stands."""

    ERROR = "error"
    WARNING = "warning"


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing that cannot be, or is unlikely; `path` is its place in the record, as levels[0].cement.total_ml."""

    severity: Severity
    path: str
    sentence: str


def error(path: str, sentence: str) -> Finding:
    """A finding that stops the entry."""
    return Finding(severity=Severity.ERROR, path=path, sentence=sentence)


def warning(path: str, sentence: str) -> Finding:
    """A finding that is shown; the entry goes on."""
    return Finding(severity=Severity.WARNING, path=path, sentence=sentence)


def refuse_errors(findings: Iterable[Finding], *, name: str) -> tuple[Finding, ...]:
    """The warnings among findings.

    Args:
        findings: what the checks found.
        name: what the message calls the record, as `procedure P17`.

    Raises:
        Refused: an error is among them; the message lists all errors.
    """
    found = tuple(findings)
    wrong = tuple(f"{one.path}: {one.sentence}" for one in found if one.severity is Severity.ERROR)
    if not wrong:
        return found
    if len(wrong) == 1:
        raise Refused(f"{name}: {wrong[0]}", where=name, problems=wrong)
    lines = [
        f"{name} has {len(wrong)} problems, so nothing was written:",
        *(f"  {line}" for line in wrong[:MOST_SHOWN]),
    ]
    if len(wrong) > MOST_SHOWN:
        lines.append(f"  and {len(wrong) - MOST_SHOWN} more.")
    raise Refused("\n".join(lines), where=name, problems=wrong)
