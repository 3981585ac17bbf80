"""The triangles of the three-dimensional view enclose what the field says lies inside."""

import struct

import numpy as np

from vertebroplasty.web.case_page.surface import as_mz3, bone_surface, surface_of

RADIUS = 9.0


def ball(centre=(12.3, 11.8, 12.1), size=25):
    k, j, i = np.indices((size,) * 3)
    return (np.sqrt((i - centre[0]) ** 2 + (j - centre[1]) ** 2 + (k - centre[2]) ** 2) - RADIUS).astype(np.float32)


def enclosed(surface):
    """Volume by the divergence theorem, positive where the triangles turn anticlockwise seen from outside."""
    a, b, c = (surface.vertices_mm[surface.triangles[:, n]].astype(float) for n in range(3))
    return float(np.einsum("ij,ij->i", a, np.cross(b, c)).sum()) / 6.0


def test_a_ball_has_the_volume_of_a_ball_and_its_triangles_face_outwards():
    found = surface_of(ball())
    # Vertices are means of crossings, so they lie inside a curved surface: by about 1/(8 r) of a voxel.
    np.testing.assert_allclose(enclosed(found), 4 / 3 * np.pi * RADIUS**3, rtol=0.02)


def test_vertices_lie_on_the_surface_in_the_order_right_anterior_superior():
    centre = (12.3, 9.0, 14.0)
    found = surface_of(ball(centre))
    np.testing.assert_allclose(np.linalg.norm(found.vertices_mm - centre, axis=1), RADIUS, atol=0.15)


def test_the_surface_is_closed():
    """Every edge belongs to two triangles, once in each direction."""
    triangles = surface_of(ball()).triangles
    edges = np.concatenate([triangles[:, [0, 1]], triangles[:, [1, 2]], triangles[:, [2, 0]]])
    forth = {(int(a), int(b)) for a, b in edges}
    assert len(forth) == len(edges)
    assert all((b, a) in forth for a, b in forth)


def test_nothing_inside_has_no_surface():
    found = surface_of(np.ones((4, 4, 4), np.float32))
    assert found.vertices_mm.shape == (0, 3)
    assert found.triangles.shape == (0, 3)


def test_the_bone_has_the_volume_of_its_label(opened):
    vertebra = opened.rehearsal.vertebra
    label_mm3 = np.count_nonzero(vertebra.distance_mm < 0) * vertebra.distance_affine.voxel_ml * 1000
    # One millimetre of lattice smooths the edges of the processes away.
    np.testing.assert_allclose(enclosed(bone_surface(opened)), label_mm3, rtol=0.06)


def test_the_file_holds_the_triangles_and_vertices():
    surface = surface_of(ball(size=24))
    data = as_mz3(surface)
    magic, attributes, faces, vertices, skip = struct.unpack("<HHIII", data[:16])
    assert (magic, attributes, faces, vertices, skip) == (23117, 3, len(surface.triangles), len(surface.vertices_mm), 0)
    np.testing.assert_array_equal(np.frombuffer(data, "<i4", 3 * faces, 16).reshape(-1, 3), surface.triangles)
    np.testing.assert_array_equal(
        np.frombuffer(data, "<f4", 3 * vertices, 16 + 12 * faces).reshape(-1, 3), surface.vertices_mm
    )
    assert len(data) == 16 + 12 * faces + 12 * vertices
