"""Writing a synthetic patient to disk as NIfTI or as a DICOM series, in the form that a scanner's CT arrives in."""

import hashlib
from functools import partial
from pathlib import Path

import nibabel
import numpy as np
from jaxtyping import Shaped
from pydicom.dataset import Dataset, FileDataset, FileMetaDataset
from pydicom.uid import UID, CTImageStorage, ExplicitVRLittleEndian, generate_uid
from pydicom.valuerep import format_number_as_ds

from vertebroplasty.anatomy.volume import CtVolume
from vertebroplasty.files import write_whole
from vertebroplasty.geometry.frame import Affine
from vertebroplasty.phantom.spine import SpinePhantom

__all__ = ["CT_NAME", "SEGMENTATION_NAME", "write_dicom", "write_nifti"]

CT_NAME = "ct.nii.gz"
SEGMENTATION_NAME = "seg.nii.gz"
LPS_TO_RAS = np.diag([-1.0, -1.0, 1.0, 1.0])  # [exact] NIfTI's world is right, anterior, superior
INTERCEPT_HU = -1024  # [exact] the lowest HU that twelve bits hold
TUBE_KV = 120  # [choice] tube voltage stated in the DICOM header
STUDY_DATE = "20260101"  # the same on every run, so that files are the same


def write_nifti(phantom: SpinePhantom, folder: Path) -> tuple[Path, Path]:
    """Write the CT and the VerSe-numbered labels; the same phantom gives the same bytes.

    Returns:
        Paths of `ct.nii.gz` (int16 HU) and `seg.nii.gz` (uint8), both with an affine to RAS mm.
    """
    ct, spine = phantom.build()
    paths = Path(folder) / CT_NAME, Path(folder) / SEGMENTATION_NAME
    for path, array in zip(paths, (ct.hu, spine.labels), strict=True):
        write_whole(path, partial(_fill_nifti, array=array, affine=ct.affine))
    return paths


def _fill_nifti(path: Path, *, array: Shaped[np.ndarray, "k j i"], affine: Affine) -> None:
    image = nibabel.Nifti1Image(array.transpose(2, 1, 0), LPS_TO_RAS @ affine.matrix)  # type: ignore[no-untyped-call]
    image.header.set_xyzt_units("mm")  # type: ignore[no-untyped-call]
    nibabel.save(image, path)


def write_dicom(phantom: SpinePhantom, folder: Path) -> list[Path]:
    """Write the CT as a DICOM series, one file per slice; the same phantom gives the same bytes and UIDs.

    The patient's name is Synthetic^Spine.

    Returns:
        The files in the order of the slices (k).
    """
    ct, _ = phantom.build()
    digest = hashlib.sha256(ct.hu.tobytes() + ct.affine.matrix.tobytes()).hexdigest()
    paths = []
    for k in range(ct.hu.shape[0]):
        path = Path(folder) / f"slice{k:04d}.dcm"
        write_whole(path, partial(_fill_dicom, dataset=_slice_dataset(ct, k, digest)))
        paths.append(path)
    return paths


def _fill_dicom(path: Path, *, dataset: FileDataset) -> None:
    dataset.save_as(path, enforce_file_format=True)


def _uid(digest: str, *what: str) -> UID:
    return generate_uid(entropy_srcs=[digest, *what])


def _slice_dataset(ct: CtVolume, k: int, digest: str) -> FileDataset:
    """One slice with the tags that a CT image must have."""
    meta = FileMetaDataset()
    meta.MediaStorageSOPClassUID = CTImageStorage
    meta.MediaStorageSOPInstanceUID = _uid(digest, "instance", str(k))
    meta.TransferSyntaxUID = ExplicitVRLittleEndian
    dataset = FileDataset("", {}, file_meta=meta, preamble=b"\0" * 128)
    dataset.SOPClassUID, dataset.SOPInstanceUID = CTImageStorage, meta.MediaStorageSOPInstanceUID
    dataset.PatientName, dataset.PatientID, dataset.PatientBirthDate, dataset.PatientSex = (
        "Synthetic^Spine",
        "SYN",
        "",
        "O",
    )
    dataset.StudyDate, dataset.StudyTime = STUDY_DATE, "000000"
    dataset.AccessionNumber, dataset.ReferringPhysicianName, dataset.StudyID = "", "", "1"
    dataset.StudyInstanceUID, dataset.SeriesInstanceUID = _uid(digest, "study"), _uid(digest, "series")
    dataset.FrameOfReferenceUID, dataset.PositionReferenceIndicator = _uid(digest, "frame"), ""
    dataset.Modality, dataset.Manufacturer, dataset.SeriesNumber = "CT", "synthetic", "1"
    dataset.ImageType, dataset.PatientPosition, dataset.KVP = ["ORIGINAL", "PRIMARY", "AXIAL"], "HFS", str(TUBE_KV)
    dataset.SeriesDescription, dataset.AcquisitionNumber, dataset.InstanceNumber = "synthetic spine", "1", str(k + 1)
    _set_place(dataset, ct.affine, k)
    _set_pixels(dataset, ct.hu[k])
    return dataset


def _set_place(dataset: Dataset, affine: Affine, k: int) -> None:
    """Position, orientation and spacing of slice k."""
    i_mm, j_mm, k_mm = affine.spacing_mm
    directions = affine.directions
    position = affine.to_world(np.array([0.0, 0.0, float(k)]))
    orientation = (*directions[:, 0], *directions[:, 1])
    dataset.ImagePositionPatient = [format_number_as_ds(float(value)) for value in position]
    dataset.ImageOrientationPatient = [format_number_as_ds(float(value)) for value in orientation]
    dataset.PixelSpacing = [format_number_as_ds(float(j_mm)), format_number_as_ds(float(i_mm))]
    dataset.SliceThickness = format_number_as_ds(float(k_mm))


def _set_pixels(dataset: Dataset, hu: Shaped[np.ndarray, "j i"]) -> None:
    """Twelve unsigned bits with the usual offset."""
    dataset.Rows, dataset.Columns = hu.shape
    dataset.SamplesPerPixel, dataset.PhotometricInterpretation = 1, "MONOCHROME2"
    dataset.BitsAllocated, dataset.BitsStored, dataset.HighBit, dataset.PixelRepresentation = 16, 12, 11, 0
    dataset.RescaleIntercept, dataset.RescaleSlope, dataset.RescaleType = str(INTERCEPT_HU), "1", "HU"
    dataset.PixelData = (hu.astype(np.int32) - INTERCEPT_HU).astype("<u2").tobytes()
