"""The front: cement fills voxels in order, each one full before it passes anything on.

Between two pressure solutions the fluxes stay as they are.  A full voxel hands what it receives to its downstream
neighbours in the proportion of their fluxes; the next voxel to fill is the next event.  Nothing is clipped, so that the
volume pushed in is the volume found in the voxels, and the front is never wider than one voxel.
"""

from typing import NamedTuple

import numpy as np
from jaxtyping import Bool, Float64, Int8, Int64

from vertebroplasty.kernels import kernel

__all__ = ["BLOCKED", "DONE", "STUCK", "WATCHED", "Fluxes", "Leaks", "Voxels", "advance_cells"]

DONE, WATCHED, BLOCKED, STUCK = 0, 1, 2, 3  # [exact] why the front stopped advancing
FULL_WITHIN = 1e-10  # [choice] of a voxel's capacity: rounding of the moment it fills
HALF = 0.5  # [exact] arrival is the passing of half a voxel's content
NEIGHBOURS = 6  # [exact] voxels that share a face with one

Flat = Float64[np.ndarray, "n"]
Index = Int64[np.ndarray, "n"]


class Fluxes(NamedTuple):
    """Frozen fluxes of one box, flat: from each voxel to the next along i, j, k, `row` and `layer` voxels apart.

    `order` lists the voxels around the front by falling pressure, `place` gives their place in it, −1 elsewhere.
    """

    i: Flat
    j: Flat
    k: Flat
    row: int
    layer: int
    order: Index
    place: Index


class Voxels(NamedTuple):
    """The voxels of the box, flat; volumes in ml.  `site` is −1 in bone, `vein` marks the basivertebral vein."""

    capacity: Flat
    content: Flat
    full: Bool[np.ndarray, "n"]
    half_time: Flat
    site: Int8[np.ndarray, "n"]
    vein: Bool[np.ndarray, "n"]
    near_wall: Bool[np.ndarray, "n"]


class Leaks(NamedTuple):
    """Volume, first drop and threshold of every site; the codes of the canal reached from bone and from the vein."""

    volume: Flat
    first_time: Flat
    threshold: Flat
    canal: int
    from_vein: int


class Work(NamedTuple):
    """What the sweep needs besides: inflow of cement, its increments, who can pass it on, and the front's voxels."""

    rate: Flat
    extra: Flat
    passes: Bool[np.ndarray, "n"]
    front: Index
    held: Index  # one entry: how many of them
    site_rate: Flat
    cells: Index
    shares: Flat


@kernel
def _downstream(c: int, fluxes: Fluxes, voxels: Voxels, work: Work) -> int:
    """Voxels that `c` flows into and that can take or pass cement, with shares that sum to one; returns how many."""
    n, total = 0, 0.0
    for side in range(NEIGHBOURS):
        step = (1, 1, fluxes.row, fluxes.row, fluxes.layer, fluxes.layer)[side]
        field = fluxes.i if side < 2 else fluxes.j if side < 4 else fluxes.k
        d = c + step if side % 2 == 0 else c - step
        flow = field[c] if side % 2 == 0 else -field[d]
        if flow > 0.0 and (not voxels.full[d] or work.passes[d]):
            work.cells[n], work.shares[n] = d, flow
            total += flow
            n += 1
    for m in range(n):
        work.shares[m] /= total
    return n


@kernel
def _enter(c: int, d: int, now: float, voxels: Voxels, leaks: Leaks) -> None:
    """Note the first drop into a voxel outside the bone; the canal entered from the vein is the vein's leak."""
    if voxels.site[d] < 0 or voxels.content[d] > 0.0:
        return
    if voxels.site[d] == leaks.canal and (voxels.vein[c] or voxels.site[c] == leaks.from_vein):
        voxels.site[d] = leaks.from_vein
    leaks.first_time[voxels.site[d]] = min(leaks.first_time[voxels.site[d]], now)


@kernel
def _spread(
    c: int, inflow: float, new: bool, now: float, fluxes: Fluxes, voxels: Voxels, leaks: Leaks, work: Work
) -> None:
    """Send an inflow into voxel `c` downstream through all full voxels; `new` if `c` itself does not know of it yet."""
    work.extra[c] += inflow
    n = last = fluxes.place[c]
    while n <= last:
        here = fluxes.order[n]
        n += 1
        amount = work.extra[here]
        if amount <= 0.0:
            continue
        work.extra[here] = 0.0
        if here != c or new:
            if work.rate[here] == 0.0 and not voxels.full[here]:
                work.front[work.held[0]] = here
                work.held[0] += 1
            work.rate[here] += amount
        if voxels.full[here]:
            for m in range(_downstream(here, fluxes, voxels, work)):
                d = work.cells[m]
                _enter(here, d, now, voxels, leaks)
                work.extra[d] += amount * work.shares[m]
                last = max(last, fluxes.place[d])


@kernel
def _next_event(voxels: Voxels, leaks: Leaks, work: Work) -> float:
    """Time until a voxel is full, half full beside the posterior wall, or a leak becomes visible."""
    work.site_rate[:] = 0.0
    step = np.inf
    for c in work.front[: work.held[0]]:
        if voxels.site[c] >= 0:
            work.site_rate[voxels.site[c]] += work.rate[c]
        left = voxels.capacity[c] - voxels.content[c]
        half = HALF * voxels.capacity[c]
        if voxels.near_wall[c] and voxels.content[c] < half * (1.0 - FULL_WITHIN):
            left = half - voxels.content[c]
        step = min(step, left / work.rate[c])
    for s in range(leaks.volume.size):
        if work.site_rate[s] > 0.0 and leaks.volume[s] < leaks.threshold[s]:
            step = min(step, (leaks.threshold[s] - leaks.volume[s]) / work.site_rate[s])
    return max(step, 0.0)


@kernel
def _pour(now: float, step: float, voxels: Voxels, leaks: Leaks, work: Work) -> bool:
    """Fill the front for `step` seconds; True if a site became visible or the posterior wall was reached."""
    watched = False
    for s in range(leaks.volume.size):
        leaks.volume[s] += work.site_rate[s] * step
        watched |= leaks.volume[s] >= leaks.threshold[s] - FULL_WITHIN
    for c in work.front[: work.held[0]]:
        before = voxels.content[c]
        voxels.content[c] = before + work.rate[c] * step
        half = HALF * voxels.capacity[c]
        if before < half and voxels.content[c] >= half * (1.0 - FULL_WITHIN):
            voxels.half_time[c] = now + (half - before) / work.rate[c]
            watched |= voxels.near_wall[c]
    return watched


@kernel
def _close(now: float, fluxes: Fluxes, voxels: Voxels, leaks: Leaks, work: Work) -> bool:
    """Let the voxels that are full now pass on; True if one of them has nowhere to."""
    blocked = False
    m = 0
    while m < work.held[0]:
        c = work.front[m]
        if voxels.capacity[c] - voxels.content[c] > FULL_WITHIN * voxels.capacity[c]:
            m += 1
            continue
        if voxels.content[c] < (1.0 + FULL_WITHIN) * voxels.capacity[c]:
            voxels.content[c] = voxels.capacity[c]  # else more than its pores was laid here by other means, and stays
        voxels.full[c] = True
        work.held[0] -= 1
        work.front[m] = work.front[work.held[0]]
        n = _downstream(c, fluxes, voxels, work)
        work.passes[c] = n > 0
        blocked |= n == 0
        for d in work.cells[:n]:
            blocked |= fluxes.place[d] < 0
        if not blocked:
            _spread(c, work.rate[c], False, now, fluxes, voxels, leaks, work)
    return blocked


@kernel
def _begin(
    source: Flat, source_cells: Index, now: float, fluxes: Fluxes, voxels: Voxels, leaks: Leaks, work: Work
) -> bool:
    """Find who can pass cement on and how much reaches the front; False if a source has nowhere to."""
    for n in range(fluxes.order.size - 1, -1, -1):
        c = fluxes.order[n]
        if voxels.full[c]:
            work.passes[c] = _downstream(c, fluxes, voxels, work) > 0
    for s in source_cells:
        if voxels.full[s] and not work.passes[s]:
            return False
    for s in source_cells:
        _spread(s, source[s], True, now, fluxes, voxels, leaks, work)
    return True


@kernel
def advance_cells(
    fluxes: Fluxes, voxels: Voxels, leaks: Leaks, source: Flat, source_cells: Index, start_s: float, duration_s: float
) -> tuple[float, int]:
    """Advance the front by `duration_s` with frozen fluxes; stop early where something watched happens.

    `source` is in ml/s.  Updates `voxels` and `leaks` in place.  Returns the time advanced and why it ended: DONE;
    WATCHED (a site reached its threshold, the first drop at a site, or the posterior wall); BLOCKED (a full voxel has
    nowhere to pass on: solve again); STUCK (no room at all).
    """
    size = voxels.content.size
    work = Work(
        np.zeros(size),
        np.zeros(size),
        np.zeros(size, np.bool_),
        np.zeros(fluxes.order.size, np.int64),
        np.zeros(1, np.int64),
        np.zeros(leaks.volume.size),
        np.zeros(NEIGHBOURS, np.int64),
        np.zeros(NEIGHBOURS),
    )
    if not _begin(source, source_cells, start_s, fluxes, voxels, leaks, work):
        return 0.0, STUCK
    known = np.sum(leaks.first_time < np.inf)
    now, end = start_s, start_s + duration_s
    while now < end:
        step = min(_next_event(voxels, leaks, work), end - now)
        watched = _pour(now, step, voxels, leaks, work)
        now += step
        blocked = _close(now, fluxes, voxels, leaks, work)
        if watched or np.sum(leaks.first_time < np.inf) > known:
            return now - start_s, WATCHED
        if blocked:
            return now - start_s, BLOCKED
    return duration_s, DONE
