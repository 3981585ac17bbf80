"""A synthetic spine with known answers, for checking every measurement and for the demonstration."""

from vertebroplasty.phantom.examples import demo_patient, random_phantom
from vertebroplasty.phantom.files import write_dicom, write_nifti
from vertebroplasty.phantom.records import Trunk
from vertebroplasty.phantom.shape import (
    Breach,
    Bulge,
    Cleft,
    LevelShape,
    LyticHole,
    OldCement,
    PedicleShape,
    Screw,
)
from vertebroplasty.phantom.spine import Painting, SpinePhantom
from vertebroplasty.phantom.truth import PedicleTruth, Truth

__all__ = [
    "NOT_MODELLED",
    "SOURCES",
    "Breach",
    "Bulge",
    "Cleft",
    "LevelShape",
    "LyticHole",
    "OldCement",
    "Painting",
    "PedicleShape",
    "PedicleTruth",
    "Screw",
    "SpinePhantom",
    "Trunk",
    "Truth",
    "demo_patient",
    "random_phantom",
    "write_dicom",
    "write_nifti",
]

SOURCES: tuple[str, ...] = ("VerSe", "TPTBox")
NOT_MODELLED: tuple[str, ...] = (
    "Ribs, pelvis, gas-filled bowel and organs are absent.",
    "Marrow, cortex and discs have one HU each: no trabecular texture, osteophytes or sclerosis.",
    "The scanner adds partial volume and white noise: no blur, beam hardening or metal streaks.",
    "A spine ends at its first and last level in soft tissue.",
)
