"""The roof over all pages: static files, language, strings in three languages, vendored files as they came."""

import hashlib
import re
import string
import tomllib
from importlib.resources import files

import pytest

from vertebroplasty.errors import Refused
from vertebroplasty.web.app import FOREVER
from vertebroplasty.web.serving import make_private
from vertebroplasty.web.texts.texts import LANGUAGES, all_texts

WEB = files("vertebroplasty.web")
TEMPLATES = sorted((WEB / "templates").rglob("*.html"))
SCRIPTS = sorted(each for each in (WEB / "static").rglob("*.js") if "vendor" not in each.parts)


def fields(text):
    return sorted(name for _, name, _, _ in string.Formatter().parse(text) if name is not None)


@pytest.mark.parametrize("key", sorted(all_texts()))
def test_every_string_stands_in_three_languages_with_the_same_gaps(key):
    languages = all_texts()[key]
    assert set(languages) == set(LANGUAGES)
    assert all(text.strip() for text in languages.values()) or key.endswith("_only")
    assert len({tuple(fields(text)) for text in languages.values()}) == 1


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: path.name)
def test_a_page_holds_no_script_style_or_handler_of_its_own(path):
    text = path.read_text(encoding="utf-8")
    for script in re.findall(r"<script[^>]*>", text):
        assert "src=" in script or 'type="application/json"' in script, script
    assert not re.search(r"<style|\sstyle=|\son[a-z]+=", text)
    assert "http:" not in text
    assert "https:" not in text


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: path.name)
def test_every_string_a_page_asks_for_is_there(path):
    for key in re.findall(r"""\bt\('([a-z_]+\.[\w-]+)'(?!\s*~)""", path.read_text(encoding="utf-8")):
        assert key in all_texts(), key


@pytest.mark.parametrize("path", SCRIPTS, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_a_script_is_short_checked_and_asks_nobody_else(path):
    text = path.read_text(encoding="utf-8")
    assert text.startswith("// @ts-check\n/**")
    assert len(text.splitlines()) <= 350
    assert not re.search(r"https?://(?!www\.w3\.org)", text)
    assert "innerHTML" not in text


def test_the_vendored_files_are_as_they_came():
    vendor = WEB / "static" / "vendor"
    listed = tomllib.loads((vendor / "vendor.toml").read_text(encoding="utf-8"))["file"]
    for each in listed:
        content = (vendor / each["path"]).read_bytes()
        assert hashlib.sha256(content).hexdigest() == each["sha256"], each["path"]
        assert b"sourceMappingURL" not in content[-300:]
    shipped = {str(path.relative_to(vendor)) for path in vendor.rglob("*") if path.is_file()}
    licences = {f"{each['path'].partition('/')[0]}/LICENSE" for each in listed}
    assert shipped == {each["path"] for each in listed} | licences | {"vendor.toml"}


def test_the_first_page_is_the_list_of_cases(client):
    answer = client.get("/")
    assert (answer.status_code, answer.headers["location"]) == (303, "/cases")


def test_static_files_have_their_type_and_vendored_ones_may_be_kept(client):
    script = client.get("/static/common/post.js")
    assert script.headers["content-type"].startswith("text/javascript")
    assert script.headers["cache-control"] == "no-cache"
    assert client.get("/static/vendor/uplot-1.6.32/uPlot.esm.js").headers["cache-control"] == FOREVER
    assert client.get("/static/../app.py").status_code == 404


def test_the_language_is_the_readers(client):
    assert 'lang="en"' in client.get("/cases").text
    assert "Fälle" in client.get("/cases", headers={"accept-language": "de-CH,de;q=0.9"}).text
    assert client.post("/language", json={"language": "fr"}).status_code == 200
    assert "Registre" in client.get("/cases").text
    assert client.post("/language", json={"language": "xx"}).status_code == 422


def test_every_page_says_what_it_is_for(client):
    assert "not a medical device" in client.get("/cases").text


def test_health_tells_one_start_from_the_next(client, house):
    assert client.get("/health").json() == {"boot": house.boot}


def test_a_state_folder_that_stood_open_to_others_is_closed(tmp_path):
    folder = tmp_path / "state"
    folder.mkdir(mode=0o755)
    folder.chmod(0o755)
    make_private(folder)
    assert folder.stat().st_mode & 0o777 == 0o700
    (tmp_path / "file").touch()
    with pytest.raises(Refused, match="XDG_STATE_HOME"):
        make_private(tmp_path / "file" / "state")
