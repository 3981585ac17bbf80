"""The list of cases in a real browser: pictures, languages, and an upload with progress that can be cancelled."""

import pytest

pytestmark = pytest.mark.browser


def test_the_synthetic_cases_stand_there_with_picture_and_verdict(page):
    page.goto("/cases")
    assert page.locator(".case img").count() >= 3
    widths = page.evaluate("[...document.querySelectorAll('.case img')].slice(0, 3).map((image) => image.naturalWidth)")
    assert all(width > 100 for width in widths)
    assert page.locator(".case .verdict").first.inner_text() == "indicated"


def test_the_page_speaks_three_languages(page):
    page.goto("/cases")
    for code, word in (("fr", "Cas"), ("de", "Fälle"), ("en", "Cases")):
        page.select_option("#language", code)
        page.wait_for_function(f"() => document.querySelector('h1').textContent === '{word}'")
        assert page.evaluate("document.documentElement.lang") == code


def test_an_upload_becomes_a_case_and_is_deleted_again(page, patient_files):
    page.goto("/cases")
    before = page.locator(".case").count()
    for part, name in (("ct", "ct.nii.gz"), ("seg", "seg.nii.gz"), ("patient", "patient.json")):
        page.set_input_files(f"#upload [name={part}]", patient_files / name)
    page.click("#upload summary")
    page.select_option("#upload [name=labels]", "verse")
    page.click("#upload button.first")
    page.wait_for_function(f"() => document.querySelectorAll('.case').length === {before + 1}", timeout=120_000)
    added = page.locator(".case").last
    assert "DEMO-SYNTHETIC" in added.inner_text()
    page.on("dialog", lambda dialog: dialog.accept())
    added.locator("button.remove").click()
    page.wait_for_function(f"() => document.querySelectorAll('.case').length === {before}")
    page.reload()
    assert page.locator(".case").count() == before


def test_an_upload_can_be_cancelled(page, patient_files):
    page.goto("/cases")
    before = page.locator(".case").count()
    for part in ("ct", "seg"):
        page.set_input_files(f"#upload [name={part}]", patient_files / f"{part}.nii.gz")
    page.click("#upload button.first")
    page.click("#upload-progress button", timeout=60_000)
    page.wait_for_function(
        "() => document.querySelector('#said').textContent !== ''"
        " || document.querySelector('#upload-progress').textContent.includes('Cancelled')"
    )
    page.reload()
    assert page.locator(".case").count() == before


def test_what_is_no_ct_is_told_in_a_sentence(page, tmp_path):
    page.goto("/cases")
    (tmp_path / "holiday.zip").write_bytes(b"PK\x03\x04 not a zip")
    for part in ("ct", "seg"):
        page.set_input_files(f"#upload [name={part}]", tmp_path / "holiday.zip")
    page.click("#upload button.first")
    page.wait_for_function("() => document.querySelector('#refused').textContent.includes('archive')", timeout=60_000)
    assert "holiday" not in page.inner_text("#refused")


def test_a_real_ct_is_uploaded_and_opened(page, data, tmp_path):
    page.goto("/cases")
    before = page.locator(".case").count()
    page.set_input_files("#upload [name=ct]", data / "l3_verse" / "sub-ct_label-22_ct.nii.gz")
    page.set_input_files("#upload [name=seg]", data / "l3_verse" / "sub-ct_seg-vert_label-22_msk.nii.gz")
    page.click("#upload summary")
    page.select_option("#upload [name=labels]", "verse")
    page.click("#upload button.first")
    page.wait_for_function(f"() => document.querySelectorAll('.case').length === {before + 1}", timeout=120_000)
    added = page.locator(".case").last
    assert added.locator("select[name=level] option").all_inner_texts() == ["L2", "L3", "L4"]
    added.locator("select[name=level]").select_option("L3")
    added.locator("form.choose button").click()
    page.wait_for_selector("body[data-ready=all]", timeout=300_000)
    assert "L3" in page.inner_text("h1")
    assert "label-22" not in page.content()
    page.goto("/cases")
    card = page.locator(".case").last
    assert card.locator("img").count() == 1
    assert "insufficient data" in card.inner_text()
    page.on("dialog", lambda dialog: dialog.accept())
    card.locator("button.remove").click()
    page.wait_for_function(f"() => document.querySelectorAll('.case').length === {before}")
