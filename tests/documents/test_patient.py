"""The patient file is read strictly: each refusal is one sentence that names the place and the remedy."""

import json
import os
from dataclasses import fields
from pathlib import Path

import pytest

from vertebroplasty.documents.patient import parse_patient, read_patient, template, template_text
from vertebroplasty.documents.patient_model import LevelEntry, PatientDocument
from vertebroplasty.errors import Refused
from vertebroplasty.selection.coded_values import Aetiology, AgentClass, Allergen, Bilsky, Imaging
from vertebroplasty.selection.patient import Coagulation, LevelFindings, Patient, Planned, SinsItems
from vertebroplasty.selection.verdict import Verdict, screen

FULL = {
    "schema": "vertebroplasty.patient/1",
    "assessed_on": "2026-11-20",
    "patient": {"pseudonym": "P-001", "sex": "female", "age_years": 78},
    "infection": "none",
    "allergies": ["iodinated-contrast"],
    "coagulation": {
        "status": "corrected",
        "inr": 1.1,
        "platelets_10e9_per_l": 210,
        "agents": [{"name": "apixaban", "class": "doac", "last_dose_h": 48}],
        "statement": "Stopped for 48 h.",
    },
    "osteoporosis": True,
    "planned": {
        "levels": ["L3"],
        "product": "pmma-medium",
        "anaesthesia": "local",
        "volume_ml_per_level": 3.0,
        "phlebogram": False,
        "surgical_backup": True,
    },
    "levels": {
        "L3": {
            "aetiology": "osteoporotic-fracture",
            "intent": "analgesia",
            "painful": True,
            "pain_nrs": 8,
            "pain_relieved_by_medical_treatment": False,
            "pain_concordant_with_level": True,
            "radicular_pain": "none",
            "neurological_deficit": "none",
            "fracture_age_days": 30,
            "marrow_oedema": True,
            "fracture_stable": True,
            "fracture_acute": True,
            "imaging_before": ["mri", "ct"],
            "posterior_wall": "intact",
            "retropulsed_fragment": False,
            "canal_compromise_percent": 5,
            "epidural_tumour": False,
            "bilsky": "0",
            "osteomyelitis": False,
            "hypervascular": False,
            "phlebogram_ap_and_lateral": None,
            "surgical_opinion": None,
            "of_grade": 1,
            "ao_type": "A1",
            "sins": {
                "pain": "mechanical",
                "lesion": "lytic",
                "alignment": "normal",
                "collapse": "under-50",
                "posterolateral": "none",
            },
        }
    },
}


def keys(node, path=""):
    """Every key of a JSON document as a path, the names of levels left out."""
    found = set()
    for key, value in node.items() if isinstance(node, dict) else []:
        here = path if path == "levels" else f"{path}.{key}".lstrip(".")
        found |= {here} | keys(value, here)
    return found


def changed(path, value):
    """The full file with one value changed; `path` is dotted."""
    document = json.loads(json.dumps(FULL))
    node = document
    *way, last = path.split(".")
    for part in way:
        node = node[int(part)] if isinstance(node, list) else node[part]
    node[last] = value
    return json.dumps(document).encode()


def screened(patient):
    return screen(patient, {}, product="pmma-medium", required_components=frozenset({"pmma", "zirconia"}))


class TestReading:
    def test_a_full_file_is_read_as_it_stands(self):
        patient = parse_patient(json.dumps(FULL).encode())
        assert (patient.pseudonym, patient.age_years, patient.assessed_on.isoformat()) == ("P-001", 78, "2026-11-20")
        assert patient.allergies == {Allergen.IODINATED_CONTRAST}
        assert patient.coagulation.agents[0].agent_class is AgentClass.DOAC
        level = patient.levels["L3"]
        assert level.aetiology is Aetiology.OSTEOPOROTIC_FRACTURE
        assert level.bilsky is Bilsky.GRADE_0
        assert level.imaging_before == (Imaging.MRI, Imaging.CT)
        assert screened(patient).verdict is Verdict.INDICATED

    def test_every_key_may_be_null_or_absent(self):
        for path in keys(FULL) - {"levels"}:
            for given in (path, path.replace("levels.", "levels.L3.", 1)):
                if given.startswith("levels.") and not given.startswith("levels.L3."):
                    continue
                parse_patient(changed(given, None))
        assert parse_patient(changed("levels", None)).levels == {}
        assert parse_patient(changed("levels.L3", None)).levels == {"L3": LevelFindings()}
        assert parse_patient(b"{}") == Patient()

    def test_an_empty_list_is_none_of_them_and_null_is_unknown(self):
        assert parse_patient(changed("allergies", [])).allergies == frozenset()
        assert parse_patient(changed("allergies", None)).allergies is None
        assert parse_patient(changed("coagulation.agents", [])).coagulation.agents == ()

    def test_a_surgical_opinion_is_yes_no_or_its_text(self):
        for opinion in (True, False, "Fit for cement."):
            patient = parse_patient(changed("levels.L3.surgical_opinion", opinion))
            assert patient.levels["L3"].surgical_opinion == opinion

    def test_the_file_and_the_records_of_the_rules_have_the_same_keys(self):
        level = {field.name for field in fields(LevelFindings)}
        assert set(LevelEntry.model_fields) == level
        inner = {
            "coagulation": Coagulation,
            "planned": Planned,
        }
        for name, record in inner.items():
            assert set(FULL[name]) == {field.name for field in fields(record)}
        assert set(FULL["levels"]["L3"]["sins"]) == {field.name for field in fields(SinsItems)}

    def test_reading_from_disk(self, tmp_path):
        path = tmp_path / "patient.json"
        path.write_bytes(b"\xef\xbb\xbf" + json.dumps(FULL).encode())
        assert read_patient(path).pseudonym == "P-001"


class TestTemplate:
    def test_it_has_every_key_and_states_nothing(self):
        empty = template()
        agents = {path for path in keys(FULL) if path.startswith("coagulation.agents.")}
        assert keys(empty) == keys(FULL) - agents
        leaves = [value for path, value in values(empty)]
        assert set(leaves) == {None, "vertebroplasty.patient/1"}

    def test_it_is_valid_and_everything_is_unknown(self):
        patient = parse_patient(template_text().encode())
        assert patient == Patient(levels={"L3": LevelFindings()})
        assert screened(patient).verdict is Verdict.INSUFFICIENT_DATA

    def test_every_key_has_a_description(self):
        schema = PatientDocument.model_json_schema()
        parts = [schema, *schema["$defs"].values()]
        described = [key for part in parts for key in part.get("properties", {}).values()]
        assert all(key["description"].endswith(".") for key in described)


def values(node, path=""):
    if isinstance(node, dict):
        for key, value in node.items():
            yield from values(value, f"{path}.{key}")
    else:
        yield path, node


class TestRefusals:
    @pytest.mark.parametrize(
        ("path", "value", "message", "where"),
        [
            ("infektion", "none", "infektion is not a known key: did you mean infection?", "infektion"),
            ("levels.L3.painfull", True, "did you mean painful?", "levels.L3.painfull"),
            ("levels.L3.sins.collaps", "none", "did you mean collapse?", "levels.L3.sins.collaps"),
            ("coagulation.agents.0.clas", "vka", "did you mean class?", "coagulation.agents[0].clas"),
            ("coagulation.agents.0.agent_class", "vka", "did you mean class?", "coagulation.agents[0].agent_class"),
            ("levels.l3", {}, "l3 is not a level: did you mean L3?", "levels.l3"),
            ("planned.levels", ["L33"], "L33 is not a level: did you mean L3?", "planned.levels[0]"),
            ("infection", "maybe", "'none', 'local' or 'systemic'", "infection"),
            ("allergies", ["latex"], "'pmma', 'barium-sulfate'", "allergies[0]"),
            ("levels.L3.painful", 1, "valid boolean", "levels.L3.painful"),
            ("levels.L3.painful", "true", "valid boolean", "levels.L3.painful"),
            ("levels.L3.pain_nrs", True, "pain_nrs is true: input should be a valid number", "levels.L3.pain_nrs"),
            ("levels.L3.pain_nrs", 10.1, "less than or equal to 10", "levels.L3.pain_nrs"),
            ("levels.L3.of_grade", True, "valid integer", "levels.L3.of_grade"),
            ("levels.L3.of_grade", 6, "less than or equal to 5", "levels.L3.of_grade"),
            (
                "levels.L3.canal_compromise_percent",
                101,
                "less than or equal to 100",
                "levels.L3.canal_compromise_percent",
            ),
            (
                "levels.L3.canal_compromise_percent",
                -1,
                "greater than or equal to 0",
                "levels.L3.canal_compromise_percent",
            ),
            ("patient.age_years", 131, "less than or equal to 130", "patient.age_years"),
            ("patient.age_years", -1, "greater than or equal to 0", "patient.age_years"),
            ("coagulation.inr", "1.1", "valid number", "coagulation.inr"),
            ("coagulation.inr", 0, "greater than 0", "coagulation.inr"),
            ("coagulation.platelets_10e9_per_l", 210000, "5000", "coagulation.platelets_10e9_per_l"),
            ("coagulation.statement", " ", "at least 1 character", "coagulation.statement"),
            ("coagulation", 3, "coagulation must be an object", "coagulation"),
            ("assessed_on", "20.11.2026", "written like 2026-11-20", "assessed_on"),
            ("assessed_on", "2026-02-30", "written like 2026-11-20", "assessed_on"),
            ("assessed_on", 1764547200, "written like 2026-11-20", "assessed_on"),
            ("schema", "vertebroplasty.patient/2", "vertebroplasty.patient/1", "schema"),
        ],
    )
    def test_one_sentence_names_place_and_remedy(self, path, value, message, where):
        with pytest.raises(Refused) as caught:
            parse_patient(changed(path, value))
        assert message in caught.value.message
        assert caught.value.where == where
        assert "\n" not in caught.value.message

    def test_an_unknown_key_is_named_before_other_faults(self):
        content = changed("infection", "maybe").replace(b'"osteoporosis"', b'"osteoporose"')
        with pytest.raises(Refused, match="did you mean osteoporosis"):
            parse_patient(content)

    @pytest.mark.parametrize(
        ("content", "message"),
        [
            (b'{"coagulation": {"inr": NaN}}', "NaN is no value"),
            (b'{"coagulation": {"inr": -Infinity}}', "-Infinity is no value"),
            (b'{"coagulation": {"inr": 1e999}}', "finite number"),
            (b'{"infection": "none", "infection": "local"}', "infection is given twice"),
            (b"[]", "must be an object"),
            (b"", "not JSON"),
            (b"\xff\xfe", "not JSON"),
            (b"[" * 200_000, "not JSON"),
            (b'{"patient": {"age_years": ' + b"9" * 5000 + b"}}", "not JSON"),
        ],
    )
    def test_what_is_not_a_patient_file_at_all(self, content, message):
        with pytest.raises(Refused, match=message):
            parse_patient(content)

    def test_a_missing_or_huge_file(self, tmp_path):
        with pytest.raises(Refused, match=r"gone\.json cannot be read \(no such file\)"):
            read_patient(tmp_path / "gone.json")
        huge = tmp_path / "huge.json"
        huge.write_bytes(b" " * 1_000_001)
        with pytest.raises(Refused, match="larger than 1 MB"):
            read_patient(huge)


class TestHostileFiles:
    def test_what_is_no_file_is_refused_without_waiting(self, tmp_path):
        os.mkfifo(tmp_path / "pipe.json")
        for path in (tmp_path / "pipe.json", Path("/dev/zero"), tmp_path, tmp_path / "missing.json"):
            with pytest.raises(Refused, match=rf"^{path.name} cannot be read \(no such file\): check the path"):
                read_patient(path)

    def test_a_large_file_is_read_no_further_than_its_limit(self, tmp_path):
        path = tmp_path / "large.json"
        with path.open("wb") as stream:
            stream.truncate(10**12)  # sparse: reading all of it would fail
        with pytest.raises(Refused, match="larger than 1 MB"):
            read_patient(path)

    @pytest.mark.parametrize(
        "content",
        [
            b'{"infection": "\xff"}',
            b'{"patient": {"pseudonym": "\\ud800"}}',
            b'{"\\ud800": 1}',
            b"[" * 100_000,
            b'{"osteoporosis": %s}' % (b"9" * 5000),
            b'{"patient": {"age_years": 1%s}}' % (b"0" * 4000),
            b'{"patient": {"age_years": 1e999}}',
            b'{"%s": 1}' % (b"k" * 900_000),
            b'{"levels": {"%s": {}}}' % (b"L" * 900_000),
            b'{"levels": {"L3": {"%s": 1}}}' % (b"k" * 900),
            b'{"a\\u001b[2J\\u009b\\n": 1}',
            b'{"a\\u0007": 1, "a\\u0007": 2}',
            b'{"infection": "\\u009b31m"}',
        ],
        ids=range(13),
    )
    def test_the_refusal_is_one_short_line_that_steers_no_terminal(self, content):
        with pytest.raises(Refused) as refused:
            parse_patient(content, name="p.json")
        assert refused.value.message.isprintable()
        assert refused.value.where.isprintable()
        assert len(refused.value.message) < 300
        assert len(refused.value.where) < 100

    def test_a_key_is_shown_with_at_most_sixty_characters(self):
        with pytest.raises(Refused, match=f": {'k' * 59}… is not a known key"):
            parse_patient(b'{"%s": 1}' % (b"k" * 70))

    def test_many_keys_are_told_apart_at_once(self):
        content = json.dumps({f"k{n}": 0 for n in range(60_000)}).encode()
        with pytest.raises(Refused, match="k0 is not a known key"):
            parse_patient(content)
