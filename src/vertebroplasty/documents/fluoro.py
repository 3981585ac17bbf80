"""The `fluoro` document: the picture, the pose it was taken in, and how far that is from true AP and lateral."""

from collections.abc import Iterable, Sequence

from pydantic import Field

from vertebroplasty.documents.common import Document, Number, Part, Provenance, Unknowns, rounded
from vertebroplasty.fluoroscopy import NOT_MODELLED, SOURCES
from vertebroplasty.fluoroscopy.image import XrayImage
from vertebroplasty.fluoroscopy.views import ViewTruth
from vertebroplasty.fluoroscopy.visibility import SiteVisibility

__all__ = ["FluoroDocument", "Truth", "ViewEntry", "Visibility", "fluoro_document"]


class ViewEntry(Part):
    """The C-arm pose."""

    lao_deg: float = Field(description="Positioner primary angle, positive LAO; 180 is a posterior detector.")
    cranial_deg: float = Field(description="Positioner secondary angle, positive cranial.")
    sid_mm: float = Field(description="Source to detector.")
    sod_mm: float = Field(description="Source to isocentre.")
    pixel_mm: float = Field(description="Detector pixel.")


class Truth(Part):
    """How far the pose is from the standard views."""

    from_true_ap_deg: Number = Field(description="Angle to the true AP of this level.")
    from_true_lateral_deg: Number = Field(description="Angle to the true lateral of this level.")
    turn: str = Field(description="What to turn, in a sentence.")


class Visibility(Part):
    """The smallest leak that could be seen at a site."""

    site: str = Field(description="Leak site.")
    smallest_visible_ml: Number = Field(description="Millilitres; null if not computed.")


class FluoroDocument(Document):
    """What `fluoro` answers."""

    level: str = Field(description="Name of the level.")
    image: str | None = Field(description="Name of the picture written.")
    view: ViewEntry = Field(description="The pose.")
    truth: Truth = Field(description="Distance from true AP and lateral.")
    visibility: list[Visibility] = Field(description="Smallest visible leaks by site.")


def fluoro_document(
    picture: XrayImage,
    against: ViewTruth,
    provenance: Provenance,
    *,
    level: str,
    image: str | None,
    seen: Sequence[SiteVisibility],
    warnings: Iterable[str] = (),
) -> FluoroDocument:
    """Fill the document from a picture, its comparison with the standard views, and what would be seen on it."""
    unknowns = Unknowns()
    sites = [
        Visibility(
            site=entry.site,
            smallest_visible_ml=unknowns.number(
                entry.smallest_visible_ml, f"visibility[{n}].smallest_visible_ml", entry.why
            ),
        )
        for n, entry in enumerate(seen)
    ]
    head = provenance.head(
        "fluoro", sources=SOURCES, warnings=warnings, not_modelled=NOT_MODELLED, unknown=unknowns.entries
    )
    view = picture.view
    return FluoroDocument(
        **head,
        level=level,
        image=image,
        view=ViewEntry(
            lao_deg=round(view.lao_deg, 3),
            cranial_deg=round(view.cranial_deg, 3),
            sid_mm=view.sid_mm,
            sod_mm=view.sod_mm,
            pixel_mm=round(picture.pixel_mm, 4),
        ),
        truth=Truth(
            from_true_ap_deg=rounded(against.from_true_ap_deg),
            from_true_lateral_deg=rounded(against.from_true_lateral_deg),
            turn=against.turn,
        ),
        visibility=sites,
    )
