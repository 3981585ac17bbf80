"""`score` prints each score as text and as a document, and a slip is one sentence."""

import json

import pytest

from vertebroplasty.cli.main import main


def score(capfd, *words):
    code = main(["score", *words, "--json"])
    printed = capfd.readouterr()
    return code, (json.loads(printed.out) if printed.out else None), printed.err


@pytest.mark.parametrize(
    ("words", "total", "category"),
    [
        (
            "sins --location T12 --pain mechanical --lesion lytic --alignment normal --collapse under-50 "
            "--posterolateral none",
            10,
            "potentially unstable",
        ),
        ("relief --before morphine=60 --after morphine=15", 3, "very good but incomplete relief"),
        ("relief --before morphine=60 --stopped", 4, "complete relief"),
        ("mme --dose morphine=30 --dose fentanyl-transdermal=25ug/h", 90, None),
        ("mme --none", 0, None),
        ("of --endplate --no-both-endplates --no-tension-band-failure --no-frame-lost --no-pincer "
         "--posterior-wall distinct", 3, "OF 3"),
        ("of-score --of-grade 4 --t-score -3.5 --deformity-progressing --pain-vas-0-to-10 7 --neurology N0 "
         "--no-mobilisation-possible --asa 2 --mfi5 0 --no-anticoagulation", 12, "surgical"),
        ("genant --heights-mm 20,20,20 --expected-mm 25,25,25 --reference T12", 1, None),
        ("pain --scale nrs --before 8 --after 3", 5, None),
        ("complication --no-solved-in-procedure --unplanned-stay-h 60 --no-further-therapy --sequelae none "
         "--no-death", 3, None),
    ],
)  # fmt: skip
def test_a_score_is_a_document(capfd, words, total, category):
    code, document, _ = score(capfd, *words.split())
    assert code == 0
    assert document["schema"] == "vertebroplasty.score/1"
    assert document["score"]["total"] == total
    if category is not None:
        assert category in document["score"]["category"]
    assert set(document["score"]["score_sources"]) <= set(document["sources"])


def test_what_is_not_given_is_unknown_and_named(capfd):
    _, document, _ = score(capfd, "sins", "--location", "L3")
    assert document["score"]["total"] is None
    assert {item["origin"] for item in document["score"]["items"]} == {"entered", "unknown"}
    assert "alignment is not stated" in [entry["why"] for entry in document["unknown"]]


def test_items_that_a_ct_answers_are_marked_as_measured(capfd, patient_files):
    ct, seg = patient_files / "ct.nii.gz", patient_files / "seg.nii.gz"
    words = f"sins --location L2 --ct {ct} -s {seg} --labels verse".split()
    _, document, _ = score(capfd, *words)
    origins = {item["name"]: item["origin"] for item in document["score"]["items"]}
    assert origins["location"] == "measured"
    assert origins["pain"] == "unknown"


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("mme", "--none"),
        ("mme --dose morphine", "is not a dose"),
        ("mme --dose morphin=3", "nearest name known is morphine"),
        ("relief --reduction-percent 50 --stopped", "not both"),
        ("genant --heights-mm 20,20 --expected-mm 25,25,25 --reference T12", "anterior,middle,posterior"),
        ("sins --location L33", "L33"),
        ("of-score --of-grade 6", "from 1 to 5."),
        ("pain --scale nrs --before 11", "11"),
    ],
)
def test_a_slip_is_one_sentence(capfd, words, said):
    code, _, err = score(capfd, *words.split())
    assert code in (1, 2)
    assert said in err
    assert err.count("\n") == 1


def test_the_text_shows_the_sentence_first_and_the_source_last(capfd):
    main(["score", "leak", "epidural", "--modality", "radiograph"])
    lines = capfd.readouterr().out.splitlines()
    assert lines[0].startswith("Type C")
    assert any("[Yeom2003" in line for line in lines[-3:])
    assert "Not a medical device" in lines[-1]
