"""One X-ray picture: the CT's materials, needles and cement along every ray, and the detector's signal behind them."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

import numpy as np
from jaxtyping import Bool, Float

from vertebroplasty.anatomy.volume import CtVolume
from vertebroplasty.errors import Refused
from vertebroplasty.fluoroscopy.attenuation import Dense, TissueDensities, tissue_densities
from vertebroplasty.fluoroscopy.beam import DEFAULT_KVP, beam, transmission
from vertebroplasty.fluoroscopy.cement_shadow import CementMass, cement_areal
from vertebroplasty.fluoroscopy.cone import within_cone
from vertebroplasty.fluoroscopy.detector import Detector
from vertebroplasty.fluoroscopy.needle_shadow import STEEL_G_PER_CM3, Cannula, cannulas, cylinder_chords
from vertebroplasty.fluoroscopy.phlebogram import PHLEBOGRAM_NOTE, Contrast, contrast_areal
from vertebroplasty.fluoroscopy.projector import integrate_between, project_exact, project_smooth
from vertebroplasty.fluoroscopy.trunk import checked_thickness, holds_whole_trunk
from vertebroplasty.geometry.c_arm_view import CArmView
from vertebroplasty.geometry.frame import Affine
from vertebroplasty.geometry.needle_path import NeedlePath

__all__ = ["PatientShadow", "Scene", "XrayImage", "patient_shadow", "scene", "xray", "xray_run"]

SIZE = 512  # [choice] pixels a side
FIELD_MM = 120.0  # [choice] what the picture spans in the plane of the isocentre: the vertebra ± 60 mm
COMPLETE_SHARE = 0.75  # [choice] a ray inside the CT for less than this share of the longest is marked as cut
TRUNK_MM = 150.0  # [choice] a ray that is inside the CT for less misses part of any adult trunk
WATER_G_PER_CM3 = 1.0  # [exact] what stands for the patient around a cropped CT
MARROW_G_PER_CM3 = 1.0  # [choice] what cement drives out of the pores attenuates as water

Pixels = Float[np.ndarray, "rows columns"]


@dataclass(frozen=True, eq=False, kw_only=True)
class PatientShadow:
    """What the CT alone puts into each ray, for one pose: the part that stays while needles and cement move.

    Areal densities in g/cm²; `covered_mm` is the length of each ray inside the CT.  Where that is less than
    `thickness_mm`, `soft` holds the missing water; None leaves the rays as the CT ends.
    """

    detector: Detector
    affine: Affine
    tissue: TissueDensities
    soft: Pixels
    bone: Pixels
    dense: Pixels | None
    covered_mm: Pixels
    kvp: int
    notes: tuple[str, ...]
    thickness_mm: float | None = None


@dataclass(frozen=True, eq=False, kw_only=True)
class XrayImage:
    """One picture as the detector measures it: signal as a fraction of the signal without a patient, row 0 on top.

    `patient_only` is the same without needles and cement (it sets the grey scale); `complete` marks rays that lie in
    the CT for long enough to be trusted, `outside` those that miss it.
    """

    shadow: PatientShadow
    transmission: Pixels
    patient_only: Pixels
    complete: Bool[np.ndarray, "rows columns"]
    outside: Bool[np.ndarray, "rows columns"]
    contrast_note: str = ""

    @property
    def detector(self) -> Detector:
        """The detector that took it."""
        return self.shadow.detector

    @property
    def view(self) -> CArmView:
        """The C-arm's pose."""
        return self.shadow.detector.view

    @property
    def kvp(self) -> int:
        """Tube voltage."""
        return self.shadow.kvp

    @property
    def notes(self) -> tuple[str, ...]:
        """What the user must know of the CT behind the picture."""
        return (*self.shadow.notes, *filter(None, (self.contrast_note,)))

    @property
    def pixel_mm(self) -> float:
        """Size of a pixel on the detector."""
        return self.detector.pixel_mm

    @property
    def object_pixel_mm(self) -> float:
        """Size of a pixel in the plane of the isocentre: what the scale bar shows."""
        return self.detector.object_pixel_mm


def patient_shadow(
    ct: CtVolume,
    view: CArmView,
    *,
    size: int = SIZE,
    pixel_mm: float | None = None,
    kvp: int = DEFAULT_KVP,
    dense_material: Dense = Dense.METAL,
    thickness_mm: float | None = None,
) -> PatientShadow:
    """Project the CT once for a pose; `xray` reuses it for every needle position and every moment of an injection.

    `pixel_mm` is the pixel on the detector; by default the picture spans 120 mm in the plane of the isocentre.
    With `thickness_mm` every ray that is shorter inside the CT passes water for the rest, also where it misses the CT;
    nothing is added to a CT that holds the whole trunk along the beam.

    Raises:
        Refused: a size or pixel that makes no picture, or a thickness no patient has.
    """
    if size < 1 or (pixel_mm is not None and not pixel_mm > 0.0):
        raise Refused("The picture needs at least one pixel of more than 0 mm.", where="--size")
    spacing = FIELD_MM / size * view.sid_mm / view.sod_mm if pixel_mm is None else pixel_mm
    detector = Detector(view=view, size=size, pixel_mm=spacing)
    if thickness_mm is not None:
        checked_thickness(thickness_mm)
    ct = within_cone(ct, detector)
    outside = ct.outside()
    tissue = tissue_densities(ct.hu, outside, dense_material=dense_material)
    covered_cm = _covered_cm(outside, ct.affine, detector)
    soft = project_smooth(tissue.soft, ct.affine, detector)
    if thickness_mm is not None and holds_whole_trunk(ct, view):
        thickness_mm = None
    if thickness_mm is not None:
        soft += _missing_water(outside, ct.affine, detector, thickness_mm)
    return PatientShadow(
        detector=detector,
        affine=ct.affine,
        tissue=tissue,
        soft=soft,
        bone=project_smooth(tissue.bone, ct.affine, detector),
        dense=None if tissue.dense is None else project_smooth(tissue.dense, ct.affine, detector),
        covered_mm=10.0 * covered_cm,
        kvp=kvp,
        notes=_notes(tissue, covered_cm, thickness_mm),
        thickness_mm=thickness_mm,
    )


def _missing_water(
    outside: Bool[np.ndarray, "k j i"], affine: Affine, detector: Detector, thickness_mm: float
) -> Pixels:
    """Water in g/cm² that lengthens every ray to the trunk's thickness; edges fade as those of the tissue do."""
    inside_cm = project_smooth((~outside).astype(np.float32), affine, detector)
    missing: Pixels = np.maximum(0.0, WATER_G_PER_CM3 * (np.float32(thickness_mm / 10.0) - inside_cm))
    return missing


def _covered_cm(outside: Bool[np.ndarray, "k j i"], affine: Affine, detector: Detector) -> Pixels:
    """Length of every ray inside the scanned voxels."""
    if outside.any():
        return project_smooth((~outside).astype(np.float32), affine, detector)
    # One voxel as large as the whole scan has the same outline.
    counts = np.array(outside.shape[::-1], float)
    matrix = affine.matrix.copy()
    matrix[:3, 3] = affine.to_world((counts - 1.0) / 2.0)
    matrix[:3, :3] *= counts
    return project_exact(np.ones((1, 1, 1), np.float32), Affine(matrix), detector)


def _notes(tissue: TissueDensities, covered_cm: Pixels, thickness_mm: float | None) -> tuple[str, ...]:
    """What the user must know of the CT behind the picture."""
    notes = []
    if tissue.dense_voxels:
        what = "metal" if tissue.dense_material is Dense.METAL else "cement placed earlier"
        notes.append(f"{tissue.dense_voxels} voxels read above 2500 HU and are shown as {what}.")
    if not np.any(covered_cm > 0.0):
        notes.append("No ray of this picture meets the CT.")
    elif np.any(covered_cm <= 0.0):
        share = 100.0 * np.mean(covered_cm <= 0.0)
        notes.append(f"{share:.0f} % of the picture lies outside the CT and is hatched.")
    thickest_mm = 10.0 * float(covered_cm.max())
    if thickness_mm is not None and np.any(10.0 * covered_cm < thickness_mm):
        notes.append(
            f"The CT covers at most {thickest_mm:.0f} mm along the beam: water stands for the patient around it, "
            f"to {thickness_mm:.0f} mm in all."
        )
    elif 0.0 < thickest_mm < TRUNK_MM:
        notes.append(
            f"The CT covers at most {thickest_mm:.0f} mm along the beam: the tissue around it is missing, "
            "so bone and cement stand out more than they would in the patient."
        )
    return tuple(notes)


def xray(
    ct: CtVolume,
    view: CArmView,
    *,
    needles: tuple[NeedlePath, ...] = (),
    hollow: bool = False,
    cement: CementMass | None = None,
    size: int = SIZE,
    pixel_mm: float | None = None,
    kvp: int = DEFAULT_KVP,
    shadow: PatientShadow | None = None,
    contrast: Contrast | None = None,
    thickness_mm: float | None = None,
) -> XrayImage:
    """The X-ray picture of a patient from one pose, with needles and cement.

    Areal densities of all materials add along each ray (never their logarithms), then the beam's energies are summed.
    Steel replaces the tissue within the cannula; cement replaces as much marrow.  `shadow` is the pose's
    `patient_shadow`, where it has been worked out before.  `contrast` fills veins for the phlebogram look.
    The result is free of noise, scatter and blur.
    """
    base = shadow
    if base is None:
        base = patient_shadow(ct, view, size=size, pixel_mm=pixel_mm, kvp=kvp, thickness_mm=thickness_mm)
    through, areal = beam(base.kvp), _patient_areal(base)
    patient_only = transmission(areal, through)
    signal = patient_only
    if needles or cement is not None or contrast is not None:
        areal = _with_needles(areal, needles, base, hollow=hollow)
        if cement is not None:
            _add_cement(areal, cement, base.detector)
        if contrast is not None:
            areal["iodine"] = contrast_areal(contrast, base.detector)
        signal = transmission(areal, through)
    return _image(base, signal, patient_only, PHLEBOGRAM_NOTE if contrast is not None else "")


@dataclass(frozen=True, eq=False, kw_only=True)
class Scene:
    """One pose with patient and needles at rest: what a picture needs beside the cement, worked out once."""

    dry: XrayImage
    areal: dict[str, Pixels]

    def with_cement(self, mass: CementMass | None) -> XrayImage:
        """The picture at a moment; only the rays that cross cement are summed anew."""
        if mass is None:
            return self.dry
        part, areal = _cement_rays(self.areal, mass, self.dry.detector)
        signal = self.dry.transmission.copy()
        if signal[part].size:
            signal[part] = transmission(areal, beam(self.dry.kvp))
        return replace(self.dry, transmission=signal)


def scene(shadow: PatientShadow, needles: tuple[NeedlePath, ...] = ()) -> Scene:
    """Patient and needles in one pose; equal to `xray` for whatever cement is put in."""
    through, bare = beam(shadow.kvp), _patient_areal(shadow)
    patient_only = transmission(bare, through)
    dry = _with_needles(bare, needles, shadow, hollow=False)
    return Scene(dry=_image(shadow, transmission(dry, through), patient_only), areal=dry)


def xray_run(
    shadow: PatientShadow, masses: Iterable[CementMass], *, needles: tuple[NeedlePath, ...] = ()
) -> Iterator[XrayImage]:
    """Pictures of one pose while cement spreads, one for each of its states; patient and needles are drawn once."""
    at_rest = scene(shadow, needles)
    for mass in masses:
        yield at_rest.with_cement(mass)


def _patient_areal(base: PatientShadow) -> dict[str, Pixels]:
    """Areal densities of the patient alone, by material."""
    areal: dict[str, Pixels] = {"water": base.soft, "cortical-bone": base.bone}
    if base.dense is not None:
        areal[base.tissue.dense_material.value] = base.dense
    return areal


def _with_needles(
    areal: dict[str, Pixels], needles: tuple[NeedlePath, ...], base: PatientShadow, *, hollow: bool
) -> dict[str, Pixels]:
    """A copy of the areal densities with every needle's steel in it."""
    areal = {name: values.copy() for name, values in areal.items()}
    for cannula in cannulas(needles, hollow=hollow):
        _add_cannula(areal, cannula, base)
    return areal


def _image(base: PatientShadow, signal: Pixels, patient_only: Pixels, contrast_note: str = "") -> XrayImage:
    """The picture, with the rays that can be trusted."""
    longest = float(base.covered_mm.max())
    outside = base.covered_mm <= 0.0
    return XrayImage(
        shadow=base,
        transmission=signal,
        patient_only=patient_only,
        complete=~outside & (base.covered_mm >= COMPLETE_SHARE * longest),
        outside=outside,
        contrast_note=contrast_note,
    )


def _add_cannula(areal: dict[str, Pixels], cannula: Cannula, base: PatientShadow) -> None:
    """Put steel on the rays that cross the cannula, and take away the tissue inside it."""
    source = base.detector.view.source_lps_mm
    directions = base.detector.pixels_lps_mm() - source
    directions /= np.linalg.norm(directions, axis=-1, keepdims=True)
    ends = cannula.rear_lps_mm, cannula.tip_lps_mm
    outer = cylinder_chords(source, directions, *ends, cannula.outer_mm)
    steel_mm = outer.length_mm
    if cannula.bore_mm > 0.0:
        steel_mm = steel_mm - cylinder_chords(source, directions, *ends, cannula.bore_mm).length_mm
    hit = outer.hit
    tissue = base.tissue
    spans = (source + edge[hit][:, None] * directions[hit] for edge in (outer.enter_mm, outer.leave_mm))
    starts, ends_of = spans
    named = {"water": tissue.soft, "cortical-bone": tissue.bone, tissue.dense_material.value: tissue.dense}
    for name, density in named.items():
        if density is not None:
            displaced = integrate_between(density, base.affine, starts, ends_of)
            areal[name][hit] = np.maximum(0.0, areal[name][hit] - displaced)
    steel = areal.setdefault("steel-316l", np.zeros_like(base.soft))
    steel += (STEEL_G_PER_CM3 * steel_mm / 10.0).astype(np.float32)


def _add_cement(areal: dict[str, Pixels], cement: CementMass, detector: Detector) -> None:
    """Put opacified PMMA on the rays that cross the cement, and take away as much marrow."""
    part, crossed = _cement_rays(areal, cement, detector)
    for name, values in crossed.items():
        areal.setdefault(name, np.zeros_like(areal["water"]))[part] = values


def _cement_rays(
    areal: dict[str, Pixels], cement: CementMass, detector: Detector
) -> tuple[tuple[slice, slice], dict[str, Pixels]]:
    """The part of the picture that cement falls on, and areal densities there with the cement in them."""
    part, path_cm = cement_areal(cement, detector)
    crossed = {name: values[part].copy() for name, values in areal.items()}
    mass = path_cm * np.float32(cement.mix.density_g_per_cm3)
    share = np.float32(cement.mix.opacifier_fraction)
    crossed["water"] = np.maximum(0.0, crossed["water"] - MARROW_G_PER_CM3 * path_cm)
    for name, part_mass in (("pmma", (1 - share) * mass), (cement.mix.opacifier, share * mass)):
        crossed[name] = crossed.get(name, np.zeros_like(path_cm)) + part_mass
    return part, crossed
