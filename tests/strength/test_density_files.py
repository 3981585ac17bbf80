"""Two NIfTI files in, arrays with k superior out, whichever way their axes run."""

import gzip
import logging
import os
import struct

import nibabel
import numpy as np
import pytest

from vertebroplasty.errors import Refused
from vertebroplasty.strength.density_files import read_density


def write(path, values, affine):
    nibabel.save(nibabel.Nifti1Image(values, affine), path)
    return path


@pytest.fixture
def pair(tmp_path):
    """Density = 100 · superior + 10 · anterior + right, stored with axes P, I, R."""
    affine = np.array([[0, 0, 2.0, 0], [-2, 0, 0, 6], [0, -2, 0, 8], [0, 0, 0, 1]])
    p, i, r = np.meshgrid(np.arange(4), np.arange(5), np.arange(3), indexing="ij")
    values = 100.0 * (4 - i) + 10 * (3 - p) + r
    return values, affine, tmp_path


def test_axes_are_turned_upright(pair):
    values, affine, folder = pair
    paths = write(folder / "d.nii.gz", values, affine), write(folder / "p.nii.gz", values.astype(np.uint16), affine)
    density, parts, spacing = read_density(*paths)
    k, j, i = np.meshgrid(np.arange(5), np.arange(4), np.arange(3), indexing="ij")
    assert (density == 100 * k + 10 * j + i).all()
    assert (parts == density).all()
    assert spacing == 2.0


def test_what_is_no_pair_of_cubic_volumes_is_refused(pair):
    values, affine, folder = pair
    good = write(folder / "d.nii.gz", values, affine)
    shifted = affine + np.eye(4)[:, [3]] * 0 + np.array([[0, 0, 0, 1.0]] + [[0] * 4] * 3)
    with pytest.raises(Refused, match="different grids"):
        read_density(good, write(folder / "s.nii.gz", values.astype(np.uint8), shifted))
    with pytest.raises(Refused, match="whole numbers"):
        read_density(good, write(folder / "f.nii.gz", values + 0.5, affine))
    flat = affine @ np.diag([1, 1, 1.5, 1])
    with pytest.raises(Refused, match="no cubes"):
        read_density(write(folder / "a.nii.gz", values, flat), write(folder / "b.nii.gz", values, flat))
    with pytest.raises(Refused, match="2 axes"):
        read_density(good, write(folder / "two.nii.gz", values[0], affine))
    leaning = affine.copy()
    leaning[:3, 0] = [1.2, -1.6, 0]
    with pytest.raises(Refused, match="no cubes"):
        read_density(write(folder / "l.nii.gz", values, leaning), write(folder / "m.nii.gz", values, leaning))


def one_sentence(refused, name):
    """The message names the file, not its folder, and no error of the system."""
    assert refused.value.message.startswith(f"{name} ")
    assert not any(part in refused.value.message for part in ("Errno", "\n", os.sep))


def test_what_is_no_file_is_refused_without_waiting(tmp_path, pair):
    values, affine, _ = pair
    good = write(tmp_path / "good.nii", values, affine)
    os.mkfifo(tmp_path / "pipe.nii")
    for name in ("missing.nii", "pipe.nii", "."):
        with pytest.raises(Refused, match="no file that can be found: check the path") as refused:
            read_density(good, tmp_path / name)
        one_sentence(refused, (tmp_path / name).name)


def changed(content, position, form, *values):
    """A NIfTI file with some numbers of its header overwritten."""
    whole = bytearray(content)
    struct.pack_into(f"<{form}", whole, position, *values)
    return bytes(whole)


CHANGES = {
    "empty": (lambda c: b"", "damaged"),
    "text": (lambda c: b"no image" * 100, "damaged"),
    "zeros": (lambda c: bytes(1000), "damaged"),
    "header cut": (lambda c: c[:200], "damaged"),
    "voxels cut": (lambda c: c[:-40], "damaged"),
    "nine dimensions": (lambda c: changed(c, 40, "h", 9), "damaged"),
    "unknown type": (lambda c: changed(c, 70, "h", 77), "damaged"),
    "complex": (lambda c: changed(c, 70, "hh", 32, 64), "damaged"),
    "far offset": (lambda c: changed(c, 108, "f", 1e30), "damaged"),
    "no offset": (lambda c: changed(c, 108, "f", float("nan")), "damaged"),
    "huge": (lambda c: changed(c, 42, "3h", 32767, 32767, 32767), "32767 x 32767 x 32767 voxels"),
    "many": (lambda c: changed(c, 42, "3h", 1000, 1000, 201), "1000 x 1000 x 201 voxels"),
    "more than stored": (lambda c: changed(c, 42, "3h", 900, 900, 200), "damaged"),
    "none": (lambda c: changed(c, 42, "h", 0), "voxels"),
    "no affine": (lambda c: changed(c, 280, "f", float("nan")), "usable size"),
    "flat affine": (lambda c: changed(c, 280, "12f", *([0.0] * 12)), "usable size"),
    "one plane": (lambda c: changed(c, 280, "12f", 2, 2, 0, 0, 0, 0, 2, 0, 0, 0, 0, 0), "usable size"),
    "enormous": (lambda c: changed(c, 280, "f", 1e30), "usable size"),
}


@pytest.mark.parametrize("case", CHANGES)
@pytest.mark.parametrize("packed", [False, True])
def test_damaged_and_hostile_files_are_refused_in_silence(pair, case, packed, caplog, capfd):
    values, affine, folder = pair
    content = write(folder / "good.nii", values, affine).read_bytes()
    change, said = CHANGES[case]
    path = folder / ("bad.nii.gz" if packed else "bad.nii")
    path.write_bytes(gzip.compress(change(content)) if packed else change(content))
    with pytest.raises(Refused, match=said) as refused:
        read_density(path, folder / "good.nii")
    one_sentence(refused, path.name)
    assert caplog.records == []
    assert capfd.readouterr().err == ""
    assert not logging.getLogger("nibabel.global").disabled


def test_a_broken_archive_is_refused(pair):
    _, affine, folder = pair
    good = write(folder / "good.nii.gz", np.random.default_rng(1).random((30, 30, 30)), affine)
    cut = folder / "cut.nii.gz"
    for content in (good.read_bytes()[:-2000], b"\x1f\x8bbroken", b"", gzip.compress(b"")[:-4]):
        cut.write_bytes(content)
        with pytest.raises(Refused, match=r"cut\.nii\.gz is damaged"):
            read_density(cut, good)


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf, 1e6])
def test_a_density_that_is_no_number_is_refused(pair, value):
    values, affine, folder = pair
    parts = write(folder / "p.nii", np.ones(values.shape, np.uint8), affine)
    values[1, 1, 1] = value
    with pytest.raises(Refused, match=r"d\.nii holds values that are no density"):
        read_density(write(folder / "d.nii", values, affine), parts)


@pytest.mark.parametrize("value", [np.nan, np.inf, -1.0, 0.5, 65536.0])
def test_labels_that_are_none_are_refused(pair, value):
    values, affine, folder = pair
    labels = np.ones(values.shape)
    labels[1, 1, 1] = value
    with pytest.raises(Refused, match="whole numbers from 0 to 65535"):
        read_density(write(folder / "d.nii", values, affine), write(folder / "p.nii", labels, affine))
