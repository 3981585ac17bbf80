"""Figures: the same bytes every time, text as text, nobody named, and what is drawn is what was computed."""

import re
from xml.etree import ElementTree

import numpy as np
import pytest

from vertebroplasty.errors import Refused
from vertebroplasty.registry.figures.calibration import calibration_plot
from vertebroplasty.registry.figures.claim_ranges import claim_ranges
from vertebroplasty.registry.figures.comparison import comparison_plot
from vertebroplasty.registry.figures.cusum import cusum_chart
from vertebroplasty.registry.figures.forest import forest
from vertebroplasty.registry.figures.funnel import funnel_plot
from vertebroplasty.registry.figures.learning_curve import learning_curve_plot
from vertebroplasty.registry.figures.relief import ReliefGroup, relief_classes
from vertebroplasty.registry.figures.survival import survival_plot
from vertebroplasty.registry.figures.volume_relief import volume_relief
from vertebroplasty.registry.literature.comparison import compare
from vertebroplasty.registry.literature.meta_analysis import Estimate, meta_analysis
from vertebroplasty.registry.literature.results import Result
from vertebroplasty.registry.statistics.calibration import calibration
from vertebroplasty.registry.statistics.cusum import limit_of_errors, odds_ratio, risk_adjusted_cusum
from vertebroplasty.registry.statistics.equivalence import volume_and_relief
from vertebroplasty.registry.statistics.experience import learning_curve
from vertebroplasty.registry.statistics.funnel import funnel
from vertebroplasty.registry.statistics.survival import aalen_johansen
from vertebroplasty.selection.claims import Ascertainment, DenominatorType, claim

PURPOSE = "Research, education and audit; not a medical device."
RELIEF_CLAIMS = (
    "patient-information-relief",
    "survey-satisfactory",
    "metastases-clear",
    "own-study-relief",
    "literature-relief",
)
SURGEONS = [f"Dr Secret {i}" for i in range(6)]


def three() -> str:
    studies = zip(("A", "B", "C"), (0.6, 0.7, 0.41), (0.638, 0.51, 0.378), strict=True)
    found = meta_analysis([Estimate(label=name, value=y, standard_error=s) for name, y, s in studies])
    return forest(found, effect="difference, points", favours=("favours control", "favours treatment"))


def relief_by_claims() -> str:
    return claim_ranges([claim(id) for id in RELIEF_CLAIMS], outcome="Pain relief")


def cusum_of_140() -> str:
    draw = np.random.default_rng(1)
    risk = draw.uniform(0.05, 0.2, 140)
    seen = (draw.random(140) < np.where(np.arange(140) > 80, 2.5, 1.0) * risk).astype(float)
    chart = risk_adjusted_cusum(seen, risk, ratio=odds_ratio(0.1, 0.2), limit=limit_of_errors(0.01, 0.1))
    return cusum_chart(chart, outcome="leaks", note="SYNTHETIC records")


def funnel_of_six() -> str:
    return funnel_plot(
        funnel(SURGEONS, [1, 4, 8, 25, 12, 30], [12, 40, 80, 120, 150, 300], target=0.1), outcome="leaks", own=3
    )


def curve_of_fractures():
    days = np.array([20.0, 50.0, 90.0, 200.0, 365.0, 365.0, 365.0])
    return aalen_johansen(days, np.array([1, 2, 1, 1, 0, 0, 0]))


def survival_of_seven() -> str:
    return survival_plot([("all", curve_of_fractures())], outcome="new fracture", days=[0, 90, 180, 365])


def relief_of_metastases() -> str:
    group = ReliefGroup(name="metastases", counts=(2, 7, 24), not_evaluated=2)
    return relief_classes([group], classes=["none", "moderate", "clear"])


def volume_of(cases: int) -> str:
    draw = np.random.default_rng(2)
    volume, relief = draw.uniform(1, 6, cases).round(1), draw.integers(-1, 11, cases).astype(float)
    relief[0] = np.nan
    return volume_relief(volume, relief, volume_and_relief(volume, relief, seed=1), relief_axis="fall of pain")


def calibration_of_400() -> str:
    draw = np.random.default_rng(3)
    risk = draw.beta(1.2, 6, 400)
    return calibration_plot(calibration(risk, (draw.random(400) < risk).astype(float)), outcome="leak")


def learning_of_110() -> str:
    draw = np.random.default_rng(4)
    seen = (draw.random(110) < 0.2).astype(float)
    return learning_curve_plot(learning_curve(np.arange(1, 111), seen, name="leak"), outcome="leaks")


def comparison_of_two() -> str:
    leak = {"denominator": DenominatorType.LEVEL, "modality": Ascertainment.CT}
    own = [
        Result(label="own", definition="leak-any", k=200, n=300, **leak),
        Result(label="own", definition="leak-epidural", k=9, n=300, **leak),
    ]
    return comparison_plot(compare(own), own="own series")


FIGURES = {
    "comparison": comparison_of_two,
    "forest": three,
    "claims": relief_by_claims,
    "cusum": cusum_of_140,
    "funnel": funnel_of_six,
    "survival": survival_of_seven,
    "relief": relief_of_metastases,
    "volume": lambda: volume_of(60),
    "calibration": calibration_of_400,
    "learning": learning_of_110,
}


@pytest.fixture(scope="module")
def drawn() -> dict[str, str]:
    return {name: draw() for name, draw in FIGURES.items()}


def words(svg: str) -> str:
    return " ".join(
        "".join(node.itertext()) for node in ElementTree.fromstring(svg).iter() if node.tag.endswith("text")
    )


@pytest.mark.parametrize("name", FIGURES)
def test_the_same_figure_has_the_same_bytes(drawn, name):
    assert FIGURES[name]() == drawn[name]


@pytest.mark.parametrize("name", FIGURES)
def test_text_is_text_and_says_what_the_figure_is_for(drawn, name):
    svg = drawn[name]
    assert svg.startswith('<svg role="img" aria-label="')
    assert PURPOSE in words(svg)
    assert "<dc:date>" not in svg
    assert "<image" not in svg or name == "volume"


def test_figures_share_a_page_without_sharing_ids(drawn):
    ids = [id for svg in drawn.values() for id in re.findall(r'\bid="([^"]+)"', svg)]
    assert len(ids) == len(set(ids))
    for name, svg in drawn.items():
        own = set(re.findall(r'\bid="([^"]+)"', svg))
        used = set(re.findall(r'href="#([^"]+)"|url\(#([^)]+)\)', svg))
        assert {a or b for a, b in used} <= own, name


def test_no_operator_is_named(drawn):
    assert "Secret" not in drawn["funnel"]
    assert "your series" in words(drawn["funnel"])
    assert "too small to judge" in words(drawn["funnel"])


def test_forest_prints_what_was_pooled(drawn):
    said = words(drawn["forest"])
    assert "0.53 (−0.01 to 1.07)" in said
    assert "I² = 0 %, τ² = 0 (Paule-Mandel)" in said
    assert "18%" in said
    two = meta_analysis([Estimate(label=n, value=0.1, standard_error=0.2) for n in "AB"])
    assert "needs 3 studies" in words(forest(two, effect="x", favours=("a", "b")))


def test_claims_print_their_definitions_and_denominators(drawn):
    said = words(drawn["claims"])
    for figure in (
        "98 %, denominator not stated",
        "73 to 87 %",
        "24 of 33 evaluated procedures",
        "77 % of 58 patients",
    ):
        assert figure in said
    assert "“clear alleviation of pain”" in said


def test_cusum_states_what_its_limit_rests_on(drawn):
    said = words(drawn["cusum"])
    assert "odds ratio 2.25, limit 4.50 (α = 0.01, β = 0.1)" in said
    assert "SYNTHETIC records" in said


def path_points(svg: str, colour: str) -> np.ndarray:
    """The points of the longest line in one colour, in points of the page, y downwards."""
    lines = re.findall(rf'<path d="([^"]+)"[^>]*stroke: {colour}', svg)
    numbers = max((re.findall(r"-?\d+(?:\.\d+)?", line) for line in lines), key=len)
    return np.array(numbers, dtype=float).reshape(-1, 2)


def test_survival_curve_is_drawn_where_it_was_computed(drawn):
    """Seven at risk: 1/7 after 20 days; at 90 days 5 of 7 remain, 1/5 of 5/7 more; at 200 days the same again."""
    points = path_points(drawn["survival"], "#0072b2")
    across = (points[:, 0] - points[0, 0]) / (points[-1, 0] - points[0, 0]) * 365
    for day, fractured in ((21, 1 / 7), (91, 2 / 7), (201, 3 / 7)):
        level = points[np.searchsorted(across, day) - 1, 1]
        height = (points[0, 1] - level) / (points[0, 1] - points[-1, 1]) * (3 / 7)
        assert height == pytest.approx(fractured, abs=1e-3)
    assert re.search(r"at risk .*all 7 5 4 3", words(drawn["survival"]))


def test_relief_prints_counts_and_those_not_evaluated(drawn):
    said = words(drawn["relief"])
    assert "33 procedures; 2 not evaluated" in said
    assert all(f" {count} " in f" {said} " for count in (2, 7, 24))


def test_hidden_counts_are_not_drawn():
    hidden = ReliefGroup(name="small", counts=(None, 7, None))
    said = words(relief_classes([hidden], classes=["none", "moderate", "clear"]))
    assert "small counts hidden" in said
    assert " 7 " not in f" {said} "


def test_comparison_prints_the_difference_or_the_reason(drawn):
    said = words(drawn["comparison"])
    assert "200 of 300 levels" in said
    assert "−14.9 points (−22.2 to −7.1)" in said
    assert "Dohm et al. 2014: 164 of 201 levels" in said
    assert "How it was looked for is not stated" in said
    assert "a difference is no measure of skill" in said


def test_many_cases_are_counted_in_cells_not_drawn_one_by_one():
    few, many = volume_of(1500), volume_of(20_000)
    assert "cases" in words(many)
    assert len(many) < 2 * len(few)


def test_what_cannot_be_drawn_is_refused():
    empty = np.array([])
    with pytest.raises(Refused, match="A CUSUM of no cases"):
        cusum_chart(risk_adjusted_cusum(empty, empty, ratio=2.0, limit=limit_of_errors(0.01, 0.1)), outcome="x")
    with pytest.raises(Refused, match="no result to set beside the literature"):
        comparison_plot([], own="own series")
    with pytest.raises(Refused, match="Series 9 is not in the funnel"):
        funnel_plot(funnel(["a"], [3], [30], target=0.1), outcome="x", own=9)
    with pytest.raises(Refused, match="0 curves cannot be told apart"):
        survival_plot([], outcome="x", days=[0, 1])
    with pytest.raises(Refused, match="must ascend from 0"):
        survival_plot([("a", curve_of_fractures())], outcome="x", days=[90, 30])
    with pytest.raises(Refused, match="for 3 classes"):
        relief_classes([ReliefGroup(name="a", counts=(1, 2))], classes=["x", "y", "z"])
    with pytest.raises(Refused, match="states no percentage"):
        claim_ranges([claim("own-study-fall")], outcome="x")
    with pytest.raises(Refused, match="There is no claim to draw"):
        claim_ranges([], outcome="x")
    with pytest.raises(Refused, match="do not match"):
        volume_relief(np.ones(3), np.ones(4), volume_and_relief(np.ones(3), np.ones(3), seed=1), relief_axis="x")
    nothing = np.full(12, np.nan)
    with pytest.raises(Refused, match="No case has both"):
        volume_relief(nothing, nothing, volume_and_relief(nothing, nothing, seed=1), relief_axis="x")
    with pytest.raises(Refused, match="No window of cases"):
        learning_curve_plot(learning_curve(np.arange(0), empty, name="leak"), outcome="x")


def test_a_long_heading_of_the_learning_curve_is_set_in_lines_that_fit():
    """Seven points of DejaVu Sans are at most 4.5 points a letter: 46 of them fit beside the axis of a column."""
    svg = learning_curve_plot(learning_curve(np.arange(1, 41), np.zeros(40), name="leak"), outcome="leaks")
    texts = ["".join(node.itertext()) for node in ElementTree.fromstring(svg).iter("{http://www.w3.org/2000/svg}text")]
    heading = [text for text in texts if "no trend stated" in text or "operators with 30" in text]
    assert len(heading) >= 1
    assert all(len(text) <= 46 for text in texts if PURPOSE not in text), texts
