"""Missing values out of the records in which they were due."""

import numpy as np
import pytest

from vertebroplasty.errors import Refused
from vertebroplasty.registry.statistics.completeness import Variable, completeness, missing
from vertebroplasty.registry.statistics.proportions import Denominator


def test_missing_is_counted_only_where_the_value_was_due():
    volume = Variable(name="volume", recorded=np.array([True, True, False, False]))
    one_year = Variable(
        name="VAS at 12 months",
        recorded=np.array([True, False, False, False]),
        due=np.array([True, True, False, False]),
    )
    found = completeness((volume, one_year), Denominator.PROCEDURE)
    assert [(m.name, m.k, m.n) for m in found.missing] == [("volume", 2, 4), ("VAS at 12 months", 1, 2)]
    assert (found.complete_records.k, found.complete_records.n) == (1, 4)
    assert found.sentence == "1 of 4 records are complete; most is missing in volume (2 of 4)."


def test_a_variable_that_is_nowhere_due_is_unknown_and_hides_nothing():
    none = Variable(name="conversion", recorded=np.zeros(3, dtype=bool), due=np.zeros(3, dtype=bool))
    found = completeness((none,), Denominator.PROCEDURE)
    assert found.missing[0].percent is None
    assert found.complete_records.k == 3


def test_counts_from_a_database_will_do():
    found = missing("volume", recorded=850, due=868, denominator=Denominator.LEVEL)
    assert (found.k, found.n) == (18, 868)
    with pytest.raises(Refused, match="869 recorded of 868 due"):
        missing("volume", recorded=869, due=868, denominator=Denominator.LEVEL)


def test_columns_of_unequal_length_are_refused():
    short, long = (Variable(name=str(n), recorded=np.ones(n, dtype=bool)) for n in (2, 3))
    with pytest.raises(Refused, match="equal length"):
        completeness((short, long), Denominator.PATIENT)
