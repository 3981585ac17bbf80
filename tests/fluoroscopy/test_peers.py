"""Line integrals of the real CT against programs by others: the same geometry, one energy, less than 1 % apart."""

from dataclasses import dataclass

import numpy as np
import pytest

from conftest import missing
from drr_peers import (
    DIFFDRR_REMEDY,
    PLASTIMATCH_REMEDY,
    DiffDrr,
    along_patient_axes,
    diffdrr_python,
    has_plastimatch,
    plastimatch_picture,
    run_plastimatch,
    write_mha,
)
from real_spine import read
from vertebroplasty.fluoroscopy.detector import Detector
from vertebroplasty.fluoroscopy.projector import project_exact, project_smooth
from vertebroplasty.geometry.c_arm_view import CArmView
from vertebroplasty.geometry.frame import Affine

WATER_PER_CM = 0.206  # water at 60 keV; one factor for all
ROUNDING = 1e-5  # all programs work in single precision, some hundred sums a ray
SAMPLING = 5e-3  # between ways to interpolate: steps of half a voxel miss that much of a CT's grain


@dataclass(frozen=True)
class Case:
    volume: np.ndarray
    affine: Affine
    detector: Detector


@pytest.fixture(scope="module", params=[(180.0, 0.0), (155.0, 10.0), (90.0, 0.0)], ids=str)
def case(request, data) -> Case:
    """Attenuation of the real L3 at one energy, with a rim of air."""
    hu, affine = read(data / "l3_verse" / "sub-ct_label-22_ct.nii.gz")
    attenuation = np.pad(np.maximum(0.0, WATER_PER_CM * (1.0 + hu.astype(np.float32) / 1000.0)), 1)
    affine = affine.shifted((-1, -1, -1))
    lao, cranial = request.param
    middle = affine.to_world((np.array(attenuation.shape[::-1]) - 1) / 2)
    view = CArmView(lao_deg=lao, cranial_deg=cranial, isocentre_lps_mm=middle)
    return Case(attenuation.astype(np.float32), affine, Detector(view=view, size=128, pixel_mm=1.4))


def difference(one: np.ndarray, other: np.ndarray) -> float:
    """Root mean square of the difference over that of the picture."""
    return float(np.sqrt(np.mean((one - other) ** 2) / np.mean(other**2)))


@pytest.fixture(scope="module")
def diffdrr(case, tmp_path_factory):
    if diffdrr_python() is None:
        missing("diffdrr", DIFFDRR_REMEDY)
    with DiffDrr(tmp_path_factory.mktemp("diffdrr"), case.volume, case.affine, case.detector, threads=2) as running:
        yield running


@pytest.fixture(scope="module")
def plastimatch(case, tmp_path_factory):
    if not has_plastimatch():
        missing("plastimatch", PLASTIMATCH_REMEDY)
    folder = tmp_path_factory.mktemp("plastimatch")
    write_mha(folder / "volume.mha", *along_patient_axes(case.volume, case.affine))

    def project(algorithm: str) -> np.ndarray:
        run_plastimatch(folder / "volume.mha", case.detector, algorithm)
        return plastimatch_picture(folder)

    return project


def test_exact_agrees_with_diffdrr(case, diffdrr):
    diffdrr.render("siddon")
    ours = project_exact(case.volume, case.affine, case.detector)
    assert difference(ours, diffdrr.picture()) < ROUNDING
    assert difference(ours[:, ::-1], diffdrr.picture()) > 0.01  # a mirrored picture would show


def test_interpolating_agrees_with_diffdrr(case, diffdrr):
    diffdrr.render("trilinear", points=1000)
    ours = project_smooth(case.volume, case.affine, case.detector)
    assert difference(ours, diffdrr.picture()) < SAMPLING


def test_exact_agrees_with_plastimatch(case, plastimatch):
    ours = project_exact(case.volume, case.affine, case.detector)
    assert difference(ours, plastimatch("exact")) < ROUNDING


def test_interpolating_agrees_with_plastimatch(case, plastimatch):
    ours = project_smooth(case.volume, case.affine, case.detector)
    assert difference(ours, plastimatch("uniform")) < SAMPLING
