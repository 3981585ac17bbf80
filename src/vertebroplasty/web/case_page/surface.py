"""The vertebra's surface as triangles for the three-dimensional view, in the vertebra's own axes."""

import struct
from dataclasses import dataclass
from itertools import product

import numpy as np
from jaxtyping import Float32, Int, Int32

from vertebroplasty.anatomy.resampling import onto
from vertebroplasty.anatomy.vertebra import Vertebra
from vertebroplasty.case.opened import OpenedCase
from vertebroplasty.geometry.frame import Affine
from vertebroplasty.web.case_page.views import BEHIND_MM, DEEP_MM, HIGH_MM, WIDE_MM
from vertebroplasty.web.cases.beside import kept_beside_the_case

__all__ = ["Surface", "as_mz3", "bone_surface", "surface_of"]

SPACING_MM = 1.0  # [choice] fine enough to see a pedicle's shape, coarse enough to turn without a graphics card
FAR_MM = 10.0  # [choice] outside, where the outline is not known
MZ3_MAGIC, MZ3_FACES_AND_VERTICES = 0x5A4D, 3  # [exact] the format's first numbers
Volume = Float32[np.ndarray, "k j i"]


@dataclass(frozen=True, eq=False, kw_only=True)
class Surface:
    """Vertices in mm (right, anterior, superior) and triangles that turn anticlockwise seen from outside."""

    vertices_mm: Float32[np.ndarray, "n 3"]
    triangles: Int32[np.ndarray, "m 3"]


@kept_beside_the_case
def bone_surface(case: OpenedCase) -> Surface:
    """The outer surface of the level's bone."""
    vertebra: Vertebra = case.rehearsal.vertebra
    shape = tuple(round(length / SPACING_MM) + 1 for length in (HIGH_MM, DEEP_MM, WIDE_MM))
    start = np.array([-WIDE_MM / 2, -BEHIND_MM, -HIGH_MM / 2])
    grid = Affine.from_parts(vertebra.frame.to_world(start), vertebra.frame.axes.T, np.full(3, SPACING_MM))
    distance = onto(vertebra.distance_mm, vertebra.distance_affine, grid, shape, beyond=FAR_MM)
    found = surface_of(np.asarray(distance, np.float32))
    return Surface(vertices_mm=(start + SPACING_MM * found.vertices_mm).astype(np.float32), triangles=found.triangles)


def surface_of(distance: Volume) -> Surface:
    """Where a field changes from negative (inside) to positive, vertices in (i, j, k) of the array.

    Every cell that the surface crosses gets one vertex, the mean of the crossings on its edges; every crossed edge of
    the lattice gets a quadrilateral of its four cells (naive surface nets).  The field is positive at the array's rim.
    """
    inside = distance < 0
    cells = tuple(n - 1 for n in distance.shape)
    total, count = np.zeros((*cells, 3), np.float32), np.zeros(cells, np.int32)
    for axis in range(3):
        crossing, at = _crossings(distance, inside, axis)
        for shift in product((0, 1), repeat=2):
            corner = np.insert(np.array(shift), axis, 0)
            part = tuple(slice(s, s + n) for s, n in zip(corner, cells, strict=True))
            here = crossing[part]
            place = np.broadcast_to(corner, (*cells, 3)).astype(np.float32).copy()
            place[..., axis] += at[part]
            total += np.where(here[..., None], place, 0)
            count += here
    active = np.argwhere(count)
    number = np.full(cells, -1, np.int64)
    number[tuple(active.T)] = np.arange(len(active))
    vertices = active + total[tuple(active.T)] / count[tuple(active.T)][:, None]
    triangles = np.concatenate([_quads(inside, number, axis) for axis in range(3)])
    return Surface(vertices_mm=vertices[:, ::-1].astype(np.float32), triangles=triangles.astype(np.int32))


def _crossings(distance: Volume, inside: np.ndarray, axis: int) -> tuple[np.ndarray, np.ndarray]:
    """Which edges along an axis are crossed, and where between their ends."""
    near, far = _ends(distance, axis)
    inside_near, inside_far = _ends(inside, axis)
    crossing = inside_near != inside_far
    span = np.where(crossing, near - far, 1)
    return crossing, np.where(crossing, near / span, 0).astype(np.float32)


def _ends(values: np.ndarray, axis: int) -> tuple[np.ndarray, np.ndarray]:
    """The values at both ends of every edge along an axis."""
    count = values.shape[axis]
    return values.take(range(count - 1), axis), values.take(range(1, count), axis)


def _quads(inside: np.ndarray, number: Int[np.ndarray, "k j i"], axis: int) -> Int[np.ndarray, "m 3"]:
    """Two triangles around every crossed edge along an axis, turned by which end is inside."""
    near, far = _ends(inside, axis)
    edges = np.argwhere(near != far)
    first, second = ((axis + 1) % 3, (axis + 2) % 3)
    within = (edges[:, first] > 0) & (edges[:, second] > 0)
    within &= (edges[:, first] < number.shape[first]) & (edges[:, second] < number.shape[second])
    edges = edges[within]
    corners = []
    for a, b in ((1, 1), (0, 1), (0, 0), (1, 0)):
        cell = edges.copy()
        cell[:, first] -= a
        cell[:, second] -= b
        corners.append(number[tuple(cell.T)])
    quad = np.stack(corners, axis=1)
    # Indices run (k, j, i), which is left-handed in (i, j, k): the turn is the other way round.
    turned = near[tuple(edges.T)]
    quad[turned] = quad[turned][:, ::-1]
    return np.concatenate([quad[:, [0, 1, 2]], quad[:, [0, 2, 3]]])


def as_mz3(surface: Surface) -> bytes:
    """The surface in the MZ3 format, which the viewer reads."""
    head = struct.pack("<HHIII", MZ3_MAGIC, MZ3_FACES_AND_VERTICES, len(surface.triangles), len(surface.vertices_mm), 0)
    return head + surface.triangles.astype("<i4").tobytes() + surface.vertices_mm.astype("<f4").tobytes()
