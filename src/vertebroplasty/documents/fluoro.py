"""The `fluoro` document: the pictures, the pose each was taken in, and how far that is from true AP and lateral."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from pydantic import Field

from vertebroplasty.documents.common import Document, Number, Part, PointLps, Provenance, Unknowns, point, rounded
from vertebroplasty.fluoroscopy import NOT_MODELLED, SOURCES
from vertebroplasty.fluoroscopy.coach import Sign, ViewTruth
from vertebroplasty.fluoroscopy.image import XrayImage
from vertebroplasty.fluoroscopy.relative_dose import DOSE_LIMITS, RelativeDose
from vertebroplasty.fluoroscopy.slab_view import SlabPicture
from vertebroplasty.fluoroscopy.visibility import SiteVisibility

__all__ = [
    "Dose",
    "FluoroDocument",
    "Picture",
    "Seen",
    "Slab",
    "Taken",
    "Truth",
    "ViewEntry",
    "Visibility",
    "VisibilityByDose",
    "fluoro_document",
]

A_SLAB = "A CT slab has no C-arm pose."


class ViewEntry(Part):
    """The C-arm pose."""

    lao_deg: float = Field(description="Positioner primary angle, positive LAO; 180 is a posterior detector.")
    cranial_deg: float = Field(description="Positioner secondary angle, positive cranial.")
    sid_mm: float = Field(description="Source to detector.")
    sod_mm: float = Field(description="Source to isocentre.")
    pixel_mm: float = Field(description="Detector pixel.")


class Seen(Part):
    """One sign on the picture that tells how far it is from a true view."""

    what: str = Field(description="What is seen: an endplate open, the spinous process off the middle, and so on.")
    detector_mm: Number = Field(description="Its size on this picture, mm at the detector.")
    in_true_view_mm: Number = Field(description="What the true view of this vertebra would show of it.")


class Truth(Part):
    """How far the pose is from the standard views."""

    from_true_ap_deg: Number = Field(description="Angle to the true AP of this level.")
    from_true_lateral_deg: Number = Field(description="Angle to the true lateral of this level.")
    turn: str = Field(description="What to turn, in a sentence.")
    nearest: str = Field(description="The standard view that the advice leads to: AP or lateral.")
    move_lao_deg: Number = Field(description="How far to turn the C-arm for it, positive towards LAO.")
    move_cranial_deg: Number = Field(description="How far to tilt the detector for it, positive cranial.")
    seen: list[Seen] = Field(description="What the picture shows of it, in mm at the detector.")


class Dose(Part):
    """A relative dose of this view."""

    fluoroscopy_s: float = Field(description="Time under the beam.")
    frames: int = Field(description="Frames in that time.")
    detector_ngy_per_frame: float = Field(description="Kerma at the detector behind the patient, per frame.")
    detector_ugy: Number = Field(description="The same for the whole time, µGy.")
    passed: Number = Field(description="Share of the beam that reaches the middle of the picture unscattered.")
    entrance_mgy: Number = Field(description="Kerma in air where the beam meets the skin, mGy, without backscatter.")
    limits: str = Field(description="What this estimate leaves out.")


class Visibility(Part):
    """The smallest leak that could be seen at a site."""

    site: str = Field(description="Leak site.")
    smallest_visible_ml: Number = Field(description="Millilitres; null if not computed.")


class VisibilityByDose(Part):
    """The smallest leak that could be seen at a site with one dose of a frame."""

    site: str = Field(description="Leak site.")
    kerma_ngy: float = Field(description="Dose of the frame at the detector, nGy.")
    smallest_visible_ml: Number = Field(description="Millilitres; null if nothing is known of the site.")
    photons_only_ml: Number = Field(description="The same without the anatomy behind: what noise alone hides.")


class Picture(Part):
    """One X-ray picture of the answer."""

    name: str = Field(description="The view as asked for.")
    view: ViewEntry = Field(description="The pose.")
    truth: Truth = Field(description="Distance from true AP and lateral.")
    patient_thickness_mm: Number = Field(description="Length to which water fills short rays; null as the CT ends.")
    outside_percent: float = Field(description="Share of the picture whose rays miss the CT.")
    dose: Dose = Field(description="Relative dose of this view.")
    visibility: list[Visibility] = Field(description="Smallest visible leaks by site.")
    visibility_by_dose: list[VisibilityByDose] = Field(description="The same for several doses of a frame.")


class Slab(Part):
    """The oblique CT slab."""

    centre_lps_mm: PointLps = Field(description="Middle of the slab.")
    right_lps: PointLps = Field(description="Direction to the picture's right.")
    up_lps: PointLps = Field(description="Direction to the picture's top.")
    thickness_mm: float = Field(description="Thickness of the slab.")
    pixel_mm: float = Field(description="Size of a pixel.")


class FluoroDocument(Document):
    """What `fluoro` answers."""

    level: str = Field(description="Name of the level.")
    image: str | None = Field(description="Name of the picture written.")
    view: ViewEntry | None = Field(description="The pose of the first picture.")
    truth: Truth | None = Field(description="Distance of the first picture from true AP and lateral.")
    visibility: list[Visibility] = Field(description="Smallest visible leaks by site on the first picture.")
    pictures: list[Picture] = Field(description="Every X-ray picture of the answer: two for a biplane view.")
    slab: Slab | None = Field(description="The CT slab, where that was asked for.")
    frame_times_s: list[float] = Field(description="Seconds after mixing of every frame of a run; empty for a still.")


@dataclass(frozen=True, eq=False, kw_only=True)
class Taken:
    """One X-ray picture with everything that is said of it."""

    name: str
    picture: XrayImage
    against: ViewTruth
    signs: Sequence[Sign]
    dose: RelativeDose
    seen: Sequence[SiteVisibility]
    seen_by_dose: Sequence[SiteVisibility]


def fluoro_document(
    shown: Sequence[Taken] | SlabPicture,
    provenance: Provenance,
    *,
    level: str,
    image: str | None,
    frame_times_s: Sequence[float] = (),
    warnings: Iterable[str] = (),
) -> FluoroDocument:
    """Fill the document from the pictures, their comparison with the standard views, and what would be seen on them."""
    unknowns = Unknowns()
    if isinstance(shown, SlabPicture):
        exposures: list[Picture] = []
        for key in ("view", "truth"):
            unknowns.note(key, A_SLAB)
    else:
        exposures = [_exposure(each, f"pictures[{n}]", unknowns) for n, each in enumerate(shown)]
        _explain_first(exposures, unknowns)
    head = provenance.head(
        "fluoro", sources=SOURCES, warnings=warnings, not_modelled=NOT_MODELLED, unknown=unknowns.entries
    )
    first = exposures[0] if exposures else None
    return FluoroDocument(
        **head,
        level=level,
        image=image,
        view=first.view if first else None,
        truth=first.truth if first else None,
        visibility=first.visibility if first else [],
        pictures=exposures,
        slab=_slab(shown) if isinstance(shown, SlabPicture) else None,
        frame_times_s=[round(t, 3) for t in frame_times_s],
    )


def _explain_first(exposures: list[Picture], unknowns: Unknowns) -> None:
    """The first picture's values stand at the top too; so do their reasons."""
    prefix = "pictures[0].visibility"
    for entry in list(unknowns.entries):
        if exposures and entry.what.startswith(prefix):
            unknowns.note(entry.what.removeprefix("pictures[0]."), entry.why)


def _exposure(taken: Taken, path: str, unknowns: Unknowns) -> Picture:
    picture = taken.picture
    sites = [
        Visibility(
            site=entry.site,
            smallest_visible_ml=unknowns.number(
                entry.smallest_visible_ml, f"{path}.visibility[{n}].smallest_visible_ml", entry.why
            ),
        )
        for n, entry in enumerate(taken.seen)
    ]
    thickness_mm = picture.shadow.thickness_mm
    if thickness_mm is None:
        unknowns.note(
            f"{path}.patient_thickness_mm",
            "No water was added: it was not asked for, or the CT holds the whole trunk along the beam.",
        )
    return Picture(
        name=taken.name,
        view=_view(picture),
        truth=_truth(taken.against, taken.signs),
        patient_thickness_mm=rounded(thickness_mm),
        outside_percent=round(100.0 * float(picture.outside.mean()), 1),
        dose=_dose(taken.dose),
        visibility=sites,
        visibility_by_dose=_by_dose(taken.seen_by_dose, f"{path}.visibility_by_dose", unknowns),
    )


def _by_dose(seen: Sequence[SiteVisibility], path: str, unknowns: Unknowns) -> list[VisibilityByDose]:
    return [
        VisibilityByDose(
            site=entry.site,
            kerma_ngy=entry.kerma_ngy,
            smallest_visible_ml=unknowns.number(
                entry.smallest_visible_ml, f"{path}[{n}].smallest_visible_ml", entry.why
            ),
            photons_only_ml=unknowns.number(entry.photons_only_ml, f"{path}[{n}].photons_only_ml", entry.why),
        )
        for n, entry in enumerate(seen)
    ]


def _view(picture: XrayImage) -> ViewEntry:
    view = picture.view
    return ViewEntry(
        lao_deg=round(view.lao_deg, 3),
        cranial_deg=round(view.cranial_deg, 3),
        sid_mm=view.sid_mm,
        sod_mm=view.sod_mm,
        pixel_mm=round(picture.pixel_mm, 4),
    )


def _truth(against: ViewTruth, signs: Sequence[Sign]) -> Truth:
    return Truth(
        from_true_ap_deg=rounded(against.from_true_ap_deg),
        from_true_lateral_deg=rounded(against.from_true_lateral_deg),
        turn=against.turn,
        nearest=against.nearest,
        move_lao_deg=rounded(against.move_lao_deg),
        move_cranial_deg=rounded(against.move_cranial_deg),
        seen=[
            Seen(what=s.what, detector_mm=rounded(s.detector_mm), in_true_view_mm=rounded(s.in_true_view_mm))
            for s in signs
        ],
    )


def _dose(dose: RelativeDose) -> Dose:
    return Dose(
        fluoroscopy_s=dose.fluoroscopy_s,
        frames=dose.frames,
        detector_ngy_per_frame=dose.detector_ngy_per_frame,
        detector_ugy=rounded(dose.detector_ugy),
        passed=float(f"{dose.passed:.4g}"),
        entrance_mgy=float(f"{dose.entrance_mgy:.4g}"),
        limits=DOSE_LIMITS,
    )


def _slab(picture: SlabPicture) -> Slab:
    plane = picture.plane
    return Slab(
        centre_lps_mm=point(plane.centre_lps_mm),
        right_lps=point(plane.right_lps),
        up_lps=point(plane.up_lps),
        thickness_mm=plane.thickness_mm,
        pixel_mm=round(plane.pixel_mm, 4),
    )
