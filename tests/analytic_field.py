"""Fields and label volumes drawn from formulas, for tests that know the answer."""

import numpy as np

from vertebroplasty.anatomy.levels import LevelEvidence, Spine
from vertebroplasty.anatomy.sampling import Field
from vertebroplasty.anatomy.volume import CtVolume
from vertebroplasty.geometry.frame import Affine, Frame

WORLD = Frame(np.zeros(3), np.array([-1.0, 0, 0]), np.array([0, -1.0, 0]), np.array([0, 0, 1.0]))


def grid(half_mm, spacing_mm, directions=None):
    """Affine of a cube about the origin and the LPS centres of its voxels."""
    spacing = np.broadcast_to(spacing_mm, 3).astype(float)
    counts = 2 * np.ceil(half_mm / spacing).astype(int) + 1
    directions = np.eye(3) if directions is None else directions
    affine = Affine.from_parts(-directions @ (spacing * (counts - 1) / 2), directions, spacing)
    index = np.stack(np.meshgrid(*(np.arange(n) for n in counts), indexing="ij"), axis=-1)
    return affine, affine.to_world(index.transpose(2, 1, 0, 3).astype(float))


def field_of(function, half_mm=40.0, spacing_mm=1.0, directions=None):
    """The field of a function of LPS points."""
    affine, points = grid(half_mm, spacing_mm, directions)
    return Field(function(points).astype(np.float32), affine)


def spine_of(labels, affine, names):
    """A spine of the given labels on an empty CT."""
    evidence = {n: LevelEvidence(counted_from="none", neighbours=(), suspicious=()) for n in names.values()}
    ct = CtVolume(hu=np.zeros(labels.shape, np.int16), affine=affine)
    return Spine(ct=ct, labels=labels, affine=affine, names=names, scheme="verse", evidence=evidence)
