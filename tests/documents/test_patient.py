"""The patient file is read strictly: each refusal is one sentence that names the place and the remedy."""

import json
import os
from dataclasses import fields
from datetime import date
from pathlib import Path

import pytest

from vertebroplasty.cli.main import main
from vertebroplasty.documents import patient as reader
from vertebroplasty.documents import patient_model as twin
from vertebroplasty.documents.patient import read_patient, template, template_text
from vertebroplasty.documents.patient_model import PatientDocument
from vertebroplasty.documents.patient_problems import QUANTITIES
from vertebroplasty.errors import Refused
from vertebroplasty.selection.coded_values import Aetiology, AgentClass, Allergen, Bilsky, FirstLine, Imaging
from vertebroplasty.selection.patient import Agent, Coagulation, LevelFindings, Patient, Planned, SinsItems
from vertebroplasty.selection.verdict import Verdict, screen

NUMBERS = (float | None, int | None)
TODAY = date(2026, 11, 21)
EXAMPLES = sorted((Path(__file__).parents[2] / "examples" / "patients").glob("*.json"))


def parse_patient(content, name="patient.json"):
    """As a machine reads it whose clock stands at TODAY."""
    return reader.parse_patient(content, name=name, today=TODAY)


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
    "osteoporosis_treatment": True,
    "chronic_liver_disease": False,
    "hospitalised_for_pain": True,
    "able_to_walk": False,
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
            "pain_severe": True,
            "pain_relieved_by_medical_treatment": False,
            "pain_concordant_with_level": True,
            "first_line_treatment": ["analgesics", "brace"],
            "conservative_treatment_weeks": 4,
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
            "height_loss_percent": 30,
            "cleft": False,
            "lytic_holes": False,
            "near_foramen": True,
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
    node[int(last) if isinstance(node, list) else last] = value
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
        assert level.first_line_treatment == (FirstLine.ANALGESICS, FirstLine.BRACE)
        assert (level.pain_severe, level.conservative_treatment_weeks, level.height_loss_percent) == (True, 4, 30)
        assert (level.cleft, level.lytic_holes, level.near_foramen) == (False, False, True)
        assert (patient.osteoporosis_treatment, patient.chronic_liver_disease) == (True, False)
        assert (patient.hospitalised_for_pain, patient.able_to_walk) == (True, False)
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

    @pytest.mark.parametrize(
        ("entry", "record"),
        [
            (twin.LevelEntry, LevelFindings),
            (twin.CoagulationEntry, Coagulation),
            (twin.AgentEntry, Agent),
            (twin.PlannedEntry, Planned),
            (twin.SinsEntry, SinsItems),
        ],
    )
    def test_the_file_and_the_records_of_the_rules_have_the_same_keys(self, entry, record):
        assert list(entry.model_fields) == [field.name for field in fields(record)]

    def test_the_file_keeps_the_person_apart_and_is_else_the_patient(self):
        whole = set(PatientDocument.model_fields) - {"schema_name", "patient"} | set(twin.PersonEntry.model_fields)
        assert whole == {field.name for field in fields(Patient)}

    def test_what_every_key_says_arrives(self):
        """The full file states something under every key, so no record keeps its default but where it says null."""
        patient = parse_patient(json.dumps(FULL).encode())
        records = [patient, patient.coagulation, patient.coagulation.agents[0], patient.planned, patient.levels["L3"]]
        unsaid = {field.name for record in records for field in fields(record) if getattr(record, field.name) is None}
        assert unsaid == {"phlebogram_ap_and_lateral", "surgical_opinion"}

    def test_reading_from_disk(self, tmp_path):
        path = tmp_path / "patient.json"
        path.write_bytes(b"\xef\xbb\xbf" + json.dumps(FULL).encode())
        assert read_patient(path, today=TODAY).pseudonym == "P-001"


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
            ("age_years", 78, "age_years is not a known key here: age_years stands in patient.", "age_years"),
            ("painful", True, "painful stands in levels.<level>", "painful"),
            ("levels.L3.osteoporosis", True, "stands at the top of the file", "levels.L3.osteoporosis"),
            ("levels.L3.pain", True, "in levels.<level>.sins, or did you mean painful?", "levels.L3.pain"),
            ("bool", 1, "bool is not a known key", "bool"),
            ("[key]", 1, "[key] is not a known key", "[key]"),
            ("", 1, '"" is not a known key', '""'),
            ("levels.l3", {}, "levels.l3 is not a level: did you mean L3?", "levels.l3"),
            ("levels.lumbar", {}, "levels.lumbar is not a level: write C1 to C7", "levels.lumbar"),
            ("planned.levels", ["L33"], 'is "L33", which is not a level: did you mean L3?', "planned.levels[0]"),
            ("planned.levels", ["L2", "L3", "L2"], 'names "L2" once more: name each level once.', "planned.levels[2]"),
            ("infection", "maybe", "one of none, local or systemic, or null if not known.", "infection"),
            ("infection", "sytemic", "local or systemic (did you mean systemic?), or null", "infection"),
            ("allergies", ["latex"], '"latex": it is one of pmma, barium-sulfate', "allergies[0]"),
            ("allergies", [None], "zirconia, iodinated-contrast or local-anaesthetic, in quotes.", "allergies[0]"),
            ("allergies", "pmma", "is a list in square brackets, [] for none, or null", "allergies"),
            ("levels.L3.bilsky", 2, "it is one of 0, 1a, 1b, 1c, 2 or 3, in quotes", "levels.L3.bilsky"),
            ("levels.L3.painful", 1, "painful is 1: it is true or false, without quotes", "levels.L3.painful"),
            ("levels.L3.painful", "true", 'painful is "true": it is true or false, without', "levels.L3.painful"),
            ("levels.L3.pain_nrs", True, "is true: an NRS is a number between 0 and 10", "levels.L3.pain_nrs"),
            (
                "levels.L3.pain_nrs",
                11,
                "is 11: an NRS is between 0 and 10, or null if not known.",
                "levels.L3.pain_nrs",
            ),
            ("levels.L3.pain_nrs", 10.1, "is 10.1: an NRS is between 0 and 10", "levels.L3.pain_nrs"),
            ("levels.L3.of_grade", True, "an OF grade is a whole number between 1 and 5", "levels.L3.of_grade"),
            ("levels.L3.of_grade", 2.5, "an OF grade is a whole number between 1 and 5", "levels.L3.of_grade"),
            ("levels.L3.of_grade", 6, "is 6: an OF grade is between 1 and 5", "levels.L3.of_grade"),
            ("levels.L3.canal_compromise_percent", 101, "between 0 and 100 %", "levels.L3.canal_compromise_percent"),
            ("levels.L3.canal_compromise_percent", -1, "between 0 and 100 %", "levels.L3.canal_compromise_percent"),
            ("levels.L3.height_loss_percent", 100.5, "between 0 and 100 %", "levels.L3.height_loss_percent"),
            ("levels.L3.fracture_age_days", -1, "between 0 and 43830 days", "levels.L3.fracture_age_days"),
            ("levels.L3.fracture_age_days", 40000, "than the patient's life of 78", "levels.L3.fracture_age_days"),
            (
                "levels.L3.conservative_treatment_weeks",
                5200,
                "is 5200 weeks, longer than the patient's life of 78 years: correct one of them.",
                "levels.L3.conservative_treatment_weeks",
            ),
            ("levels.L3.surgical_opinion", 3, "it is true, false, or the text", "levels.L3.surgical_opinion"),
            ("levels.L3.surgical_opinion", "", "at least one letter", "levels.L3.surgical_opinion"),
            ("levels.L3.surgical_opinion", " No", "true or false without quotes", "levels.L3.surgical_opinion"),
            ("levels.L3.surgical_opinion", "x" * 2001, "more than 2000 characters", "levels.L3.surgical_opinion"),
            ("patient.age_years", 121, "age_years is 121: an age is between 0 and 120 years", "patient.age_years"),
            ("patient.age_years", -1, "between 0 and 120 years", "patient.age_years"),
            (
                "coagulation.inr",
                "1.1",
                'is "1.1": an INR is a number above 0 and at most 20, without',
                "coagulation.inr",
            ),
            ("coagulation.inr", 0, "an INR is above 0 and at most 20", "coagulation.inr"),
            ("coagulation.platelets_10e9_per_l", 210000, "divided by 1000", "coagulation.platelets_10e9_per_l"),
            ("coagulation.agents.0.last_dose_h", -3, "0 and 8760 hours", "coagulation.agents[0].last_dose_h"),
            ("planned.volume_ml_per_level", -2, "above 0 and at most 30 ml", "planned.volume_ml_per_level"),
            ("coagulation.statement", " ", "at least one letter", "coagulation.statement"),
            ("coagulation.statement", "x" * 2001, "more than 2000 characters: shorten it", "coagulation.statement"),
            ("coagulation.agents.0", 4, "is 4: it is an object of keys and values in braces.", "coagulation.agents[0]"),
            ("coagulation", 3, "coagulation is 3: it is an object", "coagulation"),
            ("levels", [], "levels is []: it is an object with an entry for each level", "levels"),
            ("assessed_on", "20.11.2026", "written like 2026-11-20", "assessed_on"),
            ("assessed_on", "2026-02-30", "written like 2026-11-20", "assessed_on"),
            ("assessed_on", 1764547200, "written like 2026-11-20", "assessed_on"),
            ("assessed_on", "2026-11-22", "after today (2026-11-21), so give the day", "assessed_on"),
            ("assessed_on", "0206-11-20", "so check the year", "assessed_on"),
            ("schema", "vertebroplasty.patient/2", "reads vertebroplasty.patient/1.", "schema"),
        ],
    )
    def test_one_sentence_names_place_and_remedy(self, path, value, message, where):
        with pytest.raises(Refused) as caught:
            parse_patient(changed(path, value))
        assert message in caught.value.message
        assert caught.value.where == where
        assert "\n" not in caught.value.message
        assert caught.value.message.endswith((".", "?"))
        assert caught.value.message == f"patient.json: {caught.value.problems[0]}"

    def test_the_boundaries_themselves_are_read(self):
        for path, value in (
            ("assessed_on", "2026-11-21"),
            ("assessed_on", "1984-01-01"),
            ("patient.age_years", 120),
            ("levels.L3.pain_nrs", 10),
            ("levels.L3.pain_nrs", 0),
            ("levels.L3.fracture_age_days", 28854),  # 79 years less a day, at the age of 78
        ):
            parse_patient(changed(path, value))

    def test_today_is_the_day_on_the_clock(self, tmp_path):
        path = tmp_path / "p.json"
        path.write_text(json.dumps({"assessed_on": date.today().isoformat()}), encoding="utf-8")
        assert read_patient(path).assessed_on == date.today()
        path.write_text(json.dumps({"assessed_on": "9999-12-31"}), encoding="utf-8")
        with pytest.raises(Refused, match="after today"):
            read_patient(path)

    def test_all_problems_are_listed_at_once_each_on_its_line(self):
        content = changed("patient.age_years", 131)
        for old, new in (
            (b'"pain_nrs": 8', b'"pain_nrs": 11'),
            (b'"last_dose_h": 48', b'"last_dose_h": -48'),
            (b"2026-11-20", b"2027-11-20"),
            (b'"infection": "none"', b'"infection": "sytemic", "infection": "sytemic"'),
            (b'"osteoporosis"', b'"osteoporose"'),
            (b'"levels": ["L3"]', b'"levels": ["L3", "L3"]'),
            (b'"inr": 1.1', b'"inr": NaN'),
        ):
            assert old in content
            content = content.replace(old, new)
        with pytest.raises(Refused) as caught:
            parse_patient(content)
        first, *lines = caught.value.message.split("\n")
        assert first == "patient.json has 9 problems, so nothing was read:"
        assert [line.removeprefix("  ") for line in lines] == list(caught.value.problems)
        assert [problem.split(" ")[0] for problem in caught.value.problems] == [
            "infection",
            "planned.levels[1]",
            "osteoporose",
            "assessed_on",
            "patient.age_years",
            "infection",
            "coagulation.inr",
            "coagulation.agents[0].last_dose_h",
            "levels.L3.pain_nrs",
        ]
        assert caught.value.where == "patient.json"

    def test_a_long_list_is_cut_and_says_how_much_is_left(self):
        with pytest.raises(Refused) as caught:
            parse_patient(json.dumps({f"k{n}": 0 for n in range(25)}).encode())
        lines = caught.value.message.split("\n")
        assert lines[0] == "patient.json has 25 problems, so nothing was read:"
        assert lines[-1] == "  and 5 more."
        assert len(caught.value.problems) == 20

    def test_the_command_line_lists_them_and_so_does_its_json(self, tmp_path, capsys):
        path = tmp_path / "p.json"
        path.write_text('{"patient": {"age_years": 131}, "osteoporosis": "yes"}', encoding="utf-8")
        assert main(["screen", str(path), "--json"]) == 1
        printed = capsys.readouterr()
        assert len(printed.err.strip().split("\n")) == 3
        error = json.loads(printed.out)["error"]
        assert [problem.split(" is ")[0] for problem in error["problems"]] == ["patient.age_years", "osteoporosis"]

    def test_every_number_has_its_name_and_limits_in_a_sentence(self):
        entries = (twin.PersonEntry, twin.AgentEntry, twin.CoagulationEntry, twin.PlannedEntry, twin.LevelEntry)
        numbers = {name for e in entries for name, f in e.model_fields.items() if f.annotation in NUMBERS}
        assert numbers == set(QUANTITIES)

    def test_an_unknown_key_is_named_before_other_faults(self):
        content = changed("infection", "maybe").replace(b'"osteoporosis"', b'"osteoporose"')
        with pytest.raises(Refused) as caught:
            parse_patient(content)
        assert "did you mean osteoporosis" in caught.value.problems[0]

    @pytest.mark.parametrize(
        ("content", "message"),
        [
            (b'{"coagulation": {"inr": NaN}}', "inr is NaN: an INR is a number"),
            (b'{"coagulation": {"inr": -Infinity}}', "is -Infinity: an INR"),
            (b'{"coagulation": {"inr": 1e999}}', "is Infinity: an INR is a number"),
            (b'{"osteoporosis": NaN}', "osteoporosis is NaN: it is true or false"),
            (b'{"infection": "none", "infection": "local"}', "infection is given twice: keep one"),
            (b'{"levels": {"L3": {}, "L2": {"cleft": true}, "L3": {}}}', "levels.L3 is given twice: keep one"),
            (b'{"levels": {"L3": {"sins": {"pain": null, "pain": null}}}}', "levels.L3.sins.pain is given twice"),
            (b"[]", "the whole file is one object"),
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
            why = "it is no file" if path.exists() else "no such file"
            with pytest.raises(Refused, match=rf"^{path.name} cannot be read \({why}\): check the path"):
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
        lines = refused.value.message.split("\n")
        assert all(line.isprintable() and len(line) < 300 for line in lines)
        assert len(lines) <= 3
        assert refused.value.where.isprintable()
        assert len(refused.value.where) < 100

    def test_a_key_is_shown_with_at_most_sixty_characters(self):
        with pytest.raises(Refused, match=f": {'k' * 59}… is not a known key"):
            parse_patient(b'{"%s": 1}' % (b"k" * 70))

    def test_many_keys_are_told_apart_at_once(self):
        content = json.dumps({f"k{n}": 0 for n in range(60_000)}).encode()
        with pytest.raises(Refused, match="k0 is not a known key"):
            parse_patient(content)

    def test_many_levels_are_told_apart_at_once(self):
        content = json.dumps({"planned": {"levels": [f"L{n}" for n in range(60_000)]}}).encode()
        with pytest.raises(Refused, match="which is not a level"):
            parse_patient(content)


class TestExamples:
    def test_three_patients_are_shipped(self):
        assert [path.stem for path in EXAMPLES] == ["metastasis_epidural", "osteoporotic_fracture", "undecided"]

    @pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
    def test_each_is_read_and_names_nobody(self, path):
        patient = read_patient(path)
        assert patient.pseudonym.startswith("EXAMPLE-")
        assert patient.levels

    @pytest.mark.parametrize(
        ("name", "verdict"),
        [
            ("osteoporotic_fracture", Verdict.INDICATED),
            ("metastasis_epidural", Verdict.DEFER),
            ("undecided", Verdict.INSUFFICIENT_DATA),
        ],
    )
    def test_each_shows_another_verdict(self, name, verdict):
        path = next(path for path in EXAMPLES if path.stem == name)
        assert screened(read_patient(path)).verdict is verdict

    def test_together_they_answer_every_key_of_a_level(self):
        levels = [level for path in EXAMPLES for level in read_patient(path).levels.values()]
        silent = {f.name for f in fields(LevelFindings) if all(getattr(level, f.name) is None for level in levels)}
        assert silent == set()
