"""From files to a CT volume and named levels, or one sentence saying why not."""

from vertebroplasty.intake.ct import read_ct
from vertebroplasty.intake.labels import read_labels
from vertebroplasty.intake.schemes import SCHEMES, LabelScheme

__all__ = ["NOT_MODELLED", "SCHEMES", "SOURCES", "LabelScheme", "read_ct", "read_labels"]

SOURCES: tuple[str, ...] = ("DICOM-PS3.3", "DICOM-PS3.16", "VerSe", "TPTBox", "TotalSegmentator")

NOT_MODELLED: tuple[str, ...] = (
    "Levels are not found in the CT: they are read from a segmentation and checked against themselves only.",
    "Enhanced (multi-frame) CT, fractional segmentations and slices with uneven spacing are not read.",
    "Motion during the scan and errors of the scanner's own calibration are not detected.",
)
