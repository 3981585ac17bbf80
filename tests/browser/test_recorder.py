"""The recorder in a real browser: a time-out, a procedure by keyboard, a server that dies in the middle."""

import re

import pytest

from browsing import Server, violations, watch

pytestmark = pytest.mark.browser


ANSWERS = {"side": "left", "allergies": "none", "agents": "none", "consent": "yes", "surgical_backup": "yes"}


def confirm(page, procedure, levels="L2"):
    page.goto("/recorder")
    for name, text in (
        ("patient", "P-77"), ("procedure_id", procedure), ("operator", "op1"), ("product", "pmma-medium"),
        ("levels", levels), ("levels_again", levels.lower()),
    ):  # fmt: skip
        page.fill(f"[name={name}]", text)
    for name, value in ANSWERS.items():
        page.check(f"[name={name}][value={value}]")
    page.click("#time-out button")
    page.wait_for_url("**/recorder/p-*")


def events(page):
    return [cell.inner_text() for cell in page.query_selector_all("#log td:last-child")]


def test_a_level_read_differently_the_second_time_stops_the_time_out(page):
    page.goto("/recorder")
    page.evaluate("document.querySelector('#time-out').noValidate = true")
    for name, text in (("patient", "P-1"), ("procedure_id", "X-0"), ("levels", "L2"), ("levels_again", "L3")):
        page.fill(f"[name={name}]", text)
    for name, value in ANSWERS.items():
        page.check(f"[name={name}][value={value}]")
    page.click("#time-out button")
    page.wait_for_function("() => document.querySelector('#refused').textContent.includes('L3 the second')")
    assert page.evaluate("document.activeElement.name") == "levels_again"
    page.errors[:] = [error for error in page.errors if "400" not in error]


def test_the_first_reading_is_hidden_while_the_second_is_typed(page):
    page.goto("/recorder")
    look = "() => getComputedStyle(document.querySelector('[name=levels]')).getPropertyValue('-webkit-text-security')"
    page.fill("[name=levels]", "L2")
    assert page.evaluate(look) == "none"
    page.focus("[name=levels_again]")
    assert page.evaluate(look) == "disc"
    page.focus("[name=levels]")
    assert page.evaluate(look) == "none"


def test_each_level_has_a_side_that_hides_with_the_first_reading(page):
    page.goto("/recorder")
    page.fill("[name=levels]", "L2")
    assert page.locator("#sides").is_hidden()
    page.fill("[name=levels]", "L2, L3")
    page.locator("#sides select").nth(1).select_option("both")
    page.fill("[name=levels]", "L3 L2")  # what was chosen goes along with its level
    assert page.locator("#sides select").first.input_value() == "both"
    page.focus("[name=levels_again]")
    assert page.locator("#sides").is_hidden()
    for name, text in (("patient", "P-77"), ("procedure_id", "X-sides"), ("levels_again", "l2 l3")):
        page.fill(f"[name={name}]", text)
    for name, value in ANSWERS.items():
        page.check(f"[name={name}][value={value}]")
    page.click("#time-out button")
    page.wait_for_url("**/recorder/p-*")
    assert "L3 both, L2 left" in page.inner_text(".confirmed")


def test_an_undone_stop_stays_on_the_page(page):
    confirm(page, "X-undone")
    for key in ("m", "s"):
        page.keyboard.press(key)
    page.wait_for_function("() => document.querySelectorAll('#log tr').length === 2")
    page.keyboard.press("Escape")
    page.locator("#ask-reason button").first.click()
    page.wait_for_function("() => document.querySelectorAll('#log tr').length === 3")
    page.wait_for_function("() => document.querySelector('#waiting').textContent === ''")
    page.keyboard.press("u")
    page.wait_for_selector("#undone li")
    assert re.fullmatch(r"STOP at L2 tapped \S+, undone \S+: this stays in the record\.", page.inner_text("#undone li"))
    assert len(events(page)) == 2


def test_a_procedure_by_keyboard_with_a_stop_that_holds(page):
    confirm(page, "X-keys")
    for key in ("m", "s", "0", "5"):
        page.keyboard.press(key)
    page.wait_for_function("() => document.querySelector('#total').textContent === '1.50 ml'")
    page.keyboard.press("l")
    page.click("dialog[open] button[value=epidural]")
    page.keyboard.press("Escape")
    page.click("dialog[open] button[value=epidural-leak]")
    page.wait_for_function("() => document.querySelector('#stopped').textContent === 'STOP'")
    page.keyboard.press("5")
    page.wait_for_function("() => document.querySelector('#refused').textContent.includes('only with a reason')")
    page.wait_for_function("() => document.querySelector('#waiting').textContent === ''")
    page.errors[:] = [error for error in page.errors if "400" not in error]
    assert len(events(page)) == 6
    page.keyboard.press("u")
    page.wait_for_function("() => document.querySelector('#stopped').textContent === ''")
    page.keyboard.press("5")
    page.wait_for_function("() => document.querySelector('#total').textContent === '2.00 ml'")
    page.reload()
    assert page.inner_text("#total") == "2.00 ml"
    assert re.fullmatch(r"\d+:\d\d", page.inner_text("#clock"))


def test_the_clock_can_be_read_at_two_metres(page):
    confirm(page, "X-size")
    digits = page.locator("#clock").bounding_box()
    assert digits["height"] >= 720 / 6


@pytest.mark.parametrize("address", ["/recorder", "clock", "/cases"])
def test_nothing_serious_stands_in_the_way_of_anybody(bare_context, page, address):
    if address == "clock":
        confirm(page, "X-axe")
        address = page.url
    bare = bare_context.new_page()
    bare.goto(address)
    bare.wait_for_load_state("networkidle")
    assert violations(bare) == []


def test_taps_while_the_server_is_down_are_kept_and_sent_again(chromium, tmp_path):
    server = Server(tmp_path)
    server.start()
    context = chromium.new_context(base_url=server.origin, locale="en-GB")
    context.add_cookies([server.cookie()])
    page = context.new_page()
    page.errors = []
    watch(page, server)
    try:
        confirm(page, "X-down")
        page.keyboard.press("m")
        page.wait_for_function("() => document.querySelectorAll('#log tr').length === 1")
        server.kill()
        page.keyboard.press("s")
        page.keyboard.press("5")
        page.wait_for_function("() => document.querySelector('#waiting').textContent.includes('2 not acknowledged')")
        server.start()
        page.wait_for_function("() => document.querySelectorAll('#log tr').length === 3", timeout=60_000)
        assert page.inner_text("#total") == "0.50 ml"
        assert page.inner_text("#waiting") == ""
    finally:
        context.close()
        server.stop()


def test_a_stop_while_the_leaks_site_is_asked_is_neither_lost_nor_late(page):
    confirm(page, "X-both")
    for key in ("m", "s", "5"):
        page.keyboard.press(key)
    page.wait_for_function("() => document.querySelectorAll('#log tr').length === 3")
    page.keyboard.press("l")
    page.wait_for_timeout(1200)
    page.keyboard.press("Escape")
    assert "STOP noted" in page.inner_text("#stop-too-done")
    page.wait_for_timeout(2000)
    page.click("#ask-site button[value=epidural]")
    page.click("#ask-reason button[value=epidural-leak]")
    page.wait_for_function("() => document.querySelector('#stopped').textContent === 'STOP'")
    page.wait_for_function("() => document.querySelector('#log').textContent.includes('epidural leak')")
    assert [text.split(" · ")[1] for text in events(page)][:2] == ["STOP", "Leak"]
    taps = page.evaluate("async () => (await (await fetch(`${location.pathname}/state`)).json()).taps")
    pushed, leak, stop = (tap["clock_s"] for tap in taps[2:])
    assert stop - leak == pytest.approx(1.2, abs=0.6)  # the two waits, not the time until the site was tapped
    assert leak - pushed < 1.0


def test_a_key_that_is_held_is_one_tap(page):
    confirm(page, "X-held")
    for key in ("m", "s"):
        page.keyboard.press(key)
    for _ in range(5):  # a second down without an up is a repeat
        page.keyboard.down("Digit5")
    page.keyboard.up("Digit5")
    for _ in range(3):
        page.keyboard.down("Escape")
    page.keyboard.up("Escape")
    assert page.is_visible("#ask-reason")
    page.click("#ask-reason button[value=operator]")
    page.wait_for_function("() => document.querySelector('#stopped').textContent === 'STOP'")
    assert page.inner_text("#total") == "0.50 ml"


def test_a_tap_of_a_page_that_was_signed_out_waits_for_a_reload(page):
    confirm(page, "X-token")
    token = "document.querySelector('meta[name=csrf-token]')"
    page.evaluate(f"{token}.content = 'of another session'")
    page.keyboard.press("m")
    page.wait_for_function("() => document.querySelector('#refused').textContent !== ''")
    page.wait_for_function("() => document.querySelector('#waiting').textContent.includes('1 not acknowledged')")
    page.reload()
    page.wait_for_function("() => document.querySelectorAll('#log tr').length === 1")
    page.errors[:] = [error for error in page.errors if "403" not in error]


def test_the_page_shows_what_was_confirmed_and_a_chosen_level_leaves_the_keys_to_the_taps(page):
    confirm(page, "X-two", "L2 L3")
    shown = page.inner_text(".confirmed")
    for told in ("X-two", "P-77", "L2, L3", "Side of the needle left", "none known"):
        assert told in shown
    page.keyboard.press("m")
    page.check("input[name=level][value=L3]")
    page.keyboard.press("s")
    page.fill("#exact input", "1.25")
    page.keyboard.press("Enter")
    page.keyboard.press("1")
    page.wait_for_function("() => document.querySelector('#total').textContent === '1.35 ml'")
    assert page.inner_text("#total-name") == "Total at L3"
