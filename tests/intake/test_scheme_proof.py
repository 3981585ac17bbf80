"""Which scheme a file follows is declared or proven from the file; otherwise the reading stops."""

import pytest

from intake_files import spine_labels
from vertebroplasty.errors import UnknownLabels
from vertebroplasty.intake.label_volume import measure_pieces
from vertebroplasty.intake.scheme_proof import choose_scheme, read_with
from vertebroplasty.intake.schemes import SCHEMES


def chosen(values, declared=None, *, with_parts=False, **shape):
    pieces = measure_pieces(spine_labels(values, **shape))
    return choose_scheme(pieces, declared, name="seg.nii.gz", with_parts=with_parts)


@pytest.mark.parametrize(
    ("from_above", "step", "scheme", "levels"),
    [
        ([19, 20, 21, 22], 34, "verse", "T12 L1 L2 L3"),
        ([22, 23, 24, 26], 34, "verse", "L3 L4 L5 S1"),
        ([18, 19, 28, 20], 30, "verse", "T11 T12 T13 L1"),
        ([20, 21, 101, 102], 34, "tptbox", "L1 L2"),
        ([31, 30, 29, 28, 27, 26, 25], 34, "totalsegmentator-v2", "L1 L2 L3 L4 L5 S1"),
        ([31, 30, 29, 28, 27, 25], 34, "totalsegmentator-v2", "L1 L2 L3 L4 L5 S1"),
        ([34, 33, 32, 31, 30, 29, 28], 34, "totalsegmentator-v2", "T10 T11 T12 L1 L2 L3 L4"),
        ([23, 22, 21, 20, 92], 34, "totalsegmentator-v1", "T12 L1 L2 L3 S1"),
        ([31, 30, 29, 28, 27, 26], 22, "totalsegmentator-v1", "T4 T5 T6 T7 T8 T9"),
    ],
)
def test_the_file_itself_proves_its_scheme(from_above, step, scheme, levels):
    reading = chosen(from_above, step_mm=step, size_mm=16, spacing_mm=2.0)
    assert reading.scheme.name == scheme
    assert " ".join(reading.column.names) == levels


@pytest.mark.parametrize("value", [1, 20, 22, 27, 30])
def test_a_single_label_proves_nothing(value):
    with pytest.raises(UnknownLabels, match="--labels"):
        chosen([value])


def test_a_single_label_is_read_with_a_declared_scheme():
    assert chosen([20], "verse").names == {20: "L1"}
    assert chosen([20], "totalsegmentator-v1").names == {20: "L3"}


def test_the_refusal_names_every_candidate():
    with pytest.raises(UnknownLabels, match=r"verse \(L3\), tptbox \(L3\), totalsegmentator-v1 \(L1\)"):
        chosen([22])


@pytest.mark.parametrize("from_above", [[23, 22, 21], [22, 21]])
def test_numbers_exchanged_end_to_end_are_not_taken_for_another_scheme(from_above):
    """Upwards 21-23 is a valid order in TotalSegmentator 1, and exactly what an exchanged VerSe file looks like."""
    with pytest.raises(UnknownLabels, match="could be totalsegmentator-v1"):
        chosen(from_above)
    assert chosen(from_above, "totalsegmentator-v1").column.names[-1] == "L2"


def test_the_refusal_names_the_exchanged_numbering_as_the_rival():
    with pytest.raises(
        UnknownLabels, match=r"totalsegmentator-v1 \(T12 L1 L2\), verse with its labels exchanged .*\(L2 L3 L4\)"
    ):
        chosen([23, 22, 21])


def test_a_file_of_parts_speaks_for_the_programs_that_write_one():
    """A lone 22 is L3 to VerSe and TPTBox alike; only TotalSegmentator 1, which writes no parts, reads L1."""
    reading = chosen([22], with_parts=True)
    assert reading.names == {22: "L3"}
    assert reading.scheme.name == "verse"
    (note,) = reading.notes
    assert "subregion file beside them speaks for verse and tptbox: L3" in note


def test_verse_and_tptbox_name_levels_by_one_table():
    """Why a file of parts need not tell the two apart."""
    assert SCHEMES["verse"].levels == SCHEMES["tptbox"].levels
    assert SCHEMES["verse"].sacrum == SCHEMES["tptbox"].sacrum


@pytest.mark.parametrize("values", [[23, 22, 21], [27], [30]])
def test_a_file_of_parts_settles_nothing_that_its_schemes_cannot_read(values):
    with pytest.raises(UnknownLabels, match="--labels"):
        chosen(values, with_parts=True)


def test_a_file_of_parts_changes_nothing_where_the_labels_prove_their_scheme():
    for values, scheme in (([19, 20, 21, 22], "verse"), ([31, 30, 29, 28, 27, 25], "totalsegmentator-v2")):
        reading = chosen(values, with_parts=True, size_mm=16, spacing_mm=2.0)
        assert (reading.scheme.name, reading.notes) == (scheme, ())


@pytest.mark.parametrize("from_above", [[22, 21, 23], [21, 23, 22], [20, 22, 21, 23]])
def test_exchanged_labels_fit_no_scheme(from_above):
    with pytest.raises(UnknownLabels, match=r"fit no scheme \(verse: L\d lies above L\d"):
        chosen(from_above)


def test_lumbar_vertebrae_numbered_from_one_are_no_cervical_spine():
    with pytest.raises(UnknownLabels, match="cervical levels would be 34 mm apart"):
        chosen([1, 2, 3, 4, 5], step_mm=34)


def test_a_regular_column_is_no_set_of_organs():
    """In TotalSegmentator 2 the numbers 18 to 20 are bowel; four in a row at vertebral distances are vertebrae."""
    pieces = measure_pieces(spine_labels([18, 19, 28, 20], step_mm=30))
    assert read_with(SCHEMES["totalsegmentator-v2"], pieces).contradictions == ()
    assert choose_scheme(pieces, None, name="seg.nii.gz").scheme.name == "verse"


def test_a_declared_scheme_must_know_the_numbers():
    with pytest.raises(UnknownLabels, match=r"label 101, which verse lacks"):
        chosen([20, 21, 101], "verse")
    with pytest.raises(UnknownLabels, match="no level of totalsegmentator-v2"):
        chosen([20, 21, 22], "totalsegmentator-v2")


def test_a_sacrum_above_the_vertebrae_contradicts():
    reading = read_with(SCHEMES["tptbox"], measure_pieces(spine_labels([29, 20, 21])))
    assert any("sacrum" in clause for clause in reading.contradictions)


def test_labelled_ribs_are_noticed():
    assert chosen([43, 20, 21], "tptbox").ribs_labelled
    assert not chosen([20, 21]).ribs_labelled
