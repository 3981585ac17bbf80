"""How much leaked cement it takes before a picture shows it: Rose's criterion with the picture's own texture.

A compact blob of cement is seen when its contrast exceeds five times the noise over its own area.  Noise is that of
the quanta and that of the anatomy behind it, measured on the picture.  Motion, the observer's attention and cement
already in place make it worse: the volumes are lower bounds.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from jaxtyping import Float, Shaped

from vertebroplasty.anatomy.grid import VertebraGrid
from vertebroplasty.anatomy.sites import site_of
from vertebroplasty.fluoroscopy.attenuation import Dense
from vertebroplasty.fluoroscopy.beam import beam, transmission
from vertebroplasty.fluoroscopy.cement_shadow import CementMix
from vertebroplasty.fluoroscopy.exposure import KERMA_NGY, Metered, metered
from vertebroplasty.fluoroscopy.image import XrayImage
from vertebroplasty.fluoroscopy.rose import smallest_blob_ml
from vertebroplasty.fluoroscopy.texture import Texture, texture
from vertebroplasty.geometry.needle_path import NeedlePath

__all__ = ["SiteVisibility", "added_attenuation_per_cm", "visibility", "visibility_by_view"]

PROBE_CM = 0.1  # [choice] thickness of cement at which its attenuation is evaluated
IN_CANAL = ("epidural", "basivertebral-vein")
POINTS_PER_SITE = 24  # [choice] places tried in each site
HIDDEN = "In half of it or more, not even 5 ml of this cement stands out from the anatomy."
KERMAS_NGY = (10.0, 30.0, 60.0)  # [choice] per frame at the detector: low, usual and high fluoroscopy


@dataclass(frozen=True, slots=True, kw_only=True)
class SiteVisibility:
    """The smallest ball of cement seen in the middling place of a site; None with the reason where not known.

    `photons_only_ml` is the same were the anatomy behind it even, and quanta the only noise.  `view` and `kerma_ngy`
    name the picture and its dose per frame.
    """

    site: str
    smallest_visible_ml: float | None
    why: str = ""
    photons_only_ml: float | None = None
    view: str = ""
    kerma_ngy: float = KERMA_NGY


def added_attenuation_per_cm(image: XrayImage, pixel: tuple[int, int], mix: CementMix) -> float:
    """Attenuation per cm that cement adds in place of water on this ray, behind this patient."""
    shadow = image.shadow
    mass, share = PROBE_CM * mix.density_g_per_cm3, mix.opacifier_fraction
    areal = {
        "water": shadow.soft[pixel] - np.array([0.0, PROBE_CM]),
        "cortical-bone": np.full(2, shadow.bone[pixel]),
        "pmma": np.array([0.0, (1.0 - share) * mass]),
    }
    areal[mix.opacifier] = np.array([0.0, share * mass])
    if shadow.dense is not None and shadow.tissue.dense_material is Dense.METAL:
        areal[Dense.METAL.value] = np.full(2, shadow.dense[pixel])
    without, behind = transmission(areal, beam(image.kvp))
    return float(np.log(without / behind) / PROBE_CM)


@dataclass(frozen=True, eq=False, kw_only=True)
class _Places:
    """The places of one site that a picture shows: what cement adds there, the signal, and the anatomy's unevenness."""

    site: str
    added_per_cm: Float[np.ndarray, "p"]
    signal: Float[np.ndarray, "p"]
    clutter: Float[np.ndarray, "p v"]
    why: str = ""


def visibility(
    image: XrayImage,
    grid: VertebraGrid,
    mix: CementMix,
    needles: Sequence[NeedlePath] = (),
    *,
    kerma_ngy: float = KERMA_NGY,
    scatter: float | None = None,
) -> tuple[SiteVisibility, ...]:
    """For every leak site, the smallest compact blob of cement that one frame of this picture shows.

    The median over places spread through the site: half of it hides more, behind bone edges above all.  Cement in the
    canal is as visible whether it came through a gap or the vein.  Needles in the picture are not background.
    `kerma_ngy` is the dose per frame at the detector; `scatter` None follows the patient's thickness.
    """
    meter = metered(image, scatter)
    return tuple(_seen(image, each, meter, kerma_ngy) for each in _places_of(image, grid, mix, needles))


def visibility_by_view(
    images: Mapping[str, XrayImage],
    grid: VertebraGrid,
    mix: CementMix,
    needles: Sequence[NeedlePath] = (),
    *,
    kermas_ngy: Iterable[float] = KERMAS_NGY,
) -> tuple[SiteVisibility, ...]:
    """The same for several pictures, such as AP and lateral, and several doses per frame: sites, views, then doses.

    `images` maps the view's name to its picture.
    """
    doses, meters = tuple(kermas_ngy), {name: metered(image) for name, image in images.items()}
    table = {name: _places_of(image, grid, mix, needles) for name, image in images.items()}
    return tuple(
        replace(_seen(images[name], places[at], meters[name], dose), view=name)
        for at in range(len(next(iter(table.values()), ())))
        for name, places in table.items()
        for dose in doses
    )


def _places_of(
    image: XrayImage, grid: VertebraGrid, mix: CementMix, needles: Sequence[NeedlePath]
) -> tuple[_Places, ...]:
    site, names = site_of(grid, needles)
    unevenness, in_canal = texture(image), np.isin(site, [names.index(name) for name in IN_CANAL])
    return tuple(
        _places(image, grid, mix, unevenness, name, np.argwhere(in_canal if name in IN_CANAL else site == at))
        for at, name in enumerate(names)
    )


def _places(
    image: XrayImage,
    grid: VertebraGrid,
    mix: CementMix,
    unevenness: Texture,
    name: str,
    voxels: Shaped[np.ndarray, "n 3"],
) -> _Places:
    """Where a site lies in the picture, at up to 24 places spread through it, or why nothing is known of it."""
    why, seen = "This level's grid holds no such place.", []
    if len(voxels):
        chosen = voxels[np.unique(np.linspace(0, len(voxels) - 1, POINTS_PER_SITE).astype(int))]
        pixels = np.rint(image.detector.to_pixel(grid.affine.to_world(chosen[:, ::-1]))).astype(int)
        inside = np.all((pixels >= 0) & (pixels < image.detector.size), axis=1)
        seen = [(int(r), int(c)) for r, c in pixels[inside] if image.complete[r, c]]
        why = "" if seen else "It lies outside the picture, or where the CT is cut short."
    return _Places(
        site=name,
        added_per_cm=np.array([added_attenuation_per_cm(image, pixel, mix) for pixel in seen]),
        signal=np.array([image.patient_only[pixel] for pixel in seen], float),
        clutter=np.array([unevenness.at(pixel) for pixel in seen]),
        why=why,
    )


def _seen(image: XrayImage, places: _Places, meter: Metered, kerma_ngy: float) -> SiteVisibility:
    """The middling of the smallest volumes seen at a site's places, with and without the anatomy's unevenness."""
    if places.why:
        return SiteVisibility(site=places.site, smallest_visible_ml=None, why=places.why, kerma_ngy=kerma_ngy)
    magnification = image.view.sid_mm / image.view.sod_mm
    stray = meter.mean_signal * meter.scatter  # scatter lies broadly: everywhere that of the mean signal
    volumes = []
    for added, signal, clutter in zip(places.added_per_cm, places.signal, places.clutter, strict=True):
        quanta, share = float(meter.quanta_per_mm2(signal + stray, kerma_ngy)), signal / (signal + stray)
        both = [
            smallest_blob_ml(
                added, quanta_per_mm2=quanta, magnification=magnification, primary_share=share, clutter=behind
            )
            for behind in (clutter, None)
        ]
        volumes.append([np.inf if found is None else found for found in both])
    middling, photons = (sorted(column)[len(volumes) // 2] for column in zip(*volumes, strict=True))
    return SiteVisibility(
        site=places.site,
        smallest_visible_ml=None if np.isinf(middling) else middling,
        photons_only_ml=None if np.isinf(photons) else photons,
        why=HIDDEN if np.isinf(middling) else "",
        kerma_ngy=kerma_ngy,
    )
