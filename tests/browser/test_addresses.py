"""A name that somebody typed where a pseudonym belongs is in no address, no title and no line of the log."""

from urllib.parse import unquote, urldefrag, urljoin

import pytest

from browsing import serving_a_registry

pytestmark = pytest.mark.browser
NAME = "Maria-Musterfrau"
TIME_OUT = {"side": "left", "allergies": "none", "agents": "none", "consent": "yes", "surgical_backup": "yes"}


@pytest.fixture(scope="module")
def server(chromium, tmp_path_factory):
    """A server with an empty registry."""
    with serving_a_registry(tmp_path_factory.mktemp("addresses")) as found:
        yield found


def ready(page, address):
    page.goto(address)
    page.wait_for_selector("body[data-ready=all]")


def save(page):
    page.keyboard.press("Control+Enter")
    page.wait_for_selector("#saved:not([hidden])")


def refused_with_a_blank(page):
    """The same name with a blank is no pseudonym at all: refused, and gone."""
    ready(page, "/registry/new/patient")
    page.locator("[data-name=pseudonym] input").fill(NAME.replace("-", " "))
    page.keyboard.press("Control+Enter")
    page.wait_for_selector("#summary:not([hidden])")
    page.errors.remove(next(each for each in page.errors if "400" in each))
    page.locator("[data-name=pseudonym] input").fill("")
    page.evaluate("() => window.addEventListener('beforeunload', (event) => event.stopImmediatePropagation(), true)")


def entered(page):
    """A patient, a procedure with a leak and a complication, a look, an amendment: all by the forms."""
    page.locator("[data-name=pseudonym] input").fill(NAME)
    save(page)
    page.click("#saved .next a:nth-child(2)")
    page.wait_for_selector(".picker")
    assert page.locator("[data-name=procedure_id] input").input_value() == f"{NAME}-1"
    page.click("[data-level=L3]")
    save(page)
    page.click("#saved .next a:first-child")
    record = page.url
    page.click("text=Add a complication")
    page.wait_for_selector("body[data-ready=all]")
    page.locator("[data-name=kind] select").select_option("neuralgia")
    page.fill("#why", f"told by {NAME}")
    save(page)
    page.goto(record)
    page.locator(".acts a", has_text="New follow-up").click()
    page.wait_for_selector("body[data-ready=all]")
    page.locator("[data-name=pain_nrs] input").fill("2")
    save(page)


def searched(page):
    ready(page, "/registry")
    page.fill("#find", NAME)
    page.keyboard.press("Enter")
    page.wait_for_selector("#answer caption")


def recorded(page):
    """A second procedure from the recorder; its page leads on to the registry's."""
    page.goto("/recorder")
    for name, text in (
        ("patient", NAME),
        ("procedure_id", f"{NAME}-2"),
        ("operator", NAME),
        ("levels", "L1"),
        ("levels_again", "L1"),
    ):
        page.fill(f"[name={name}]", text)
    for name, value in TIME_OUT.items():
        page.check(f"[name={name}][value={value}]")
    page.click("#time-out button")
    page.wait_for_url("**/recorder/p-*")
    page.keyboard.press("m")
    page.wait_for_function("() => document.querySelectorAll('#log tr').length === 1")
    page.fill("#registry [name=who]", NAME)
    page.click("#registry button")
    page.wait_for_selector("#saved:not([hidden])")


def walked(page, server):
    """Every page that links lead to from the registry and the recorder: its address and its title."""
    waiting, seen = [f"{server.origin}/registry", f"{server.origin}/recorder"], {}
    while waiting:
        address = waiting.pop()
        if address in seen:
            continue
        page.goto(address)
        page.wait_for_load_state("load")
        seen[address] = page.title()
        for link in page.eval_on_selector_all("a[href]", "all => all.map(one => one.getAttribute('href'))"):
            target = urldefrag(urljoin(page.url, link))[0]
            if target.startswith((f"{server.origin}/registry", f"{server.origin}/recorder")):
                waiting.append(target)
    return seen


def test_a_name_typed_as_a_pseudonym_stays_in_the_pages(page, context, server):
    asked = []
    page.on("request", lambda request: asked.append(request.url))
    page.on("framenavigated", lambda frame: asked.append(frame.url))
    context.add_cookies([{"name": "who", "value": NAME, "url": server.origin}])
    refused_with_a_blank(page)
    entered(page)
    searched(page)
    recorded(page)
    seen = walked(page, server)
    assert len([address for address in seen if "/registry/record/" in address]) == 4
    page.request.get(f"/registry/record/patient/{NAME}")  # an address typed by hand, or one of an earlier version
    log = (server.folder / "terminal.log").read_text(encoding="utf-8")
    assert "POST /registry/records/patient 200" in log
    for text in (*asked, *seen, *seen.values(), log):
        for part in NAME.lower().split("-"):
            assert part not in unquote(text).lower()
