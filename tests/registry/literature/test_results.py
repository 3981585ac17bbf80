"""Two results are compared only where definition, denominator, modality and stated time are the same."""

import pytest

from vertebroplasty.errors import Refused
from vertebroplasty.registry.literature.results import Result, cautions, differences, require_same_definition
from vertebroplasty.selection.claims import Ascertainment, DenominatorType


def leak(**other) -> Result:
    fields = {
        "label": "own series",
        "definition": "leak-epidural",
        "k": 3,
        "n": 100,
        "denominator": DenominatorType.LEVEL,
        "modality": Ascertainment.CT,
    }
    return Result(**(fields | other))


def test_the_same_differs_in_nothing():
    assert differences(leak(), leak(k=5, label="other series")) == ()
    require_same_definition([leak(), leak(), leak()])


@pytest.mark.parametrize(
    ("other", "sentence"),
    [
        ({"denominator": DenominatorType.PATIENT}, "The denominators differ: level against patient."),
        ({"modality": Ascertainment.FLUOROSCOPY}, "It was looked for differently: CT against fluoroscopy."),
        (
            {"definition": "leak-any"},
            "The outcomes are defined differently: “cement in the epidural space” against “cement anywhere outside "
            "the vertebra”.",
        ),
        ({"denominator": DenominatorType.NOT_STATED, "label": "S1"}, "What is counted is not stated in S1."),
        ({"modality": Ascertainment.NOT_STATED, "label": "S0"}, "How it was looked for is not stated in S0."),
    ],
)
def test_each_difference_is_named(other, sentence):
    assert differences(leak(), leak(**other)) == (sentence,)
    with pytest.raises(Refused, match="are not compared"):
        require_same_definition([leak(), leak(**other)])


def test_two_that_do_not_say_are_not_thereby_alike():
    silent = leak(modality=Ascertainment.NOT_STATED)
    assert differences(silent, silent) == ("How it was looked for is not stated in own series and own series.",)


def test_stated_times_must_agree_and_unstated_ones_are_a_caution():
    one, other = leak(horizon="1 month"), leak(horizon="12 months")
    assert differences(one, other) == ("The times differ: 1 month against 12 months.",)
    assert differences(one, leak()) == ()
    assert cautions(one, leak()) == ("When it was asked may differ: 1 month against not stated.",)


def test_different_patients_are_a_caution():
    found = cautions(leak(population="osteoporosis"), leak(population="metastases"))
    assert found == ("The patients differ: osteoporosis against metastases.",)


def test_impossible_results_are_refused():
    with pytest.raises(Refused, match="101 of 100 is no count"):
        leak(k=101)
    with pytest.raises(Refused, match="is counted per patient, procedure or level, not per evaluated-procedure"):
        leak(denominator=DenominatorType.EVALUATED_PROCEDURE)
    with pytest.raises(Refused, match="is looked for by fluoroscopy, radiograph or CT, not by clinical-only"):
        leak(modality=Ascertainment.CLINICAL_ONLY)
    with pytest.raises(Refused, match="No outcome is defined as"):
        leak(definition="luck")
