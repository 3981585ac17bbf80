"""The report: documents and pictures in, one self-contained printable HTML page out."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from importlib.resources import files

from jinja2 import Environment, StrictUndefined
from markupsafe import Markup

from vertebroplasty.__about__ import __version__
from vertebroplasty.documents.common import (
    NOT_A_DEVICE,
    NOT_APPLICABLE,
    Document,
    InputEntry,
    UnknownEntry,
    explain_nulls,
)
from vertebroplasty.documents.inject import InjectDocument
from vertebroplasty.documents.measure import MeasureDocument
from vertebroplasty.documents.plan import PlanDocument
from vertebroplasty.documents.screen import RuleEntry, ScreenDocument
from vertebroplasty.documents.strength import StrengthDocument
from vertebroplasty.report.answers import Answer, answers
from vertebroplasty.report.charts import clock, pressure_curve
from vertebroplasty.report.leaks import leak_rows
from vertebroplasty.report.slices import data_uri
from vertebroplasty.sources import Source, all_sources

__all__ = ["ReportContent", "report_html"]

WHAT_IF = ("emergency", "absolute-contraindication", "defer", "not-indicated")
YES, NO, UNKNOWN = "yes", "no", "unknown"
GROUPS = (
    ("Against: emergency and absolute", ("emergency", "absolute-contraindication")),
    ("Against: defer and relative", ("defer", "relative-contraindication")),
    ("For", ("indicated",)),
    ("Information and caution", ("insufficient-data", "caution", "info")),
)


@dataclass(frozen=True, eq=False, kw_only=True)
class ReportContent:
    """Everything the page shows: the five documents of one level, PNG pictures by name, and the pressure log."""

    level: str
    who: str
    what: str
    measure: MeasureDocument
    screen: ScreenDocument
    plan: PlanDocument
    inject: InjectDocument
    strength: StrengthDocument
    pictures: Mapping[str, bytes]
    pressure_samples: Sequence[tuple[float, float]]  # injected ml, syringe kPa
    injected_from_to_s: tuple[float, float] | None

    @property
    def documents(self) -> tuple[Document, ...]:
        """The five documents, in the order of the story."""
        return (self.measure, self.screen, self.plan, self.inject, self.strength)


@dataclass(frozen=True, slots=True)
class RuleGroup:
    """Rules shown under one heading."""

    title: str
    rules: list[RuleEntry]


def report_html(content: ReportContent) -> str:
    """The page as HTML; all text is escaped, all pictures are inside."""
    for document in content.documents:
        explain_nulls(document)
    environment = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    folder = files("vertebroplasty.report") / "templates"
    template = environment.from_string((folder / "report.html.j2").read_text(encoding="utf-8"))
    measured = next(entry for entry in content.measure.levels if entry.level == content.level)
    screened = next(entry for entry in content.screen.levels if entry.level == content.level)
    phases = [(p.phase, p.start_s, p.end_s) for p in content.inject.phases]
    listed: list[Answer] = answers(content.screen, content.plan, content.inject, content.strength, content.level)
    return template.render(
        level=content.level,
        who=content.who,
        what=content.what,
        disclaimer=NOT_A_DEVICE,
        style=Markup((folder / "report.css").read_text(encoding="utf-8")),
        version=__version__,
        measured=measured,
        screen=content.screen,
        screened=screened,
        what_if=screened.verdict in WHAT_IF,
        answers=listed,
        rule_groups=_groups([rule for rule in screened.rules if rule.answer == YES or _waits(rule)]),
        open_cautions=[rule.id for rule in screened.rules if rule.answer == UNKNOWN and not rule.decides],
        answered_no=[rule.id for rule in screened.rules if rule.answer == NO],
        plan=content.plan,
        path=content.plan.paths[0] if content.plan.paths else None,
        inject=content.inject,
        leak_rows=leak_rows(content.inject),
        clock=Markup(clock(phases, content.injected_from_to_s)),
        curve=Markup(pressure_curve(content.pressure_samples)),
        strength=content.strength,
        newtons=_newtons,
        pictures={name: data_uri(png) for name, png in content.pictures.items()},
        warnings=_once(w for d in content.documents for w in d.warnings),
        unknowns=_unknowns(content.documents),
        not_modelled=_once(n for d in content.documents for n in d.not_modelled),
        sources=_sources(content.documents),
        inputs=_inputs(content.documents),
    )


def _waits(rule: RuleEntry) -> bool:
    """Whether the verdict waits for the rule's answer."""
    return rule.answer == UNKNOWN and rule.decides


def _groups(rules: Sequence[RuleEntry]) -> list[RuleGroup]:
    known = {effect for _, effects in GROUPS for effect in effects}
    groups = [RuleGroup(title, [r for r in rules if r.effect in effects]) for title, effects in GROUPS]
    groups[-1].rules.extend(rule for rule in rules if rule.effect not in known)
    return groups


def _newtons(value: float | None, interval: Sequence[float] | None, unit: str) -> str:
    """Newtons rounded to what the calibration supports, with the interval."""
    if value is None:
        return "unknown"
    text = f"{_two_digits(value)} {unit}"
    return f"{text} ({_two_digits(interval[0])} to {_two_digits(interval[1])})" if interval else text


def _two_digits(value: float) -> str:
    return f"{float(f'{value:.2g}'):.0f}"


def _once(sentences: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(sentences))


def _unknowns(documents: Sequence[Document]) -> list[UnknownEntry]:
    """Unknown values worth a reader's time: no ±, no plain not-applicable, not the end of the last phase."""
    shown = [entry for document in documents for entry in document.unknown]
    dull = ("plus_minus", "interval", "phases[")
    return [u for u in shown if u.why != NOT_APPLICABLE and not any(word in u.what for word in dull)]


def _sources(documents: Sequence[Document]) -> list[Source]:
    keys = sorted({key for document in documents for key in document.sources})
    return [all_sources()[key] for key in keys if key in all_sources()]


def _inputs(documents: Sequence[Document]) -> list[InputEntry]:
    return list({(i.role, i.sha256): i for document in documents for i in document.inputs}.values())
