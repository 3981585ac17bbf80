"""Loss of height and loss of bone: a reader and the CT side by side, the stricter decides."""

import pytest

from screening_cases import answers, because, patient, screened
from vertebroplasty.selection.coded_values import SinsLesion

UNREAD = {"height_loss_percent": None}
NO_READING = {"lytic_holes": None, "sins__lesion": None}


def loss(percent, plus_minus=2.0):
    return {"height_loss_percent": percent, "height_loss_plus_minus_percent": plus_minus}


class TestCollapse:
    @pytest.mark.parametrize(
        ("measured", "plus_minus", "expected"),
        [
            (75, 2, "yes"),
            (69.7, 1, "yes"),
            (69.6, 1, "unknown"),  # never surer than 3 points: two thirds are reached
            (63.7, None, "unknown"),
            (63.6, 0, "no"),
            (75, 10, "unknown"),
        ],
    )
    def test_a_measured_loss_decides_only_clear_of_its_plus_minus(self, measured, plus_minus, expected):
        assert answers(screened(patient(**UNREAD), loss(measured, plus_minus)))["W07"] == expected

    def test_a_reader_answers_what_the_measurement_leaves_open(self):
        open_ = loss(67.0)
        assert answers(screened(patient(height_loss_percent=60), open_))["W07"] == "no"
        assert answers(screened(patient(height_loss_percent=70), open_))["W07"] == "yes"

    @pytest.mark.parametrize(("reader", "measured"), [(40, 80.0), (80, 40.0)])
    def test_where_reader_and_ct_conflict_the_stricter_decides_and_both_are_shown(self, reader, measured):
        result = screened(patient(height_loss_percent=reader), loss(measured))
        assert answers(result)["W07"] == "yes"
        assert f"{reader} %" in because(result, "W07")
        assert f"{measured:.1f} ± 3.0 %" in because(result, "W07")
        assert f"a reader gives the loss of height as {reader} %" in " ".join(result.warnings)

    def test_a_collapsed_body_with_a_cleft_says_so(self):
        seen = screened(patient(height_loss_percent=80, cleft=True), {"cleft": True})
        assert "a reader and the CT see a cleft" in because(seen, "W07")
        assert "the CT sees a cleft" in because(screened(patient(height_loss_percent=80), {"cleft": True}), "W07")
        assert "cleft" not in because(screened(patient(height_loss_percent=80)), "W07")
        assert "cleft" not in because(screened(patient(height_loss_percent=50, cleft=True)), "W07")


class TestOsteolysis:
    def found(self, measured=None, **changes):
        return answers(screened(patient("tumour", **changes), measured, guidelines=["payer_example"]))["P01"]

    def test_holes_of_the_ct_count_where_no_reader_spoke(self):
        found = [self.found({"lytic_holes": holes}, **NO_READING) for holes in (True, False, None)]
        assert found == ["no", "yes", "unknown"]

    @pytest.mark.parametrize(("lesion", "expected"), [("lytic", "no"), ("mixed", "no"), ("blastic", "yes")])
    def test_a_lytic_or_mixed_lesion_counts_as_loss_of_bone(self, lesion, expected):
        assert self.found(lytic_holes=None, sins__lesion=SinsLesion(lesion)) == expected

    def test_a_disagreement_is_not_counted_as_loss_of_bone(self):
        assert self.found({"lytic_holes": True}, lytic_holes=False, sins__lesion=None) == "yes"
        assert self.found({"lytic_holes": False}, lytic_holes=True, sins__lesion=None) == "yes"
