"""The page tells the numbers, in three languages; what can be taken away; the registry keeps it once."""

import json
import re
import time
from dataclasses import replace

import pytest

from vertebroplasty.registry.rehearsals.keeping import rehearsals_of, save_rehearsal
from vertebroplasty.registry.store.looking import entries
from vertebroplasty.registry.store.opening import open_registry
from vertebroplasty.rehearsal.debrief import debrief
from vertebroplasty.web.debrief.debriefed import work_out
from vertebroplasty.web.house import House, Settings
from vertebroplasty.web.work.jobs import Job


def told(html, element_id):
    """The text of an element."""
    return re.search(rf'id="{element_id}"[^>]*>(.*?)</', html, re.S)[1].strip()


def job_of(html):
    """The id of the job that a page waits for."""
    return re.search(r'data-job="([^"]+)"', html)[1]


def test_a_leak_a_stop_and_the_delay_is_on_the_page(client, rehearsed, late):
    page = client.get(f"/debrief/{rehearsed}")
    assert page.status_code == 200
    truth = debrief(late)
    assert told(page.text, "stop-delay") == f"{truth.stop_delay_s:.1f} s" == "11.0 s"
    assert told(page.text, "injected-ml") == f"{truth.injected_ml:.2f} ml"
    assert told(page.text, "in-body-ml") == f"{truth.in_body_ml:.2f} ml"
    for leak in truth.leaks:
        assert f"{leak.volume_ml:.3f} ml" in page.text
    assert "A rehearsal, never a procedure" in page.text
    assert "Synthetic case" in page.text
    assert 'style="' not in page.text  # the policy forbids it


def test_the_page_says_whether_the_rehearsal_was_guided(client, house, rehearsed, found, lines):
    assert told(client.get(f"/debrief/{rehearsed}").text, "guided") == "Unguided rehearsal"
    guided = house.rehearsals.begin("breach", "L2", 0, synthetic=True, guided=True)
    (house.rehearsals.folder / f"{guided}.jsonl").write_text("\n".join(lines) + "\n", encoding="utf-8")
    house.debriefs.keep(guided, found)
    html = client.get(f"/debrief/{guided}").text
    assert told(html, "guided") == "Guided rehearsal"
    assert "every leak that a picture showed was told at once" in html


def test_every_element_and_reason_is_on_the_page(client, rehearsed, found):
    html = client.get(f"/debrief/{rehearsed}").text
    for name in ("selection", "placement", "timing", "fluoroscopy", "outcome"):
        element = getattr(found.document.score, name)
        assert f"<b>{element.value:.2f}</b>" in told(html, f"value-{name}") + "</b>"
        for item in element.items:
            assert item.what.replace("'", "&#39;") in html
            assert item.because.replace("'", "&#39;").replace("°", "°") in html


@pytest.mark.parametrize(("language", "words"), [("fr", "jamais une intervention"), ("de", "nie ein Eingriff")])
def test_the_page_speaks_the_readers_language(client, rehearsed, language, words):
    client.cookies.set("language", language)
    html = client.get(f"/debrief/{rehearsed}").text
    assert f'<html lang="{language}">' in html
    assert words in html


def test_sites_that_the_ct_cannot_show_are_told_as_not_assessed(client, house, rehearsed, found):
    hidden = found.document.model_copy(update={"not_assessed": ["epidural", "foramen-left"]})
    house.debriefs.keep(rehearsed, replace(found, document=hidden))
    html = client.get(f"/debrief/{rehearsed}").text
    assert "epidural space, left foramen" in re.search(r'class="not-assessed">(.*?)</dd>', html, re.S)[1]
    assert "never read them as 0 ml" in html


def test_pictures_and_volumes(client, rehearsed, found):
    for view in ("ap", "lateral"):
        picture = client.get(f"/debrief/{rehearsed}/{view}/3")
        assert picture.headers["content-type"] == "image/png"
        assert picture.content == getattr(found.moments[3], view)
    for name in ("cement", "bone"):
        volume = client.get(f"/debrief/{rehearsed}/{name}")
        assert volume.headers["content-type"] == "application/octet-stream"
        assert "content-encoding" not in volume.headers
        assert volume.content == getattr(found, name)
    for odd in ("ap/99", "ap/-1", "oblique/0", "moments/0"):
        assert client.get(f"/debrief/{rehearsed}/{odd}").status_code == 404
    assert client.get(f"/debrief/{rehearsed}/ap/one").status_code == 422


def test_the_log_and_the_result_can_be_taken_away(client, rehearsed, found, lines):
    log = client.get(f"/debrief/{rehearsed}/log.jsonl")
    assert 'filename="rehearsal.jsonl"' in log.headers["content-disposition"]
    assert [json.loads(line) for line in log.text.splitlines()] == [json.loads(line) for line in lines]
    result = client.get(f"/debrief/{rehearsed}/result.json").json()
    assert result["schema"] == "vertebroplasty.rehearse/1"
    assert result["stop_delay_s"] == found.document.stop_delay_s


@pytest.mark.parametrize("odd", ["r-0000000000000000", "..%2f..%2fetc", "R-1", "a" * 65])
def test_a_rehearsal_that_is_not_there(client, odd):
    for address in (f"/debrief/{odd}", f"/debrief/{odd}/cement"):
        assert client.get(address, headers={"accept": "application/json"}).status_code in (400, 404, 422)


def test_a_debrief_that_is_gone_is_made_again(client, house, ended, case, lines, monkeypatch):
    rehearsal_id = house.rehearsals.begin("breach", case.level, 0, synthetic=True)
    log = house.rehearsals.folder / f"{rehearsal_id}.jsonl"
    log.write_text("\n".join(lines[:3]) + "\n", encoding="utf-8")  # before any needle: quickly worked out
    house.library.keep("breach", case.level, case)
    assert client.get(f"/debrief/{rehearsal_id}/result.json").status_code == 404
    waiting = client.get(f"/debrief/{rehearsal_id}")
    assert waiting.status_code == 202
    job = ended(client, job_of(waiting.text))
    assert (job.state, job.next) == ("done", f"/debrief/{rehearsal_id}")
    page = client.get(f"/debrief/{rehearsal_id}")
    assert page.status_code == 200
    assert "no leak that asks for a stop could be seen" in page.text
    assert "No cement was injected" in page.text
    log.write_text("\n".join(lines[:5]) + "\n", encoding="utf-8")
    started = []
    monkeypatch.setattr(house.jobs, "start", lambda work, *_, **__: started.append(work) or Job(id="j-0"))
    assert client.get(f"/debrief/{rehearsal_id}").status_code == 202
    assert started == [work_out]


@pytest.fixture
def kept(tmp_path, let_in, case, found, lines):
    """A client of a house with a registry, the id of a rehearsal in it, and the registry's address."""
    address = f"sqlite:///{tmp_path / 'registry.db'}"
    open_registry(address, create=True).close()
    house = House.built(Settings(state=tmp_path / "state", db=address))
    rehearsal_id = house.rehearsals.begin("breach", case.level, 0, synthetic=True)
    (house.rehearsals.folder / f"{rehearsal_id}.jsonl").write_text("\n".join(lines) + "\n", encoding="utf-8")
    house.debriefs.keep(rehearsal_id, found)
    yield let_in(house), rehearsal_id, address
    house.close()


def test_it_is_kept_once_as_a_rehearsal_and_never_as_a_procedure(kept, found):
    client, rehearsal_id, address = kept
    assert "Save as a rehearsal" in client.get(f"/debrief/{rehearsal_id}").text
    saved = client.post(f"/debrief/{rehearsal_id}/save", json={"operator": "op-1"})
    assert saved.status_code == 200, saved.text
    again = client.post(f"/debrief/{rehearsal_id}/save", json={"operator": "op-1"})
    assert again.status_code == 409
    assert "already" in again.json()["error"]
    other = client.post(f"/debrief/{rehearsal_id}/save", json={"operator": "op-2"})
    assert other.status_code in (400, 409)  # the log is kept already, under another operator
    with open_registry(address) as registry:
        (one,) = rehearsals_of(registry, "op-1")
        with registry.reading() as connection:
            counts = {kind: len(list(entries(connection, kind))) for kind in ("rehearsal", "procedure", "patient")}
    assert counts == {"rehearsal": 1, "procedure": 0, "patient": 0}
    assert one.stop_delay_s == found.document.stop_delay_s
    assert one.outcome == found.document.score.outcome.value
    assert one.state_sha256 == found.document.state_sha256


def test_the_past_leaves_this_rehearsal_out_and_tells_the_difference(kept, found):
    client, rehearsal_id, address = kept
    empty = client.post(f"/debrief/{rehearsal_id}/past", json={"operator": "op-1"}).json()
    assert empty["sessions"] == 0
    client.post(f"/debrief/{rehearsal_id}/save", json={"operator": "op-1"})
    assert client.post(f"/debrief/{rehearsal_id}/past", json={"operator": "op-1"}).json()["sessions"] == 0
    with open_registry(address) as registry:
        (one,) = rehearsals_of(registry, "op-1")
        earlier = replace(one, rehearsal_id="R-earlier", log_sha256="1" * 64, outcome=0.5, timing=None)
        save_rehearsal(registry, earlier, by="op-1")
        announced = replace(one, rehearsal_id="R-announced", log_sha256="2" * 64, outcome=0.0, guided=True)
        save_rehearsal(registry, announced, by="op-1")
    past = client.post(f"/debrief/{rehearsal_id}/past", json={"operator": "op-1", "p0": 0.1, "p1": 0.3}).json()
    assert past["sessions"] == 1
    assert past["elements"]["outcome"] == f"0.50 ({found.document.score.outcome.value - 0.5:+.2f})"
    assert past["elements"]["timing"] == "not judged"
    assert "driven on for more than 5 s in 2 of 2 rehearsals" in past["drift"]
    assert past["chart"].startswith("<svg")
    assert past["chart_says"].startswith("CUSUM of leak driven on")
    assert past["chart_says"].partition(". ")[2] in past["drift"]
    assert ">odds ratio 3.86" in past["chart"]  # (0.3 / 0.7) / (0.1 / 0.9)
    assert "never procedures" in past["chart"]
    unasked = client.post(f"/debrief/{rehearsal_id}/past", json={"operator": "op-1"}).json()
    assert (unasked["drift"], unasked["chart"], unasked["chart_says"]) == ("", "", "")


@pytest.mark.parametrize("body", [{}, {"operator": "a b"}, {"operator": "x" * 65}, {"operator": "a", "more": 1}, []])
def test_nonsense_is_refused(kept, body):
    client, rehearsal_id, _ = kept
    for action in ("past", "save"):
        assert client.post(f"/debrief/{rehearsal_id}/{action}", json=body).status_code in (400, 422)


def test_without_a_registry_it_says_so(client, rehearsed):
    assert "started without a registry" in client.get(f"/debrief/{rehearsed}").text
    refused = client.post(f"/debrief/{rehearsed}/save", json={"operator": "op-1"})
    assert refused.status_code == 400
    assert "without a registry" in refused.json()["error"]


def test_the_page_is_quick(client, rehearsed):
    client.get(f"/debrief/{rehearsed}")
    begin = time.perf_counter()
    assert client.get(f"/debrief/{rehearsed}").status_code == 200
    assert time.perf_counter() - begin < 1.0  # it is drawn from what is in memory
    assert json.loads(client.get(f"/debrief/{rehearsed}/result.json").text)
