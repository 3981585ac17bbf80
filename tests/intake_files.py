"""Small CTs, spines and files, written as scanners and segmentation programs write them."""

from pathlib import Path

import nibabel
import numpy as np
import pydicom
from pydicom.dataset import FileDataset, FileMetaDataset
from pydicom.uid import CTImageStorage, ExplicitVRLittleEndian, generate_uid

from vertebroplasty.anatomy.volume import CtVolume
from vertebroplasty.geometry.frame import Affine
from vertebroplasty.intake.label_volume import LabelVolume

AXIAL = ((1.0, 0.0, 0.0), (0.0, 1.0, 0.0))
RAS_TO_LPS = np.diag([-1.0, -1.0, 1.0, 1.0])


def slice_dataset(hu, position, *, axes=AXIAL, series="1.2.3", spacing=(0.8, 0.7), **tags):
    """One CT slice as a dataset: 16 bit signed, intercept -1024, pixels rows x columns, spacing (row, column)."""
    meta = FileMetaDataset()
    meta.MediaStorageSOPClassUID = CTImageStorage
    meta.MediaStorageSOPInstanceUID = generate_uid()
    meta.TransferSyntaxUID = ExplicitVRLittleEndian
    dataset = FileDataset("", {}, file_meta=meta, preamble=b"\0" * 128)
    dataset.SOPClassUID = CTImageStorage
    dataset.SOPInstanceUID = meta.MediaStorageSOPInstanceUID
    dataset.PatientName, dataset.PatientID = "Doe^Jane", "4711"
    dataset.Modality = "CT"
    dataset.SeriesInstanceUID, dataset.FrameOfReferenceUID = series, "1.2.9"
    dataset.ImagePositionPatient = [f"{value:.6f}" for value in position]
    dataset.ImageOrientationPatient = [f"{value:.9f}" for axis in axes for value in axis]
    dataset.PixelSpacing = list(spacing)
    dataset.Rows, dataset.Columns = hu.shape
    dataset.SamplesPerPixel, dataset.PhotometricInterpretation = 1, "MONOCHROME2"
    dataset.BitsAllocated = dataset.BitsStored = 16
    dataset.HighBit, dataset.PixelRepresentation = 15, 1
    dataset.RescaleSlope, dataset.RescaleIntercept = 1, -1024
    dataset.KVP = 120
    dataset.SliceThickness = 9.9  # never to be believed
    dataset.PixelData = (np.asarray(hu) + 1024).astype("<i2").tobytes()
    for keyword, value in tags.items():
        setattr(dataset, keyword, value)
    return dataset


def write_slices(folder: Path, datasets, names=None) -> Path:
    """Write datasets into a folder, by default under names that say nothing of their order."""
    folder.mkdir(parents=True, exist_ok=True)
    for number, dataset in enumerate(datasets):
        name = names[number] if names else f"IM{(number * 7919 + 13) % 10007:05d}.dcm"
        pydicom.dcmwrite(folder / name, dataset, enforce_file_format=True)
    return folder


def ramp(shape=(5, 4, 6)):
    """A volume [k, j, i] in which every voxel differs."""
    return np.arange(np.prod(shape), dtype=np.int16).reshape(shape) - 50


def ct_slices(hu, step=2.0, start=(10.0, -20.0, 100.0), direction=(0.0, 0.0, 1.0), **tags):
    """Slices of a volume [k, j, i], one step apart along a direction."""
    return [
        slice_dataset(plane, np.array(start) + k * step * np.array(direction), **tags) for k, plane in enumerate(hu)
    ]


def write_nifti(path: Path, array_ijk, affine_ras, *, sform=2, qform=0, **header) -> Path:
    """Write a NIfTI with the given codes."""
    image = nibabel.Nifti1Image(array_ijk, affine_ras)
    image.set_sform(affine_ras, code=sform)
    image.set_qform(affine_ras, code=qform, strip_shears=True)
    for key, value in header.items():
        image.header[key] = value
    nibabel.save(image, path)
    return path


def spine_labels(values, *, step_mm=34.0, spacing_mm=4.0, lean=0.0, size_mm=20.0, skip=()):
    """A label volume with one block a value, from above down, `step_mm` apart (one number or one a step).

    `lean` moves each block forwards by that share of its step; blocks in `skip` are left out but keep their place.
    """
    steps = np.broadcast_to(step_mm, len(values) - 1) if len(values) > 1 else np.array([])
    depth = np.concatenate([[0.0], np.cumsum(steps)]) + 40.0
    block = round(size_mm / spacing_mm)
    shape = (round((depth[-1] + 60.0) / spacing_mm), 20 + round(lean * depth[-1] / spacing_mm), 15)
    labels = np.zeros(shape, np.uint16 if max(values) > 255 else np.uint8)
    for value, below_top in zip(values, depth, strict=True):
        k = shape[0] - round(below_top / spacing_mm)
        j = 5 + round(lean * below_top / spacing_mm)
        if value not in skip:
            labels[k - block : k, j : j + block, 5 : 5 + block] = value
    affine = Affine.from_parts(np.array([-30.0, -60.0, 200.0]), np.eye(3), np.full(3, spacing_mm))
    return LabelVolume(name="seg.nii.gz", labels=labels, affine=affine)


def ct_like(volume: LabelVolume) -> CtVolume:
    """A CT on the grid of a label volume."""
    return CtVolume(hu=np.zeros(volume.labels.shape, np.int16), affine=volume.affine)


def write_labels(path: Path, volume: LabelVolume) -> Path:
    """A label volume as a NIfTI file."""
    return write_nifti(path, volume.labels.transpose(), RAS_TO_LPS @ volume.affine.matrix)
