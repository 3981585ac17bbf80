"""Two finished cases side by side: what differs is marked, what only one side has is said, patients are not mixed."""

import json

import pytest

from vertebroplasty.documents.common import Provenance
from vertebroplasty.documents.compare import Side, compare_document
from vertebroplasty.documents.inject import InjectDocument
from vertebroplasty.documents.plan import PlanDocument
from vertebroplasty.errors import Refused

NOTHING = Provenance(inputs=[], parameters={}, duration_s=0.0)


@pytest.fixture(scope="module")
def bodies(walked):
    return {name: json.loads((walked / f"{name}.json").read_text()) for name in ("plan", "inject")}


def side(bodies, name, *, ct="a" * 64, level="L2", path=None, **injection):
    """A copy of a real walk's plan and injection with some values set."""
    plan = json.loads(json.dumps(bodies["plan"]))
    plan["paths"][0] |= path or {}
    inject = bodies["inject"] | injection
    for body in (plan, inject):
        body["level"] = level
        body["inputs"] = [{"role": "ct", "name": "ct.nii.gz", "sha256": ct}]
    return Side(name=name, plan=PlanDocument.model_validate(plan), inject=InjectDocument.model_validate(inject))


def compared(first, second, *, other_ct=False):
    document = compare_document(first, second, NOTHING, other_ct=other_ct)
    return document, {row.key: row for row in document.rows}


def leak(site, volume_ml):
    return {"site": site, "volume_ml": volume_ml, "first_time_s": 1.0, "first_visible_s": None, "yeom": None}


def test_the_same_case_does_not_differ_from_itself(bodies):
    document, rows = compared(side(bodies, "a"), side(bodies, "b"))
    assert document.differing == 0
    assert not any(row.differs for row in rows.values())
    apart = document.needles_apart
    assert (apart.entries_mm, apart.tips_mm, apart.angle_deg) == (0.0, 0.0, 0.0)


def test_the_canal_stands_first_and_a_difference_has_its_sign(bodies):
    first = side(bodies, "a", in_canal_ml=0.25, leaks=[leak("epidural", 0.25)], not_assessed=[])
    second = side(bodies, "b", in_canal_ml=0.1, leaks=[leak("disc-above", 0.5)], not_assessed=["foramen-left"])
    document, rows = compared(first, second)
    assert document.rows[0].key == "inject.in_canal_ml"
    assert (document.rows[0].first, document.rows[0].second, document.rows[0].difference) == (0.25, 0.1, -0.15)
    assert rows["inject.leaks.epidural"].second == 0.0
    assert rows["inject.leaks.disc-above"].difference == 0.5
    foramen = rows["inject.leaks.foramen-left"]
    assert (foramen.first, foramen.second, foramen.differs) == (0.0, None, True)  # not assessed is never 0 ml
    place = [row.key for row in document.rows].index("inject.leaks.foramen-left")
    assert any(u.what == f"rows[{place}].second" and "too coarse" in u.why for u in document.unknown)


def test_words_differ_without_a_number(bodies):
    first = side(bodies, "a", parameters={"product": "pmma-medium", "volume_ml": 3.0})
    second = side(bodies, "b", parameters={"product": "pmma-high", "volume_ml": 4.0})
    _, rows = compared(first, second)
    product, volume = rows["inject.parameters.product"], rows["inject.parameters.volume_ml"]
    assert (product.first, product.second, product.difference, product.differs) == (
        "pmma-medium",
        "pmma-high",
        None,
        True,
    )
    assert volume.difference == 1.0


def test_needles_are_measured_against_each_other(bodies):
    entry, tip = ([0.0, 0.0, 0.0], [30.0, 0.0, 0.0])
    first = side(bodies, "a", path={"entry_lps_mm": entry, "tip_lps_mm": tip})
    second = side(bodies, "b", path={"entry_lps_mm": [0.0, 3.0, 4.0], "tip_lps_mm": [0.0, 33.0, 4.0]})
    apart = compared(first, second)[0].needles_apart
    assert (apart.entries_mm, apart.angle_deg) == (5.0, 90.0)
    assert apart.tips_mm == pytest.approx((30**2 + 33**2 + 4**2) ** 0.5, abs=1e-4)


def test_another_ct_is_refused_unless_said_and_then_warned_of(bodies):
    first, second = side(bodies, "a"), side(bodies, "b", ct="b" * 64)
    with pytest.raises(Refused, match="perhaps of different patients: add --other-ct"):
        compared(first, second)
    document, _ = compared(first, second, other_ct=True)
    assert not document.same_ct
    assert "different patients" in document.warnings[0]
    assert document.needles_apart.tips_mm is None


def test_another_level_is_refused_whatever_is_said(bodies):
    with pytest.raises(Refused, match="a is of L2 and b of L3"):
        compared(side(bodies, "a"), side(bodies, "b", level="L3"), other_ct=True)


def test_what_only_one_side_holds_is_said_and_not_compared(bodies):
    whole = side(bodies, "a")
    only_plan = Side(name="plan.json", plan=whole.plan)
    document, rows = compared(whole, only_plan)
    assert document.not_compared == ["The injection: plan.json holds no inject.json, so it is not compared."]
    assert all(key.startswith("plan.") for key in rows)
    only_injection = Side(name="b", inject=whole.inject)
    with pytest.raises(Refused, match="nothing of the same kind"):
        compared(only_plan, only_injection)
