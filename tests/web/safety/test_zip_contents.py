"""Archives of every dishonest kind, made here, are refused; an honest one comes out byte for byte."""

import io
import random
import stat
import struct
import zipfile
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from vertebroplasty.errors import Refused
from vertebroplasty.web.safety import ZipLimits, unpack
from vertebroplasty.web.safety.zip_contents import _Count

MEBI = 1 << 20
LOCAL, CENTRAL, END = b"PK\x03\x04", b"PK\x01\x02", b"PK\x05\x06"


def zipped(path: Path, members: dict, *, method=zipfile.ZIP_DEFLATED) -> Path:
    with zipfile.ZipFile(path, "w", method) as made:
        for name, content in members.items():
            made.writestr(name, content, method)
    return path


def slices(count: int = 3) -> dict[str, bytes]:
    noise = random.Random(5)
    return {f"series/IM{i}.dcm": b"\0" * 128 + b"DICM" + noise.randbytes(3000 + i) for i in range(count)}


def refusal(archive: Path, tmp_path: Path, **limits) -> str:
    """The sentence of the refusal; nothing is left behind."""
    folder = tmp_path / "out"
    with pytest.raises(Refused) as caught:
        unpack(archive, folder, limits=ZipLimits(**limits))
    assert list(folder.iterdir()) == []
    return caught.value.message


def test_an_honest_archive_comes_out_byte_for_byte_under_our_names(tmp_path):
    content = slices()
    heard: list[tuple[int, int]] = []
    litter = {"__MACOSX/series/._IM0.dcm": b"x", "series/.DS_Store": b"y", "series/empty": b""}
    archive = zipped(tmp_path / "a.zip", content | litter)
    files = unpack(archive, tmp_path / "out", tell=lambda size, done: heard.append((size, done)))
    assert [file.name for file in files] == ["000000", "000001", "000002", "000003"]
    assert [file.read_bytes() for file in files] == [*content.values(), b""]
    assert heard[-1] == (sum(map(len, content.values())), 2)
    assert all(stat.S_IMODE(file.stat().st_mode) == 0o600 for file in files)


def test_a_cancel_passes_through_and_leaves_nothing(tmp_path):
    def stop(size: int, done: int) -> None:
        if done == 1:
            raise RuntimeError("cancelled")

    with pytest.raises(RuntimeError, match="cancelled"):
        unpack(zipped(tmp_path / "a.zip", slices()), tmp_path / "out", tell=stop)
    assert list((tmp_path / "out").iterdir()) == []


def test_a_folder_with_files_is_left_alone(tmp_path):
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "mine").write_text("kept")
    with pytest.raises(Refused, match="already holds files"):
        unpack(zipped(tmp_path / "a.zip", slices()), tmp_path / "out")
    assert (tmp_path / "out" / "mine").read_text() == "kept"


def test_a_huge_ratio_stops_early(tmp_path):
    """300 MiB of zeros in 0.3 MB: the work stops at the first 17 MiB or so, not at the end."""
    archive = zipped(tmp_path / "bomb.zip", {"a": bytes(300 * MEBI)})
    assert archive.stat().st_size < MEBI
    most = max(100 * archive.stat().st_size, 16 * MEBI)
    heard = []
    with pytest.raises(Refused, match="more than 100 times its size"):
        unpack(archive, tmp_path / "out", tell=lambda size, done: heard.append(size))
    assert max(heard) <= most


def test_many_members_that_share_one_stream_are_one_ratio(tmp_path):
    """Entries that all point at one compressed stream unpack to the sum of them all."""
    one = zipped(tmp_path / "one.zip", {"a": bytes(8 * MEBI)}).read_bytes()
    start, end = one.index(CENTRAL), one.index(END)
    entry = one[start:end]
    count = 200
    closing = struct.pack("<4s4H2LH", END, 0, 0, count, count, count * len(entry), start, 0)
    archive = tmp_path / "overlapping.zip"
    archive.write_bytes(one[:start] + entry * count + closing)
    # The library itself may name the overlap; ours names the repeated name before anything is inflated.
    assert "two files of one name" in refusal(archive, tmp_path)


def test_the_42_kilobyte_kind_is_refused_as_nested(tmp_path):
    """Sixteen zips of sixteen zips of zeros: 4.2 GB of nothing, in some kilobytes."""
    content = bytes(16 * MEBI)
    for _ in range(3):
        inner = zipped(tmp_path / "inner.zip", {"0": content}).read_bytes()
        made = io.BytesIO()
        with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as outer:
            for i in range(16):
                outer.writestr(f"{i}.zip", inner)
        content = made.getvalue()
    archive = tmp_path / "42.zip"
    archive.write_bytes(content)
    assert archive.stat().st_size < 100_000
    assert "another archive" in refusal(archive, tmp_path)


@pytest.mark.parametrize("head", [LOCAL, END, b"\x1f\x8b", b"BZh", b"\xfd7zXZ\0", b"7z\xbc\xaf\x27\x1c", b"Rar!"])
def test_other_archives_inside_are_refused(head, tmp_path):
    assert "another archive" in refusal(zipped(tmp_path / "a.zip", {"scan": head + bytes(99)}), tmp_path)


def patched(archive: Path, at: bytes, offset: int, layout: str, value: int) -> Path:
    """Change one number after the first signature `at`."""
    content = bytearray(archive.read_bytes())
    struct.pack_into(layout, content, content.index(at) + offset, value)
    archive.write_bytes(content)
    return archive


@pytest.mark.parametrize(("said", "sentence"), [(10, "damaged"), (5000, "not as long"), (0, "damaged|not as long")])
def test_lying_sizes_are_found(said, sentence, tmp_path):
    """The directory says 10, 5000 or 0 bytes; 3000 come out."""
    archive = zipped(tmp_path / "a.zip", {"a": random.Random(1).randbytes(3000)})
    patched(archive, CENTRAL, 24, "<L", said)
    message = refusal(archive, tmp_path)
    assert any(words in message for words in sentence.split("|"))


def test_a_small_said_size_does_not_hide_a_bomb(tmp_path):
    archive = patched(zipped(tmp_path / "a.zip", {"a": bytes(64 * MEBI)}), CENTRAL, 24, "<L", 1)
    refusal(archive, tmp_path)


def test_a_hundred_thousand_members_are_too_many(tmp_path):
    """Written by hand, for speed; the field for their number holds it modulo 65536 and is not believed."""
    one = zipped(tmp_path / "one.zip", {"00000": b"x"}).read_bytes()
    start, end = one.index(CENTRAL), one.index(END)
    head = one[start : start + 46]
    directory = b"".join(head + b"%05d" % i for i in range(100_000))
    closing = struct.pack("<4s4H2LH", END, 0, 0, 100_000 % 65_536, 100_000 % 65_536, len(directory), start, 0)
    assert len(one[start:end]) == 51
    archive = tmp_path / "many.zip"
    archive.write_bytes(one[:start] + directory + closing)
    assert "more than 20000 files" in refusal(archive, tmp_path)
    assert "more than 99999 files" in refusal(archive, tmp_path, files=99_999)


def test_a_directory_too_long_to_read_is_never_read(tmp_path):
    """One entry whose directory is padded to many MiB by its comment fields: refused by length alone."""
    one = zipped(tmp_path / "one.zip", {"a": b"x"}).read_bytes()
    start, end = one.index(CENTRAL), one.index(END)
    entry = bytearray(one[start:end])
    struct.pack_into("<H", entry, 32, 65_535)
    directory = (bytes(entry) + bytes(65_535)) * 100
    closing = struct.pack("<4s4H2LH", END, 0, 0, 100, 100, len(directory), start, 0)
    archive = tmp_path / "long.zip"
    archive.write_bytes(one[:start] + directory + closing)
    assert "more than" in refusal(archive, tmp_path)


def test_more_files_or_bytes_than_allowed(tmp_path):
    archive = zipped(tmp_path / "a.zip", slices(4))
    assert "more than 3 files" in refusal(archive, tmp_path, files=3)
    assert "more than 9 KiB" in refusal(archive, tmp_path, total_bytes=10_000)
    assert len(unpack(archive, tmp_path / "fits", limits=ZipLimits(files=4, total_bytes=12_534))) == 4


def test_what_says_it_is_too_large_is_not_even_begun(tmp_path):
    heard: list[int] = []
    with pytest.raises(Refused, match="more than 9 KiB"):
        unpack(
            zipped(tmp_path / "a.zip", slices(4)),
            tmp_path / "out",
            limits=ZipLimits(total_bytes=10_000),
            tell=lambda size, done: heard.append(size),
        )
    assert heard == []


def test_bytes_are_counted_whatever_was_said():
    """The library cuts a file at its said length today; the count does not rely on that."""
    count = _Count(10 * MEBI, ZipLimits(total_bytes=5000), None)
    count.add(4000)
    count.add(1000)
    with pytest.raises(Refused, match="more than 4 KiB"):
        count.add(1)


@pytest.mark.parametrize(
    "name", ["/etc/passwd", "../out", "a/../../b", "C:\\x", "..\\..\\x", "\\\\host\\x", "a\nb", "a\x1bb"]
)
def test_names_that_lead_out(name, tmp_path):
    assert "leads outside" in refusal(zipped(tmp_path / "a.zip", {name: b"x"}), tmp_path)


def test_a_name_cut_by_a_zero_byte(tmp_path):
    archive = zipped(tmp_path / "a.zip", {"good_evil": b"x"})
    archive.write_bytes(archive.read_bytes().replace(b"good_evil", b"good\0evil"))
    assert "leads outside" in refusal(archive, tmp_path)


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_two_files_of_one_name(tmp_path):
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as made:
        made.writestr("a", b"1")
        made.writestr("a", b"2")
    assert "two files of one name" in refusal(tmp_path / "a.zip", tmp_path)


@pytest.mark.parametrize("kind", [stat.S_IFLNK, stat.S_IFCHR, stat.S_IFIFO])
def test_links_and_devices(kind, tmp_path):
    member = zipfile.ZipInfo("slice")
    member.external_attr = (kind | 0o777) << 16
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as made:
        made.writestr(member, "/etc/passwd")
    assert "a link or a device" in refusal(tmp_path / "a.zip", tmp_path)


@pytest.mark.parametrize("bit", [0x1, 0x40, 0x2000])
def test_encrypted_members(bit, tmp_path):
    archive = patched(zipped(tmp_path / "a.zip", {"a": b"x"}), CENTRAL, 8, "<H", bit)
    assert "encrypted" in refusal(archive, tmp_path)


@pytest.mark.parametrize("method", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_rare_compressions(method, tmp_path):
    assert "other than deflate" in refusal(zipped(tmp_path / "a.zip", {"a": b"x"}, method=method), tmp_path)


def test_what_is_no_archive(tmp_path):
    (tmp_path / "a.zip").write_bytes(b"not a zip at all" * 99)
    assert "damaged or not a zip" in refusal(tmp_path / "a.zip", tmp_path)
    assert "holds no file" in refusal(zipped(tmp_path / "b.zip", {"folder/": b""}), tmp_path)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    changes=st.lists(st.tuples(st.integers(0, 10**6), st.integers(0, 255)), min_size=1, max_size=12),
    cut=st.integers(0, 400),
)
def test_a_damaged_archive_is_refused_or_comes_out_whole(changes, cut, tmp_path_factory):
    """Random bytes changed and the end cut off: one of our sentences, or files that the checksums vouch for."""
    tmp_path = tmp_path_factory.mktemp("zip")
    content = {"a": b"slice" * 50, "b": b"other" * 40}
    raw = bytearray(zipped(tmp_path / "a.zip", content).read_bytes())
    for place, value in changes:
        raw[place % len(raw)] = value
    (tmp_path / "a.zip").write_bytes(bytes(raw[: len(raw) - cut % len(raw)]) if cut < 50 else bytes(raw))
    files: tuple = ()
    with suppress(Refused):
        files = unpack(tmp_path / "a.zip", tmp_path / "out")
    assert sorted((tmp_path / "out").iterdir()) == list(files)
    assert {file.read_bytes() for file in files} <= set(content.values())
