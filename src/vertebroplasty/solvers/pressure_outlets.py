"""Whether fluid is pushed into a region of cells that nothing can leave: there the pressure does not exist."""

import numpy as np
from jaxtyping import Float64, Int64

from vertebroplasty.kernels import kernel

__all__ = ["fed_without_outlet"]

NEGLIGIBLE_SOURCE = 1e-9  # [choice] of the largest source: net inflow of a closed region below this is rounding

Field = Float64[np.ndarray, "k j i"]
Flat = Float64[np.ndarray, "n"]


@kernel
def _closed_and_fed(
    fi: Flat,
    fj: Flat,
    fk: Flat,
    drain: Flat,
    source: Flat,
    row: int,
    layer: int,
    least: float,
    mark: Int64[np.ndarray, "n"],
    queue: Int64[np.ndarray, "n"],
) -> bool:
    """Flood from every fed cell until an outlet or a flood that found one is met; `mark` must begin as zeros.

    A flood without outlet has then seen its whole region, whose sources must cancel.
    """
    size = source.size
    for seed in range(size):
        if source[seed] == 0.0 or mark[seed] != 0:
            continue
        mark[seed], queue[0] = seed + 1, seed
        head, tail, net, drained = 0, 1, 0.0, False
        while head < tail and not drained:
            cell = queue[head]
            head += 1
            net += source[cell]
            drained = drain[cell] > 0.0
            for way in range(6):
                step = row if way % 3 == 1 else layer if way % 3 == 2 else 1
                there = cell + step if way < 3 else cell - step
                if there < 0 or there >= size:
                    continue
                owner = min(cell, there)
                face = fi[owner] if way % 3 == 0 else fj[owner] if way % 3 == 1 else fk[owner]
                if face <= 0.0 or mark[there] == seed + 1:
                    continue
                if mark[there] != 0:
                    drained = True  # an earlier flood: it stopped at an outlet, or it would hold this cell
                    continue
                mark[there] = seed + 1
                queue[tail] = there
                tail += 1
        if not drained and abs(net) > least:
            return True
    return False


def fed_without_outlet(fi: Field, fj: Field, fk: Field, drain: Field, source: Field) -> bool:
    """Whether a region that is connected by conducting faces receives fluid but has no drain.

    The cost is that of the cells between the sources and their nearest outlets.
    """
    least = NEGLIGIBLE_SOURCE * max(float(source.max(initial=0.0)), -float(source.min(initial=0.0)))
    i, j, k, drains, fed = (field.reshape(-1) for field in (fi, fj, fk, drain, source))
    marks = np.zeros(source.size, np.int64)  # both are touched only where the floods come
    queue = np.empty(source.size, np.int64)
    return bool(_closed_and_fed(i, j, k, drains, fed, source.shape[2], source[0].size, least, marks, queue))
