"""The heat that `inject --heat` tells of: of acrylic cement in bone, and why of no other."""

from types import SimpleNamespace

import numpy as np

from vertebroplasty.anatomy.grid import Tissue
from vertebroplasty.case.warming import heat_of
from vertebroplasty.documents.inject import HeatEntry

SHAPE = (10, 10, 10)


def finished(product="pmma-medium", part=0.85):
    fill = np.zeros(SHAPE, np.float32)
    fill[3:7, 4:8, 3:7] = part
    return SimpleNamespace(product=product, fill=fill)


def grid(canal=True):
    tissue = np.full(SHAPE, Tissue.TRABECULAR)
    if canal:
        tissue[:, 0, :] = Tissue.CANAL
    return SimpleNamespace(tissue=tissue, spacing_mm=2.0)


def test_an_acrylic_warms_bone_and_the_canal_least():
    found = heat_of(finished(), grid(), 22.0)
    assert isinstance(found, HeatEntry)
    assert 37.0 <= found.peak_canal_c < found.peak_bone_c < found.peak_cement_c


def test_without_a_canal_its_temperature_is_unknown():
    assert heat_of(finished(), grid(canal=False), 22.0).peak_canal_c is None


def test_where_nothing_warms_a_sentence_says_why():
    assert heat_of(finished("calcium-phosphate"), grid(), 22.0) == "this cement sets without noticeable heat"
    assert heat_of(finished(part=0.0), grid(), 22.0) == "no cement came into the bone"
