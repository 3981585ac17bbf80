"""Reading within bounds: each thing that can be wrong with a file is told apart, and nothing is read without end."""

import os

import pytest

from vertebroplasty.files import reading
from vertebroplasty.files.reading import DEEPEST, Fault, Unusable, json_value, plain_text, read_bounded


def fault(work, *arguments, **named):
    with pytest.raises(Unusable) as told:
        work(*arguments, **named)
    return told.value


def test_a_file_is_read_up_to_its_bound_and_no_further(tmp_path):
    file = tmp_path / "a.json"
    file.write_bytes(b"12345")
    assert read_bounded(file, most_bytes=5) == b"12345"
    assert fault(read_bounded, file, most_bytes=4).fault is Fault.LARGE
    with file.open("wb") as stream:
        stream.truncate(10**12)  # sparse: reading all of it would fail
    assert fault(read_bounded, file, most_bytes=5).fault is Fault.LARGE


def test_what_is_no_file_is_not_waited_for(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    for path in (tmp_path / "pipe", tmp_path, "/dev/zero"):
        assert fault(read_bounded, path, most_bytes=5).aside == "it is no file"
    assert fault(read_bounded, tmp_path / "none", most_bytes=5).aside == "no such file"
    assert fault(read_bounded, tmp_path / ("n" * 300), most_bytes=5).fault in (Fault.MISSING, Fault.CLOSED)


def test_a_link_is_followed_only_where_it_may_be(tmp_path):
    (tmp_path / "there").write_bytes(b"x")
    (tmp_path / "link").symlink_to(tmp_path / "there")
    assert read_bounded(tmp_path / "link", most_bytes=5) == b"x"
    assert fault(read_bounded, tmp_path / "link", most_bytes=5, links=False).fault is Fault.NO_FILE


def test_what_the_system_says_is_told(tmp_path, monkeypatch):
    file = tmp_path / "a.json"
    file.write_bytes(b"1")

    def closed(*_):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(reading.Path, "open", closed)
    assert fault(read_bounded, file, most_bytes=5).aside == "Permission denied"


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"\xff\xfe{\0}\0", Fault.OTHER_ENCODING),
        (b"\xfe\xff\0{\0}", Fault.OTHER_ENCODING),
        (b"\xff\xfe\0\0{\0\0\0", Fault.OTHER_ENCODING),
        (b"\0\0\xfe\xff\0\0\0{", Fault.OTHER_ENCODING),
        (b"\xe9", Fault.NOT_UTF8),
        (b"a\0b", Fault.BINARY),
    ],
)
def test_what_is_no_text_in_utf8(content, why):
    assert fault(plain_text, content).fault is why


def test_one_mark_of_utf8_is_passed_over_and_line_ends_stay():
    assert plain_text("\ufeffé\r\n".encode()) == "é\r\n"


@pytest.mark.parametrize(
    ("text", "why", "aside"),
    [
        ("", Fault.NOT_JSON, "line 1"),
        ('{\n"a": 1,}', Fault.NOT_JSON, "line 2"),
        ("9" * 5000, Fault.NOT_JSON, ""),
        ("[NaN]", Fault.NO_NUMBER, "NaN"),
        ("-Infinity", Fault.NO_NUMBER, "-Infinity"),
        ("[" * 100_000, Fault.DEEP, "it is nested too deep"),
        ("[" * (DEEPEST + 1) + "]" * (DEEPEST + 1), Fault.DEEP, "it is nested too deep"),
        ('{"a":' * (DEEPEST + 1) + "1" + "}" * (DEEPEST + 1), Fault.DEEP, "it is nested too deep"),
    ],
)
def test_what_is_no_json(text, why, aside):
    found = fault(json_value, text)
    assert (found.fault, found.aside) == (why, aside)


def test_json_as_deep_and_as_wide_as_may_be():
    assert json_value("[" * DEEPEST + "]" * DEEPEST)
    assert len(json_value("[" + ",".join(["{}"] * 1000) + "]")) == 1000
    assert json_value('{"a": [1, "[[["]}') == {"a": [1, "[[["]}


def test_an_object_and_a_constant_may_be_made_by_the_caller():
    assert json_value('{"a": 1, "a": 2}', an_object=list) == [("a", 1), ("a", 2)]
    assert json_value("-Infinity", a_constant=float) == float("-inf")
