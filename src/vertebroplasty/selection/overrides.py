"""Setting a rule aside with a reason: allowed for few rules, and never hidden."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from vertebroplasty.errors import Refused
from vertebroplasty.selection.rules import Rule

__all__ = ["Override", "OverrideRefused", "check_overrides"]


class OverrideRefused(Refused):
    """An override that no one may give: a rule that cannot be set aside, or no reason. It is wrong usage."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Override:
    """One rule set aside, and the reason in words."""

    rule: str
    because: str


def check_overrides(overrides: Iterable[Override], rules: Sequence[Rule]) -> tuple[Override, ...]:
    """The overrides in the order of the rules, each for a rule that can be set aside, each with a reason.

    Raises:
        OverrideRefused: another rule, the same rule twice, or an empty reason.
    """
    given = tuple(overrides)
    if not given:
        return ()
    allowed = [rule.id for rule in rules if rule.overridable]
    accepted: dict[str, Override] = {}
    for override in given:
        if override.rule not in allowed:
            names = ", ".join(allowed)
            raise OverrideRefused(
                f"{override.rule} cannot be overridden: only {names} can, with --because.", where="--override"
            )
        if override.rule in accepted:
            raise OverrideRefused(f"{override.rule} is overridden twice: give one reason.", where="--override")
        if not override.because.strip():
            raise OverrideRefused(f"Overriding {override.rule} needs a reason: add --because.", where="--because")
        accepted[override.rule] = override
    return tuple(accepted[rule] for rule in allowed if rule in accepted)
