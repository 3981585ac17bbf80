"""The patient leaflet: two printed pages in plain words, every figure with its source, one language at a time."""

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from importlib.resources import files

from jinja2 import Environment, StrictUndefined
from markupsafe import Markup, escape

from vertebroplasty.__about__ import __version__
from vertebroplasty.cement.product import product
from vertebroplasty.errors import Refused
from vertebroplasty.report.leaflet_text import (
    LANGUAGES,
    LeafletLine,
    LeafletWords,
    leaflet_figures,
    leaflet_sections,
    leaflet_words,
)
from vertebroplasty.selection.coded_values import Aetiology, Anaesthesia
from vertebroplasty.selection.patient import Patient
from vertebroplasty.sources import EXACT, source

__all__ = ["MADE_BY", "leaflet_for", "leaflet_page"]

MADE_BY = "vertebroplasty leaflet"  # in the head of every page, by which the command knows its own
PLACEHOLDER = re.compile(r"\{(\w+)\}")


@dataclass(frozen=True, slots=True)
class Shown:
    """A section as it is printed."""

    id: str
    style: str
    heading: str
    texts: list[Markup]


def leaflet_page(
    language: str,
    *,
    levels: Sequence[str] = (),
    aetiologies: Collection[Aetiology] = (),
    anaesthesia: Anaesthesia | None = None,
    components: Sequence[str] = (),
) -> str:
    """The leaflet as one self-contained HTML page that prints on two sheets of A4.

    Args:
        language: en, fr or de.
        levels: vertebrae to be treated, as named; none leaves the field to be filled in by hand.
        aetiologies: why they hurt; none shows what holds for any aetiology.
        anaesthesia: planned; None explains both.
        components: substances of the planned cement, as `Allergen` values.

    Raises:
        Refused: there is no leaflet in this language.
    """
    if language not in LANGUAGES:
        raise Refused(f"There is no leaflet in {language}: choose {', '.join(LANGUAGES)}.", where="--language")
    words = leaflet_words(language)
    cited: list[str] = []
    shown = [
        Shown(
            section.id,
            section.style,
            words.headings[section.id],
            [_text(words, line.id, cited) for line in section.lines if _meant(line, aetiologies, anaesthesia)],
        )
        for section in leaflet_sections()
    ]
    environment = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    template = (files("vertebroplasty.report") / "templates" / "leaflet.html.j2").read_text(encoding="utf-8")
    return environment.from_string(template).render(
        language=language,
        made_by=MADE_BY,
        version=__version__,
        words=words.words,
        sections=shown,
        roomy=len(set(aetiologies)) == 1,  # fewer lines: room for larger type
        levels=levels,
        anaesthesia=words.words[anaesthesia] if anaesthesia else "",
        components=[words.words[part] for part in components],
        sources=[source(key) for key in cited],
    )


def leaflet_for(patient: Patient, language: str) -> str:
    """The leaflet for a patient as planned: levels, their aetiologies, anaesthesia and cement, nothing else.

    Raises:
        Refused: there is no leaflet in this language, or no such cement.
    """
    planned = patient.planned
    levels = planned.levels if planned.levels is not None else tuple(patient.levels)
    known = [patient.levels[level].aetiology if level in patient.levels else None for level in levels]
    aetiologies = [aetiology for aetiology in known if aetiology is not None]
    return leaflet_page(
        language,
        levels=levels,
        aetiologies=aetiologies if len(aetiologies) == len(known) else (),
        anaesthesia=planned.anaesthesia,
        components=product(planned.product).components if planned.product else (),
    )


def _meant(line: LeafletLine, aetiologies: Collection[Aetiology], anaesthesia: Anaesthesia | None) -> bool:
    """A line is left out only where the aetiology or the anaesthesia is known and another."""
    if line.aetiologies and aetiologies and line.aetiologies.isdisjoint(aetiologies):
        return False
    return line.anaesthesia is None or anaesthesia is None or line.anaesthesia is anaesthesia


def _text(words: LeafletWords, line: str, cited: list[str]) -> Markup:
    """A line with its figures set in, and the numbers of their sources behind it; `cited` collects these in order."""
    used: list[str] = []

    def figure(match: re.Match[str]) -> str:
        entry = leaflet_figures()[match.group(1)]
        if entry.source != EXACT:
            used.append(entry.source)
        number = f"{entry.value:g}".replace(".", words.words["decimal"])
        return f'<b class="n" data-source="{entry.source}" data-claim="{entry.claim}">{number}</b>'

    text = PLACEHOLDER.sub(figure, str(escape(words.lines[line])))
    for key in used:
        if key not in cited:
            cited.append(key)
    numbers = ", ".join(str(1 + cited.index(key)) for key in dict.fromkeys(used))
    return Markup(text + (f'\N{NO-BREAK SPACE}<sup class="ref">[{numbers}]</sup>' if numbers else ""))
