"""DICOM XA: geometry tags, a run of frames, no identity and no text; read back as others read it."""

import io
import shutil
import subprocess
from dataclasses import replace

import numpy as np
import pydicom
import pytest

from vertebroplasty.anatomy.volume import CtVolume
from vertebroplasty.errors import Refused
from vertebroplasty.fluoroscopy.image import XrayImage, xray
from vertebroplasty.fluoroscopy.xa import XA_STORAGE, xa_bytes
from vertebroplasty.geometry.c_arm_view import CArmView
from vertebroplasty.geometry.frame import Affine


@pytest.fixture(scope="module")
def image() -> XrayImage:
    hu = np.zeros((60, 60, 60), np.int16)
    hu[40:50, 25:35, 40:50] = 1200  # towards the patient's left and head
    ct = CtVolume(hu=hu, affine=Affine.from_parts(np.full(3, -29.5), np.eye(3), np.ones(3)))
    view = CArmView(lao_deg=160.0, cranial_deg=-7.5, isocentre_lps_mm=np.zeros(3), sid_mm=1050.0, sod_mm=720.0)
    return xray(ct, view, size=64)


def read(content: bytes) -> pydicom.Dataset:
    return pydicom.dcmread(io.BytesIO(content))


def test_geometry_is_in_the_header(image):
    found = read(xa_bytes([image]))
    assert found.SOPClassUID == XA_STORAGE
    assert found.file_meta.MediaStorageSOPInstanceUID == found.SOPInstanceUID
    assert found.Modality == "XA"
    assert list(found.ImageType) == ["DERIVED", "PRIMARY", "SINGLE PLANE"]
    assert (found.PositionerPrimaryAngle, found.PositionerSecondaryAngle) == (160.0, -7.5)
    assert (found.DistanceSourceToDetector, found.DistanceSourceToPatient) == (1050.0, 720.0)
    assert [float(x) for x in found.ImagerPixelSpacing] == pytest.approx([image.pixel_mm] * 2, abs=1e-6)
    assert float(found.EstimatedRadiographicMagnificationFactor) == pytest.approx(1050 / 720, abs=1e-6)
    # Rows run towards the patient's right and, for the turned detector, towards the front; columns towards the feet.
    assert list(found.PatientOrientation) == ["RP", "F"]
    assert found.KVP == 80


def test_no_identity_and_no_text_in_the_pixels(image):
    found = read(xa_bytes([image]))
    assert str(found.PatientName) == "SIMULATED^FROM CT"
    assert found.PatientID == "SIMULATED"
    assert found.PatientIdentityRemoved == "YES"
    assert found.BurnedInAnnotation == "NO"
    assert "not a medical device" in found.ImageComments
    # The pixels are the signal and nothing else: its logarithm on a straight line.
    signal = np.log(image.transmission).ravel()
    low, step = (float(x) for x in found.DerivationDescription.split("= ")[1].split(" + stored * "))
    np.testing.assert_allclose(low + step * found.pixel_array.ravel(), signal, atol=0.51 * step + 1e-5)


def test_bone_on_the_patients_left_is_dark_on_the_left(image):
    pixels = read(xa_bytes([image])).pixel_array
    row, column = np.unravel_index(np.argmin(pixels), pixels.shape)
    assert row < 32
    assert column < 32


def test_a_run_has_frames_and_their_time(image):
    darker = replace(image, transmission=image.transmission * np.float32(0.5))
    found = read(xa_bytes([image, darker, darker], frame_time_ms=250.0))
    assert found.NumberOfFrames == 3
    assert found.FrameTime == 250.0
    assert found.FrameIncrementPointer == 0x00181063
    assert found.PositionerMotion == "STATIC"
    assert found.pixel_array.shape == (3, 64, 64)
    assert np.all(found.pixel_array[1] < found.pixel_array[0])
    assert "NumberOfFrames" not in read(xa_bytes([image]))


def test_same_pictures_same_bytes_other_pictures_other_uids(image):
    assert xa_bytes([image]) == xa_bytes([image])
    other = replace(image, transmission=image.transmission**2)
    assert read(xa_bytes([other])).SOPInstanceUID != read(xa_bytes([image])).SOPInstanceUID


def test_refusals(image):
    with pytest.raises(Refused, match="no picture"):
        xa_bytes([])
    view = replace(image.view, cranial_deg=0.0)
    turned = replace(image, shadow=replace(image.shadow, detector=replace(image.detector, view=view)))
    with pytest.raises(Refused, match="holds one pose"):
        xa_bytes([image, turned])
    broken = image.transmission.copy()
    broken[2, 3] = np.nan
    with pytest.raises(Refused, match="no number"):
        xa_bytes([replace(image, transmission=broken)])


@pytest.mark.parametrize("frames", [1, 3])
def test_conforms_to_the_standard(image, frames, tmp_path):
    from tests.conftest import missing

    if shutil.which("dciodvfy") is None:
        missing("dciodvfy", "install dicom3tools to check the DICOM standard's own rules")
    file = tmp_path / "image.dcm"
    file.write_bytes(xa_bytes([image] * frames, frame_time_ms=100.0))
    said = subprocess.run(["dciodvfy", file], capture_output=True, text=True, check=False).stderr
    assert "XAImage" in said
    assert [line for line in said.splitlines() if line.startswith("Error")] == []


def test_dcmtk_reads_it(image, tmp_path):
    from tests.conftest import missing

    if shutil.which("dcmdump") is None:
        missing("dcmdump", "install dcmtk to read the file with another reader")
    file = tmp_path / "image.dcm"
    file.write_bytes(xa_bytes([image]))
    said = subprocess.run(["dcmdump", file], capture_output=True, text=True, check=True)
    assert "=XRayAngiographicImageStorage" in said.stdout
    assert said.stderr == ""
