"""Ready phantoms: the demonstration patient, and random spines for testing the ± of measurements."""

from dataclasses import replace

import numpy as np
from scipy.spatial.transform import Rotation

from vertebroplasty.phantom.records import Trunk
from vertebroplasty.phantom.shape import Breach, LevelShape, PedicleShape
from vertebroplasty.phantom.spine import SpinePhantom

__all__ = ["demo_patient", "random_phantom"]

OSTEOPOROTIC_HU = 70.0  # [choice] marrow of the demonstration patient
DEMO_SEED = 20  # [choice] noise of the demonstration patient
TILT_DEG = 30.0  # [choice] largest turn of a random patient


def demo_patient() -> SpinePhantom:
    """An osteoporotic spine L1–L3 with a wedge fracture of L2.

    Its front is 28 % lower than the neighbours' (Genant grade 2), the posterior wall is intact, and the upper
    endplate has a hole of 4 mm near the fracture.
    """
    whole = LevelShape(trabecular_hu=OSTEOPOROTIC_HU, arch_hu=180.0, cortex_mm=1.1)
    broken = replace(
        whole,
        anterior_mm=19.5,
        middle_mm=20.5,
        posterior_mm=26.5,
        upper_share=0.9,
        depth_mm=33.0,
        width_mm=43.5,
        breaches=(Breach(toward="disc-above", at_mm=(4.0, 6.0), diameter_mm=4.0),),
    )
    return SpinePhantom(
        levels={
            "L1": replace(whole, anterior_mm=26.0, middle_mm=24.8, posterior_mm=27.0, depth_mm=32.0, width_mm=42.0),
            "L2": broken,
            "L3": replace(whole, anterior_mm=28.0, middle_mm=25.6, posterior_mm=27.5, depth_mm=34.0, width_mm=45.0),
        },
        rotation_deg=(4.0, -3.0, 5.0),
        lordosis_deg=4.0,
        noise_hu=18.0,
        seed=DEMO_SEED,
        trunk=Trunk(),
    )


def _random_pedicle(rng: np.random.Generator) -> PedicleShape:
    return PedicleShape(
        width_mm=rng.uniform(6.0, 11.0),
        height_mm=rng.uniform(12.0, 15.0),
        convergence_deg=rng.uniform(5.0, 18.0),
        tilt_deg=rng.uniform(-4.0, 6.0),
    )


def _random_shape(rng: np.random.Generator, *, deformed: bool) -> LevelShape:
    """A lumbar level of random size; a deformed one loses front and middle height."""
    posterior = rng.uniform(25.0, 30.0)
    loss = rng.uniform(0.2, 0.4) if deformed else rng.uniform(-0.04, 0.06)
    anterior = posterior * (1.0 - loss)
    dip = rng.uniform(1.5, 5.0) if deformed else rng.uniform(1.0, 3.0)
    return LevelShape(
        anterior_mm=anterior,
        middle_mm=0.5 * (anterior + posterior) - dip,
        posterior_mm=posterior,
        upper_share=rng.uniform(0.3, 0.9),
        depth_mm=rng.uniform(30.0, 35.0),
        width_mm=rng.uniform(40.0, 48.0),
        trabecular_hu=rng.uniform(50.0, 180.0),
        cortex_mm=rng.uniform(1.0, 1.5),
        pedicle_left=_random_pedicle(rng),
        pedicle_right=_random_pedicle(rng),
        canal_ap_mm=rng.uniform(15.0, 19.0),
        canal_width_mm=rng.uniform(22.0, 26.0),
    )


def random_phantom(rng: np.random.Generator) -> SpinePhantom:
    """A random L1–L3: patient turned up to 30° about a random axis, thick or isotropic slices, noise.

    The small field of view holds muscle instead of a trunk; half of the middle levels are wedged.
    """
    axis = rng.normal(size=3)
    turn = Rotation.from_rotvec(axis / np.linalg.norm(axis) * rng.uniform(0.0, TILT_DEG), degrees=True)
    about_x, about_y, about_z = (float(angle) for angle in turn.as_euler("xyz", degrees=True))
    in_plane = rng.uniform(0.6, 1.2)
    through = rng.uniform(1.0, 3.0) if rng.random() < 0.5 else in_plane
    names = ("L1", "L2", "L3")
    broken = rng.random() < 0.5
    return SpinePhantom(
        levels={name: _random_shape(rng, deformed=broken and name == "L2") for name in names},
        spacing_mm=(in_plane, in_plane, through),
        rotation_deg=(about_x, about_y, about_z),
        centre_lps_mm=(rng.uniform(-40.0, 40.0), rng.uniform(-150.0, 150.0), rng.uniform(-900.0, 900.0)),
        disc_mm=rng.uniform(7.0, 11.0),
        lordosis_deg=rng.uniform(0.0, 20.0),
        scoliosis_deg=rng.uniform(-6.0, 6.0),
        noise_hu=rng.uniform(5.0, 40.0),
        seed=int(rng.integers(2**31)),
    )
