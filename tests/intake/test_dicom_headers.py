"""Headers first: nothing of the patient is read, and damaged or hostile files are named."""

import zlib

import numpy as np
import pydicom
import pytest
from pydicom.uid import DeflatedExplicitVRLittleEndian

from intake_files import ct_slices, ramp, slice_dataset, write_slices
from vertebroplasty.errors import UnreadableImage
from vertebroplasty.intake import dicom_headers, read_ct
from vertebroplasty.intake.dicom_headers import read_folder, read_header


def test_a_header_never_holds_the_patient(tmp_path):
    write_slices(tmp_path, ct_slices(ramp()))
    for header in read_folder(tmp_path):
        assert "PatientName" not in header.dataset
        assert "PatientID" not in header.dataset
        assert "PixelData" not in header.dataset


def test_other_files_and_the_media_directory_are_left_aside(tmp_path):
    write_slices(tmp_path, ct_slices(ramp((2, 4, 6))))
    (tmp_path / "report.pdf").write_bytes(b"%PDF" + b"x" * 400)
    directory = slice_dataset(ramp()[0], (0, 0, 0))
    directory.SOPClassUID = "1.2.840.10008.1.3.10"
    write_slices(tmp_path, [directory], names=["DICOMDIR"])
    assert len(read_folder(tmp_path)) == 2


@pytest.mark.parametrize("keep", [0.2, 0.5, 0.8, 0.99])
def test_a_file_cut_anywhere_is_named_and_never_dropped(tmp_path, keep):
    write_slices(tmp_path, ct_slices(ramp((5, 40, 40))), names=[f"slice{n}" for n in range(5)])
    whole = (tmp_path / "slice2").read_bytes()
    (tmp_path / "slice2").write_bytes(whole[: int(len(whole) * keep)])
    with pytest.raises(UnreadableImage, match="slice2"):
        read_ct(tmp_path)


def test_a_deflated_slice_is_read_and_a_deflated_bomb_is_not(tmp_path, monkeypatch):
    deflated = ct_slices(ramp())
    for dataset in deflated:
        dataset.file_meta.TransferSyntaxUID = DeflatedExplicitVRLittleEndian
    np.testing.assert_array_equal(read_ct(write_slices(tmp_path / "good", deflated)).hu, ramp())
    bomb = tmp_path / "bomb"
    write_slices(bomb, deflated[:1], names=["bomb.dcm"])
    raw = (bomb / "bomb.dcm").read_bytes()
    meta = pydicom.filereader.read_file_meta_info(bomb / "bomb.dcm")
    start = 132 + 12 + meta.FileMetaInformationGroupLength
    packer = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    packed = packer.compress(b"\0" * (1 << 20)) + packer.flush()
    (bomb / "bomb.dcm").write_bytes(raw[:start] + packed)
    monkeypatch.setattr(dicom_headers, "MAX_INFLATED_BYTES", 1 << 18)
    with pytest.raises(UnreadableImage, match=r"bomb\.dcm unpacks to more"):
        read_header(bomb / "bomb.dcm")


def test_too_many_files_are_refused(tmp_path, monkeypatch):
    write_slices(tmp_path, ct_slices(ramp()))
    monkeypatch.setattr(dicom_headers, "MAX_FILES", 3)
    with pytest.raises(UnreadableImage, match="more than 3 files"):
        read_folder(tmp_path)
