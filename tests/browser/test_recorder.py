"""The recorder in a real browser: a time-out, a procedure by keyboard, a server that dies in the middle."""

import re

import pytest

from browsing import Server, violations, watch

pytestmark = pytest.mark.browser


def confirm(page, procedure):
    page.goto("/recorder")
    for name, text in (
        ("patient", "P-77"), ("procedure_id", procedure), ("operator", "op1"), ("product", "pmma-medium"),
        ("levels", "L2"), ("levels_again", "l2"),
    ):  # fmt: skip
        page.fill(f"[name={name}]", text)
    answers = (
        ("side", "left"),
        ("allergies", "none"),
        ("agents", "none"),
        ("consent", "yes"),
        ("surgical_backup", "yes"),
    )
    for name, value in answers:
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
    answers = (
        ("side", "left"),
        ("allergies", "none"),
        ("agents", "none"),
        ("consent", "yes"),
        ("surgical_backup", "yes"),
    )
    for name, value in answers:
        page.check(f"[name={name}][value={value}]")
    page.click("#time-out button")
    page.wait_for_function("() => document.querySelector('#refused').textContent.includes('L3 the second')")
    assert page.evaluate("document.activeElement.name") == "levels_again"
    page.errors[:] = [error for error in page.errors if "400" not in error]


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
