"""Files appear whole or not at all, and nothing of the user's is overwritten."""

import hashlib

import pytest

from vertebroplasty.errors import Refused
from vertebroplasty.files import (
    refuse_existing_file,
    refuse_existing_folder,
    refuse_foreign_file,
    sha256_of,
    write_whole,
    write_whole_text,
)


def test_a_failed_write_leaves_the_old_file_and_nothing_else(tmp_path):
    target = tmp_path / "a.nii.gz"
    target.write_text("old", encoding="utf-8")

    def half(path):
        path.write_text("ha", encoding="utf-8")
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write_whole(target, half)
    assert target.read_text(encoding="utf-8") == "old"
    assert [file.name for file in tmp_path.iterdir()] == ["a.nii.gz"]


def test_the_temporary_file_keeps_its_suffixes(tmp_path):
    seen = []

    def write(path):
        seen.append(path.name)
        path.write_text("x", encoding="utf-8")

    write_whole(tmp_path / "fill.nii.gz", write)
    assert seen[0].endswith(".nii.gz")


def test_a_folders_hash_ignores_names_and_order(tmp_path):
    for folder, names in (("a", ("x", "y")), ("b", ("2", "1"))):
        (tmp_path / folder).mkdir()
        for name, content in zip(names, ("one", "two"), strict=True):
            write_whole_text(tmp_path / folder / name, content)
    assert sha256_of(tmp_path / "a") == sha256_of(tmp_path / "b")
    assert sha256_of(tmp_path / "a" / "x") == hashlib.sha256(b"one").hexdigest()


def test_existing_outputs_are_refused(tmp_path):
    file = tmp_path / "plan.json"
    file.write_text("{}", encoding="utf-8")
    with pytest.raises(Refused, match="--overwrite"):
        refuse_existing_file(file, overwrite=False)
    refuse_existing_file(file, overwrite=True)
    with pytest.raises(Refused, match="is a folder"):
        refuse_existing_file(tmp_path, overwrite=True)
    with pytest.raises(Refused, match="is a file"):
        refuse_existing_folder(file, overwrite=True, ours=())


def test_overwrite_takes_only_a_folder_of_our_own_files(tmp_path):
    (tmp_path / "fill.nii.gz").touch()
    with pytest.raises(Refused, match="already holds"):
        refuse_existing_folder(tmp_path, overwrite=False, ours=("fill.nii.gz",))
    refuse_existing_folder(tmp_path, overwrite=True, ours=("fill.nii.gz",))
    (tmp_path / "thesis.docx").touch()
    with pytest.raises(Refused, match=r"thesis\.docx"):
        refuse_existing_folder(tmp_path, overwrite=True, ours=("fill.nii.gz",))


def test_only_what_bears_the_mark_may_be_replaced(tmp_path):
    out = tmp_path / "page.html"
    refuse_foreign_file(out, "made by us", overwrite=False)
    write_whole_text(out, "<p>made by us")
    refuse_foreign_file(out, "made by us", overwrite=True)
    with pytest.raises(Refused, match="exists already"):
        refuse_foreign_file(out, "made by us", overwrite=False)
    for foreign in (b"a letter", b"\xff\xfe\0", b" " * 1000 + b"made by us"):
        out.write_bytes(foreign)
        with pytest.raises(Refused, match=r"page\.html was not written by this command: choose another -o"):
            refuse_foreign_file(out, "made by us", overwrite=True)
