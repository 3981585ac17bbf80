"""A user's text: whatever keeps it from being read is one sentence with the caller's remedy."""

import pytest

from vertebroplasty.case import json_files
from vertebroplasty.case.json_files import read_text
from vertebroplasty.errors import Refused
from vertebroplasty.files import reading


@pytest.fixture
def refused(tmp_path):
    def said(content):
        file = tmp_path / "site.toml"
        if content is not None:
            file.write_bytes(content)
        with pytest.raises(Refused) as told:
            read_text(file, remedy="start anew", where="--site")
        assert told.value.where == "--site"
        return told.value.message

    return said


def test_a_text_is_read_without_its_mark(tmp_path):
    (tmp_path / "a").write_bytes("\ufeffé\n".encode())
    assert read_text(tmp_path / "a", remedy="start anew", where="-s") == "é\n"


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (None, "There is no file site.toml: start anew."),
        (b"\xff\xfea\0", "site.toml is written in UTF-16 or UTF-32: start anew."),
        (b"\xe9", "site.toml is not UTF-8: start anew."),
        (b"a\0", "site.toml holds NUL bytes, which no text has: start anew."),
    ],
)
def test_what_is_no_text(refused, content, sentence):
    assert refused(content) == sentence


def test_a_folder_and_a_file_too_large(refused, tmp_path, monkeypatch):
    with pytest.raises(Refused, match=f"There is no file {tmp_path.name}: start anew"):
        read_text(tmp_path, remedy="start anew", where="-s")
    monkeypatch.setattr(json_files, "LARGEST_BYTES", 3)
    assert refused(b"1234") == "site.toml is too large: start anew."


def test_a_file_that_is_closed_to_the_user(tmp_path, monkeypatch):
    def closed(*_):
        raise PermissionError(13, "Permission denied")

    (tmp_path / "site.toml").touch()
    monkeypatch.setattr(reading.Path, "open", closed)
    with pytest.raises(Refused, match=r"site\.toml cannot be opened: start anew"):
        read_text(tmp_path / "site.toml", remedy="start anew", where="-s")
