"""What holds for every patient: unknown is never a pass, more against never softens, order never matters."""

from dataclasses import fields, replace

from hypothesis import given, settings
from hypothesis import strategies as st

from screening_cases import COMPONENTS, LEVEL, PRODUCT, answers, patient, screened
from screening_changes import (
    GUIDELINES,
    INPUTS,
    LEVEL_PARTS,
    MEASURED,
    PATIENTS,
    told,
    told_of_level,
    without,
)
from vertebroplasty.selection.coded_values import (
    Allergen,
    CoagulationStatus,
    Infection,
    NeurologicalDeficit,
    RadicularPain,
)
from vertebroplasty.selection.measured import MeasuredFindings
from vertebroplasty.selection.overrides import Override
from vertebroplasty.selection.patient import LevelFindings
from vertebroplasty.selection.rules import load_guidelines
from vertebroplasty.selection.strictness import Verdict, strictest
from vertebroplasty.selection.verdict import screen

QUIET = settings(derandomize=True, deadline=None, max_examples=250)
CONFLICTS = ("the stricter decides", "the CT", "this CT", "differ")

# One finding more against the procedure, whatever else is known.
AGAINST = [
    {"neurological_deficit": NeurologicalDeficit.PROGRESSIVE},
    {"coagulation__status": CoagulationStatus.REFRACTORY},
    {"infection": Infection.LOCAL},
    {"osteomyelitis": True},
    {"allergies": frozenset(Allergen)},
    {"painful": False},
    {"pain_relieved_by_medical_treatment": True},
    {"coagulation__inr": 3.0},
    {"coagulation__platelets_10e9_per_l": 20.0},
    {"radicular_pain": RadicularPain.UNRELATED_COMPRESSIVE},
    {"retropulsed_fragment": True, "canal_compromise_percent": 50.0},
    {"epidural_tumour": True},
]


def changed(who, **changes):
    """The patient with some inputs set."""
    for key, value in changes.items():
        room, _, inner = key.partition("__")
        if inner:
            who = replace(who, **{room: replace(getattr(who, room), **{inner: value})})
        elif hasattr(who, key):
            who = replace(who, **{key: value})
        else:
            who = replace(who, levels={LEVEL: replace(who.levels[LEVEL], **{key: value})})
    return who


def turned_round(part):
    """The same with every list in it backwards."""
    lists = {f.name: getattr(part, f.name) for f in fields(part) if isinstance(getattr(part, f.name), tuple)}
    return replace(part, **{name: listed[::-1] for name, listed in lists.items()})


def contradicts_itself(screening):
    return any(sign in warning for warning in screening.warnings for sign in CONFLICTS)


@given(PATIENTS, MEASURED, GUIDELINES)
@QUIET
def test_the_verdict_is_the_strictest_of_what_fired_and_what_is_unknown(who, shown, named):
    """Told from the answers alone, in the words of the order of verdicts."""
    level = screened(who, shown, guidelines=named).levels[0]
    deciding = {rule.id: rule.deciding for guideline in load_guidelines(named) for rule in guideline.rules}
    heard = [rule for rule in level.rules if rule.decides]
    indications = {rule.answer.value for rule in heard if rule.effect == "indicated"}
    said = ["insufficient-data" if "unknown" in indications else "not-indicated"]
    if "yes" in indications:
        said = ["indicated"]
    said += [rule.effect.value for rule in heard if rule.answer == "yes" and rule.effect != "indicated"]
    said += ["insufficient-data" for rule in heard if rule.answer == "unknown" and deciding[rule.id]]
    assert level.verdict is strictest(map(Verdict, said))


@given(PATIENTS, MEASURED, GUIDELINES)
@QUIET
def test_no_unknown_deciding_rule_is_ever_absent_from_what_it_could_become(who, shown, named):
    level = screened(who, shown, guidelines=named).levels[0]
    deciding = {rule.id for g in load_guidelines(named) if g.decides for rule in g.rules if rule.deciding}
    unknown = {rule.id for rule in level.rules if rule.answer == "unknown"}
    assert deciding & unknown <= {rule for entry in level.could_become for rule in entry.rules}
    assert deciding & unknown <= {rule for entry in level.missing for rule in entry.would_change}
    if deciding & unknown:
        assert level.verdict.rank <= Verdict.INSUFFICIENT_DATA.rank
        assert level.ask_first in (None, level.missing[0])
        assert level.ask_first or level.verdict.rank < Verdict.INSUFFICIENT_DATA.rank


@given(PATIENTS, st.sampled_from(AGAINST), MEASURED, GUIDELINES)
@QUIET
def test_a_contraindication_more_never_softens_a_verdict(who, against, shown, named):
    before, after = screened(who, shown, guidelines=named), screened(changed(who, **against), shown, guidelines=named)
    assert after.verdict.rank <= before.verdict.rank


@given(PATIENTS, MEASURED, GUIDELINES, st.data())
@QUIET
def test_a_rule_more_that_fires_never_softens_a_verdict(who, shown, named, data):
    """The same of the rules themselves: any one that speaks against, had it answered yes."""
    level = screened(who, shown, guidelines=named).levels[0]
    rules = level.rule_set.rules
    against = [place for place, rule in enumerate(rules) if rule.effect.value not in ("indicated", "not-indicated")]
    place = data.draw(st.sampled_from(against))
    fired = (*level.numbers[:place], 2, *level.numbers[place + 1 :])
    assert level.rule_set.verdict(fired).rank <= level.rule_set.verdict(level.numbers).rank


@given(PATIENTS, st.lists(st.sampled_from(INPUTS), min_size=1, max_size=3), MEASURED, GUIDELINES)
@QUIET
def test_removing_information_never_yields_indicated(who, keys, shown, named):
    """Unless inputs contradicted each other, which a warning had said; then the removal settles the contradiction."""
    before, after = screened(who, shown, guidelines=named), who
    for key in keys:
        after = without(after, key)
    if before.verdict is not Verdict.INDICATED and not contradicts_itself(before):
        assert screened(after, shown, guidelines=named).verdict is not Verdict.INDICATED


@given(PATIENTS, st.sampled_from(INPUTS), MEASURED)
@QUIET
def test_forgetting_one_input_never_turns_a_deciding_rule_that_fired_into_a_pass(who, key, shown):
    before, after = screened(who, shown), screened(without(who, key), shown)
    if contradicts_itself(before):
        return
    for rule in before.levels[0].rules:
        if rule.decides and rule.answer == "yes":
            assert answers(after)[rule.id] != "no", rule.id
        if rule.decides and rule.answer == "unknown":
            assert answers(after)[rule.id] == "unknown", rule.id


@given(PATIENTS, MEASURED, GUIDELINES)
@QUIET
def test_the_order_of_inputs_never_matters(who, shown, named):
    both = replace(who, levels={"L3": who.levels[LEVEL], "T12": LevelFindings(painful=True)})
    other = turned_round(replace(both, levels={"T12": both.levels["T12"], "L3": turned_round(both.levels["L3"])}))
    other = replace(other, coagulation=turned_round(other.coagulation), planned=turned_round(other.planned))
    measured = {"L3": MeasuredFindings(**(shown or {})), "T12": MeasuredFindings()}
    reasons = [Override(rule="R01", because="Decompressed."), Override(rule="A07", because="A1, young.")]
    common = {"product": PRODUCT, "required_components": COMPONENTS}
    one = screen(both, measured, levels=("T12", "L3"), overrides=reasons, guidelines=named, **common)
    two = screen(
        other,
        dict(reversed(measured.items())),
        levels=("L3", "T12", "L3"),
        overrides=reasons[::-1],
        guidelines=[name.replace("_", "-") for name in reversed(named)],
        **common,
    )
    assert told(one) == told(two)


@given(PATIENTS, MEASURED, GUIDELINES)
@QUIET
def test_sentences_are_the_same_in_whatever_order_they_are_read(who, shown, named):
    forwards, backwards = (screened(who, shown, guidelines=named).levels[0] for _ in range(2))
    late = told_of_level(backwards, LEVEL_PARTS[::-1])
    assert told_of_level(forwards) == late == told_of_level(forwards)


@given(st.lists(PATIENTS, min_size=2, max_size=3), MEASURED)
@QUIET
def test_of_several_levels_each_keeps_its_own_and_the_strictest_is_the_verdict(patients, shown):
    names = ("T12", "L1", "L3")[: len(patients)]
    findings = {name: one.levels[LEVEL] for name, one in zip(names, patients, strict=True)}
    whole = replace(patients[0], levels=findings)
    together = screened(whole, shown, levels=names)
    assert together.verdict is strictest(level.verdict for level in together.levels)
    for place, name in enumerate(names):
        alone = screened(whole, shown if place == 0 else None, levels=(name,))
        assert told_of_level(together.levels[place]) == told_of_level(alone.levels[0])


@given(PATIENTS, MEASURED)
@QUIET
def test_a_guideline_that_is_only_shown_changes_nothing_but_what_is_listed(who, shown):
    """Without the shown guidelines' rules the founding documents say the same."""
    level = screened(who, shown).levels[0]
    founding = {rule.id for rule in load_guidelines()[0].rules}
    assert {rule.id for rule in level.rules if rule.decides} <= founding
    assert {rule for entry in level.could_become for rule in entry.rules} <= founding
    assert {rule for entry in level.missing for rule in entry.would_change} <= founding


def test_a_known_patient_is_indicated_so_the_properties_are_not_empty():
    assert screened(patient()).verdict is Verdict.INDICATED
