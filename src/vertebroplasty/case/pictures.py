"""Virtual X-rays for the command line: one view, two of a biplane system, a run of frames, or a CT slab."""

import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
from PIL.Image import Image

from vertebroplasty.anatomy.find import find_vertebra
from vertebroplasty.anatomy.grid import VertebraGrid
from vertebroplasty.anatomy.levels import Level
from vertebroplasty.anatomy.measure import measure
from vertebroplasty.anatomy.upright import build_grid
from vertebroplasty.case.answers import said_on_reading, spine_inputs
from vertebroplasty.case.cement_files import CementRun, read_cement
from vertebroplasty.case.injecting import InjectOptions
from vertebroplasty.case.inputs import ScanRequest, open_level
from vertebroplasty.case.plan_file import read_plan_path
from vertebroplasty.case.site import NO_SITE, Site
from vertebroplasty.case.steps import cement_mass, cement_mix
from vertebroplasty.documents.common import Provenance
from vertebroplasty.documents.fluoro import FluoroDocument, Taken, fluoro_document
from vertebroplasty.errors import Refused
from vertebroplasty.fluoroscopy.annotate import png_bytes
from vertebroplasty.fluoroscopy.beam import DEFAULT_KVP
from vertebroplasty.fluoroscopy.cement_shadow import CementMass
from vertebroplasty.fluoroscopy.coach import signs_seen, truth
from vertebroplasty.fluoroscopy.exposure import KERMA_NGY
from vertebroplasty.fluoroscopy.image import XrayImage, patient_shadow, xray
from vertebroplasty.fluoroscopy.looks import Look, as_seen, caption
from vertebroplasty.fluoroscopy.phlebogram import venous_contrast
from vertebroplasty.fluoroscopy.processing import SHARPEN_GAIN
from vertebroplasty.fluoroscopy.relative_dose import relative_dose
from vertebroplasty.fluoroscopy.render import render_picture
from vertebroplasty.fluoroscopy.slab_render import render_slab
from vertebroplasty.fluoroscopy.slab_view import SlabPicture, plane_along, slab
from vertebroplasty.fluoroscopy.trunk import trunk_thickness_mm
from vertebroplasty.fluoroscopy.view_landmarks import ViewLandmarks, view_landmarks
from vertebroplasty.fluoroscopy.views import SLAB, parse_view, split_views
from vertebroplasty.fluoroscopy.visibility import KERMAS_NGY, visibility_by_view
from vertebroplasty.fluoroscopy.xa import xa_bytes
from vertebroplasty.geometry.needle_path import NeedlePath

__all__ = ["FluoroOptions", "fluoro_answer"]

DICOM = ".dcm"
MOST_VIEWS = 2  # [choice] a biplane system
LEAST_KERMA_NGY, MOST_KERMA_NGY = 1.0, 5000.0  # [choice] from far below fluoroscopy to a single radiograph
MOST_FRAMES = 600  # [choice] of one run: 512² frames of it take 300 MB


@dataclass(frozen=True, slots=True, kw_only=True)
class FluoroOptions:
    """How the picture is taken and shown.

    `thickness_mm` None fills rays to a trunk of the view's own thickness, 0 leaves them as the CT ends.
    `every_s` makes a run of frames so many seconds apart, from the first cement to the last.  `kerma_ngy` is the dose
    of one frame at the detector.
    """

    view: str
    flip: bool = False
    inverted: bool = False
    look: str = Look.STILL.value
    phlebogram: bool = False
    thickness_mm: float | None = None
    fluoroscopy_s: float = 60.0
    at_s: float | None = None
    every_s: float | None = None
    kvp: int = DEFAULT_KVP
    kerma_ngy: float = KERMA_NGY
    seed: int = 0

    def parameters(self) -> dict[str, object]:
        """The options as documents show them."""
        stated = asdict(self)
        stated["patient_thickness_mm"] = stated.pop("thickness_mm")
        return stated

    def checked(self, *, has_cement: bool, dicom: bool) -> list[str]:
        """The views asked for.

        Raises:
            Refused: options that do not go together.
        """
        views = split_views(self.view)
        if not 1 <= len(views) <= MOST_VIEWS:
            raise Refused("Give one view, or two joined by a plus as ap+lateral.", where="--view")
        if SLAB in views and (len(views) > 1 or self.phlebogram or dicom):
            raise Refused("The ct slab stands alone, without --phlebogram, as a .png.", where="--view")
        if not LEAST_KERMA_NGY <= self.kerma_ngy <= MOST_KERMA_NGY:
            raise Refused(
                f"{self.kerma_ngy:g} nGy is no dose of one frame: {LEAST_KERMA_NGY:g} to {MOST_KERMA_NGY:g}.",
                where="--kerma-ngy",
            )
        if self.at_s is not None and not (np.isfinite(self.at_s) and self.at_s >= 0.0):
            raise Refused(
                f"--at is {self.at_s:g}: give seconds after mixing, zero or more.",
                where="--at",
            )
        if dicom and (self.flip or self.inverted):
            raise Refused(
                "A DICOM file holds the picture as the detector gives it: leave out --flip and --inverted, the viewer "
                "does both.",
                where="-o",
            )
        if dicom and len(views) > 1:
            raise Refused("A DICOM file holds one view: write each view to its own file.", where="-o")
        if self.every_s is not None and not (has_cement and dicom and self.every_s > 0.0 and self.at_s is None):
            raise Refused("A run needs --cement, a .dcm to write, --every-s above 0 and no --at.", where="--every-s")
        return views


@dataclass(frozen=True, eq=False, kw_only=True)
class _Scene:
    """What stands before the X-ray: the level, its grid, needle and cement."""

    level: Level
    grid: VertebraGrid
    needle: NeedlePath | None
    cement: CementRun | None
    product: str
    site: Site = NO_SITE

    @property
    def needles(self) -> tuple[NeedlePath, ...]:
        """None or one."""
        return () if self.needle is None else (self.needle,)

    def mass(self, at_s: float | None) -> CementMass | None:
        """The cement as of a moment."""
        if self.cement is None:
            return None
        return cement_mass(self.grid, self.cement.fill, self.cement.arrival_s, self.product, at_s)

    def moments_s(self, every_s: float) -> list[float]:
        """Seconds after mixing of every frame of a run."""
        assert self.cement is not None
        arrived = self.cement.arrival_s[np.isfinite(self.cement.arrival_s)]
        count = int(np.ceil((arrived.max() - arrived.min()) / every_s)) + 1
        if count > MOST_FRAMES:
            raise Refused(f"That run has {count} frames: space them wider, {MOST_FRAMES} at most.", where="--every-s")
        return [float(arrived.min()) + n * every_s for n in range(count)]


def fluoro_answer(
    request: ScanRequest,
    level: str,
    options: FluoroOptions,
    *,
    plan: Path | None,
    rank: int,
    cement: Path | None,
    grid_mm: float,
    image: str,
) -> tuple[FluoroDocument, bytes]:
    """The picture as PNG or DICOM bytes, as `image` ends, with the document that says what it shows."""
    begin = time.perf_counter()
    dicom = Path(image).suffix.lower() == DICOM
    views = options.checked(has_cement=cement is not None, dicom=dicom)
    chosen = open_level(request, level)
    needle = None if plan is None else read_plan_path(plan, rank, chosen)
    grid = build_grid(chosen, grid_mm)
    run = None if cement is None else read_cement(cement, grid)
    product = (request.site.product or InjectOptions().product) if run is None else run.product
    scene = _Scene(level=chosen, grid=grid, needle=needle, cement=run, product=product, site=request.site)
    inputs = [*spine_inputs(chosen.spine), *(run.inputs if run else ())]
    parameters = {
        "level": level,
        "path": rank if plan else None,
        **options.parameters(),
        **request.parameters(chosen.spine),
    }

    def document(
        shown: Sequence[Taken] | SlabPicture, notes: Iterable[str], moments: Sequence[float]
    ) -> FluoroDocument:
        seen = {} if isinstance(shown, SlabPicture) else {"kvp": shown[0].picture.kvp}
        return fluoro_document(
            shown,
            Provenance.of(inputs, parameters | seen, time.perf_counter() - begin),
            level=level,
            image=image,
            frame_times_s=moments,
            warnings=(*said_on_reading(chosen.spine), *notes),
        )

    if views == [SLAB]:
        cut = _slab(scene, options)
        return document(cut, cut.notes, ()), png_bytes([render_slab(cut, flip=options.flip, inverted=options.inverted)])
    marks = _landmarks(chosen)
    taken = [_taken(scene, view, options, marks) for view in views]
    moments = [] if options.every_s is None else scene.moments_s(options.every_s)
    said = document(taken, (note for each in taken for note in each.picture.notes), moments)
    if dicom:
        return said, _dicom(scene, taken[0].picture, options, moments)
    return said, png_bytes([_drawn(each.picture, options) for each in taken])


def _slab(scene: _Scene, options: FluoroOptions) -> SlabPicture:
    """The CT along the needle, or through the middle of the level."""
    plane = plane_along(find_vertebra(scene.level).frame, scene.needle)
    return slab(scene.level.ct, plane, needles=scene.needles, cement=scene.mass(options.at_s))


def _dicom(scene: _Scene, still: XrayImage, options: FluoroOptions, moments_s: Sequence[float]) -> bytes:
    """The still as one frame, or a run of the injection in its pose."""
    frames = _run(scene, still, moments_s, phlebogram=options.phlebogram) if moments_s else [still]
    look, dose = Look(options.look), options.kerma_ngy
    shown = [as_seen(each, look, options.seed, n, kerma_ngy=dose) for n, each in enumerate(frames)]
    return xa_bytes(shown, frame_time_ms=None if options.every_s is None else 1000.0 * options.every_s)


def _drawn(picture: XrayImage, options: FluoroOptions) -> Image:
    """One picture as the screen shows it."""
    look = Look(options.look)
    return render_picture(
        as_seen(picture, look, options.seed, kerma_ngy=options.kerma_ngy),
        flip=options.flip,
        inverted=options.inverted,
        caption=caption(look, options.kerma_ngy),
        sharpen=SHARPEN_GAIN if look is Look.STILL else 0.0,
    )


def _landmarks(level: Level) -> ViewLandmarks:
    """What the coach looks at, with the measured corners of the endplates where there are any."""
    return view_landmarks(find_vertebra(level), measure(level).points_lps_mm)


def _taken(scene: _Scene, view: str, options: FluoroOptions, marks: ViewLandmarks) -> Taken:
    """One picture and everything that is said of it."""
    vertebra = find_vertebra(scene.level)
    pose = scene.site.posed(parse_view(view, vertebra.frame, scene.needle, vertebra.pedicles))
    thickness_mm = trunk_thickness_mm(pose) if options.thickness_mm is None else options.thickness_mm
    shadow = patient_shadow(
        scene.level.ct, pose, kvp=options.kvp, thickness_mm=thickness_mm or None, pixel_mm=scene.site.pixel_mm
    )
    contrast = venous_contrast(scene.grid) if options.phlebogram else None
    picture = xray(
        scene.level.ct,
        pose,
        needles=scene.needles,
        cement=scene.mass(options.at_s),
        shadow=shadow,
        contrast=contrast,
    )
    doses = sorted({*KERMAS_NGY, options.kerma_ngy})
    seen = visibility_by_view({view: picture}, scene.grid, cement_mix(scene.product), scene.needles, kermas_ngy=doses)
    return Taken(
        name=view,
        picture=picture,
        against=truth(pose, vertebra.frame),
        signs=signs_seen(pose, vertebra.frame, marks),
        dose=relative_dose(picture, options.fluoroscopy_s, kerma_ngy=options.kerma_ngy),
        seen=[each for each in seen if each.kerma_ngy == options.kerma_ngy],
        seen_by_dose=seen,
    )


def _run(
    scene: _Scene, first: XrayImage, moments_s: Sequence[float], *, phlebogram: bool = False
) -> Iterator[XrayImage]:
    """The same pose at every moment; the patient is projected once."""
    contrast = venous_contrast(scene.grid) if phlebogram else None
    for moment in moments_s:
        yield xray(
            scene.level.ct,
            first.view,
            needles=scene.needles,
            cement=scene.mass(moment),
            shadow=first.shadow,
            contrast=contrast,
        )
