"""The real lumbar CT crop with its labels, read without the intake room: L3 complete, L2 and L4 cut."""

import nibabel
import numpy as np

from vertebroplasty.anatomy.levels import LevelEvidence, Spine
from vertebroplasty.anatomy.volume import CtVolume
from vertebroplasty.geometry.frame import Affine

NAMES = {21: "L2", 22: "L3", 23: "L4"}


def read(path):
    """Array [k, j, i] and its affine to LPS."""
    image = nibabel.load(path)
    matrix = np.diag([-1.0, -1.0, 1.0, 1.0]) @ image.affine
    return np.ascontiguousarray(np.asarray(image.dataobj).transpose(2, 1, 0)), Affine(matrix)


def real_spine(data):
    """A fresh spine from the folder of real CTs."""
    folder = data / "l3_verse"
    hu, affine = read(folder / "sub-ct_label-22_ct.nii.gz")
    labels, label_affine = read(folder / "sub-ct_seg-vert_label-22_msk.nii.gz")
    evidence = {n: LevelEvidence(counted_from="none", neighbours=(), suspicious=()) for n in NAMES.values()}
    ct = CtVolume(hu=hu, affine=affine)
    return Spine(ct=ct, labels=labels, affine=label_affine, names=NAMES, scheme="verse", evidence=evidence)
