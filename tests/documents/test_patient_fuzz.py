"""Whatever a file holds it is read or refused; whatever a patient can be survives being written and read."""

import json
import string
from dataclasses import fields
from datetime import date

from hypothesis import given, settings
from hypothesis import strategies as st

from vertebroplasty.anatomy.levels import LEVELS
from vertebroplasty.documents.patient import parse_patient, template
from vertebroplasty.documents.patient_model import AgentEntry, LevelEntry, PatientDocument
from vertebroplasty.errors import Refused
from vertebroplasty.selection import coded_values as coded
from vertebroplasty.selection.patient import Agent, Coagulation, LevelFindings, Patient, Planned, SinsItems

TODAY = date(2026, 11, 21)
QUIET = settings(derandomize=True, deadline=None, max_examples=200)

KEYS = sorted(
    {*template(), *template()["levels"]["L3"], *template()["coagulation"], "class", "L3", "[key]", "bool", ""}
)
WORDS = [value.value for name in coded.__all__ for value in getattr(coded, name)]
LEAVES = (
    st.none()
    | st.booleans()
    | st.integers(-(10**30), 10**30)
    | st.floats()
    | st.sampled_from(WORDS)
    | st.text(max_size=8)
    | st.sampled_from(["2026-11-20", "L3", "9999-99-99"])
)
ANY_JSON = st.recursive(
    LEAVES,
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(KEYS) | st.text(max_size=6), inner, max_size=5)
    ),
    max_leaves=12,
)


def places(node, way=()):
    """Every place of a JSON document."""
    yield way
    for key, value in node.items() if isinstance(node, dict) else []:
        yield from places(value, (*way, key))


def with_something_at(way, thing):
    document = template()
    if not way:
        return thing
    node = document
    for key in way[:-1]:
        node = node[key]
    node[way[-1]] = thing
    return document


def refusal_of(content):
    """The refusal of a file, or None where it is read; anything else that is raised fails the test."""
    try:
        parse_patient(content, today=TODAY)
    except Refused as refusal:
        return refusal
    return None


def read_or_refused(content):
    refusal = refusal_of(content)
    if refusal is not None:
        lines = refusal.message.split("\n")
        assert all(line.isprintable() and line.endswith((".", "?", ":")) for line in lines)


@QUIET
@given(st.binary(max_size=60))
def test_arbitrary_bytes_are_read_or_refused(content):
    read_or_refused(content)


@QUIET
@given(ANY_JSON)
def test_arbitrary_json_is_read_or_refused(document):
    read_or_refused(json.dumps(document).encode())


@QUIET
@given(st.sampled_from(list(places(template()))), ANY_JSON)
def test_anything_at_any_place_of_the_template_is_read_or_refused(way, thing):
    read_or_refused(json.dumps(with_something_at(way, thing)).encode())


@QUIET
@given(st.lists(st.sampled_from(KEYS), min_size=1, max_size=6), ANY_JSON)
def test_a_key_given_twice_is_refused_wherever_it_stands(way, thing):
    pair = ",".join(f'"x": {json.dumps(thing)}' for _ in range(2))
    content = f"{{{pair}}}"
    for key in way:
        content = f"{{{json.dumps(key)}: {content}}}"
    assert any("x is given twice" in problem for problem in refusal_of(content.encode()).problems)


def one_of(values):
    return st.none() | st.sampled_from(values)


def number(lowest, highest, *, above=False):
    return st.none() | st.floats(lowest, highest, exclude_min=above)


TEXT = st.none() | st.text(string.ascii_letters + "äé 0-9", min_size=1, max_size=20).map(lambda t: f"a{t}b")
YES_NO = st.none() | st.booleans()
NUMBERS = {
    "pain_nrs": number(0, 10),
    "conservative_treatment_weeks": number(0, 50),
    "fracture_age_days": number(0, 360),  # nobody is too young for it
    "canal_compromise_percent": number(0, 100),
    "height_loss_percent": number(0, 100),
    "of_grade": st.none() | st.integers(1, 5),
    "first_line_treatment": st.none() | st.lists(st.sampled_from(coded.FirstLine), unique=True).map(tuple),
    "imaging_before": st.none() | st.lists(st.sampled_from(coded.Imaging), unique=True).map(tuple),
    "surgical_opinion": YES_NO | TEXT,
}
WORDED = {
    "aetiology": coded.Aetiology,
    "intent": coded.Intent,
    "radicular_pain": coded.RadicularPain,
    "neurological_deficit": coded.NeurologicalDeficit,
    "posterior_wall": coded.WallReading,
    "bilsky": coded.Bilsky,
    "ao_type": coded.AoType,
}
SINS = st.builds(
    SinsItems,
    pain=one_of(coded.SinsPain),
    lesion=one_of(coded.SinsLesion),
    alignment=one_of(coded.SinsAlignment),
    collapse=one_of(coded.SinsCollapse),
    posterolateral=one_of(coded.SinsPosterolateral),
)
YES_NO_KEYS = {field.name for field in fields(LevelFindings)} - set(NUMBERS) - set(WORDED) - {"sins"}
FINDINGS = st.builds(
    LevelFindings,
    **NUMBERS,
    **{key: one_of(words) for key, words in WORDED.items()},
    **dict.fromkeys(YES_NO_KEYS, YES_NO),
    sins=SINS,
)
AGENTS = st.builds(Agent, name=TEXT, agent_class=one_of(coded.AgentClass), last_dose_h=number(0, 8760))
PATIENTS = st.builds(
    Patient,
    assessed_on=st.none() | st.dates(date(1984, 1, 1), TODAY),
    pseudonym=TEXT,
    sex=one_of(coded.Sex),
    age_years=number(0, 120),
    infection=one_of(coded.Infection),
    allergies=st.none() | st.frozensets(st.sampled_from(coded.Allergen)),
    coagulation=st.builds(
        Coagulation,
        status=one_of(coded.CoagulationStatus),
        inr=number(0, 20, above=True),
        platelets_10e9_per_l=number(0, 5000),
        agents=st.none() | st.lists(AGENTS, max_size=2).map(tuple),
        statement=TEXT,
    ),
    **dict.fromkeys(
        ("osteoporosis", "osteoporosis_treatment", "chronic_liver_disease", "hospitalised_for_pain", "able_to_walk"),
        YES_NO,
    ),
    planned=st.builds(
        Planned,
        levels=st.none() | st.lists(st.sampled_from(LEVELS), unique=True, max_size=4).map(tuple),
        product=TEXT,
        anaesthesia=one_of(coded.Anaesthesia),
        volume_ml_per_level=number(0, 30, above=True),
        phlebogram=YES_NO,
        surgical_backup=YES_NO,
    ),
    levels=st.dictionaries(st.sampled_from(LEVELS), FINDINGS, max_size=2),
)


def filled(shape, record, aliases):
    """The template's shape with what a record says; a key that the shape lacks would be missed and is an error."""
    said = {aliases.get(field.name, field.name): getattr(record, field.name) for field in fields(record)}
    assert set(said) == set(shape)
    return said


def written(patient):
    """A patient in the template's shape."""
    document = template()
    shape = document["levels"]["L3"]
    person = {key: getattr(patient, key) for key in document["patient"]}
    agents = patient.coagulation.agents
    names = {name: field.alias or name for name, field in AgentEntry.model_fields.items()}
    coagulation = filled(document["coagulation"], patient.coagulation, {})
    if agents is not None:
        coagulation["agents"] = [filled(set(names.values()), agent, names) for agent in agents]
    levels = {name: filled(shape, entry, {}) for name, entry in patient.levels.items()}
    for level in levels.values():
        level["sins"] = filled(shape["sins"], level["sins"], {})
    own = {key: getattr(patient, key) for key in document if key not in ("schema", "patient")}
    own |= {"coagulation": coagulation, "planned": filled(document["planned"], patient.planned, {}), "levels": levels}
    assert {*own, *person} == {field.name for field in fields(Patient)}
    whole = {"schema": document["schema"], "patient": person, **own}
    return json.dumps(whole, default=lambda value: list(value) if isinstance(value, frozenset) else str(value))


@QUIET
@given(PATIENTS)
def test_a_patient_written_in_the_shape_of_the_template_is_read_back_the_same(patient):
    assert parse_patient(written(patient).encode(), today=TODAY) == patient


@QUIET
@given(PATIENTS)
def test_the_typed_file_writes_what_it_read(patient):
    document = PatientDocument.model_validate_json(written(patient))
    assert parse_patient(document.model_dump_json(by_alias=True).encode(), today=TODAY) == patient


def test_the_fuzz_reaches_every_key_of_a_level():
    assert {*NUMBERS, *WORDED, *YES_NO_KEYS, "sins"} == set(LevelEntry.model_fields)
