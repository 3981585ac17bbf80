"""Which way cement left the bone: Yeom's types B, S and C, and the later type D for the disc.

B through the basivertebral vein, S through a segmental vein, C through a defect of the cortex; D into the disc.
"""

from enum import StrEnum

from vertebroplasty.anatomy.leak_sites import DISC_SITES, YEOM, LeakSite
from vertebroplasty.errors import Refused
from vertebroplasty.selection.scores.score import Origin, Score, ScoreItem

__all__ = ["LeakRoute", "Modality", "leak_type"]

CT_LEAKS, RADIOGRAPH_LEAKS = 74, 49  # [Yeom2003] leaks found on CT and on radiographs of the same patients
CANAL_SEEN, CANAL_LEAKS = 2, 28  # [Yeom2003] leaks into the canal that the film showed, of those on CT
MISSED_B_PERCENT, MISSED_S_PERCENT = 93, 86  # [Yeom2003] missed on the lateral radiograph
PERCENT = 100  # [exact] per hundred


class LeakRoute(StrEnum):
    """The way a reader saw cement take out of the bone."""

    BASIVERTEBRAL_VEIN = "basivertebral-vein"
    SEGMENTAL_VEIN = "segmental-vein"
    CORTICAL_DEFECT = "cortical-defect"


class Modality(StrEnum):
    """How a leak was found."""

    FLUOROSCOPY = "fluoroscopy"
    RADIOGRAPH = "radiograph"
    CT = "ct"
    CLINICAL_ONLY = "clinical-only"


TYPE_OF_ROUTE = {
    LeakRoute.BASIVERTEBRAL_VEIN: "B",
    LeakRoute.SEGMENTAL_VEIN: "S",
    LeakRoute.CORTICAL_DEFECT: "C",
}
WORDS = {
    "B": "through the basivertebral vein",
    "S": "through a segmental vein",
    "C": "through a defect of the cortex",
    "D": "into the disc",
}
ROUTES_OF_SITE: dict[LeakSite, tuple[LeakRoute, ...]] = {  # where the site itself excludes a way; else all are open
    **dict.fromkeys(DISC_SITES, (LeakRoute.CORTICAL_DEFECT,)),
    LeakSite.BASIVERTEBRAL_VEIN: (LeakRoute.BASIVERTEBRAL_VEIN,),
    LeakSite.SEGMENTAL_VEIN: (LeakRoute.SEGMENTAL_VEIN,),
    LeakSite.CENTRAL_VEIN_OR_LUNG: (LeakRoute.BASIVERTEBRAL_VEIN, LeakRoute.SEGMENTAL_VEIN),
    LeakSite.ARTERIAL: (),
    LeakSite.NEEDLE_TRACK: (),
}
UNTYPED = {
    LeakSite.NEEDLE_TRACK: "cement along the needle's track left by none of the ways that were described",
    LeakSite.CENTRAL_VEIN_OR_LUNG: "cement in a central vein or the lung left through a vein, B or S, not known which",
    LeakSite.ARTERIAL: "cement in an artery left by none of the ways that were described",
}


def leak_type(site: LeakSite | None, *, route: LeakRoute | None = None, modality: Modality | None = None) -> Score:
    """Yeom's type of one leak from the compartment it lies in and, where it was seen, the way it took.

    Source: Yeom 2003 for B, S and C; D is a later extension, and Yeom would call such a leak C.  Range: B, S, C, D or
    none.  Boundaries: a route that was seen decides; else each site counts as its definition says, `epidural` as
    through a gap in the bone and the foramen and paravertebral tissue as C.  Disc sites are D.

    Raises:
        Refused: the route contradicts the site, for example a disc reached through a vein.
    """
    if site is not None and route is not None and route not in ROUTES_OF_SITE.get(site, tuple(LeakRoute)):
        raise Refused(f"A leak at {site} does not come by {route}: correct the site or the route.", where="leak")
    found = _found(site, route)
    if found is not None:
        sentence = (
            f"Type {found}: cement left {WORDS[found]}." if found != "D" else "Type D: cement went into the disc."
        )
    elif site is None:
        sentence = "The type is open: neither the site nor the way of the leak is known."
    else:
        sentence = f"No type: {UNTYPED[site]}."
    return Score(
        name="Leak type after Yeom",
        version="Yeom 2003 with D",
        items=(_item("site", site), _item("route", route), _item("found by", modality)),
        category=found,
        sentence=sentence,
        notes=(*_about_type(found, site, route), *_about_modality(modality)),
        sources=("Yeom2003", *(("leak-type-D",) if found == "D" else ())),
        verified=True,
    )


def _found(site: LeakSite | None, route: LeakRoute | None) -> str | None:
    """The type: disc, else the route seen, else what the site stands for."""
    if site in DISC_SITES:
        return "D"
    if route is not None:
        return TYPE_OF_ROUTE[route]
    return None if site is None else YEOM[site]


def _item(name: str, value: StrEnum | None) -> ScoreItem:
    """One input."""
    origin = Origin.UNKNOWN if value is None else Origin.ENTERED
    return ScoreItem(name=name, value=None if value is None else value.value, points=None, origin=origin)


def _about_type(found: str | None, site: LeakSite | None, route: LeakRoute | None) -> tuple[str, ...]:
    """What the type rests on."""
    if found == "D":
        return ("Type D is a later extension: by the first three types it would be C, through the endplate.",)
    if found is not None and route is None and site not in ROUTES_OF_SITE:
        return (f"The way was not stated: {site} counts as type {found}; a vein would make it B or S.",)
    return ()


def _about_modality(modality: Modality | None) -> tuple[str, ...]:
    """How much of the leaks each way of looking shows."""
    ratio = CT_LEAKS / RADIOGRAPH_LEAKS
    share = PERCENT * CANAL_SEEN / CANAL_LEAKS
    more = f"CT found {ratio:.1f} times as many leaks as radiographs ({CT_LEAKS} against {RADIOGRAPH_LEAKS})."
    canal = f"Film showed {share:.0f} % ({CANAL_SEEN}/{CANAL_LEAKS}) of the leaks into the canal that CT showed."
    missed = f"The lateral radiograph missed {MISSED_B_PERCENT} % of type B and {MISSED_S_PERCENT} % of type S."
    notes = (more, canal, missed)
    if modality is Modality.FLUOROSCOPY:
        return (*notes, "Fluoroscopy was not what was compared: it may show more or less than film.")
    if modality is Modality.CLINICAL_ONLY:
        return (*notes, "Found by symptoms alone: leaks without symptoms are not counted.")
    if modality is None:
        return (*notes, "How the leak was found is not stated: a leak rate means nothing without it.")
    return notes
