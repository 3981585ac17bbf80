"""Instability and reach of a tumour: when a surgical opinion is missing."""

from screening_cases import answers, because, patient, screened
from vertebroplasty.selection.coded_values import Aetiology, SinsCollapse, SinsLesion, SinsPain
from vertebroplasty.selection.patient import SinsItems

NO_OPINION = {"surgical_opinion": False}
UNSTABLE = {"sins__pain": SinsPain.MECHANICAL, "sins__lesion": SinsLesion.LYTIC}  # 2 + 3 + 2 on L3


def test_seven_points_ask_for_a_surgeon_and_the_task_says_so():
    result = screened(patient("tumour", **UNSTABLE, **NO_OPINION))
    assert answers(result)["W08"] == "yes"
    assert "SINS 7 of 18" in because(result, "W08")
    assert any("surgeon's opinion on this tumour" in task for task in result.levels[0].tasks)


def test_an_opinion_in_words_answers_it():
    assert answers(screened(patient("tumour", **UNSTABLE, surgical_opinion="Stable enough.")))["W08"] == "no"


def test_open_items_leave_it_unknown_only_where_they_matter():
    nothing = patient("tumour", sins=SinsItems(), height_loss_percent=None, **NO_OPINION)
    assert answers(screened(nothing))["W08"] == "unknown"
    low = patient("tumour", sins__posterolateral=None, **NO_OPINION)  # 3 points known, at most 6
    assert answers(screened(low))["W08"] == "no"
    high = patient("tumour", **UNSTABLE, sins__posterolateral=None, **NO_OPINION)
    assert answers(screened(high))["W08"] == "yes"


def test_the_ct_fills_what_no_reader_gave():
    unread = patient(
        "tumour", sins__pain=SinsPain.MECHANICAL, sins__collapse=None, height_loss_percent=None, **NO_OPINION
    )
    collapsed = {"height_loss_percent": 65.0, "height_loss_plus_minus_percent": 4.0}
    assert answers(screened(unread))["W08"] == "unknown"
    assert answers(screened(unread, collapsed))["W08"] == "yes"  # 2 + 3 + 3


def test_a_fracture_without_tumour_is_not_scored():
    assert answers(screened(patient(**UNSTABLE, **NO_OPINION)))["W08"] == "no"
    other = patient("tumour", aetiology=Aetiology.OTHER, **UNSTABLE, **NO_OPINION)
    assert answers(screened(other))["W08"] == "yes"
    assert answers(screened(patient("tumour", sins__collapse=SinsCollapse.OVER_50, **NO_OPINION)))["W08"] == "no"
