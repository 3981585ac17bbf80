"""Published experiments on cement, done again with the simulation: what tests hold to the bands and figures show.

The geometries are ours wherever no more than an abstract could be read; orders and ratios are compared, never grams.
"""

from dataclasses import dataclass

import numpy as np
from scipy import ndimage

from drawn_bed import ball, block, fill_with, started
from drawn_grid import boxed_body, path_to
from vertebroplasty.anatomy.find import find_vertebra
from vertebroplasty.anatomy.grid import Tissue
from vertebroplasty.anatomy.upright import build_grid
from vertebroplasty.anatomy.vertebra import Part
from vertebroplasty.cement.heat import heat_in_bone
from vertebroplasty.cement.injection import inject
from vertebroplasty.cement.permeability import BedParameters
from vertebroplasty.cement.product import product
from vertebroplasty.cement.rheology import PowerLaw, cannula_pressure, power_law
from vertebroplasty.cement.setting import SettingClock
from vertebroplasty.fluoroscopy.cement_shadow import CementMix
from vertebroplasty.fluoroscopy.image import xray
from vertebroplasty.fluoroscopy.trunk import trunk_thickness_mm
from vertebroplasty.fluoroscopy.views import true_ap, true_lateral
from vertebroplasty.fluoroscopy.visibility import visibility
from vertebroplasty.geometry.gauges import gauge

KPA, M3_PER_ML = 1e-3, 1e-6
CANNULA_M = 0.125
PERMEABILITIES = (3e-9, 1e-8, 5e-8)
OPEN_M2 = 1e-6

# --- the cannula's share of the pressure


def tip_kpa(law, permeability, ml_per_min, volume_ml=4.0):
    """Pressure at the tip once so much cement of one age lies in even bone."""
    bed, rate = block((25, 25, 25), 1.0, permeability=permeability), ml_per_min / 60.0
    flow = started(bed, ball(bed, 1.5), tolerance=1e-6)
    for _ in fill_with(flow, volume_ml, law, rate=rate, portion=0.25):
        pass
    return KPA * flow.solve(rate, law).tip_pa


def cannula_share(gauge_number, tip, law, ml_per_min=4.0):
    """Share of the pressure at the syringe that the cannula takes."""
    radius_m = 0.5e-3 * gauge(gauge_number).inner_mm
    alone = KPA * cannula_pressure(law, ml_per_min / 60.0 * M3_PER_ML, radius_m=radius_m, length_m=CANNULA_M)
    return alone / (alone + tip)


def newtonian_shares(gauge_number, viscosity=100.0):
    """The cannula's share for cement that neither sets nor thins, in bone of three permeabilities."""
    law = PowerLaw(consistency_pa_s=viscosity, index=1.0)
    return {k: cannula_share(gauge_number, tip_kpa(law, k, 4.0), law) for k in PERMEABILITIES}


@dataclass(frozen=True)
class Push:
    """A simulated push into a drawn body: highest pressure at the syringe, and the cannula's share of it."""

    peak_mpa: float
    share: float


def simulated_push(gauge_number, ml_per_min, permeability=1e-8, start_s=330.0):
    """3 ml of the medium cement, as `inject` pushes it: it thins with shear, and warms and sets in the bone."""
    body = boxed_body(spacing=1.5)
    run = inject(
        body, path_to(body, (18, 20, 13), gauge_number=gauge_number), rate_ml_per_s=ml_per_min / 60.0, start_s=start_s,
        parameters=BedParameters(axial_permeability_m2=permeability), pressure_limit_kpa=2e4,
    )  # fmt: skip
    return Push(peak_mpa=KPA * run.peak_pressure_kpa, share=1.0 - run.peak_tip_pressure_kpa / run.peak_pressure_kpa)


# --- a foam with a leak path beside the tip

GROUPS = (("pmma-low", 3.5), ("pmma-low", 6.5), ("pmma-low", 9.5), ("pmma-high", 3.5), ("pmma-high", 6.5))


def leaked_g(product_key, start_min, *, index=None, spacing=1.5):
    """Grams that left a drained block through a 4 mm bore beside the tip; nothing stops the push.

    `index` holds the shear index at one value.  Past the end of handling the consistency goes on growing, so that the
    late group can be pushed at all.
    """
    cement = product(product_key)
    clock = SettingClock(product=cement)

    def law_at(now_s):
        law = power_law(cement, clock.equivalent_min(now_s))
        return law if index is None else PowerLaw(consistency_pa_s=law.consistency_pa_s, index=index)

    return _leaked_ml(law_at, 60.0 * start_min, spacing) * cement.density_g_per_cm3


def leaked_of_viscosity(viscosity, *, spacing=1.5):
    """Millilitres that leak there of a fluid of one viscosity."""
    return _leaked_ml(lambda _: PowerLaw(consistency_pa_s=viscosity, index=1.0), 0.0, spacing)


def _leaked_ml(law_at, start_s, spacing, volume_ml=6.0, rate=0.05):
    bed = _foam(spacing)
    flow = started(bed, ball(bed, 1.5), tolerance=1e-5)
    never, now, left = np.full(flow.site_volume.size, np.inf), start_s, volume_ml
    while left > 1e-9:
        law = law_at(now)
        if not flow.speed.any():
            flow.prime(flow.solve(rate, law), rate)
        step = min(0.1, left) / rate
        moved = flow.advance(flow.solve(rate, law), rate, start_s=now, duration_s=step, threshold_ml=never)
        now, left = now + moved.duration_s, left - moved.duration_s * rate
    return float(flow.site_volume.sum())


def _foam(spacing, size_mm=34.0, bore_mm=4.0):
    """A cube in which a bore runs from 2 mm beside its middle to the outside."""
    cells = 2 * round(0.5 * size_mm / spacing) + 1
    bed = block((cells,) * 3, spacing, permeability=1e-8)
    k, j, i = np.indices(bed.inside.shape)
    middle = (np.array(bed.inside.shape) - 1) / 2
    beside = np.hypot(j - middle[1], k - middle[0]) * spacing <= 0.5 * bore_mm
    bore = beside & ((i - middle[2]) * spacing >= 2.0) & (bed.inside | bed.outside)
    bed.permeability_m2[bed.outside] = OPEN_M2
    bed.permeability_m2[bore & bed.inside] = (0.5e-3 * bore_mm) ** 2 / 8
    bed.porosity[bore] = 1.0
    return bed


# --- random vertebrae

SHAPE, SPACING_MM = (20, 28, 26), 2.0
CORTICAL = ("paravertebral", "epidural", "foramen-left", "foramen-right", "disc-above", "disc-below")
VENOUS = ("segmental-vein", "basivertebral-vein")


@dataclass(frozen=True)
class Leaked:
    """What leaked from one specimen."""

    site_ml: dict

    @property
    def cortical(self):
        return any(site in self.site_ml for site in CORTICAL)

    @property
    def venous(self):
        return any(site in self.site_ml for site in VENOUS)

    @property
    def any(self):
        return bool(self.site_ml)


def specimen(seed, product_key="pmma-low", *, breach=False, cleft=False, volume_ml=4.0):
    """One random body, injected under the usual stop rules: all that is drawn depends on the seed alone.

    Drawn: the density's texture, the veins' places, the tip, permeability, consistency and reaction time, and where a
    breach would be.  A cleft lies at the breach's height and reaches the shell all round, as a fracture does.
    """
    rng = np.random.default_rng(seed)
    body = boxed_body(shape=SHAPE, spacing=SPACING_MM)
    nk, nj, ni = SHAPE
    texture = ndimage.gaussian_filter(rng.standard_normal(SHAPE), 2.0)
    marrow = body.tissue == Tissue.TRABECULAR
    body.hu[marrow] = np.clip(110.0 + 60.0 * texture[marrow] / texture.std(), 20.0, 400.0)
    _with_veins(body, int(rng.integers(-2, 3)), int(rng.integers(13, 21)))
    wall, height, depth, across = (int(rng.integers(*span)) for span in ((0, 3), (6, nk - 8), (13, 20), (7, ni - 8)))
    tip = (ni / 2 + rng.uniform(-4, 4), rng.uniform(15, 20), nk / 2 + rng.uniform(-2.5, 2.5))
    looser, thicker = rng.standard_normal(2) / 1.96
    reaction_s = rng.uniform(0.5, 2.0)
    if cleft:
        slab = np.zeros(SHAPE, bool)
        slab[height, 14 : nj - 6, 6 : ni - 6] = True
        _paint(body, slab & (body.tissue == Tissue.TRABECULAR), Tissue.CLEFT, -50.0)
    if breach:
        gap, tall = np.zeros(SHAPE, bool), slice(height, height + 2)
        place = (
            (tall, slice(depth, depth + 2), slice(4, 8)),
            (tall, slice(depth, depth + 2), slice(ni - 8, ni - 4)),
            (tall, slice(nj - 8, nj - 4), slice(across, across + 2)),
        )[wall]
        gap[place] = True
        _paint(body, gap & (body.tissue == Tissue.CORTEX), Tissue.TRABECULAR, 0.0)
    run = inject(
        body, path_to(body, tip), product=product_key, volume_ml=volume_ml, reaction_s=float(reaction_s),
        parameters=BedParameters(axial_permeability_m2=1e-8 * 5.0**looser, consistency_factor=2.0**thicker),
    )  # fmt: skip
    return Leaked({leak.site.value: leak.volume_ml for leak in run.leaks})


def _paint(body, where, tissue, hu):
    body.tissue[where] = tissue
    body.hu[where] = hu


def _with_veins(body, rise, depth):
    """The basivertebral vein in the middle, a segmental vein on each side."""
    nk, _, ni = SHAPE
    vein = (slice(nk // 2 - 1, nk // 2 + 1), slice(10, 17), slice(ni // 2 - 1, ni // 2 + 1))
    body.tissue[vein] = Tissue.BASIVERTEBRAL_VEIN
    body.part[vein] = Part.BODY
    for side in (slice(0, 9), slice(ni - 9, ni)):
        body.tissue[nk // 2 + rise, depth, side] = Tissue.SEGMENTAL_VEIN


def odds_ratio(with_it, without):
    """Odds ratio of two series of yes and no, half a case added to every cell so that none is empty."""
    a, b = sum(with_it) + 0.5, sum(not x for x in with_it) + 0.5
    c, d = sum(without) + 0.5, sum(not x for x in without) + 0.5
    return a * d / (b * c)


# --- spread along the spine's axes


def spread_ap_over_si(viscosity=100.0, volume_ml=3.0):
    """Ratio of the cement's spread along AP and SI in even bone with the measured anisotropy."""
    bed = block((27, 27, 27), 1.0, factors=(0.78, 0.78, 1.0))
    flow = started(bed, ball(bed, 1.5), tolerance=1e-6)
    for _ in fill_with(flow, volume_ml, PowerLaw(consistency_pa_s=viscosity, index=1.0), portion=0.2):
        pass
    middle = [(n - 1) / 2 for n in bed.inside.shape]
    k, j, _ = (index - at for index, at in zip(np.indices(bed.inside.shape), middle, strict=True))
    return float(np.sqrt((flow.content * j**2).sum() / (flow.content * k**2).sum()))


# --- heat


def bolus(share, *, volume_ml=4.0, spacing=1.0):
    """A ball of cement that takes up so much of the space: 0.85 in a trabecular bed, 1 in a cleft."""
    radius = (3.0 * volume_ml * 1000.0 / share / (4.0 * np.pi)) ** (1 / 3) / spacing
    n = int(np.ceil(radius)) + 2
    away = np.sqrt(sum((axis - n) ** 2 for axis in np.indices((2 * n + 1,) * 3)))
    return heat_in_bone(share * np.clip(radius - away + 0.5, 0.0, 1.0), spacing)


# --- what an X-ray shows


def visible_ml(spine, powder_fractions):
    """For each share of barium in the powder, by site, the smallest ball of cement that one of AP and lateral shows.

    Frames of the real L3 at 80 kVp; the needle's track is left out, for no needle lies there.
    """
    level = spine["L3"]
    vertebra, grid = find_vertebra(level), build_grid(level)
    poses = true_ap(vertebra.frame), true_lateral(vertebra.frame)
    pictures = [xray(level.ct, pose, thickness_mm=trunk_thickness_mm(pose)) for pose in poses]
    tables = []
    for fraction in powder_fractions:
        mix = CementMix.of_powder("barium-sulfate", powder_fraction=fraction, powder_g=20.0, liquid_g=9.2)
        views = [visibility(picture, grid, mix) for picture in pictures]
        best = {}
        for seen in (each for view in views for each in view if each.smallest_visible_ml is not None):
            best[seen.site] = min(best.get(seen.site, np.inf), seen.smallest_visible_ml)
        tables.append(best)
    return tables
