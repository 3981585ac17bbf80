"""DICOM X-ray angiographic images (XA) of simulated pictures: geometry in the header, no text in the pixels.

The stored value is the logarithm of the detector's signal on a grey scale of twelve bits, bone dark.  Patient name
and ID are constants; nothing of the CT's identity is taken over.
"""

import io
from collections.abc import Sequence
from hashlib import sha256

import numpy as np
from jaxtyping import Float, UInt16
from pydicom.dataset import Dataset, FileDataset, FileMetaDataset
from pydicom.uid import UID, ExplicitVRLittleEndian, generate_uid

from vertebroplasty.__about__ import __version__
from vertebroplasty.errors import Refused
from vertebroplasty.fluoroscopy.image import XrayImage
from vertebroplasty.geometry.c_arm_view import CArmView

__all__ = ["XA_STORAGE", "xa_bytes"]

XA_STORAGE = UID("1.2.840.10008.5.1.4.1.1.12.1")
IMPLEMENTATION = generate_uid(entropy_srcs=["vertebroplasty", "implementation"])
BITS = 12  # [choice] what fluoroscopy systems store
BELOW_ANATOMY = 3.0  # [choice] in the logarithm: a twentieth of the darkest ray through the patient is black
LOW_PERCENTILE, HIGH_PERCENTILE = 0.5, 99.5  # [choice] of the first frame: the window the header proposes
OBLIQUE_SHARE = 0.17  # [choice] sine of 10°: a direction that leans further names its second letter too
PATIENT_NAME, PATIENT_ID = "SIMULATED^FROM CT", "SIMULATED"
PURPOSE = "Simulated from CT. Research, education and audit; not a medical device, not for clinical use."


def xa_bytes(images: Sequence[XrayImage], *, frame_time_ms: float | None = None) -> bytes:
    """One XA file of one picture, or of a run of pictures in one pose with `frame_time_ms` between them.

    The same pictures give the same bytes.

    Raises:
        Refused: no picture, pictures of different poses, or values that are no number.
    """
    first = _checked(images)
    dataset = FileDataset("", {}, file_meta=FileMetaDataset(), preamble=bytes(128))
    pixels, low, span = _stored([image.transmission for image in images], darkest=float(first.patient_only.min()))
    content = f"{sha256(pixels.tobytes()).hexdigest()} {low} {span} {_pose(first.view)} {first.kvp} {first.pixel_mm}"
    uids = [generate_uid(entropy_srcs=[content, part]) for part in ("study", "series", "image")]
    _patient_and_study(dataset, uids)
    _image(dataset, images, first, low, span)
    _acquisition(dataset, first)
    if len(images) > 1:
        _cine(dataset, len(images), 1000.0 if frame_time_ms is None else frame_time_ms)
    _pixels(dataset, pixels)
    _window(dataset, pixels[0])
    meta = dataset.file_meta
    meta.MediaStorageSOPClassUID, meta.MediaStorageSOPInstanceUID = XA_STORAGE, dataset.SOPInstanceUID
    meta.TransferSyntaxUID, meta.ImplementationClassUID = ExplicitVRLittleEndian, IMPLEMENTATION
    stream = io.BytesIO()
    dataset.save_as(stream, enforce_file_format=True)
    return stream.getvalue()


def _pose(view: CArmView) -> str:
    return f"{view.lao_deg:.4f} {view.cranial_deg:.4f} {np.round(view.isocentre_lps_mm, 3).tolist()}"


def _checked(images: Sequence[XrayImage]) -> XrayImage:
    if not images:
        raise Refused("There is no picture to write.")
    first = images[0]
    for image in images:
        if _pose(image.view) != _pose(first.view) or image.transmission.shape != first.transmission.shape:
            raise Refused("A DICOM run holds one pose: write each view to its own file.", where="-o")
        if not np.isfinite(image.transmission).all():
            raise Refused("The picture holds values that are no number: check that the CT holds Hounsfield units.")
    return first


def _stored(
    frames: Sequence[Float[np.ndarray, "rows columns"]], *, darkest: float
) -> tuple[UInt16[np.ndarray, "f r c"], float, float]:
    """The log signal of all frames on one scale of twelve bits, with its lowest value and its span.

    What is far darker than the patient's darkest ray, as steel along the beam, is all one black: the anatomy needs the
    steps.
    """
    logarithm = np.log(np.maximum(np.stack(frames), np.finfo(np.float32).tiny)).astype(np.float64)
    floor = np.log(max(darkest, float(np.finfo(np.float32).tiny))) - BELOW_ANATOMY
    logarithm = np.maximum(logarithm, floor)
    low = float(logarithm.min())
    span = max(float(logarithm.max()) - low, 1e-6)
    top = 2**BITS - 1
    return np.rint((logarithm - low) / span * top).astype(np.uint16), low, span


def _patient_and_study(dataset: Dataset, uids: list[UID]) -> None:
    dataset.SpecificCharacterSet = "ISO_IR 192"
    dataset.PatientName, dataset.PatientID = PATIENT_NAME, PATIENT_ID
    dataset.PatientBirthDate = dataset.PatientSex = ""
    dataset.PatientIdentityRemoved = "YES"
    dataset.DeidentificationMethod = "Simulated picture; constants in place of name and ID"
    dataset.StudyInstanceUID, dataset.SeriesInstanceUID, dataset.SOPInstanceUID = uids
    dataset.SOPClassUID = XA_STORAGE
    dataset.StudyDate = dataset.StudyTime = dataset.StudyID = ""
    dataset.AccessionNumber = dataset.ReferringPhysicianName = ""
    dataset.Modality, dataset.SeriesNumber, dataset.InstanceNumber = "XA", 1, 1
    dataset.BodyPartExamined = "SPINE"
    dataset.SeriesDescription = "Simulated fluoroscopy"
    dataset.Manufacturer, dataset.ManufacturerModelName = "vertebroplasty", "virtual C-arm"
    dataset.SoftwareVersions = __version__


def _image(dataset: Dataset, images: Sequence[XrayImage], first: XrayImage, low: float, span: float) -> None:
    dataset.ImageType = ["DERIVED", "PRIMARY", "SINGLE PLANE"]
    dataset.PatientOrientation = _orientation(first.view)
    dataset.DerivationDescription = (
        f"Projected from CT. ln(signal/open beam) = {low:.6f} + stored * {span / (2**BITS - 1):.9f}"
    )
    dataset.ImageComments = "\n".join((PURPOSE, *dict.fromkeys(note for image in images for note in image.notes)))
    dataset.BurnedInAnnotation = "NO"
    dataset.LossyImageCompression = "00"
    # For display: the log scale is stated above; LOG itself would ask for a table back to the linear signal.
    dataset.PixelIntensityRelationship = "DISP"
    dataset.PresentationLUTShape = "IDENTITY"
    # The patient lies prone with the head first; the positioner's angles refer to the patient in any case.
    dataset.PatientPosition = "HFP"


def _orientation(view: CArmView) -> list[str]:
    """Letters of the patient's directions along the rows and down the columns."""
    right, up = view.detector_axes
    return [_letters(right), _letters(-up)]


def _letters(direction: Float[np.ndarray, "3"]) -> str:
    named = zip(direction, ("LR", "PA", "HF"), strict=True)
    leaning = sorted(((abs(x), pair[0] if x > 0 else pair[1]) for x, pair in named), reverse=True)
    return "".join(letter for share, letter in leaning if share > OBLIQUE_SHARE)


def _acquisition(dataset: Dataset, image: XrayImage) -> None:
    """The beam and the C-arm (XA positioner), angles as in PS3.3 C.8.7.5."""
    view = image.view
    dataset.KVP = f"{image.kvp}"
    dataset.RadiationSetting = "SC"
    dataset.XRayTubeCurrent = dataset.ExposureTime = dataset.Exposure = None
    dataset.DistanceSourceToDetector = f"{view.sid_mm:.1f}"
    dataset.DistanceSourceToPatient = f"{view.sod_mm:.1f}"
    dataset.EstimatedRadiographicMagnificationFactor = f"{view.sid_mm / view.sod_mm:.6f}"
    dataset.PositionerPrimaryAngle = f"{view.lao_deg:.4f}"
    dataset.PositionerSecondaryAngle = f"{view.cranial_deg:.4f}"
    dataset.ImagerPixelSpacing = [f"{image.pixel_mm:.6f}"] * 2
    dataset.FieldOfViewShape = "RECTANGLE"
    side = round(image.pixel_mm * image.detector.size)
    dataset.FieldOfViewDimensions = [side, side]


def _cine(dataset: Dataset, frames: int, frame_time_ms: float) -> None:
    dataset.NumberOfFrames = frames
    dataset.FrameTime = f"{frame_time_ms:.3f}"
    dataset.FrameIncrementPointer = 0x00181063  # the frame time
    dataset.PositionerMotion = "STATIC"


def _pixels(dataset: Dataset, pixels: UInt16[np.ndarray, "f r c"]) -> None:
    dataset.SamplesPerPixel, dataset.PhotometricInterpretation = 1, "MONOCHROME2"
    dataset.Rows, dataset.Columns = pixels.shape[1:]
    dataset.BitsAllocated, dataset.BitsStored, dataset.HighBit = 16, BITS, BITS - 1
    dataset.PixelRepresentation = 0
    dataset.PixelData = pixels.astype("<u2").tobytes()


def _window(dataset: Dataset, frame: UInt16[np.ndarray, "r c"]) -> None:
    low, high = np.percentile(frame, [LOW_PERCENTILE, HIGH_PERCENTILE])
    dataset.WindowCenter, dataset.WindowWidth = f"{(low + high) / 2:.1f}", f"{max(1.0, high - low):.1f}"
