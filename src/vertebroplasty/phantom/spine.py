"""A synthetic lumbar spine: several levels with discs, canal and trunk, painted as a CT with its labels."""

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from jaxtyping import Float, Float32, UInt8

from vertebroplasty.anatomy.levels import LEVELS, LevelEvidence, Spine, level_rank
from vertebroplasty.anatomy.volume import CtVolume
from vertebroplasty.errors import Refused
from vertebroplasty.geometry.frame import Affine, Frame
from vertebroplasty.phantom.implicit import coarse, refine
from vertebroplasty.phantom.poses import Pose, chain, rotation
from vertebroplasty.phantom.records import Trunk, level_records, trunk_record
from vertebroplasty.phantom.shape import LevelShape
from vertebroplasty.phantom.truth import Truth, truth_of

__all__ = ["PATIENT_TO_LPS", "Painting", "SpinePhantom"]

PATIENT_TO_LPS = np.diag([-1.0, -1.0, 1.0])  # [exact] right, anterior, superior to left, posterior, superior
MAX_LEVELS = 5  # [choice] levels one phantom may have
SAMPLE_MM = 0.35  # [choice] sampling distance inside voxels at a surface
GOLDEN_3D = 1.2207440846057596  # [exact] the real root of x⁴ = x + 1
LOWEST_HU, HIGHEST_HU = -1024.0, 3071.0  # [exact] what twelve bits with an offset of 1024 hold
HALF_SIDE_MM = 48.0  # [choice] the field of view beside the spine, without a trunk
BEHIND_MM = 56.0  # [choice] the field of view behind the posterior walls, without a trunk
BEFORE_MM = 8.0  # [choice] the field of view in front of the bodies, without a trunk
BEYOND_MM = 12.0  # [choice] the field of view above the first and below the last level
AIR_MM = 6.0  # [choice] air around the trunk


@dataclass(frozen=True, eq=False)
class Painting:
    """One painted phantom: HU, level number (0 none), subregion id and share of bone of every voxel."""

    hu: Float32[np.ndarray, "k j i"]
    level: UInt8[np.ndarray, "k j i"]
    part: UInt8[np.ndarray, "k j i"]
    bone: Float32[np.ndarray, "k j i"]
    affine: Affine


@dataclass(frozen=True, kw_only=True)
class SpinePhantom:
    """A synthetic spine with known answers.

    `levels` gives each level's shape under its name, consecutive and from the top down.  `rotation_deg` turns the
    patient about the scanner's x, y and z axes (LPS), `grid_rotation_deg` turns the voxel grid; `noise_hu` is the
    standard deviation of white noise drawn from `seed`.  Without a `trunk` muscle fills a small field of view.

    Raises:
        Refused: no level, more than five, or names that do not follow each other.
    """

    levels: dict[str, LevelShape]
    spacing_mm: tuple[float, float, float] = (1.0, 1.0, 1.0)
    rotation_deg: tuple[float, float, float] = (0.0, 0.0, 0.0)
    grid_rotation_deg: tuple[float, float, float] = (0.0, 0.0, 0.0)
    centre_lps_mm: tuple[float, float, float] = (0.0, 0.0, 0.0)
    disc_mm: float = 9.0
    lordosis_deg: float = 8.0
    scoliosis_deg: float = 0.0
    noise_hu: float = 0.0
    seed: int = 0
    trunk: Trunk | None = None

    def __post_init__(self) -> None:
        names = tuple(self.levels)
        if not 1 <= len(names) <= MAX_LEVELS:
            raise Refused(f"A phantom has one to {MAX_LEVELS} levels, not {len(names)}.", where="levels")
        first = level_rank(names[0])
        if names != LEVELS[first : first + len(names)]:
            raise Refused(f"The levels {', '.join(names)} do not follow each other downwards.", where="levels")
        if min(self.spacing_mm) <= 0.0:
            raise Refused("Voxel spacings must be above 0 mm.", where="spacing_mm")

    @cached_property
    def poses(self) -> list[Pose]:
        """Each level's pose in the patient's right, anterior, superior mm about the spine's centre."""
        return chain(tuple(self.levels.values()), self.disc_mm, self.lordosis_deg, self.scoliosis_deg)

    @cached_property
    def patient_frame(self) -> Frame:
        """The patient's right, anterior and superior in the scanner."""
        axes = (rotation(self.rotation_deg) @ PATIENT_TO_LPS).T
        return Frame(np.array(self.centre_lps_mm), axes[0], axes[1], axes[2])

    def frame(self, name: str) -> Frame:
        """The local frame of one level: its own axes through its body's centre."""
        pose = self.poses[list(self.levels).index(name)]
        right, anterior, superior = self.patient_frame.direction_to_world(pose.axes)
        return Frame(self.patient_frame.to_world(pose.origin), right, anterior, superior)

    def _corners(self) -> Float[np.ndarray, "n 3"]:
        """Patient coordinates of the corners of what must be in the field of view."""
        boxes: list[Float[np.ndarray, 3]] = []
        for shape, pose in zip(self.levels.values(), self.poses, strict=True):
            top, bottom = max(shape.upper_mm) + BEYOND_MM, min(shape.lower_mm) - BEYOND_MM
            for x in (-HALF_SIDE_MM, HALF_SIDE_MM):
                for y in (shape.wall_mm - BEHIND_MM, -shape.wall_mm + BEFORE_MM):
                    boxes.extend(pose.origin + np.array([x, y, z]) @ pose.axes for z in (bottom, top))
        corners = np.array(boxes)
        if self.trunk is None:
            return corners
        record = trunk_record(self.trunk, tuple(self.levels.values()), self.poses)[0]
        wide, deep = float(record["half_right"]) + AIR_MM, float(record["half_anterior"]) + AIR_MM
        middle = float(record["centre_anterior"])
        low, high = corners[:, 2].min(), corners[:, 2].max()
        return np.array([[x, middle + y, z] for x in (-wide, wide) for y in (-deep, deep) for z in (low, high)])

    @cached_property
    def grid(self) -> tuple[Affine, tuple[int, int, int]]:
        """The voxel grid's affine and its shape (k, j, i)."""
        directions = rotation(self.grid_rotation_deg)
        along = self.patient_frame.to_world(self._corners()) @ directions
        low, high = along.min(axis=0), along.max(axis=0)
        counts = np.ceil((high - low) / self.spacing_mm).astype(int) + 1
        first = 0.5 * (low + high) - 0.5 * (counts - 1) * self.spacing_mm
        affine = Affine.from_parts(directions @ first, directions, np.array(self.spacing_mm))
        return affine, (int(counts[2]), int(counts[1]), int(counts[0]))

    def paint(self) -> Painting:
        """Noise-free HU, labels, parts and bone shares."""
        affine, size = self.grid
        shapes = tuple(self.levels.values())
        levels, trunk = level_records(shapes, self.poses), trunk_record(self.trunk, shapes, self.poses)
        matrix = np.empty((3, 4))
        matrix[:, :3] = self.patient_frame.axes @ affine.matrix[:3, :3]
        matrix[:, 3] = self.patient_frame.to_local(affine.origin_lps_mm)
        centre_hu, centre_level = np.empty(size, np.float32), np.empty(size, np.uint8)
        hu, level = np.empty(size, np.float32), np.empty(size, np.uint8)
        part, bone = np.empty(size, np.uint8), np.empty(size, np.float32)
        coarse(levels, trunk, matrix, centre_hu, centre_level, part)
        painted = (hu, level, part, bone)
        refine(levels, trunk, matrix, _offsets(self.spacing_mm), (centre_hu, centre_level), painted)
        return Painting(hu, level, part, bone, affine)

    def build(self) -> tuple[CtVolume, Spine]:
        """The CT (int16 HU) and its labelled spine, subregions included.

        A voxel belongs to a level where at least half of it is bone; values are the VerSe numbers.
        """
        painting = self.paint()
        hu = painting.hu
        if self.noise_hu > 0.0:
            generator = np.random.default_rng(self.seed)
            hu = hu + generator.normal(0.0, self.noise_hu, hu.shape).astype(np.float32)
        ct = CtVolume(
            hu=np.rint(np.clip(hu, LOWEST_HU, HIGHEST_HU)).astype(np.int16),
            affine=painting.affine,
            notes=("A synthetic spine, not a patient.",),
            contrast_agent_stated=False,
        )
        numbers = {verse_number(name): name for name in self.levels}
        table = np.array([0, *numbers], np.uint8)
        spine = Spine(
            ct=ct,
            labels=table[painting.level],
            affine=painting.affine,
            names=numbers,
            scheme="verse",
            evidence=_evidence(tuple(self.levels)),
            subregions=painting.part,
        )
        return ct, spine

    def truth(self, name: str) -> Truth:
        """All known answers for one level."""
        if name not in self.levels:
            raise Refused(f"The phantom holds no {name}: it has {', '.join(self.levels)}.", where="--level")
        return truth_of(name, self.levels, {known: self.frame(known) for known in self.levels}, self.poses)

    def mirrored(self) -> "SpinePhantom":
        """The mirror image: left and right of the patient and of the scanner exchanged."""
        (ax, ay, az), (gx, gy, gz) = self.rotation_deg, self.grid_rotation_deg
        trunk = self.trunk and replace(self.trunk, aorta_left_mm=-self.trunk.aorta_left_mm)
        return replace(
            self,
            levels={name: shape.mirrored() for name, shape in self.levels.items()},
            rotation_deg=(ax, -ay, -az),
            grid_rotation_deg=(gx, -gy, -gz),
            centre_lps_mm=(-self.centre_lps_mm[0], *self.centre_lps_mm[1:]),
            scoliosis_deg=-self.scoliosis_deg,
            trunk=trunk,
        )


def _offsets(spacing_mm: tuple[float, float, float]) -> Float[np.ndarray, "n 3"]:
    """Points that fill a voxel evenly without lining up with any surface, in voxels from its centre.

    The additive recurrence of the generalised golden ratio, each point with its reflection so that the mean is 0,
    and the centre, so that no voxel is half bone by a tie.
    """
    half = int(np.ceil(0.5 * np.prod(np.maximum(3, np.ceil(np.array(spacing_mm) / SAMPLE_MM)))))
    steps = GOLDEN_3D ** -np.arange(1.0, 4.0)
    points = np.mod(0.5 + np.arange(1, half + 1)[:, None] * steps, 1.0) - 0.5
    return np.concatenate([np.zeros((1, 3)), points, -points])


def verse_number(name: str) -> int:
    """The label value of a level in VerSe's scheme."""
    special = {"T13": 28, "L6": 25, "S1": 26}
    if name in special:
        return special[name]
    return {"C": 0, "T": 7, "L": 19}[name[0]] + int(name[1:])


def _evidence(names: tuple[str, ...]) -> dict[str, LevelEvidence]:
    """Names that stand alone: nothing to count from, neighbours as painted."""
    found = {}
    for n, name in enumerate(names):
        beside = tuple(names[m] for m in (n - 1, n + 1) if 0 <= m < len(names))
        found[name] = LevelEvidence(counted_from="none", neighbours=beside, suspicious=())
    return found
