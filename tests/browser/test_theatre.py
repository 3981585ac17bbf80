"""The theatre as a trainee meets it: by keyboard alone, by mouse, through a reload and a killed server."""

import json
import os
import re
import time

import pytest

from browsing import OPEN_MS, opened, violations, watch
from vertebroplasty.geometry.c_arm_view import turned_left_deg

CASE, LEVEL, SEED = "breach", "L2", 3
READY = '#theatre[data-link="open"]'
LIVE = "#monitor-{side}[data-live=true]"


@pytest.fixture(scope="module")
def began(chromium, server):
    """A function that begins a rehearsal, as the case's page does, and gives its address."""
    context = chromium.new_context(base_url=server.origin, locale="en-GB")
    context.add_cookies([server.cookie()])
    window = context.new_page()
    window.goto("/cases")

    def begin(seed=SEED, **chosen) -> str:
        script = """async ([wanted]) => {
            const { post } = await import("/static/common/post.js");
            return (await post("/rehearsals", wanted)).next;
        }"""
        return window.evaluate(script, [{"case": CASE, "level": LEVEL, "seed": seed, **chosen}])

    yield begin
    context.close()


def seen(page, name):
    return page.locator(f"#{name}").inner_text()


def minutes(page) -> float:
    """What the session's clock shows, in seconds."""
    whole, rest = seen(page, "session").split(":")
    return 60 * int(whole) + int(rest)


def frames(page, side):
    return int(page.locator(f"#monitor-{side}").get_attribute("data-frames") or 0)


def shot(page, name):
    """A picture for a person to look at, where the environment names a folder."""
    folder = os.environ.get("VERTEBROPLASTY_SHOTS")
    if folder:
        page.screenshot(path=f"{folder}/{name}.png")


def fits(page):
    """Nothing has to be scrolled."""
    return page.evaluate(
        """() => {
            const it = document.documentElement;
            return it.scrollHeight <= innerHeight && it.scrollWidth <= innerWidth;
        }"""
    )


def said(page, words):
    page.wait_for_function("words => document.getElementById('log').innerText.includes(words)", arg=words)


def pictured(page, side):
    """Step on the pedal until a live picture comes, then let go."""
    before = frames(page, side)
    page.keyboard.down(" ")
    page.wait_for_function(
        "([side, n]) => Number(document.getElementById(`monitor-${side}`).dataset.frames ?? 0) >= n",
        arg=[side, before + 3],
    )
    page.keyboard.up(" ")
    page.wait_for_selector(f"#monitor-{side}[data-live=false]")


def mixed_and_pasty(page):
    """Mix, then let time pass until the cement is paste."""
    page.keyboard.press("m")
    said(page, "mixed")
    page.keyboard.press("f")
    page.keyboard.press("f")
    page.wait_for_selector('#phase[data-phase="pasty"]', timeout=60_000)
    page.keyboard.press("f")


def test_a_whole_guided_rehearsal_by_keyboard_leads_to_a_leak_that_is_told_and_stopped(page, began):
    opened(page, began(guided=True), READY)
    assert seen(page, "log-title") == "Patient's log (guided)"
    pictured(page, "left")
    page.keyboard.press("n")
    said(page, "needle 1 placed")
    page.keyboard.press("l")
    said(page, "C-arm turned")
    pictured(page, "right")
    assert "last image" in page.locator("#monitor-left figcaption").inner_text()
    mixed_and_pasty(page)
    shot(page, "theatre-pasty-1280")
    page.locator("#hold").focus()
    for _ in range(2):  # from the usual rate to 0.2 ml/s
        page.keyboard.press("ArrowDown")
    assert page.locator("#hold").input_value() == "rate 0.2"
    page.keyboard.press("Tab")  # letters belong to a list as long as it is focused
    page.keyboard.down(" ")
    page.keyboard.down("p")
    page.wait_for_selector(".lamp.on")
    page.wait_for_function("() => document.querySelector('#log li.seen') !== null", timeout=90_000)
    shot(page, "theatre-leak-1280")
    page.keyboard.press("Escape")
    said(page, "STOP at")
    page.keyboard.up("p")
    page.keyboard.up(" ")
    assert seen(page, "stop").startswith("STOPPED")
    assert float(seen(page, "ml").split()[0]) > 0.1
    page.keyboard.press("s")
    said(page, "stylet")
    page.keyboard.press("w")
    said(page, "needle 1 out")
    shot(page, "theatre-stopped-1280")
    box = page.evaluate(
        "() => [document.documentElement.scrollHeight, innerHeight, document.documentElement.scrollWidth, innerWidth]"
    )
    assert box[0] <= box[1]
    assert box[2] <= box[3]
    page.locator("#debrief").focus()
    page.keyboard.press("Enter")
    page.wait_for_url("**/debrief/r-*")
    page.wait_for_selector("#stop-delay", timeout=OPEN_MS)
    delay = re.search(r"(\d+(?:\.\d+)?) s", page.inner_text("#stop-delay"))
    assert delay is not None
    assert 0.0 < float(delay.group(1)) < 60.0
    assert seen(page, "guided") == "Guided rehearsal"
    shot(page, "debrief-after-keyboard-1280")


def test_unguided_no_word_of_the_page_tells_of_a_leak_in_view_before_the_debrief(page, began, server):
    address = began()
    opened(page, address, READY)
    page.keyboard.press("n")
    said(page, "needle 1 placed")
    page.keyboard.press("l")
    said(page, "C-arm turned")
    mixed_and_pasty(page)
    page.locator("#hold").select_option("rate 0.2")
    page.keyboard.press("Tab")
    page.keyboard.down(" ")
    page.keyboard.down("p")
    log = server.state / "rehearsals" / f"{address.rsplit('/', 1)[1]}.jsonl"
    end = time.monotonic() + 90.0
    while '"event": "leak"' not in log.read_text(encoding="utf-8"):
        assert time.monotonic() < end
        page.wait_for_timeout(200)
    page.wait_for_timeout(1000)
    words = page.evaluate("() => document.body.innerText") + str(page.evaluate(READ_ALOUD))
    shot(page, "theatre-leak-unguided-1280")
    page.keyboard.up("p")
    page.keyboard.up(" ")
    sites = [json.loads(line)["site"] for line in log.read_text(encoding="utf-8").splitlines() if '"leak"' in line]
    for told in (*sites, *(site.replace("-", " ") for site in sites), "IN VIEW", "SEEN", "seen:", "leak"):
        assert told not in words
    assert "ml pushed" in words
    assert page.locator("#log li.seen").count() == 0
    assert page.locator("#guided").count() == 0
    page.locator("#debrief").click()
    page.wait_for_url("**/debrief/r-*")
    page.wait_for_selector("#stop-delay", timeout=OPEN_MS)
    assert seen(page, "guided") == "Unguided rehearsal"
    assert "a picture showed cement" in page.locator("table.log").inner_html()


READ_ALOUD = """() => [...document.querySelectorAll("[aria-live], [role], [aria-label], [title]")].map(
  (each) => `${each.textContent} ${each.getAttribute("aria-label")} ${each.title}`).filter(
  (text) => !text.includes("after a leak"))"""


def test_a_guided_rehearsal_is_chosen_on_the_page_of_the_case(page):
    opened(page, f"/cases/{CASE}/{LEVEL}", "#rehearse")
    page.get_by_label("Guided").check()
    turned = page.locator("tr:has-text('C-arm, prone, true lateral') td")
    assert re.fullmatch(r"left 8\d°, cranial \d°", turned.inner_text())  # as in the theatre
    turned.scroll_into_view_if_needed()
    shot(page, "case-guided-1280")
    page.locator("#rehearse").click()
    page.wait_for_selector(READY, timeout=OPEN_MS)
    assert page.locator("#guided").count() == 1
    page.reload()
    page.wait_for_selector(READY)
    assert page.locator("#guided").count() == 1
    page.go_back()
    page.locator("#rehearse:enabled").wait_for()


POSES = """async (angles) => {
  const { inWords, turnedLeft } = await import("/static/theatre/gantry.js");
  const texts = JSON.parse(document.getElementById("texts").textContent);
  return angles.map((lao) => [turnedLeft(lao), inWords(texts, [lao, -lao / 10])]);
}"""


def test_the_page_turns_angles_as_the_geometry_does_and_says_them_as_on_the_gantry(page, began):
    opened(page, began(), READY)
    angles = [-179.0, -175.0, -90.0, 0.0, 45.0, 90.0, 179.7, 180.0]
    found = page.evaluate(POSES, angles)
    assert [turned for turned, _ in found] == pytest.approx([turned_left_deg(lao) for lao in angles])
    assert found[1][1] == "right 5°, cranial 18°"
    assert found[5][1] == "left 90°, caudal 9°"
    assert found[6][1] == "0°, caudal 18°"
    assert page.locator("#gauge").get_attribute("aria-valuetext") == "0°, cranial 0°"
    page.locator("#turned").fill("-20")
    page.locator("#cranial").fill("-4")
    page.locator("#turn").click()
    said(page, "C-arm turned: right 20°, caudal 4°")
    assert page.locator("#gauge").get_attribute("aria-valuenow") == "-20"
    pictured(page, "left")
    assert page.locator("#monitor-left .pose").inner_text() == "right 20°, caudal 4°"
    page.locator("#gauge").focus()
    page.keyboard.press("ArrowLeft")  # the detector goes to the left of the drawing: the patient's left
    said(page, "C-arm turned: right 19°, caudal 4°")
    assert "LAO" not in page.evaluate("() => document.body.innerText")


def test_phlebogram_and_balloon_say_how_many_ml_they_give(page, began):
    opened(page, began(), READY)
    page.keyboard.press("n")
    said(page, "needle 1 placed")
    assert [seen(page, name) for name in ("phlebogram", "balloon")] == ["Phlebogram 3 ml", "Balloon 2 ml"]
    page.locator("#phlebogram").click()
    said(page, "phlebogram, 3 ml")
    page.locator("#balloon").click()
    said(page, "balloon, 2 ml")


def test_the_cannula_can_be_drawn_over_the_stylet_after_a_stop_as_the_planner_does(page, began):
    opened(page, began(), READY)
    page.keyboard.press("n")
    said(page, "needle 1 placed")
    mixed_and_pasty(page)
    page.keyboard.down("p")
    page.wait_for_function("() => parseFloat(document.getElementById('ml').innerText) > 0.3", timeout=90_000)
    page.keyboard.press("Escape")
    said(page, "STOP at")
    page.keyboard.up("p")
    stopped_ml = float(seen(page, "ml").split()[0])
    page.keyboard.press("o")
    said(page, "stylet back")
    assert float(seen(page, "ml").split()[0]) - stopped_ml < 0.02  # all that the needle holds would be 0.5 ml


def test_escape_stops_from_within_a_field_and_letters_in_fields_do_nothing_else(page, began):
    opened(page, began(), READY)
    page.locator("#depth").focus()
    page.keyboard.press("m")
    page.keyboard.press("Escape")
    page.wait_for_function("() => document.getElementById('answer').innerText.includes('Nothing has been pushed')")
    assert "mixed" not in seen(page, "log")


def test_the_mouse_drags_the_tip_and_places_the_needle_there(page, began):
    opened(page, began(), READY)
    pictured(page, "left")
    before = page.locator("#entry-right").input_value(), page.locator("#medial").input_value()
    tip = page.locator('#monitor-left [data-drag="tip"]').bounding_box()
    x, y = tip["x"] + tip["width"] / 2, tip["y"] + tip["height"] / 2
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x + 20, y, steps=4)
    page.mouse.up()
    assert page.locator("#entry-right").input_value() == before[0]
    assert page.locator("#medial").input_value() != before[1]
    assert page.locator("#path").input_value() == "free"
    moved = page.locator('#monitor-left [data-drag="tip"]').bounding_box()
    assert moved["x"] == pytest.approx(tip["x"] + 20, abs=1.5)
    page.get_by_role("button", name="Place needle").click()
    said(page, "needle 1 placed")
    page.locator("#pedal").hover()
    page.mouse.down()
    page.wait_for_selector(".lamp.on")
    page.wait_for_selector(LIVE.format(side="left"))
    page.mouse.up()
    page.wait_for_selector(".lamp:not(.on)")
    gauge = page.locator("#gauge").bounding_box()
    middle = gauge["x"] + gauge["width"] / 2, gauge["y"] + gauge["height"] / 2
    page.mouse.move(middle[0], middle[1] - 40)
    page.mouse.down()
    page.mouse.move(middle[0] - 30, middle[1] - 30, steps=3)
    page.mouse.up()
    page.wait_for_function("() => document.getElementById('turned').value === '45'")
    page.locator("#debrief").click()
    page.wait_for_url("**/debrief/r-*")


def test_both_tubes_show_both_views_at_once(page, began):
    opened(page, began(), READY)
    page.get_by_label("Biplane").check()
    said(page, "C-arm turned")
    page.keyboard.down(" ")
    page.wait_for_selector(LIVE.format(side="left"))
    page.wait_for_selector(LIVE.format(side="right"))
    shot(page, "theatre-biplane-1280")
    page.keyboard.up(" ")
    page.wait_for_selector("#monitor-right[data-live=false]")
    assert re.search(r"left 8\d°", page.locator("#monitor-right .pose").inner_text())


RECALLED = """async (events) => {
  const { Chart } = await import("/static/theatre/chart.js");
  const place = document.querySelector("main").appendChild(document.createElement("div"));
  const chart = new Chart(place, { pressure: "Pressure", injected: "Injected" });
  chart.recall(events);
  return chart.data;
}"""


def test_a_reload_draws_no_pressure_where_nobody_pushed(page):
    page.goto("/cases")
    pushes = (100.0, 110.0, 600.0, 0.5), (110.0, 120.0, 800.0, 1.0), (300.0, 301.0, 900.0, 1.1)
    events = [
        {"event": "pushed", "begin_s": begin_s, "t_s": t_s, "pressure_kpa": kpa, "injected_ml": ml}
        for begin_s, t_s, kpa, ml in pushes
    ]
    times, pressures, volumes = page.evaluate(RECALLED, events)
    assert times == [0, 0, 100, 110, 120, 120, 300, 301, 301]
    assert pressures == [0, 0, 0, 600, 800, 0, 0, 900, 0]
    assert volumes == [0, 0, 0, 0.5, 1, 1, 1, 1.1, 1.1]


def test_a_reload_in_the_middle_goes_on(page, began):
    opened(page, began(), READY)
    pictured(page, "left")
    page.keyboard.press("n")
    said(page, "needle 1 placed")
    page.keyboard.press("m")
    said(page, "mixed")
    before = minutes(page)
    page.reload()
    page.wait_for_selector(READY)
    said(page, "mixed")
    assert frames(page, "left") == 1  # the last image is held still
    assert before <= minutes(page) <= before + 20
    assert page.locator("#place").inner_text() == "Move needle"


def test_a_second_window_takes_over(page, context, began, server):
    address = began()
    opened(page, address, READY)
    other = context.new_page()
    other.errors = []
    watch(other, server)
    other.goto(address)
    other.wait_for_selector(READY)
    page.wait_for_selector("#link:has-text('Another window has taken over')")
    other.close()


def test_a_page_in_german_and_one_in_french_fit(chromium, server, began):
    for language in ("de-DE", "fr-FR"):
        context = chromium.new_context(
            base_url=server.origin, locale=language, viewport={"width": 1280, "height": 720}, reduced_motion="reduce"
        )
        context.add_cookies([server.cookie()])
        window = context.new_page()
        opened(window, began(), READY)
        pictured(window, "left")
        shot(window, f"theatre-{language}-1280")
        assert fits(window)
        context.close()


def test_nothing_serious_is_found_by_axe_and_it_scales_to_a_large_screen(bare_context, began):
    window = bare_context.new_page()
    opened(window, began(), READY)
    pictured(window, "left")
    assert violations(window) == []
    window.keyboard.press("?")
    window.wait_for_selector("dialog[open]")
    assert violations(window) == []
    shot(window, "theatre-keys-1280")
    window.locator("#legend-close").click()
    window.set_viewport_size({"width": 3840, "height": 2160})
    window.keyboard.press("n")
    said(window, "needle 1 placed")
    window.keyboard.press("l")
    said(window, "C-arm turned")
    pictured(window, "right")
    mixed_and_pasty(window)
    window.keyboard.down(" ")
    window.keyboard.down("p")
    window.wait_for_function("() => parseFloat(document.getElementById('ml').innerText) > 0.3", timeout=90_000)
    shot(window, "theatre-3840")
    window.keyboard.up("p")
    window.keyboard.up(" ")
    digits = window.locator("#clock-digits").bounding_box()
    assert digits["height"] > 120
    assert fits(window)


def test_pictures_keep_coming_while_pushing(page, began):
    """What a frame costs is bounded beside the server's tests; here only that the browser asks for the next at once."""
    opened(page, began(), READY)
    page.keyboard.press("n")
    said(page, "needle 1 placed")
    page.keyboard.press("l")
    mixed_and_pasty(page)
    page.keyboard.down(" ")
    page.keyboard.down("p")
    page.wait_for_function("() => parseFloat(document.getElementById('ml').innerText) > 0.02", timeout=60_000)
    before = frames(page, "right"), int(page.locator("#theatre").get_attribute("data-answers"))
    page.wait_for_timeout(3000)
    after = frames(page, "right"), int(page.locator("#theatre").get_attribute("data-answers"))
    page.keyboard.up("p")
    page.keyboard.up(" ")
    print(f"{(after[0] - before[0]) / 3.0:.1f} pictures a second")
    assert after[0] - before[0] >= 3
    assert abs((after[0] - before[0]) - (after[1] - before[1])) <= 1  # every answer holds one picture


def test_a_killed_server_is_noticed_and_what_it_acknowledged_is_kept(page, server, began):
    opened(page, began(), READY)
    pictured(page, "left")
    page.keyboard.press("n")
    said(page, "needle 1 placed")
    page.keyboard.press("m")
    said(page, "mixed")
    server.kill()
    page.wait_for_selector("#link:has-text('Connecting again')")
    server.start()
    page.wait_for_selector("#said:has-text('The server was restarted')", timeout=600_000)
    page.wait_for_selector(READY)
    said(page, "mixed")
    assert frames(page, "left") == 1  # the last image is held again
    page.errors[:] = [each for each in page.errors if "ERR_CONNECTION_REFUSED" not in each and "WebSocket" not in each]
