"""Percutaneous vertebroplasty on one patient's own CT, step by step.

For research, education and audit; not a medical device.  Every name below is loaded when it is first used::

    import vertebroplasty as vp

    ct = vp.read_ct("dicom/")
    spine = vp.read_labels("seg.nii.gz", like=ct, scheme="verse")
    measured = vp.measure(spine["L3"])
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from vertebroplasty.__about__ import __version__

if TYPE_CHECKING:
    from vertebroplasty.anatomy.measure import measure
    from vertebroplasty.case.steps import compress, inject, plan, screen, xray
    from vertebroplasty.case.walk import write_report
    from vertebroplasty.documents.patient import read_patient
    from vertebroplasty.intake import read_ct, read_labels

__all__ = [
    "__version__",
    "compress",
    "inject",
    "measure",
    "plan",
    "read_ct",
    "read_labels",
    "read_patient",
    "screen",
    "write_report",
    "xray",
]

_HOMES = {
    "compress": "case.steps",
    "inject": "case.steps",
    "measure": "anatomy.measure",
    "plan": "case.steps",
    "read_ct": "intake",
    "read_labels": "intake",
    "read_patient": "documents.patient",
    "screen": "case.steps",
    "write_report": "case.walk",
    "xray": "case.steps",
}


def __getattr__(name: str) -> Any:
    """Load a name from its room on first use, so that importing the package stays light."""
    if name not in _HOMES:
        raise AttributeError(f"module 'vertebroplasty' has no attribute {name!r}")
    return getattr(import_module(f"vertebroplasty.{_HOMES[name]}"), name)


def __dir__() -> list[str]:
    """What the package offers."""
    return sorted(__all__)
