"""The leaflet: one content in three languages, no figure without a source, plain sentences, two pages, no name."""

import re
from html.parser import HTMLParser

import pytest

from vertebroplasty.errors import Refused
from vertebroplasty.report.leaflet import MADE_BY, PLACEHOLDER, leaflet_for, leaflet_page
from vertebroplasty.report.leaflet_text import LANGUAGES, leaflet_figures, leaflet_sections, leaflet_words
from vertebroplasty.selection.claims import claim
from vertebroplasty.selection.coded_values import Aetiology, Allergen, Anaesthesia
from vertebroplasty.selection.patient import LevelFindings, Patient, Planned
from vertebroplasty.sources import EXACT, all_sources

LINES = [line.id for section in leaflet_sections() for line in section.lines]
LONGEST_SENTENCE_WORDS, MEAN_SENTENCE_WORDS = 28, 12  # plain language for a reader of 12 to 14 years
VOID = ("meta", "br")


class Reader(HTMLParser):
    """Collects figures with their sources, and all other visible text with the digits in it."""

    def __init__(self, page):
        super().__init__()
        self.open, self.figures, self.plain, self.references = [], [], "", ""
        self.feed(page)

    def handle_starttag(self, tag, attrs):
        if tag not in VOID:
            self.open.append((tag, dict(attrs)))

    def handle_endtag(self, tag):
        while self.open and self.open.pop()[0] != tag:
            pass

    def handle_data(self, data):
        tags = [tag for tag, _ in self.open]
        classes = [attrs.get("class") for _, attrs in self.open]
        if "n" in classes:
            self.figures.append((data, self.open[-1][1]))
        elif "style" in tags or "footer" in tags or "plan" in classes:
            return
        elif "ref" in classes:
            self.references += data
        else:
            self.plain += data


def placeholders(text):
    return sorted(PLACEHOLDER.findall(text))


def sentences(text):
    filled = PLACEHOLDER.sub("12", text)
    return [s for s in re.split(r"(?<=[.?!:])\s+", filled) if s.strip()]


@pytest.fixture(params=LANGUAGES)
def language(request):
    return request.param


def test_every_language_says_the_same_lines_with_the_same_figures(language):
    words, english = leaflet_words(language), leaflet_words("en")
    assert list(words.lines) == list(english.lines)
    assert sorted(words.lines) == sorted(LINES)
    assert list(words.headings) == list(english.headings) == [section.id for section in leaflet_sections()]
    assert set(words.words) == set(english.words)
    for line in LINES:
        assert placeholders(words.lines[line]) == placeholders(english.lines[line]), line


def test_every_figure_is_used_and_known():
    used = {name for text in leaflet_words("en").lines.values() for name in placeholders(text)}
    assert used == set(leaflet_figures())
    for figure in leaflet_figures().values():
        assert figure.source == EXACT or (
            figure.source in all_sources() and claim(figure.claim).source == figure.source
        )


def test_no_figure_is_typed_into_a_text(language):
    words = leaflet_words(language)
    for text in (*words.lines.values(), *words.headings.values(), *words.words.values()):
        assert not re.search(r"\d", PLACEHOLDER.sub("", text)), text


def test_every_number_shown_carries_a_source_that_is_listed(language):
    page = leaflet_page(language, levels=("T12", "L1"), components=("pmma",))
    read = Reader(page)
    assert not re.search(r"\d", read.plain)
    assert len(read.figures) > 30
    for number, attrs in read.figures:
        assert attrs["data-source"] in all_sources() or (attrs["data-source"], number) in (
            ("exact", "100"),
            ("exact", "10"),
        )
    listed = re.findall(r'<li data-source="([^"]+)"', page)
    assert set(listed) == {attrs["data-source"] for _, attrs in read.figures} - {EXACT}
    assert {int(n) for n in re.findall(r"\d+", read.references)} == set(range(1, len(listed) + 1))


def test_the_numbers_are_those_of_the_claims(language):
    read = Reader(leaflet_page(language, aetiologies={Aetiology.OSTEOPOROTIC_FRACTURE}))
    shown = {(attrs["data-claim"], number) for number, attrs in read.figures}
    mark = leaflet_words(language).words["decimal"]
    assert ("survey-epidural-leak", "15") in shown
    assert ("survey-epidural-leak", "868") in shown
    assert ("cochrane-pain-1-month", f"0{mark}7") in shown
    assert ("vertos-ii-spontaneous-relief", "53") in shown


def test_sentences_are_short(language):
    lengths = [len(s.split()) for text in leaflet_words(language).lines.values() for s in sentences(text)]
    assert max(lengths) <= LONGEST_SENTENCE_WORDS
    assert sum(lengths) / len(lengths) <= MEAN_SENTENCE_WORDS


def test_french_puts_an_unbreakable_space_before_double_signs():
    words = leaflet_words("fr")
    for text in (*words.lines.values(), *words.headings.values(), *words.words.values()):
        assert not re.search(r"[^\u00a0\u202f][:;?!]", text), text


def test_a_line_is_left_out_only_where_something_else_is_known():
    everything = leaflet_page("en")
    assert "Osteoporosis can weaken" in everything
    assert "You stay awake" in everything
    assert "you are asleep" in everything
    tumour = leaflet_page("en", aetiologies={Aetiology.METASTASIS}, anaesthesia=Anaesthesia.GENERAL)
    assert "A tumour can make" in tumour
    assert "Osteoporosis can weaken" not in tumour
    assert "sham procedure" not in tumour
    assert "You stay awake" not in tumour
    both = leaflet_page("en", aetiologies={Aetiology.METASTASIS, Aetiology.OSTEOPOROTIC_FRACTURE})
    assert "A tumour can make" in both
    assert "Osteoporosis can weaken" in both


@pytest.mark.parametrize("aetiology", Aetiology)
def test_every_aetiology_has_every_section(language, aetiology):
    page = leaflet_page(language, aetiologies={aetiology})
    assert re.findall(r'<section id="(\w+)"', page) == [section.id for section in leaflet_sections()]
    assert "<ul>\n  </ul>" not in page


def test_the_page_is_self_contained_and_says_what_it_is(language):
    page = leaflet_page(language)
    assert not re.search(r"(src|href)=|url\(|<script", page)
    assert f'lang="{language}"' in page
    assert f'content="{MADE_BY}"' in page
    assert {"en": "Not a medical device", "fr": "pas un dispositif médical", "de": "Kein Medizinprodukt"}[
        language
    ] in page
    assert page.count('class="blank"') == 4  # department, telephone, vertebrae, anaesthesia


def test_every_component_has_a_word_in_every_language(language):
    cement = {Allergen.PMMA, Allergen.BARIUM_SULFATE, Allergen.TANTALUM, Allergen.TUNGSTEN, Allergen.ZIRCONIA}
    assert cement <= set(leaflet_words(language).words)


def test_of_a_patient_only_the_plan_is_shown():
    patient = Patient(
        pseudonym="P-417",
        age_years=83,
        planned=Planned(levels=("L2",), product="pmma-medium", anaesthesia=Anaesthesia.LOCAL),
        levels={
            "L2": LevelFindings(aetiology=Aetiology.HAEMANGIOMA),
            "L4": LevelFindings(aetiology=Aetiology.OSTEOPOROTIC_FRACTURE),
        },
    )
    page = leaflet_for(patient, "en")
    assert "P-417" not in page
    assert '<span class="plan">L2</span>' in page
    assert '<span class="plan">PMMA (acrylic), barium sulfate</span>' in page
    assert "A haemangioma is" in page
    assert "Osteoporosis can weaken" not in page


def test_one_level_of_unknown_aetiology_keeps_every_line():
    patient = Patient(levels={"L2": LevelFindings(aetiology=Aetiology.HAEMANGIOMA), "L3": LevelFindings()})
    assert "Osteoporosis can weaken" in leaflet_for(patient, "en")


def test_hostile_levels_stay_text():
    assert "<script>" not in leaflet_page("en", levels=("<script>",))


def test_another_language_is_refused():
    with pytest.raises(Refused, match="choose en, fr, de"):
        leaflet_page("it")
