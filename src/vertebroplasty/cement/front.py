"""The front: cement fills voxels in order, each one full before it passes anything on.

Between two pressure solutions the fluxes stay as they are.  A full voxel hands what it receives to its downstream
neighbours in the proportion of their fluxes; the next voxel to fill is the next event.  Nothing is clipped, so that the
volume pushed in is the volume found in the voxels, and the front is never wider than one voxel.
"""

import numpy as np

from vertebroplasty.kernels import kernel

__all__ = ["BLOCKED", "DONE", "STUCK", "WATCHED", "advance_cells", "mixture", "speeds"]

DONE, WATCHED, BLOCKED, STUCK = 0, 1, 2, 3  # [exact] why the front stopped advancing
FULL_WITHIN = 1e-10  # [choice] of a voxel's capacity: rounding of the moment it fills
LOWEST_SHEAR = 1e-3  # [choice] 1/s, as in the rheology
IMMOBILE_PA_S = 1e4  # [choice] as in the rheology
TUBES = 12.0  # [ChristopherMiddleman1965] factor of the effective viscosity in a bed
TUBE_SHAPE = 150.0  # [ChristopherMiddleman1965] factor of permeability times porosity
NINE, THREE = 9.0, 3.0  # [ChristopherMiddleman1965] (9 + 3/n)^n
HALF = 0.5  # [exact] arrival is the passing of half a voxel's content


@kernel
def mixture(content, capacity, permeability, porosity, speed, active, consistency, index, marrow, mobility):
    """Permeability over the viscosity of what fills each voxel: cement and marrow one behind the other.

    The cement's apparent viscosity follows the speed of the last solution (Christopher and Middleman); where nothing
    has flowed yet it is the consistency.  Writes m²/(Pa·s) into `mobility`.
    """
    thin = index - 1.0
    ceiling = min(consistency * LOWEST_SHEAR**thin, IMMOBILE_PA_S)
    for c in range(content.size):
        if not active[c]:
            mobility[c] = 0.0
            continue
        share = content[c] / capacity[c]
        cement = consistency
        if share > 0.0 and thin != 0.0 and speed[c] > 0.0:
            shape = (NINE + THREE / index) ** index * (TUBE_SHAPE * permeability[c] * porosity[c]) ** (-0.5 * thin)
            cement = min(consistency / TUBES * shape * speed[c] ** thin, ceiling)
        mobility[c] = permeability[c] / (share * cement + (1.0 - share) * marrow)


@kernel
def speeds(flux_i, flux_j, flux_k, area, scale, speed):
    """Darcy speed at voxel centres from the fluxes through their faces, in m/s."""
    nk, nj, ni = speed.shape
    for k in range(1, nk):
        for j in range(1, nj):
            for i in range(1, ni):
                x = abs(flux_i[k, j, i]) + abs(flux_i[k, j, i - 1])
                y = abs(flux_j[k, j, i]) + abs(flux_j[k, j - 1, i])
                z = abs(flux_k[k, j, i]) + abs(flux_k[k - 1, j, i])
                speed[k, j, i] = HALF * scale * np.sqrt(x * x + y * y + z * z) / area


@kernel
def _downstream(c, flux_i, flux_j, flux_k, row, layer, cells, shares):
    """Voxels that `c` flows into, with their fluxes; returns how many."""
    n = 0
    if flux_i[c] > 0.0:
        cells[n], shares[n] = c + 1, flux_i[c]
        n += 1
    if flux_i[c - 1] < 0.0:
        cells[n], shares[n] = c - 1, -flux_i[c - 1]
        n += 1
    if flux_j[c] > 0.0:
        cells[n], shares[n] = c + row, flux_j[c]
        n += 1
    if flux_j[c - row] < 0.0:
        cells[n], shares[n] = c - row, -flux_j[c - row]
        n += 1
    if flux_k[c] > 0.0:
        cells[n], shares[n] = c + layer, flux_k[c]
        n += 1
    if flux_k[c - layer] < 0.0:
        cells[n], shares[n] = c - layer, -flux_k[c - layer]
        n += 1
    return n


@kernel
def _admitted(n, cells, shares, full, passes):
    """Keep the downstream voxels that can take or pass cement; returns how many, and makes shares sum to one."""
    kept = 0
    total = 0.0
    for m in range(n):
        d = cells[m]
        if not full[d] or passes[d]:
            cells[kept], shares[kept] = d, shares[m]
            total += shares[m]
            kept += 1
    for m in range(kept):
        shares[m] /= total
    return kept


@kernel
def _entered(c, d, start_s, content, site, vein, canal_code, vein_code, first_time):
    """Note the first drop into a voxel outside the bone; the canal entered from the vein is the vein's leak."""
    if site[d] < 0 or content[d] > 0.0:
        return
    if site[d] == canal_code and (vein[c] or site[c] == vein_code):
        site[d] = vein_code
    if first_time[site[d]] > start_s:
        first_time[site[d]] = start_s


@kernel
def _spread(first, c, inflow, front, n_front, order, place, fluxes, row, layer, now, volumes, marks, codes, times, work):
    """Send a new inflow into voxel `c` downstream through all full voxels; returns the number of front voxels.

    `first` is True where the inflow of `c` itself is still to be counted.
    """
    flux_i, flux_j, flux_k = fluxes
    content, full = volumes
    site, vein, passes = marks
    canal_code, vein_code = codes
    rate, extra, cells, shares = work
    extra[c] += inflow
    last = place[c]
    n = place[c]
    while n <= last:
        here = order[n]
        n += 1
        amount = extra[here]
        if amount <= 0.0:
            continue
        extra[here] = 0.0
        if here != c or first:
            if rate[here] == 0.0 and not full[here]:
                front[n_front] = here
                n_front += 1
            rate[here] += amount
        if full[here]:
            count = _downstream(here, flux_i, flux_j, flux_k, row, layer, cells, shares)
            count = _admitted(count, cells, shares, full, passes)
            for m in range(count):
                d = cells[m]
                _entered(here, d, now, content, site, vein, canal_code, vein_code, times)
                extra[d] += amount * shares[m]
                last = max(last, place[d])
    return n_front


@kernel
def advance_cells(
    order, place, flux_i, flux_j, flux_k, row, layer, capacity, content, full, source, source_cells, site, vein,
    near_wall, canal_code, vein_code, threshold, site_volume, first_time, half_time, start_s, duration_s,
):  # fmt: skip
    """Advance the front by `duration_s` with frozen fluxes; stop early where something watched happens.

    Flat arrays of one box.  `order` lists the voxels around the front by falling pressure, `place` their place in it
    (−1 elsewhere);
    volumes are ml, `source` ml/s.  Updates `content`, `full`, `site`, `site_volume`, `first_time` and `half_time`.
    Returns the time advanced and why it ended: DONE; WATCHED (a site reached its threshold, the first drop at a site,
    or the posterior wall); BLOCKED (a full voxel has nowhere to pass on: solve again); STUCK (no room at all).
    """
    rate = np.zeros(content.size)
    extra = np.zeros(content.size)
    passes = np.zeros(content.size, np.bool_)
    cells, shares = np.zeros(6, np.int64), np.zeros(6)
    front = np.zeros(order.size, np.int64)
    site_rate = np.zeros(site_volume.size)
    fluxes, volumes, marks = (flux_i, flux_j, flux_k), (content, full), (site, vein, passes)
    codes, work = (canal_code, vein_code), (rate, extra, cells, shares)
    for n in range(order.size - 1, -1, -1):
        c = order[n]
        if full[c]:
            count = _downstream(c, flux_i, flux_j, flux_k, row, layer, cells, shares)
            count = _admitted(count, cells, shares, full, passes)
            passes[c] = count > 0
    known = np.sum(first_time < np.inf)
    n_front = 0
    for s in source_cells:
        if full[s] and not passes[s]:
            return 0.0, STUCK
        n_front = _spread(
            True, s, source[s], front, n_front, order, place, fluxes, row, layer, start_s, volumes, marks, codes,
            first_time, work,
        )  # fmt: skip
    now = start_s
    end = start_s + duration_s
    while now < end:
        if np.sum(first_time < np.inf) > known:
            known = np.sum(first_time < np.inf)
            if now > start_s:
                return now - start_s, WATCHED
        step = _next_event(front, n_front, rate, content, capacity, near_wall, site, site_rate, threshold, site_volume)
        step = min(step, end - now)
        watched = False
        for s in range(site_volume.size):
            site_volume[s] += site_rate[s] * step
            watched |= site_volume[s] >= threshold[s] - FULL_WITHIN
        for m in range(n_front):
            c = front[m]
            before = content[c]
            content[c] = before + rate[c] * step
            half = HALF * capacity[c]
            if before < half and content[c] >= half * (1.0 - FULL_WITHIN):
                half_time[c] = now + (half - before) / rate[c]
                watched |= near_wall[c]
        now += step
        m = 0
        blocked = False
        while m < n_front:
            c = front[m]
            if capacity[c] - content[c] > FULL_WITHIN * capacity[c]:
                m += 1
                continue
            content[c] = capacity[c]
            full[c] = True
            n_front -= 1
            front[m] = front[n_front]
            count = _downstream(c, flux_i, flux_j, flux_k, row, layer, cells, shares)
            count = _admitted(count, cells, shares, full, passes)
            passes[c] = count > 0
            for d in cells[:count]:
                blocked |= place[d] < 0
            if blocked or not passes[c]:
                blocked = True
                continue
            n_front = _spread(
                False, c, rate[c], front, n_front, order, place, fluxes, row, layer, now, volumes, marks, codes,
                first_time, work,
            )  # fmt: skip
        if watched:
            return now - start_s, WATCHED
        if blocked:
            return now - start_s, BLOCKED
    return duration_s, DONE


@kernel
def _next_event(front, n_front, rate, content, capacity, near_wall, site, site_rate, threshold, site_volume):
    """Time until a voxel is full, half full beside the posterior wall, or a leak becomes visible."""
    site_rate[:] = 0.0
    step = np.inf
    for m in range(n_front):
        c = front[m]
        if site[c] >= 0:
            site_rate[site[c]] += rate[c]
        left = capacity[c] - content[c]
        if near_wall[c] and content[c] < HALF * capacity[c] * (1.0 - FULL_WITHIN):
            left = HALF * capacity[c] - content[c]
        step = min(step, left / rate[c])
    for s in range(site_rate.size):
        if site_rate[s] > 0.0 and site_volume[s] < threshold[s]:
            step = min(step, (threshold[s] - site_volume[s]) / site_rate[s])
    return max(step, 0.0)
