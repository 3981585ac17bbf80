"""The volume from which a leak can be seen at each site, from an answer of `fluoro`."""

from pathlib import Path

from vertebroplasty.anatomy.sites import LEAK_SITES
from vertebroplasty.case.json_files import read_document
from vertebroplasty.cement.operation import SEEN_FROM_ML
from vertebroplasty.documents.fluoro import FluoroDocument
from vertebroplasty.errors import Refused

__all__ = ["read_visibility"]

REMEDY = "give a JSON answer of `fluoro` with its visibility table"


def read_visibility(file: Path, level: str, seen_from_ml: float = SEEN_FROM_ML) -> dict[str, float]:
    """Smallest visible leak by site, of the best of the answer's pictures; `seen_from_ml` where it tells none.

    Raises:
        Refused: the file is no answer of `fluoro` for this level, or holds no visibility.
    """
    document = read_document(file, FluoroDocument, "fluoro", REMEDY, where="--visibility")
    if document.level != level:
        raise Refused(f"{file.name} is of {document.level}, not {level}: {REMEDY}.", where="--visibility")
    seen: dict[str, float] = {}
    for entry in (*document.visibility, *(entry for picture in document.pictures for entry in picture.visibility)):
        if entry.smallest_visible_ml is not None:
            seen[entry.site] = min(seen.get(entry.site, entry.smallest_visible_ml), entry.smallest_visible_ml)
    if not seen:
        raise Refused(f"{file.name} tells nothing about what can be seen: {REMEDY}.", where="--visibility")
    return dict.fromkeys(LEAK_SITES, seen_from_ml) | seen
