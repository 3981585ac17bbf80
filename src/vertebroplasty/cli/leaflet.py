"""`vertebroplasty leaflet`: what a patient takes home to read, in English, French or German."""

import json as json_module
from pathlib import Path
from typing import Annotated, Literal

from cyclopts import Parameter

from vertebroplasty.cli import options as o
from vertebroplasty.cli.output import print_json, print_lines
from vertebroplasty.errors import WrongUsage

__all__ = ["leaflet"]

Language = Annotated[Literal["en", "fr", "de"], Parameter(name="--language", help="Language: en, fr or de.")]


def leaflet(
    patient: Path | None = None,
    /,
    *,
    language: Language = "en",
    common: o.Common = o.COMMON,
) -> None:
    """Write the patient leaflet: two printable pages in plain words, every figure with its source.

    Args:
        patient: patient.json, for its planned levels, aetiologies, anaesthesia and cement; without it, for everybody.
    """
    out = common.out
    if out is None or out.suffix.lower() != ".html":
        raise WrongUsage("-o must name the leaflet to write, ending in .html.", where="-o")
    from vertebroplasty.documents.common import NOT_A_DEVICE
    from vertebroplasty.documents.patient import read_patient
    from vertebroplasty.files import refuse_foreign_file, write_whole_text
    from vertebroplasty.report.leaflet import MADE_BY, leaflet_for, leaflet_page

    refuse_foreign_file(out, f'content="{MADE_BY}"', overwrite=common.overwrite)
    page = leaflet_page(language) if patient is None else leaflet_for(read_patient(patient), language)
    write_whole_text(out, page)
    if common.json:
        body = {
            "schema": "vertebroplasty.leaflet/1",
            "file": out.name,
            "language": language,
            "disclaimer": NOT_A_DEVICE,
        }
        print_json(json_module.dumps(body, ensure_ascii=False))
    else:
        print_lines([f"{out.name}: two pages, with fields for the department to fill in by hand.", NOT_A_DEVICE])
