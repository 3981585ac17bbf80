"""What unfinished uploads may hold: the oldest go when room is needed, none that is in use, and none in vain."""

import os

import pytest

from vertebroplasty.errors import DiskFull
from vertebroplasty.files import free_space
from vertebroplasty.web.cases import unfinished as room_for
from vertebroplasty.web.cases.unfinished import Room, in_steps, remove_oldest, unfinished

KB = 1000


@pytest.fixture
def uploads(tmp_path):
    """Three unfinished uploads of 10 kB, the first the oldest by its file, and a complete one that is older still."""
    for n, name in enumerate(("done", "old", "middle", "new")):
        folder = tmp_path / name
        (folder / "dicom").mkdir(parents=True)
        for file in (folder / "received-ct", folder / "dicom" / "000000"):
            file.write_bytes(bytes(5 * KB))
        if name == "done":
            (folder / "case.json").write_text("{}")
        for each in (folder / "received-ct", folder / "dicom", folder):
            os.utime(each, (1000 + n, 1000 + n))
    return tmp_path


@pytest.fixture
def disk(monkeypatch):
    """A disk with so much free above the reserve, which grows as uploads go."""

    def with_free(uploads, free):
        before = len(unfinished(uploads))
        monkeypatch.setattr(
            free_space,
            "free_bytes",
            lambda _: free_space.RESERVE_BYTES + free + 10 * KB * (before - len(unfinished(uploads))),
        )

    return with_free


def left(uploads):
    return sorted(each.name for each in uploads.iterdir())


def test_the_oldest_is_the_one_that_nothing_came_to_for_the_longest_time(uploads):
    os.utime(uploads / "old" / "received-ct", (2000, 2000))
    assert [each.name for each in unfinished(uploads)] == ["middle", "new", "old"]


def test_room_that_there_is_costs_nobody_anything(uploads, disk):
    disk(uploads, 5 * KB)
    Room(uploads=uploads)(5 * KB)
    assert left(uploads) == ["done", "middle", "new", "old"]


def test_the_oldest_go_for_it_and_no_more_than_are_needed(uploads, disk):
    disk(uploads, 0)
    Room(uploads=uploads, kept=frozenset({"new"}))(1)
    assert left(uploads) == ["done", "middle", "new"]


def test_none_goes_in_vain(uploads, disk):
    disk(uploads, 0)
    with pytest.raises(DiskFull, match=r"Less than 1 GiB would stay free .*: free some space on it, or delete uploads"):
        Room(uploads=uploads, kept=frozenset({"new"}))(20 * KB + 1)
    assert left(uploads) == ["done", "middle", "new", "old"]


def test_what_is_in_use_stays(uploads, disk):
    disk(uploads, 0)
    Room(uploads=uploads, kept=frozenset({"old", "new"}))(10 * KB)
    assert left(uploads) == ["done", "new", "old"]
    remove_oldest(uploads, 1, in_use=frozenset({"old"}))
    assert left(uploads) == ["done", "old"]


def test_all_of_them_together_hold_no_more_than_the_bound(uploads, disk, monkeypatch):
    disk(uploads, 100 * KB)
    monkeypatch.setattr(room_for, "MOST_BYTES", 32 * KB)
    Room(uploads=uploads, kept=frozenset({"new"}))(2 * KB)
    assert left(uploads) == ["done", "middle", "new", "old"]
    Room(uploads=uploads, kept=frozenset({"new"}))(3 * KB)
    assert left(uploads) == ["done", "middle", "new"]
    with pytest.raises(DiskFull, match="would hold more than 31 KiB: finish or cancel the others first"):
        Room(uploads=uploads, kept=frozenset({"new"}))(23 * KB)


def test_the_disk_is_asked_at_the_first_piece_and_once_a_step(monkeypatch):
    monkeypatch.setattr(room_for, "STEP_BYTES", 10)
    asked = []
    ask = in_steps(asked.append)
    for size in (3, 4, 5, 6, 7):
        ask(size)
    assert asked == [3, 6]
