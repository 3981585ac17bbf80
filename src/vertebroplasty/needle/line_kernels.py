"""Compiled loops along straight needles: score every candidate, and let a shaky hand place one needle many times.

All read one signed distance field (negative in bone) by trilinear interpolation.  In the middle of a narrow pedicle
such a field reads too shallow by up to half a voxel, near a surface it does not: so the needle's own surface is looked
up, on points around it, wherever the axis alone does not settle the matter.  Every line is independent of the others,
so the number of threads changes nothing.
"""

import math

import numpy as np
from jaxtyping import Float, Integer

from vertebroplasty.kernels import kernel, parallel_kernel, prange

__all__ = ["bone_behind", "least_along", "placed_by_hand", "score_lines"]

Values = Float[np.ndarray, "k j i"]
Inverse = Float[np.ndarray, "3 4"]
Vectors = Float[np.ndarray, "n 3"]
Numbers = Float[np.ndarray, "n"]

RIM = 12  # [choice] points around a needle: the surface between two is 3.4 % of the radius nearer
STEP_MM = 0.75  # [choice] along a candidate
TRACE_MM = 0.5  # [choice] along the way back to the entry
HAND_STEP_MM = 0.2  # [choice] along a placed needle: a step of 0.5 mm misses a tenth of the breaches
FINE_RIM = 36  # [choice] points around a placed needle where it is near the surface
NEAR_MM = 0.4  # [choice] there: more than the coarse points can miss
NEGLIGIBLE = 4.0  # [choice] sigmas of clearance beyond which a place adds nothing to the exposure: 3e-5
QUARTERS = math.sqrt(0.5)  # [exact] turns a normal deviate into the argument of erfc


@kernel
def _read(values: Values, inverse: Inverse, x: float, y: float, z: float) -> float:
    """The field at an LPS point, its border value beyond the array."""
    nk, nj, ni = values.shape
    i = inverse[0, 0] * x + inverse[0, 1] * y + inverse[0, 2] * z + inverse[0, 3]
    j = inverse[1, 0] * x + inverse[1, 1] * y + inverse[1, 2] * z + inverse[1, 3]
    k = inverse[2, 0] * x + inverse[2, 1] * y + inverse[2, 2] * z + inverse[2, 3]
    i = min(max(i, 0.0), ni - 1.0)
    j = min(max(j, 0.0), nj - 1.0)
    k = min(max(k, 0.0), nk - 1.0)
    i0 = min(int(i), max(ni - 2, 0))
    j0 = min(int(j), max(nj - 2, 0))
    k0 = min(int(k), max(nk - 2, 0))
    i1 = min(i0 + 1, ni - 1)
    j1 = min(j0 + 1, nj - 1)
    k1 = min(k0 + 1, nk - 1)
    fi, fj, fk = i - i0, j - j0, k - k0
    low = (values[k0, j0, i0] * (1 - fi) + values[k0, j0, i1] * fi) * (1 - fj) + (
        values[k0, j1, i0] * (1 - fi) + values[k0, j1, i1] * fi
    ) * fj
    high = (values[k1, j0, i0] * (1 - fi) + values[k1, j0, i1] * fi) * (1 - fj) + (
        values[k1, j1, i0] * (1 - fi) + values[k1, j1, i1] * fi
    ) * fj
    return low * (1 - fk) + high * fk


@kernel
def _beside(d: Float[np.ndarray, "3"], towards: Float[np.ndarray, "3"]) -> tuple[float, float, float]:
    """Unit vector across the direction `d`, as far as possible towards a given one."""
    along = d[0] * towards[0] + d[1] * towards[1] + d[2] * towards[2]
    x, y, z = towards[0] - along * d[0], towards[1] - along * d[1], towards[2] - along * d[2]
    length = math.sqrt(x * x + y * y + z * z)
    return x / length, y / length, z / length


@kernel
def _entry(values: Values, inverse: Inverse, tip: Vectors, d: Vectors, start: float, reach: float) -> float:
    """Where the line enters bone: followed back from `start` (0 is the tip, negative towards the hub); NaN if not."""
    s = start
    before = _read(values, inverse, tip[0] + s * d[0], tip[1] + s * d[1], tip[2] + s * d[2])
    if before >= 0.0:
        return np.nan
    while s > start - reach:
        s -= TRACE_MM
        now = _read(values, inverse, tip[0] + s * d[0], tip[1] + s * d[1], tip[2] + s * d[2])
        if now >= 0.0:
            return s + TRACE_MM * now / (now - before)
        before = now
    return np.nan


@parallel_kernel
def score_lines(
    values: Values,
    inverse: Inverse,
    tips: Vectors,
    directions: Vectors,
    back: Numbers,
    medial: Float[np.ndarray, "3"],
    plane: Float[np.ndarray, "4"],
    radius: float,
    sigma_mm: float,
    sigma_rad: float,
    past_entry: float,
    reach: float,
    floor: float,
    out: Float[np.ndarray, "n 3"],
) -> None:
    """Score straight needles: out[n] = entry before the tip (mm), least clearance (mm), exposure (mm).

    The entry is looked for behind the point `back` mm before the tip, which must be bone.  From `past_entry` mm past
    it, and only where plane · (point, 1) > 0, the needle's surface is compared with the bone's.  The exposure is the
    mean length of the needle's surface that lies outside bone under the error of a hand: the normal probability of a
    deviation as large as the clearance, averaged around the needle and added up along it.  A line with less than
    `floor` mm of clearance, without an entry, or with the entry less than `past_entry` mm behind that point gets NaN.
    """
    for n in prange(tips.shape[0]):
        tip, d = tips[n], directions[n]
        out[n, 0] = out[n, 1] = out[n, 2] = np.nan
        entry = _entry(values, inverse, tip, d, -back[n], reach)
        if not entry <= -back[n] - past_entry and back[n] > 0.0:
            continue
        first = entry + past_entry
        if not first < 0.0:
            continue
        ax, ay, az = _beside(d, medial)
        bx, by, bz = d[1] * az - d[2] * ay, d[2] * ax - d[0] * az, d[0] * ay - d[1] * ax
        steps = math.ceil(-first / STEP_MM)
        step = -first / steps
        least, exposure = np.inf, 0.0
        for m in range(steps + 1):
            s = first + m * step
            x, y, z = tip[0] + s * d[0], tip[1] + s * d[1], tip[2] + s * d[2]
            if plane[0] * x + plane[1] * y + plane[2] * z + plane[3] <= 0.0:
                continue
            sigma = math.sqrt(sigma_mm * sigma_mm + (sigma_rad * (s - entry)) ** 2)
            bound = -_read(values, inverse, x, y, z) - radius
            if bound > NEGLIGIBLE * sigma and bound >= least:
                continue
            for r in range(RIM):
                turn = 2.0 * math.pi * r / RIM
                a, b = radius * math.cos(turn), radius * math.sin(turn)
                clear = -_read(values, inverse, x + a * ax + b * bx, y + a * ay + b * by, z + a * az + b * bz)
                least = min(least, clear)
                exposure += 0.5 * math.erfc(QUARTERS * clear / sigma) * step / RIM
            if least < floor:
                break
        if floor <= least < np.inf:
            out[n, 0], out[n, 1], out[n, 2] = -entry, least, exposure


@parallel_kernel
def least_along(
    values: Values,
    inverse: Inverse,
    tips: Vectors,
    directions: Vectors,
    starts: Numbers,
    out: Numbers,
) -> None:
    """The least value of a field along each needle, from `starts` mm before the tip to the tip."""
    for n in prange(tips.shape[0]):
        tip, d = tips[n], directions[n]
        steps = max(1, math.ceil(starts[n] / TRACE_MM))
        least = np.inf
        for m in range(steps + 1):
            s = -starts[n] * m / steps
            least = min(least, _read(values, inverse, tip[0] + s * d[0], tip[1] + s * d[1], tip[2] + s * d[2]))
        out[n] = least


@parallel_kernel
def bone_behind(
    labels: Integer[np.ndarray, "k j i"],
    inverse: Inverse,
    entries: Vectors,
    directions: Vectors,
    first: float,
    last: float,
    out: Integer[np.ndarray, "n"],
) -> None:
    """The label met first on the way from the entry back to the skin, from `first` to `last` mm; 0 without one."""
    nk, nj, ni = labels.shape
    for n in prange(entries.shape[0]):
        out[n] = 0
        steps = int(last - first)
        for m in range(steps + 1):
            s = first + m
            x = entries[n, 0] - s * directions[n, 0]
            y = entries[n, 1] - s * directions[n, 1]
            z = entries[n, 2] - s * directions[n, 2]
            i = round(inverse[0, 0] * x + inverse[0, 1] * y + inverse[0, 2] * z + inverse[0, 3])
            j = round(inverse[1, 0] * x + inverse[1, 1] * y + inverse[1, 2] * z + inverse[1, 3])
            k = round(inverse[2, 0] * x + inverse[2, 1] * y + inverse[2, 2] * z + inverse[2, 3])
            if 0 <= i < ni and 0 <= j < nj and 0 <= k < nk and labels[k, j, i] > 0:
                out[n] = labels[k, j, i]
                break


@kernel
def _around(
    values: Values,
    inverse: Inverse,
    x: float,
    y: float,
    z: float,
    across: Float[np.ndarray, "2 3"],
    radius: float,
    count: int,
) -> tuple[float, float, float, float]:
    """Least clearance around a needle's axis at one place, and the point of its surface that has it."""
    least, px, py, pz = np.inf, x, y, z
    for r in range(count):
        turn = 2.0 * math.pi * r / count
        a, b = radius * math.cos(turn), radius * math.sin(turn)
        u = x + a * across[0, 0] + b * across[1, 0]
        v = y + a * across[0, 1] + b * across[1, 1]
        w = z + a * across[0, 2] + b * across[1, 2]
        here = -_read(values, inverse, u, v, w)
        if here < least:
            least, px, py, pz = here, u, v, w
    return least, px, py, pz


@parallel_kernel
def placed_by_hand(
    values: Values,
    inverse: Inverse,
    nerves: Values,
    nerves_inverse: Inverse,
    entries: Vectors,
    directions: Vectors,
    across: Float[np.ndarray, "2 3"],
    plane: Float[np.ndarray, "4"],
    radius: float,
    first: float,
    length: float,
    before: float,
    least: Numbers,
    where: Vectors,
) -> None:
    """Follow needles placed by a shaky hand: least clearance of each, and where it first leaves what is allowed.

    Bone counts from `first` mm past the entry where plane · (point, 1) > 0; canal and foramina (`nerves`, a distance
    to them) count from `before` mm before the entry.  `where[n]` is the point of the needle's surface that is first
    outside, NaN if none.  A stride is never longer than the clearance can change by.
    """
    for n in prange(entries.shape[0]):
        o, d = entries[n], directions[n]
        best = np.inf
        breached = False
        where[n, 0] = where[n, 1] = where[n, 2] = np.nan
        steps = math.ceil((length + before) / HAND_STEP_MM)
        step = (length + before) / steps
        m = 0
        while True:
            s = m * step - before
            x, y, z = o[0] + s * d[0], o[1] + s * d[1], o[2] + s * d[2]
            clear = _read(nerves, nerves_inverse, x, y, z) - radius
            px, py, pz = x, y, z
            stride = 1
            if s >= first and plane[0] * x + plane[1] * y + plane[2] * z + plane[3] > 0.0:
                bound = min(clear, -_read(values, inverse, x, y, z) - radius)
                if bound >= best:
                    stride = max(1, int((bound - best) / step))
                    clear = bound
                else:
                    here, u, v, w = _around(values, inverse, x, y, z, across, radius, RIM)
                    if -NEAR_MM < here < min(NEAR_MM, best + NEAR_MM):
                        here, u, v, w = _around(values, inverse, x, y, z, across, radius, FINE_RIM)
                    if here < clear:
                        clear, px, py, pz = here, u, v, w
                    if clear > best:
                        stride = max(1, int((clear - best) / step))
            best = min(best, clear)
            if clear < 0.0 and not breached:
                breached = True
                where[n, 0], where[n, 1], where[n, 2] = px, py, pz
            if m == steps:
                break
            m = min(m + stride, steps)
        least[n] = best
