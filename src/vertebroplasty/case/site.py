"""The department's defaults: which file, what it states, and what documents say of it."""

import os
from dataclasses import dataclass, replace
from pathlib import Path

from vertebroplasty.anatomy.volume import InputFile
from vertebroplasty.case.json_files import read_text
from vertebroplasty.documents.site import SiteDocument, parse_site
from vertebroplasty.files import sha256_of
from vertebroplasty.geometry.c_arm_view import CArmView

__all__ = ["NO_SITE", "VARIABLE", "Site", "read_site"]

VARIABLE = "VERTEBROPLASTY_SITE"
BIPLANE_VIEW = "ap+lateral"
REMEDY = "give a site file, as `vertebroplasty info site` prints one"


@dataclass(frozen=True, kw_only=True)
class Site:
    """A department's defaults and the file they come from; None where no file is used."""

    document: SiteDocument
    file: InputFile | None = None

    @property
    def inputs(self) -> tuple[InputFile, ...]:
        """The file, for a document's inputs."""
        return () if self.file is None else (self.file,)

    @property
    def parameters(self) -> dict[str, object]:
        """What the file states, for a document's parameters; empty without a file."""
        return {} if self.file is None else {"site": self.document.stated()}

    @property
    def notes(self) -> tuple[str, ...]:
        """A sentence that says that defaults come from the file."""
        if self.file is None:
            return ()
        stated = self.document.stated()
        scanners = [f"scanner {entry.name}" for entry in self.document.scanner]
        keys = [
            f"{table} {key} {value}"
            for table, keys in stated.items()
            if table != "scanner"
            for key, value in keys.items()
        ]
        tables = ", ".join([*keys, *scanners])
        return (f"Defaults of the department from {self.file.name}: {tables or 'none stated'}.",)

    @property
    def gauge(self) -> int | None:
        """The department's cannula."""
        return self.document.cannula.gauge

    @property
    def product(self) -> str | None:
        """The department's cement."""
        return self.document.cement.product

    @property
    def pixel_mm(self) -> float | None:
        """The pixel of the department's detector."""
        return self.document.c_arm.pixel_mm

    @property
    def view(self) -> str | None:
        """What a biplane system shows where no view is asked for."""
        return BIPLANE_VIEW if self.document.c_arm.planes == "biplane" else None

    def posed(self, view: CArmView) -> CArmView:
        """The view with the department's own distances."""
        c_arm = self.document.c_arm
        return replace(
            view,
            sid_mm=view.sid_mm if c_arm.sid_mm is None else c_arm.sid_mm,
            sod_mm=view.sod_mm if c_arm.sod_mm is None else c_arm.sod_mm,
        )


NO_SITE = Site(document=SiteDocument())


def read_site(named: Path | None) -> Site:
    """The file that is named, else the one that VERTEBROPLASTY_SITE names, else the built-in defaults.

    A file in the working directory is never picked up by itself.

    Raises:
        Refused: no such file, or something in it is wrong.
    """
    chosen = named
    if chosen is None and os.environ.get(VARIABLE):
        chosen = Path(os.environ[VARIABLE])
    if chosen is None:
        return NO_SITE
    where = "--site" if named is not None else VARIABLE
    document = parse_site(read_text(chosen, remedy=REMEDY, where=where), chosen.name)
    return Site(document=document, file=InputFile(role="site", name=chosen.name, sha256=sha256_of(chosen)))
