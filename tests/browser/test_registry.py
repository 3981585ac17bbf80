"""The registry in a real browser: a case entered with the keyboard alone, the due list, the figures, axe-core."""

import re

import pytest

from browsing import serving_a_registry, violations

MOST_TABS = 90
LABEL = """() => {
  const here = document.activeElement;
  const own = here.labels?.[0]?.innerText ?? here.innerText ?? '';
  const group = here.type === 'radio' ? here.closest('fieldset')?.querySelector('legend')?.innerText ?? '' : '';
  return `${group} ${here.ariaLabel ?? ''} ${own}`.trim();
}"""


@pytest.fixture(scope="module")
def server(chromium, tmp_path_factory):
    """A server with an empty registry."""
    with serving_a_registry(tmp_path_factory.mktemp("registry")) as found:
        yield found


@pytest.fixture
def registry(server):
    from vertebroplasty.registry.store.opening import open_registry

    with open_registry(str(server.folder / "series.db")) as found:
        yield found


@pytest.fixture
def known(context, server):
    """This browser has said who acts."""
    context.add_cookies([{"name": "who", "value": "coordinator", "url": server.origin}])


def to(page, label):
    """Go on with the tab key until something of this label has the focus."""
    for _ in range(MOST_TABS):
        if page.evaluate(LABEL).startswith(label):
            return
        page.keyboard.press("Tab")
    raise AssertionError(f"The tab key does not reach {label!r}; it is at {page.evaluate(LABEL)!r}.")


def write(page, label, text):
    to(page, label)
    page.keyboard.type(text)


def save(page):
    """Press the key once the form listens for it; the server's answer is shown, and it is no refusal."""
    page.wait_for_selector("body[data-ready=all]")
    with page.expect_response(lambda answer: answer.request.method == "POST") as answer:
        page.keyboard.press("Control+Enter")
    assert answer.value.ok, answer.value.text()
    page.wait_for_selector("#saved:not([hidden])")


def enter_records(registry, *records):
    from vertebroplasty.registry.entry.reading import parse_record

    registry.add_many([parse_record(record) for record in records], by="coordinator")


def at(registry, kind, record_id):
    """The address of a record."""
    from vertebroplasty.web.forms.addresses import address_of_record

    with registry.reading() as connection:
        return address_of_record(connection, kind, record_id)


def person(name):
    return {"kind": "patient", "pseudonym": name}


def treatment(name, day="2026-09-01", level="L3"):
    leaks = {"leaks_looked_for_with": ["ct"], "leaks": [{"site": "disc-above", "modality": "ct"}]}
    levels = [{"level": level, "cement": {"total_ml": 3.0}, **leaks}]
    return {"kind": "procedure", "procedure_id": f"{name}-1", "patient": name, "performed_on": day, "levels": levels}


def test_a_case_and_its_follow_up_with_the_keyboard_alone(page, registry):
    page.goto("/registry")
    write(page, "Who enters", "coordinator")
    page.keyboard.press("Enter")
    page.wait_for_function("() => document.getElementById('who-form').dataset.who === 'coordinator'")
    page.goto("/registry/new/patient")
    write(page, "Pseudonym", "K-1")
    write(page, "Sex", "fem")
    write(page, "Year of birth", "1948")
    save(page)
    to(page, "Procedure of this patient")
    page.keyboard.press("Enter")
    page.wait_for_selector(".picker")
    write(page, "Guidance", "bip")
    to(page, "L1")
    page.keyboard.type("L3")
    page.keyboard.press("Space")
    write(page, "Why treated", "osteo")
    write(page, "Total in this level", "3,1")
    to(page, "Stylet put back")
    page.keyboard.press("ArrowRight")
    to(page, "+ Leak")
    page.keyboard.press("Enter")
    write(page, "Site", "disc a")
    save(page)
    record = registry.get("procedure", "K-1-1").record
    assert (record.patient, record.operator, str(record.guidance)) == ("K-1", "coordinator", "biplane-fluoroscopy")
    (level,) = record.levels
    assert (level.level, level.indication, level.cement.total_ml) == ("L3", "osteoporotic-fracture", 3.1)
    assert level.cement.stylet_reinserted is True
    assert [leak.site for leak in level.leaks] == ["disc-above"]
    assert level.leaks_looked_for_with is None

    page.goto("/registry/due")
    assert page.locator("#h-due + table tbody tr", has_text="K-1-1").count() == 1
    to(page, "New follow-up K-1-1")
    page.keyboard.press("Enter")
    page.wait_for_selector("#record")
    write(page, "Pain, numeric scale", "2")
    save(page)
    page.goto("/registry/due")
    assert page.locator("#h-due + table tbody tr", has_text="K-1-1").count() == 0
    (look,) = registry.patient_page("K-1").follow_ups
    assert (look.record.pain_nrs, look.record.follow_up_id) == (2, f"K-1-1-{look.record.seen_on}")


def test_problems_stand_beside_their_fields_and_on_top(page, known, registry):
    enter_records(registry, person("B-1"))
    page.goto(f"/registry/new/procedure?patient={at(registry, 'patient', 'B-1')}")
    page.click("[data-level=L3]")
    page.locator("[data-name=total_ml] input").fill("31 ml")
    page.locator("summary", has_text="More about the cement").click()
    page.locator("[data-name=lot] input").fill("7")
    page.click(".send button")
    page.wait_for_selector("#summary:not([hidden])")
    field = page.locator("[data-name=total_ml] input")
    assert field.get_attribute("aria-invalid") == "true"
    assert "it is a number from 0 to 30" in page.locator(f"#{field.get_attribute('aria-describedby')}").inner_text()
    page.locator("#summary a").first.click()
    assert page.evaluate("document.activeElement.closest('.field').dataset.name") == "total_ml"
    field.fill("3.1")
    page.keyboard.press("Control+Enter")
    page.wait_for_selector("#saved:not([hidden])")
    page.errors.remove(next(each for each in page.errors if "400" in each))
    assert registry.get("procedure", "B-1-1").record.levels[0].cement.lot == "7"


def test_an_amendment_shows_old_and_new_and_sends_the_rest_as_it_was(page, known, registry):
    moment = "2026-09-01T09:30:15.250000+05:30"
    done = treatment("C-1") | {"started_at": moment, "assistants": ["b", "c"]}
    done["levels"][0] |= {"leaks_looked_for_with": [], "leaks": []}
    enter_records(registry, person("C-1"), done)
    before = registry.get("procedure", "C-1-1").record
    page.goto(f"/registry/amend/procedure/{at(registry, 'procedure', 'C-1-1')}")
    page.wait_for_selector(".picker")
    assert page.locator("#no-change").is_visible()
    page.locator("[data-name=total_ml] input").fill("3,4")
    assert page.locator("#changes tr").all_inner_texts() == ["levels[0].cement.total_ml\t3\t3.4"]
    page.fill("#why", "syringe read again")
    save(page)
    after = registry.get("procedure", "C-1-1").record
    assert after.levels[0].cement.total_ml == 3.4
    assert after.started_at == before.started_at
    assert (after.assistants, after.levels[0].leaks_looked_for_with) == (before.assistants, ())


def test_levels_are_picked_and_a_further_one_begins_like_the_first(page, known, registry):
    enter_records(registry, person("E-1"))
    page.goto(f"/registry/new/procedure?patient={at(registry, 'patient', 'E-1')}")
    page.click("[data-level=T12]")
    page.locator("[data-name=product] input").fill("pmma")
    page.locator("[data-name=approach] select").select_option("transpedicular-bilateral")
    page.click("[data-level=L1]")
    page.click("[data-level=L2]")
    page.click("[data-level=L2]")  # what holds no more than it was given goes again
    save(page)
    levels = registry.get("procedure", "E-1-1").record.levels
    assert [(one.level, one.approach, one.cement.product) for one in levels] == [
        ("T12", "transpedicular-bilateral", "pmma"),
        ("L1", "transpedicular-bilateral", "pmma"),
    ]


def test_a_double_entry_asks_for_its_reason(page, known, registry):
    enter_records(registry, person("D-1"), treatment("D-1", "2026-09-01"))
    page.goto(f"/registry/new/procedure?patient={at(registry, 'patient', 'D-1')}")
    page.wait_for_selector("body[data-ready=all]")
    page.locator("[data-name=performed_on] input").fill("2026-09-01")
    page.click("[data-level=L3]")
    page.keyboard.press("Control+Enter")
    page.wait_for_selector("#duplicate:not([hidden])")
    page.fill("#not-a-duplicate", "a second needle in the evening")
    save(page)
    page.errors.remove(next(each for each in page.errors if "400" in each))
    assert registry.get("procedure", "D-1-2").version == 1


def test_a_leak_is_added_to_a_procedure_and_the_record_signed(page, known, registry):
    enter_records(registry, person("S-1"), treatment("S-1"))
    page.goto(f"/registry/record/procedure/{at(registry, 'procedure', 'S-1-1')}")
    page.click("text=Add a leak")
    page.locator("[data-name=site] select").select_option("epidural")
    page.fill("#why", "seen on CT")
    save(page)
    page.click("text=Open the record")
    page.locator("form.act button", has_text="Sign").click()
    page.wait_for_selector(".mark.signed")
    state = registry.get("procedure", "S-1-1")
    assert (state.version, state.signed_by, len(state.record.levels[0].leaks)) == (2, "coordinator", 2)


def test_the_figures_of_the_series_load(page, known, registry):
    enter_records(registry, person("G-1"), treatment("G-1"))
    page.goto("/registry/series")
    page.wait_for_selector("#figures img", timeout=120_000)
    page.wait_for_function("() => [...document.querySelectorAll('#figures img')].every(one => one.complete)")
    widths = page.evaluate("[...document.querySelectorAll('#figures img')].map(one => one.naturalWidth)")
    assert widths
    assert min(widths) > 0
    page.click("#report")
    page.wait_for_url("**/registry/series/report/*", timeout=120_000)
    assert page.evaluate("getComputedStyle(document.querySelector('.halves')).display") == "grid"


def test_a_search_and_a_day_are_answered_in_their_page(page, known, registry):
    enter_records(registry, person("Q-1"), treatment("Q-1"))
    page.goto("/registry")
    page.wait_for_selector("body[data-ready=all]")
    page.fill("#find", "Q-1")
    page.keyboard.press("Enter")
    page.wait_for_function("() => document.querySelectorAll('#answer caption').length === 2")
    assert page.locator("#said").inner_text() == "Records found: 2"
    assert page.url.endswith("/registry")
    page.locator("#answer a", has_text="Q-1-1").click()
    assert page.locator("h1").inner_text() == "Procedure Q-1-1"
    page.goto("/registry/due")
    page.wait_for_selector("body[data-ready=all]")
    page.fill("#on", "2030-01-01")
    page.click("text=Show")
    page.wait_for_function("() => document.querySelector('#h-lost .count').textContent !== '0'")
    assert page.url.endswith("/registry/due")


def test_a_killed_server_loses_nothing_it_acknowledged(page, known, server, registry):
    page.goto("/registry/new/patient")
    page.locator("[data-name=pseudonym] input").fill("Z-1")
    save(page)
    server.kill()
    assert registry.get("patient", "Z-1").entered_by == "coordinator"
    server.start()
    page.goto(f"/registry/record/patient/{at(registry, 'patient', 'Z-1')}")
    assert "Z-1" in page.locator("h1").inner_text()


def test_axe_finds_nothing_serious(bare_context, server, registry):
    enter_records(registry, person("A-1"), treatment("A-1"))
    bare_context.add_cookies([{"name": "who", "value": "coordinator", "url": server.origin}])
    page = bare_context.new_page()
    found = {}
    patient, procedure = at(registry, "patient", "A-1"), at(registry, "procedure", "A-1-1")
    for address in (
        "",
        "/list/procedure",
        f"/record/procedure/{procedure}",
        f"/record/patient/{patient}",
        f"/amend/procedure/{procedure}",
        f"/part/complication/{procedure}",
        f"/new/imaging?procedure={procedure}",
        "/due",
        "/check",
        "/series/mine",
    ):
        page.goto(f"/registry{address}")
        page.wait_for_load_state("networkidle")
        # Without the address, which is another one each time.
        found[re.sub(r"[0-9]+-[0-9a-f]{10}", "…", address)] = violations(page)
    page.goto("/registry")
    page.wait_for_selector("body[data-ready=all]")
    page.fill("#find", "A")
    page.keyboard.press("Enter")
    page.wait_for_selector("#answer caption")
    found["what was found"] = violations(page)
    page.goto(f"/registry/new/procedure?patient={at(registry, 'patient', 'A-1')}")
    page.wait_for_selector(".picker")
    page.click("[data-level=L3]")
    page.locator("[data-name=leaks] .add").click()
    for fold in page.locator("details.group").all():
        fold.evaluate("one => { one.open = true; }")
    page.keyboard.press("Control+Enter")
    page.wait_for_selector("#summary:not([hidden])")
    found["a form with problems"] = violations(page)
    page.goto("/registry/series")
    page.wait_for_selector("#figures img", timeout=120_000)
    found["series"] = violations(page)
    assert {address: broken for address, broken in found.items() if broken} == {}
