"""The examples of files in the documentation are files that are read."""

import re
from pathlib import Path

from vertebroplasty.cement.actions import Push, parse_actions
from vertebroplasty.documents.landmarks import parse_landmarks

DOCS = Path(__file__).parents[2] / "docs"


def blocks(name):
    return re.findall(r"```json\n(.*?)```", (DOCS / name).read_text(encoding="utf-8"), flags=re.S)


def test_the_landmarks_file_of_the_reference_is_read():
    (text,) = [block for block in blocks("commands.md") if "vertebroplasty.landmarks/1" in block]
    assert parse_landmarks(text)["L3"].names() == ("axes", "posterior wall", "left isthmus", "fracture line 1")


def test_the_actions_of_two_needles_are_read():
    (text,) = blocks("injecting.md")
    actions = parse_actions(text.splitlines())
    assert [a.needles for a in actions if isinstance(a, Push)] == [(1, 2)]
