"""The debrief and a finished run in a real browser: the scrubber moves pictures and 3-D; axe-core finds nothing bad."""

import json
import re

import pytest

from browsing import SERVE, Server, opened, serving_a_registry, violations, watch
from rehearsal_records import rehearsal
from vertebroplasty.web.theatre.rehearsals import Rehearsals

AP, LATERAL = (-174.7621, 3.9121), (95.0321, 3.0059)
ENTRY, TIP = [15.9791, 35.2947, 9.5596], [12.9498, -5.1918, 3.8870]  # the planner's path on the case with holes
PUSHES, LATE_S = 11, 6.0


def session():
    """Someone who pushes until the leak is seen, waits, and says stop."""
    for lao, cranial in (AP, LATERAL):
        yield {"action": "c-arm", "lao_deg": lao, "cranial_deg": cranial}
        yield {"action": "image", "frames": 1}
    yield {"action": "move-needle", "needle": 1, "entry_lps_mm": ENTRY, "tip_lps_mm": TIP}
    yield {"action": "image", "frames": 1}
    yield {"action": "mix", "product": "pmma-medium"}
    yield {"action": "wait", "duration_s": 306.0}
    for _ in range(PUSHES):
        yield {"action": "push", "rate_ml_per_s": 0.05, "volume_ml": 0.2}
        yield {"action": "image", "frames": 1}
    yield {"action": "wait", "duration_s": LATE_S}
    yield {"action": "stop"}
    yield {"action": "stylet", "needle": 1, "volume_ml": 0.001}


@pytest.fixture(scope="module")
def debrief(server):
    """The address of that session's debrief."""
    rehearsals = Rehearsals(server.state / "rehearsals")
    rehearsal_id = rehearsals.begin("breach", "L2", 0, synthetic=True)
    text = "".join(json.dumps(action) + "\n" for action in session())
    (rehearsals.folder / f"{rehearsal_id}.jsonl").write_text(text, encoding="utf-8")
    return f"/debrief/{rehearsal_id}"


def ready(page, address):
    """The page with its cement drawn; software draws slowly."""
    opened(page, address, "#three-d[data-frame]")


def at(page, index):
    """Wait until pictures and 3-D show a moment."""
    page.wait_for_selector(f'#three-d[data-frame="{index}"]')
    assert page.get_attribute("#scrubber", "aria-valuetext")
    for view in ("ap", "lateral"):
        assert page.get_attribute(f"#xray-{view}", "src").endswith(f"/{view}/{index}")


def test_leak_stop_and_the_delay_is_told(page, debrief):
    ready(page, debrief)
    told = page.inner_text("#stop-delay")
    delay_s = page.request.get(f"{debrief}/result.json").json()["stop_delay_s"]
    assert told == f"{delay_s:.1f} s"
    assert delay_s >= LATE_S
    assert "A rehearsal, never a procedure" in page.inner_text("main")


def test_the_scrubber_moves_pictures_cement_and_cursor_by_keyboard(page, debrief):
    ready(page, debrief)
    last = int(page.get_attribute("#scrubber", "max"))
    at(page, last)
    whole, cursor = page.locator("#three-d").screenshot(), page.locator("svg.timeline .cursor").first
    end_x = float(cursor.get_attribute("x1"))
    page.focus("#scrubber")
    page.keyboard.press("Home")
    at(page, 0)
    assert float(cursor.get_attribute("x1")) < end_x
    assert page.locator("#three-d").screenshot() != whole
    page.keyboard.press("ArrowRight")
    at(page, 1)
    page.keyboard.press("End")
    at(page, last)
    page.focus("#play")  # where motion is unwelcome a press shows the next moment only: here the first again
    page.keyboard.press("Enter")
    at(page, 0)


def test_a_time_in_the_score_shows_its_moment(page, debrief):
    ready(page, debrief)
    button = page.locator("dl.facts button.time").first  # when the leak could first be seen
    button.focus()
    page.keyboard.press("Enter")
    assert page.inner_text("#moment").startswith(button.inner_text())


@pytest.mark.parametrize("size", [(1280, 720), (3840, 2160)])
def test_nothing_serious_is_found_and_nothing_overflows(bare_context, server, debrief, size):
    page = bare_context.new_page()
    page.errors = []
    watch(page, server)
    page.set_viewport_size({"width": size[0], "height": size[1]})
    opened(page, debrief, "#film")
    assert violations(page) == []
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")


@pytest.fixture(scope="module")
def with_past(chromium, tmp_path_factory):
    """A server with a registry that holds an operator's rehearsals, and the address of a debrief before any needle."""
    from vertebroplasty.registry.rehearsals.keeping import save_rehearsal
    from vertebroplasty.registry.store.opening import open_registry

    with serving_a_registry(tmp_path_factory.mktemp("past")) as found:
        with open_registry(str(found.folder / "series.db")) as registry:
            for number, delay_s in enumerate((2.0, 8.0, 3.0, 9.0, 12.0, 2.5, 4.0, None), start=1):
                save_rehearsal(registry, rehearsal(number, "op-1", stop_delay_s=delay_s), by="op-1")
        rehearsals = Rehearsals(found.state / "rehearsals")
        rehearsal_id = rehearsals.begin("breach", "L2", 0, synthetic=True)
        looked = "".join(json.dumps(action) + "\n" for _, action in zip(range(4), session(), strict=False))
        (rehearsals.folder / f"{rehearsal_id}.jsonl").write_text(looked, encoding="utf-8")
        yield found, f"/debrief/{rehearsal_id}"


def test_the_cusum_of_past_rehearsals_is_drawn_and_told(chromium, with_past):
    server, address = with_past
    context = chromium.new_context(viewport={"width": 1280, "height": 720}, base_url=server.origin)
    context.add_cookies([server.cookie()])
    page = context.new_page()
    page.errors = []
    watch(page, server)
    opened(page, address, "#film")
    page.wait_for_load_state("load")  # then its scripts have run
    assert page.locator("#cusum").is_hidden()
    page.fill("#operator", "op-1")
    page.click("summary:has-text('CUSUM')")
    page.fill("#p0", "0.1")
    page.fill("#p1", "0.3")
    page.click("#show-past")
    page.wait_for_function("() => document.querySelector('#cusum-chart').naturalWidth > 0")
    assert "in 3 of 7 rehearsals; in 1 more there was none" in page.inner_text("#cusum figcaption")
    assert page.get_attribute("#cusum-chart", "alt").startswith("CUSUM of leak driven on, rehearsal by rehearsal.")
    # The drawing is dark on white whatever the page around it is.
    assert (
        page.evaluate("getComputedStyle(document.querySelector('#cusum-chart')).backgroundColor")
        == "rgb(255, 255, 255)"
    )
    page.fill("#p1", "")
    page.click("#show-past")
    page.wait_for_selector("#cusum", state="hidden")
    assert page.errors == []
    context.close()


class ViewServer(Server):
    """As `view` starts it."""

    script = SERVE.replace("cases=Path(cases) if cases else None", "finished=Path(cases)")


@pytest.fixture(scope="module")
def finished(chromium, walked, tmp_path_factory):
    """A server that shows a finished run."""
    found = ViewServer(tmp_path_factory.mktemp("finished"), "", str(walked))
    found.start()
    yield found
    found.stop()


def test_a_finished_run(chromium, finished):
    context = chromium.new_context(
        viewport={"width": 1280, "height": 720}, reduced_motion="reduce", base_url=finished.origin, bypass_csp=True
    )
    context.add_cookies([finished.cookie()])
    page = context.new_page()
    page.errors = []
    watch(page, finished)
    opened(page, "/", "#three-d[data-frame]")
    assert page.url.endswith("/finished")
    page.focus("#scrubber")
    page.keyboard.press("Home")
    page.wait_for_selector('#three-d[data-frame="0"]')
    assert re.match(r"\d+:\d\d min, 0\.00 ml", page.inner_text("#moment"))
    assert violations(page) == []
    assert page.errors == []
    page.errors = []
    page.goto("/finished/report")
    assert page.locator("h1").count() == 1
    assert [error for error in page.errors if "404" not in error] == []  # the report names no icon
    context.close()
