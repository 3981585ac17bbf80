"""A vertebra drawn by formula: rounded-box body, two cylinders as pedicles, a slab as arch, in any pose and spacing.

Everything about it is known in closed form: the signed distance to the outer bone surface, the frame, the pedicles.
"""

from dataclasses import dataclass, field

import numpy as np

from vertebroplasty.anatomy.levels import LevelEvidence, Spine
from vertebroplasty.anatomy.vertebra import Canal, Part, Pedicle, Vertebra, WallLine
from vertebroplasty.anatomy.volume import CtVolume, crop_slices
from vertebroplasty.geometry.frame import Affine, Frame

HALF = np.array([23.0, 16.0, 14.0])  # half width, depth and height of the body
ROUNDING = 5.0
PEDICLE_RIGHT_MM, PEDICLE_UP_MM = 13.0, 6.0
WALL = -16.0
CORTEX_HU, SPONGY_HU, SOFT_HU, AIR_HU = 800.0, 150.0, 40.0, -1000.0


def rotation(yaw=0.0, pitch=0.0, roll=0.0):
    """Rotation matrix from degrees about z, x and y."""
    a, b, c = np.radians([yaw, pitch, roll])
    about_z = np.array([[np.cos(a), -np.sin(a), 0], [np.sin(a), np.cos(a), 0], [0, 0, 1]])
    about_x = np.array([[1, 0, 0], [0, np.cos(b), -np.sin(b)], [0, np.sin(b), np.cos(b)]])
    about_y = np.array([[np.cos(c), 0, np.sin(c)], [0, 1, 0], [-np.sin(c), 0, np.cos(c)]])
    return about_z @ about_x @ about_y


def box(points, centre, half, rounding=0.0):
    """Signed distance to a box with rounded edges."""
    q = np.abs(points - centre) - (np.asarray(half) - rounding)
    return np.linalg.norm(np.maximum(q, 0), axis=-1) + np.minimum(q.max(axis=-1), 0) - rounding


def cylinder(points, side, radius):
    """Signed distance to a pedicle: a cylinder along the anterior axis from within the body to the back of the arch."""
    radial = np.hypot(points[..., 0] - side * PEDICLE_RIGHT_MM, points[..., 2] - PEDICLE_UP_MM) - radius
    along = np.abs(points[..., 1] + 22.0) - 18.0
    q = np.stack([radial, along], axis=-1)
    return np.linalg.norm(np.maximum(q, 0), axis=-1) + np.minimum(q.max(axis=-1), 0)


@dataclass
class HandMade:
    """The drawing's choices; `vertebra()` draws it."""

    spacing: tuple = (1.0, 1.0, 1.0)  # along LPS x, y, z
    rotation: np.ndarray = field(default_factory=lambda: np.eye(3))
    centre: tuple = (0.0, 0.0, 0.0)
    radius: dict = field(default_factory=lambda: {"left": 4.5, "right": 4.5})
    cortex_mm: float = 1.5
    spongy_hu: float = SPONGY_HU
    noise_hu: float = 0.0
    paint: tuple = ()  # of (function of local points -> bool mask, HU)
    gaps: tuple = ()  # functions of local points -> where the body has no cortex
    contrast: bool | None = None
    half_fov: tuple = (50.0, 85.0, 35.0)
    neighbours: bool = False

    def bone_distance(self, points):
        """Signed distance to the outer bone surface at local points."""
        parts = [
            box(points, np.zeros(3), HALF, ROUNDING),
            cylinder(points, -1, self.radius["left"]),
            cylinder(points, 1, self.radius["right"]),
            box(points, np.array([0.0, -36.0, 2.0]), (20.0, 4.0, 10.0), 2.0),
        ]
        return np.min(parts, axis=0)

    def frame(self):
        """Its axes in LPS, turned by `rotation`."""
        upright = np.array([[-1.0, 0, 0], [0, -1.0, 0], [0, 0, 1.0]])
        return Frame(np.asarray(self.centre, float), *(upright @ self.rotation.T))

    def vertebra(self):
        """CT, labels and the found vertebra in one."""
        spacing = np.asarray(self.spacing, float)
        half = np.asarray(self.half_fov)
        counts = np.round(2 * half / spacing).astype(int) + 1
        affine = Affine.from_parts(np.asarray(self.centre) - half, np.eye(3), spacing)
        k, j, i = np.meshgrid(*(np.arange(n) for n in counts[::-1]), indexing="ij")
        local = self.frame().to_local(affine.to_world(np.stack([i, j, k], -1)))
        distance = self.bone_distance(local)
        hu = self._hu(local, distance, spacing)
        labels = np.where(distance < 0, 22, 0).astype(np.uint8)
        names = {22: "L3"}
        if self.neighbours:
            for value, name, up in ((21, "L2", 38.0), (23, "L4", -38.0)):
                other = box(local, np.array([0, 0, up]), HALF, ROUNDING)
                labels[other < 0] = value
                hu[other < 0] = SPONGY_HU
                names[value] = name
        hu = hu + np.random.default_rng(1).normal(0, self.noise_hu, hu.shape) if self.noise_hu else hu
        ct = CtVolume(hu=hu.astype(np.float32), affine=affine, contrast_agent_stated=self.contrast)
        evidence = {n: LevelEvidence(counted_from="none", neighbours=(), suspicious=()) for n in names.values()}
        spine = Spine(ct=ct, labels=labels, affine=affine, names=names, scheme="test", evidence=evidence)
        return self._found(spine, local, distance)

    def _hu(self, local, distance, spacing):
        """Smooth HU: each material's share within one voxel of its edge."""
        blur = float(np.mean(spacing))
        bone = np.clip(0.5 - distance / blur, 0, 1)
        spongy = np.clip(0.5 - (distance + self.cortex_mm) / blur, 0, 1)
        for gap in self.gaps:
            spongy = np.where(gap(local), bone, spongy)
        hu = SOFT_HU + bone * (CORTEX_HU - SOFT_HU) + spongy * (self.spongy_hu - CORTEX_HU)
        hu[local[..., 1] < -70] = AIR_HU
        for where, value in self.paint:
            hu[where(local)] = value
        return hu

    def _found(self, spine, local, distance):
        """The dataclass that finding it would return."""
        slices = crop_slices(spine.labels == 22, 8.0, spine.affine.spacing_mm)
        start = tuple(s.start for s in slices[::-1])
        local, distance = local[slices], distance[slices]
        part = np.zeros(distance.shape, np.uint8)
        bone = distance < 0
        part[bone] = Part.ARCH
        behind = bone & (local[..., 1] <= WALL) & (local[..., 1] > -32)
        part[behind & (local[..., 0] < 0)] = Part.PEDICLE_LEFT
        part[behind & (local[..., 0] > 0)] = Part.PEDICLE_RIGHT
        part[bone & (local[..., 1] > WALL)] = Part.BODY
        pedicles = {
            side: Pedicle(
                side=side,
                isthmus_mm=np.array([sign * PEDICLE_RIGHT_MM, -24.0, PEDICLE_UP_MM]),
                axis=np.array([0.0, 1.0, 0.0]),
                width_mm=2 * self.radius[side],
                height_mm=2 * self.radius[side],
                length_mm=16.0,
                radius_mm=self.radius[side],
                isthmus_found=True,
            )
            for side, sign in (("left", -1), ("right", 1))
        }
        half_width = PEDICLE_RIGHT_MM - max(self.radius.values())
        canal = Canal(
            superior_mm=np.array([-14.0, 14.0]),
            centre_right_mm=np.zeros(2),
            centre_anterior_mm=np.full(2, -24.0),
            half_width_mm=half_width,
            half_depth_mm=8.0,
            closed_fraction=1.0,
        )
        return Vertebra(
            level=spine["L3"],
            frame=self.frame(),
            distance_mm=distance.astype(np.float32),
            distance_affine=spine.affine.shifted(start),
            part=part,
            posterior_wall=WallLine(at_zero_mm=WALL, slope=0.0),
            anterior_wall=WallLine(at_zero_mm=16.0, slope=0.0),
            upper_mm=14.0,
            lower_mm=-14.0,
            left_mm=-23.0,
            right_mm=23.0,
            canal=canal,
            pedicles=pedicles,
        )
