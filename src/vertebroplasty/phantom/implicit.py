"""The synthetic spine as compiled functions of position, painted on voxels with partial volume.

Distances are negative inside bone and, near a surface, true to first order of the distance.  Superellipses have the
exponent 2.5, written out so that no power is taken.  Left and right are handled once, on the absolute coordinate.
"""

import math
from typing import Any

import numpy as np
from jaxtyping import Float, Float32, Shaped, UInt8

from vertebroplasty.kernels import kernel, parallel_kernel, prange

__all__ = ["coarse", "refine"]

Level = Any  # a record of `records.LEVEL_RECORD`, whose fields the compiler reads as attributes
Point = tuple[float, float, float]
Rod = Float[np.ndarray, "m"]
Levels = Shaped[np.ndarray, "n"]
Trunks = Shaped[np.ndarray, "1"]
Field = Float32[np.ndarray, "k j i"]
Ids = UInt8[np.ndarray, "k j i"]
Matrix = Float[np.ndarray, "3 4"]
Offsets = Float[np.ndarray, "m 3"]
Centres = tuple[Field, Ids]
Painted = tuple[Field, Ids, Ids, Field]
FLARE = 0.2  # [choice] how much wider a pedicle is at the flare length from its isthmus
FLARE_MM = 6.0  # [choice] length over which a pedicle flares
PEDICLE_BACK_MM = 9.0  # [choice] a pedicle's length behind its isthmus
PEDICLE_FRONT_MM = 11.0  # [choice] a pedicle's length in front of its isthmus, ending inside the body
LAMINA_MM = 6.0  # [choice] thickness of the laminae
LAMINA_BEHIND_WALL_MM = 8.0  # [choice] the laminae begin behind the pedicle's isthmus
SPINOUS_MM = 24.0  # [choice] length of the spinous process behind the laminae
SIDE_MM, BACK_MM, END_MM = 36.0, 32.0, 6.0  # [choice] no bone lies further beside or behind the canal, above or below
DEEP_MM = 9.0  # [choice] this deep in the body no other part can matter
BREACH_MM = 6.0  # [choice] length of the hole through the shell
END_DISC_MM = 8.0  # [choice] height of the disc beyond the first and last level
CORPUS, ARCH, SPINOUS, COSTAL = 1, 2, 3, 4  # [TPTBox] COSTAL is the left one, articular ones follow
DISC_HU, SAC_HU, VEIN_HU = 80.0, 35.0, 40.0  # [choice] disc, thecal sac, blood in the basivertebral vein
MUSCLE_HU, VISCERA_HU = 55.0, 35.0  # [choice] behind and beside the spine; in front of it
FAT_HU, SKIN_HU = -100.0, 30.0  # [choice] under the skin; skin
AIR_HU = -1000.0  # [exact] air
FAT_MM, SKIN_MM = 14.0, 2.0  # [choice] depth at which fat and skin end


@kernel
def _superellipse(q: float, p: float, a: float, b: float) -> float:
    """First-order distance to (q/a)^2.5 + (p/b)^2.5 = 1 for q, p >= 0."""
    u, w = q / a, p / b
    ru, rw = math.sqrt(u), math.sqrt(w)
    value = u * u * ru + w * w * rw - 1.0
    gu, gw = u * ru / a, w * rw / b
    return value / (2.5 * math.sqrt(gu * gu + gw * gw) + 1e-9)


@kernel
def _outline(v: Level, x: float, y: float, z: float) -> float:
    """Distance to the waisted side wall of the body, which runs straight back behind the posterior wall."""
    y = max(y, -v.half_depth)
    height = min(1.0, abs(z) / v.half_height)
    a = v.rim_half_width * (1.0 - v.waist * (1.0 - height * height))
    centre = (2.0 * v.widest - 1.0) * v.half_depth
    front = 2.0 * (1.0 - v.widest) * v.half_depth
    b = front if y > centre else 2.0 * v.widest * v.back_stretch * v.half_depth
    return _superellipse(abs(x), abs(y - centre), a, b)


@kernel
def _plates(v: Level, x: float, y: float) -> Point:
    """Superior coordinates of the upper and lower endplate surfaces, and the dome that dips them."""
    along = (y + v.half_depth) / (2.0 * v.half_depth)
    u, w = x / v.rim_half_width, y / v.half_depth
    dome = max(0.0, 1.0 - u * u - w * w)
    upper = v.upper_back + (v.upper_front - v.upper_back) * along - v.upper_dip * dome
    lower = v.lower_back + (v.lower_front - v.lower_back) * along + v.lower_dip * dome
    return upper, lower, dome


@kernel
def _bulge(v: Level, x: float, z: float) -> float:
    """How far the posterior wall stands behind its plane."""
    u, w = x / v.bulge_half_width, (z - v.bulge_centre) / v.bulge_half_height
    if v.bulge == 0.0 or abs(u) >= 1.0 or abs(w) >= 1.0:
        return 0.0
    return v.bulge * (1.0 - u * u) * (1.0 - w * w)


@kernel
def body_distance(v: Level, x: float, y: float, z: float) -> float:
    """Distance to the surface of the vertebral body, fragment included."""
    upper, lower, dome = _plates(v, x, y)
    gx = 2.0 * x / (v.rim_half_width * v.rim_half_width) if dome > 0.0 else 0.0
    gy = 2.0 * y / (v.half_depth * v.half_depth) if dome > 0.0 else 0.0
    tilt_up = (v.upper_front - v.upper_back) / (2.0 * v.half_depth) + v.upper_dip * gy
    tilt_low = (v.lower_front - v.lower_back) / (2.0 * v.half_depth) - v.lower_dip * gy
    side_up, side_low = v.upper_dip * gx, v.lower_dip * gx
    above = (z - upper) / math.sqrt(1.0 + tilt_up * tilt_up + side_up * side_up)
    below = (lower - z) / math.sqrt(1.0 + tilt_low * tilt_low + side_low * side_low)
    behind = -v.half_depth - _bulge(v, x, z) - y
    return max(max(above, below), max(behind, _outline(v, x, y, z)))


@kernel
def canal_distance(v: Level, x: float, y: float, extra: float) -> float:
    """Distance to the canal's half superellipse behind the wall, enlarged by `extra` on its sides and back."""
    wall = -v.half_depth
    curve = _superellipse(abs(x), max(0.0, wall - y), 0.5 * v.canal_width + extra, v.canal_ap + extra)
    return max(curve, y - wall)


@kernel
def _pedicle(v: Level, n: int, x: float, y: float, z: float) -> float:
    """Distance to the pedicle of side n (0 left, 1 right); `x` counts outwards."""
    turn, rise = v.convergence[n], v.tilt[n]
    ct, st, cr, sr = math.cos(turn), math.sin(turn), math.cos(rise), math.sin(rise)
    dx, dy, dz = x - v.isthmus[n, 0], y - v.isthmus[n, 1], z - v.isthmus[n, 2]
    along = -st * cr * dx + ct * cr * dy + sr * dz
    across = ct * dx + st * dy
    up = st * sr * dx - ct * sr * dy + cr * dz
    flare = 1.0 + FLARE * min(1.0, (along / FLARE_MM) ** 2)
    a, b = v.pedicle_half[n, 0] * flare, v.pedicle_half[n, 1] * flare
    radius = math.sqrt((across / a) ** 2 + (up / b) ** 2)
    slope = math.sqrt((across / (a * a)) ** 2 + (up / (b * b)) ** 2)
    side = (radius - 1.0) * radius / (slope + 1e-9)
    if radius < 0.5:
        side = -0.5 * min(a, b)
    return max(side, max(along - PEDICLE_FRONT_MM, -PEDICLE_BACK_MM - along))


@kernel
def _rod(rod: Rod, x: float, y: float, z: float) -> float:
    """Distance to a rounded rod: two ends and a radius."""
    ux, uy, uz = rod[3] - rod[0], rod[4] - rod[1], rod[5] - rod[2]
    dx, dy, dz = x - rod[0], y - rod[1], z - rod[2]
    t = min(1.0, max(0.0, (dx * ux + dy * uy + dz * uz) / (ux * ux + uy * uy + uz * uz + 1e-9)))
    return math.sqrt((dx - t * ux) ** 2 + (dy - t * uy) ** 2 + (dz - t * uz) ** 2) - rod[6]


@kernel
def _spinous(v: Level, x: float, y: float, z: float) -> float:
    """Distance to the spinous process, a rounded plate."""
    middle = -v.half_depth - v.canal_ap - 2.0 - 0.5 * SPINOUS_MM
    qx = abs(x) - 1.5
    qy = abs(y - middle) - 0.5 * SPINOUS_MM
    qz = abs(z - v.lower_back - 6.0) - 7.0
    outside = math.sqrt(max(qx, 0.0) ** 2 + max(qy, 0.0) ** 2 + max(qz, 0.0) ** 2)
    return outside + min(0.0, max(qx, max(qy, qz))) - 2.0


@kernel
def _arch(v: Level, n: int, x: float, y: float, z: float) -> tuple[float, int]:
    """Distance to everything behind the body on one side, and which part it is; `x` counts outwards."""
    wall = -v.half_depth
    top = v.isthmus[n, 2]
    best, part = _pedicle(v, n, x, y, z), ARCH
    lamina = max(canal_distance(v, x, y, LAMINA_MM), y - wall + LAMINA_BEHIND_WALL_MM)
    lamina = max(lamina, max(z - top - 3.0, v.lower_back - 3.0 - z))
    best = min(best, lamina)
    d = _spinous(v, x, y, z)
    if d < best:
        best, part = d, SPINOUS
    for m in range(3):
        d = _rod(v.rods[n, m], x, y, z)
        if d < best:
            best, part = d, COSTAL + 2 * m + n
    return max(best, -canal_distance(v, x, y, 0.0)), part


@kernel
def bone_distance(v: Level, x: float, y: float, z: float) -> tuple[float, int]:
    """Distance to the surface of one vertebra, and the part (subregion id) the point belongs to."""
    distance, part = body_distance(v, x, y, z), CORPUS
    if distance > -DEEP_MM:
        arch, which = _arch(v, 1 if x > 0.0 else 0, abs(x), y, z)
        if arch < distance:
            distance = arch
            if y < -v.half_depth or which == COSTAL or which == COSTAL + 1:
                part = which
    return distance, part


@kernel
def _bone_hu(v: Level, distance: float, part: int, x: float, y: float, z: float) -> float:
    """HU at a point inside bone: shell, marrow, and what is missing from or was put into them."""
    marrow = v.arch_hu if part != CORPUS and part != ARCH else v.trabecular_hu
    hu = v.cortex_hu if distance > -v.cortex else marrow
    for b in range(v.n_breaches):
        dx, dy, dz = x - v.breach[b, 0], y - v.breach[b, 1], z - v.breach[b, 2]
        along = dx * v.breach[b, 3] + dy * v.breach[b, 4] + dz * v.breach[b, 5]
        if dx * dx + dy * dy + dz * dz - along * along < v.breach[b, 6] ** 2 and abs(along) < BREACH_MM:
            hu = marrow
    if x * x + (z - v.vein_height) ** 2 < v.vein_radius**2 and y < -0.2 * v.half_depth and part == CORPUS:
        hu = VEIN_HU
    if (x - v.hole[0]) ** 2 + (y - v.hole[1]) ** 2 + (z - v.hole[2]) ** 2 < v.hole[3] ** 2:
        hu = v.hole[4]
    cx, cy, cz = (x - v.cleft[0]) / v.cleft[3], (y - v.cleft[1]) / v.cleft[4], (z - v.cleft[2]) / v.cleft[5]
    if cx * cx + cy * cy + cz * cz < 1.0:
        hu = v.cleft[6]
    if (x - v.cement[0]) ** 2 + (y - v.cement[1]) ** 2 + (z - v.cement[2]) ** 2 < v.cement[3] ** 2:
        hu = v.cement[4]
    return hu


@kernel
def _surroundings(trunks: Trunks, r: float, a: float) -> float:
    """HU outside the spine: air, skin, fat, muscle, aorta, viscera."""
    trunk = trunks[0]
    if not trunk.present:
        return MUSCLE_HU
    u, w = (r - trunk.centre_right) / trunk.half_right, (a - trunk.centre_anterior) / trunk.half_anterior
    radius = math.sqrt(u * u + w * w)
    slope = math.sqrt((u / trunk.half_right) ** 2 + (w / trunk.half_anterior) ** 2)
    depth = (1.0 - radius) * radius / (slope + 1e-9)
    if radius >= 1.0:
        return AIR_HU
    if radius > 0.5 and depth < FAT_MM:
        return SKIN_HU if depth < SKIN_MM else FAT_HU
    if (r - trunk.aorta_right) ** 2 + (a - trunk.aorta_anterior) ** 2 < trunk.aorta_radius**2:
        return trunk.aorta_hu
    return MUSCLE_HU if a < trunk.aorta_anterior - trunk.aorta_radius - 10.0 else VISCERA_HU


@kernel
def _local(v: Level, r: float, a: float, s: float) -> Point:
    """A level's own coordinates of a point of the patient."""
    dr, da, ds = r - v.origin[0], a - v.origin[1], s - v.origin[2]
    x = v.axes[0, 0] * dr + v.axes[0, 1] * da + v.axes[0, 2] * ds
    y = v.axes[1, 0] * dr + v.axes[1, 1] * da + v.axes[1, 2] * ds
    return x, y, v.axes[2, 0] * dr + v.axes[2, 1] * da + v.axes[2, 2] * ds


@kernel
def _near(v: Level, x: float, y: float, z: float) -> bool:
    """Whether a point lies in the box that holds the whole vertebra."""
    across = abs(x) < 0.5 * v.canal_width + SIDE_MM and -v.half_depth - v.canal_ap - BACK_MM < y < 1.2 * v.half_depth
    top, bottom = max(v.upper_front, v.upper_back), min(v.lower_front, v.lower_back)
    return across and bottom - END_MM < z < top + END_MM


@kernel
def _between(levels: Levels, trunk: Trunks, r: float, a: float, s: float) -> float:
    """HU of a point outside bone: disc, thecal sac, or what surrounds the spine."""
    hu = _surroundings(trunk, r, a)
    under_previous, nearest, last = False, 1e9, len(levels) - 1
    for n in range(len(levels)):
        v = levels[n]
        x, y, z = _local(v, r, a, s)
        inside = y > -v.half_depth and _outline(v, x, y, v.half_height) < 0.0
        upper, lower, _ = _plates(v, x, y)
        over, under = inside and z >= upper, inside and z <= lower
        if over and (under_previous or (n == 0 and z < upper + END_DISC_MM)):
            return DISC_HU
        if under and n == last and z > lower - END_DISC_MM:
            return DISC_HU
        under_previous = under
        if abs(z) < nearest:
            nearest = abs(z)
            in_canal = canal_distance(v, x, y, 0.0) < 0.0
    return SAC_HU if in_canal else hu


@kernel
def classify(levels: Levels, trunk: Trunks, r: float, a: float, s: float) -> tuple[float, int, int]:
    """HU, level (its place + 1, 0 for none) and part of a point (right, anterior, superior) of the patient."""
    best, which, part, x0, y0, z0 = 0.0, -1, 0, 0.0, 0.0, 0.0
    box = trunk[0].spine
    if not (box[0] < r < box[1] and box[2] < a < box[3]):
        return _surroundings(trunk, r, a), 0, 0
    for n in range(len(levels)):
        v = levels[n]
        x, y, z = _local(v, r, a, s)
        if not _near(v, x, y, z):
            continue
        distance, found = bone_distance(v, x, y, z)
        if _rod(v.screw, x, y, z) < 0.0:
            return v.screw[7], (n + 1 if distance < 0.0 else 0), found
        if distance < best:
            best, which, part, x0, y0, z0 = distance, n, found, x, y, z
    if which < 0:
        return _between(levels, trunk, r, a, s), 0, 0
    return _bone_hu(levels[which], best, part, x0, y0, z0), which + 1, part


@kernel
def _patient(matrix: Matrix, i: float, j: float, k: float) -> Point:
    """The patient's right, anterior, superior mm of a (fractional) index."""
    r = matrix[0, 0] * i + matrix[0, 1] * j + matrix[0, 2] * k + matrix[0, 3]
    a = matrix[1, 0] * i + matrix[1, 1] * j + matrix[1, 2] * k + matrix[1, 3]
    return r, a, matrix[2, 0] * i + matrix[2, 1] * j + matrix[2, 2] * k + matrix[2, 3]


@parallel_kernel
def coarse(levels: Levels, trunk: Trunks, matrix: Matrix, hu: Field, level: Ids, part: Ids) -> None:
    """HU, level and part at the centre of every voxel; `matrix` maps (i, j, k, 1) to the patient's mm."""
    nk, nj, ni = hu.shape
    for k in prange(nk):
        for j in range(nj):
            for i in range(ni):
                r, a, s = _patient(matrix, i, j, k)
                hu[k, j, i], level[k, j, i], part[k, j, i] = classify(levels, trunk, r, a, s)


@kernel
def _mixed(hu: Field, level: Ids, k: int, j: int, i: int) -> bool:
    """Whether any of the 26 neighbours differs from a voxel."""
    nk, nj, ni = hu.shape
    for c in range(max(0, k - 1), min(nk, k + 2)):
        for b in range(max(0, j - 1), min(nj, j + 2)):
            for a in range(max(0, i - 1), min(ni, i + 2)):
                if hu[c, b, a] != hu[k, j, i] or level[c, b, a] != level[k, j, i]:
                    return True
    return False


@parallel_kernel
def refine(levels: Levels, trunk: Trunks, matrix: Matrix, offsets: Offsets, centre: Centres, painted: Painted) -> None:
    """Average HU over points at `offsets` (i, j, k) in every voxel at a surface; a voxel half bone is labelled.

    `centre` is what `coarse` found.  Of `painted` (HU, level, part, bone) the part holds that of the centres and bone
    receives the share of each voxel that is bone; where most of the bone is one level's, that is its label.
    """
    (centre_hu, centre_level), (hu, level, part, bone) = centre, painted
    nk, nj, ni = hu.shape
    for k in prange(nk):
        votes = np.zeros(len(levels) + 1, np.int64)
        for j in range(nj):
            for i in range(ni):
                hu[k, j, i], level[k, j, i] = centre_hu[k, j, i], centre_level[k, j, i]
                bone[k, j, i] = 1.0 if centre_level[k, j, i] > 0 else 0.0
                if not _mixed(centre_hu, centre_level, k, j, i):
                    continue
                votes[:] = 0
                total, last_part = 0.0, 0
                for n in range(len(offsets)):
                    r, a, s = _patient(matrix, i + offsets[n, 0], j + offsets[n, 1], k + offsets[n, 2])
                    value, which, found = classify(levels, trunk, r, a, s)
                    total += value
                    votes[which] += 1
                    last_part = found if found > 0 else last_part
                hu[k, j, i] = total / len(offsets)
                bone[k, j, i] = 1.0 - votes[0] / len(offsets)
                level[k, j, i] = 1 + np.argmax(votes[1:]) if 2 * votes[0] < len(offsets) else 0
                if level[k, j, i] == 0:
                    part[k, j, i] = 0
                elif centre_level[k, j, i] == 0:
                    part[k, j, i] = last_part
