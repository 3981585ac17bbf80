"""The routes of a case: what a needle does is what the command line says, and hostile numbers get a sentence."""

import io
import json
import re

import numpy as np
import pytest
from PIL import Image

from vertebroplasty.case.answers import OwnPath, plan_answer
from vertebroplasty.web.case_page.views import upright_image

ENTRY, TIP = [16.0, 35.3, 9.6], [10.5, -6.0, 3.0]
NEEDLE = {"entry_lps_mm": ENTRY, "tip_lps_mm": TIP, "gauge": 13}


def sent(shown, **changed):
    body = json.dumps(NEEDLE | changed)  # json writes NaN and Infinity, as a hostile client may
    return shown.client.post(f"{shown.address}/needle", content=body, headers={"content-type": "application/json"})


def test_the_page_shows_the_level_and_nothing_that_a_policy_forbids(shown):
    answer = shown.client.get(shown.address)
    assert answer.status_code == 200
    page = answer.text
    assert re.search(r"<title>L2</title>", page)
    assert not re.search(r"\sstyle=|\son\w+=|<style", page)
    assert all('src="' in tag or "application/json" in tag for tag in re.findall(r"<script[^>]*>", page))
    assert "patient-file" not in page  # answers are replaced for uploads alone
    assert page.index("Confirm the level under fluoroscopy") < page.index("tablist") < page.index("Worst") < len(page)


@pytest.mark.parametrize(("language", "says"), [("en", "Which level"), ("fr", "Quel niveau"), ("de", "Welche Höhe")])
def test_every_language_has_its_page(shown, language, says):
    answer = shown.client.get(shown.address, headers={"accept-language": language})
    assert f'lang="{language}"' in answer.text
    assert says in answer.text


def test_english_sentences_are_named_in_the_other_languages(shown):
    assert "nur auf Englisch" in shown.client.get(shown.address, headers={"accept-language": "de"}).text
    assert "anglais" not in shown.client.get(shown.address).text


def test_the_image_is_sent_as_it_is_and_kept_nowhere(shown):
    answer = shown.client.get(f"{shown.address}/image")
    assert answer.headers["content-type"] == "application/octet-stream"
    assert answer.headers["cache-control"] == "no-store"
    assert "content-encoding" not in answer.headers
    image = upright_image(shown.case)
    count = image.hu.size
    np.testing.assert_array_equal(np.frombuffer(answer.content, "<i2", count).reshape(image.hu.shape), image.hu)
    np.testing.assert_array_equal(np.frombuffer(answer.content, np.uint8, count, 2 * count), image.labels.ravel())
    assert len(answer.content) == 3 * count


def test_the_script_is_told_where_the_image_lies(shown):
    page = shown.client.get(shown.address).text
    told = json.loads(re.search(r'id="case">(.*?)</script>', page, re.S)[1])["image"]
    image = upright_image(shown.case)
    assert told["shape"] == list(image.hu.shape)
    # Voxel (i, j, k) by what the page knows, against the image's own affine.
    index = np.array([11.0, 80.0, 40.0])
    local = np.array(told["start_mm"]) + told["spacing_mm"] * index
    lps = np.array(told["origin_lps_mm"]) + local @ np.array(told["axes_lps"])
    np.testing.assert_allclose(lps, image.affine.to_world(index), atol=1e-9)


def test_a_needle_is_judged_as_the_command_line_judges_it(shown, on_disk):
    answer = sent(shown)
    assert answer.status_code == 200
    own = OwnPath(points=(tuple(ENTRY), tuple(TIP)))
    said = plan_answer(on_disk, "L2", gauge=13, approach="transpedicular", own=own)
    assert answer.json()["path"] == said.paths[0].model_dump(mode="json")
    assert answer.json()["against"] == [each.reason for each in said.refused]


def test_a_needle_through_the_canal_is_called_a_breach(shown):
    answer = sent(shown, tip_lps_mm=[-8.0, 2.8, 3.5]).json()
    assert answer["state"] == "breach"
    assert answer["path"]["worst_clearance_mm"] < 0
    assert answer["path"]["clearance_mm"]["medial"] < 0
    assert any("below 1.0 mm" in each for each in answer["against"])


@pytest.mark.parametrize(
    "changed",
    [
        {"tip_lps_mm": [float("nan"), 0.0, 0.0]},
        {"tip_lps_mm": [float("inf"), 0.0, 0.0]},
        {"tip_lps_mm": [1e308, 0.0, 0.0]},
        {"tip_lps_mm": ["12", 0.0, 0.0]},
        {"tip_lps_mm": [True, 0.0, 0.0]},
        {"tip_lps_mm": [0.0, 0.0]},
        {"tip_lps_mm": [0.0] * 4},
        {"tip_lps_mm": None},
        {"tip_lps_mm": {"x": 1}},
        {"gauge": 1e9},
        {"gauge": "11"},
        {"gauge": 7},
        {"more": 1},
        {"tip_lps_mm": ENTRY},
        {"entry_lps_mm": [900.0, 900.0, 900.0]},
    ],
)
def test_hostile_numbers_get_a_sentence(shown, changed):
    answer = sent(shown, **changed)
    assert answer.status_code in (400, 422)
    sentence = answer.json()["error"]
    assert sentence.endswith(".")
    assert "Traceback" not in sentence


def test_a_needle_is_judged_only_with_the_pages_token(shown):
    del shown.client.headers["X-CSRF-Token"]
    assert sent(shown).status_code == 403


def query(**changed):
    given = NEEDLE | changed
    return {"entry": given["entry_lps_mm"], "tip": given["tip_lps_mm"], "gauge": given["gauge"]}


def test_an_x_ray_shows_the_needle_that_was_asked_for(shown):
    def picture(view, **changed):
        answer = shown.client.get(f"{shown.address}/xray/{view}", params=query(**changed))
        assert answer.headers["content-type"] == "image/png"
        return np.asarray(Image.open(io.BytesIO(answer.content)).convert("L"), float)

    first, other, lateral = picture("ap"), picture("ap", tip_lps_mm=[14.0, -6.0, 3.0]), picture("lateral")
    moved = np.abs(first - other) > 20
    assert 0.0005 < moved.mean() < 0.05  # the needle alone has moved
    assert np.abs(first - lateral).mean() > 10


@pytest.mark.parametrize(
    "changed",
    [
        {"tip": ["nan", 0, 0]},
        {"tip": ["1e308", 0, 0]},
        {"tip": [0, 0]},
        {"tip": ["x", 0, 0]},
        {"gauge": 7},
        {"gauge": "x"},
    ],
)
def test_an_x_ray_of_hostile_numbers_is_refused(shown, changed):
    answer = shown.client.get(
        f"{shown.address}/xray/ap", params=query() | changed, headers={"accept": "application/json"}
    )
    assert answer.status_code in (400, 422)
    assert answer.json()["error"].endswith(".")


@pytest.mark.parametrize("place", ["image", "bone", "xray/ap"])
def test_a_case_that_is_not_open_says_so(client, place):
    answer = client.get(f"/cases/easy/L2/{place}", params=query(), headers={"accept": "application/json"})
    assert answer.status_code == 409
    assert "load the page again" in answer.json()["error"]


@pytest.mark.parametrize(
    "place",
    ["/cases/easy/L2%2f..", "/cases/Easy/L2", "/cases/nobody/L2", "/cases/easy/XX", "/cases/easy/L2/xray/skull"],
)
def test_what_there_is_not_is_refused(client, place):
    answer = client.get(place, headers={"accept": "application/json"}, params=query())
    assert 400 <= answer.status_code < 500


def test_the_page_of_a_case_that_is_not_open_waits_for_it(client, house, monkeypatch):
    from vertebroplasty.web.work.jobs import Job

    monkeypatch.setattr(house.jobs, "start", lambda *arguments, **named: Job(id="j-1"))
    answer = client.get("/cases/easy/L2")
    assert answer.status_code == 202
    assert "/cases/easy/L2" in answer.text
