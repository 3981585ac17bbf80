"""The demo: the built-in synthetic patient walks through every room, from files as a user's own patient would."""

import json
import tempfile
from collections.abc import Callable
from pathlib import Path

from vertebroplasty.case.inputs import ScanRequest
from vertebroplasty.case.reporting import RUN_FILES
from vertebroplasty.case.walk import WalkRequest, walk
from vertebroplasty.documents.manifest import RunDocument
from vertebroplasty.files import refuse_existing_folder
from vertebroplasty.phantom import demo_patient, write_nifti

__all__ = ["DEMO_LEVEL", "DEMO_PATIENT", "demonstrate"]

DEMO_LEVEL = "L2"
DEMO_PATIENT = {
    "schema": "vertebroplasty.patient/1",
    "assessed_on": "2024-03-12",
    "patient": {"pseudonym": "DEMO-SYNTHETIC", "sex": "female", "age_years": 78},
    "infection": "none",
    "allergies": [],
    "coagulation": {"status": "normal", "inr": 1.0, "platelets_10e9_per_l": 230, "agents": [], "statement": None},
    "osteoporosis": True,
    "osteoporosis_treatment": True,
    "planned": {
        "levels": ["L2"],
        "product": "pmma-medium",
        "anaesthesia": "local",
        "volume_ml_per_level": 3.0,
        "phlebogram": False,
        "surgical_backup": True,
    },
    "levels": {
        "L2": {
            "aetiology": "osteoporotic-fracture",
            "intent": "analgesia",
            "painful": True,
            "pain_nrs": 8,
            "pain_relieved_by_medical_treatment": False,
            "pain_concordant_with_level": True,
            "pain_severe": True,
            "first_line_treatment": ["analgesics", "rest", "brace"],
            "conservative_treatment_weeks": 4,
            "radicular_pain": "none",
            "neurological_deficit": "none",
            "fracture_age_days": 30,
            "marrow_oedema": True,
            "fracture_stable": True,
            "fracture_acute": True,
            "imaging_before": ["mri", "ct"],
            "posterior_wall": "intact",
            "retropulsed_fragment": False,
            "canal_compromise_percent": None,
            "near_foramen": False,
            "epidural_tumour": False,
            "bilsky": "0",
            "osteomyelitis": False,
            "hypervascular": False,
            "of_grade": 2,
            "ao_type": "A1",
        }
    },
}


def demonstrate(out: Path, *, overwrite: bool, stage: Callable[[str], None]) -> RunDocument:
    """Make the synthetic patient, walk it from CT to report, and leave the report in `out`."""
    refuse_existing_folder(out, overwrite=overwrite, ours=RUN_FILES)
    stage("making the synthetic patient")
    with tempfile.TemporaryDirectory() as folder:
        made = Path(folder)
        write_nifti(demo_patient(), made)
        patient = made / "patient.json"
        patient.write_text(json.dumps(DEMO_PATIENT), encoding="utf-8")
        scan = ScanRequest(ct=made / "ct.nii.gz", seg=(made / "seg.nii.gz",), labels="verse")
        request = WalkRequest(scan=scan, level=DEMO_LEVEL, patient=patient)
        return walk(request, out, overwrite=overwrite, stage=stage)
