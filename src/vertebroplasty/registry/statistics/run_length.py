"""How many cases a CUSUM lets pass before it signals, by chance alone or once something is wrong.

The chart is a walk on a line of small cells; the mean number of steps until it leaves the top solves one linear system.
"""

from dataclasses import replace

import numpy as np
from jaxtyping import Float

from vertebroplasty.errors import Refused
from vertebroplasty.registry.statistics.cusum import Limit, steps

__all__ = ["average_run_length", "limit_for_run_length", "with_run_lengths"]

CELLS = 500  # [choice] cells below the limit; twice as many move the run length by less than 2 %
RISKS = 20  # [choice] representative risks that stand for the case mix
HIGHEST = 20.0  # [choice] limits searched up to here
PRECISION = 1e-3  # [choice] of the limit, far below what a chart shows


def average_run_length(
    risk: Float[np.ndarray, "cases"], *, ratio: float, height: float, true_ratio: float = 1.0
) -> float:
    """The mean number of cases up to a signal when the true odds are the expected ones times `true_ratio`.

    Source: Brook and Evans 1972.  Cases are taken to come independently from the case mix `risk`.
    """
    from scipy.sparse import coo_array, eye_array
    from scipy.sparse.linalg import spsolve

    typical = _case_mix(risk)
    chance = true_ratio * typical / (1.0 + typical * (true_ratio - 1.0))
    width = height / CELLS
    here = np.arange(CELLS)
    rows, columns, weights = [], [], []
    for jump, likely in zip(steps(typical, ratio), (chance, 1.0 - chance), strict=True):
        reached = np.maximum(here[:, None] + jump[None, :] / width, 0.0)
        below = np.floor(reached).astype(np.int64)
        part = reached - below
        for cell, share in ((below, 1.0 - part), (np.minimum(below + 1, CELLS - 1), part)):
            stays = reached < CELLS
            rows.append(np.broadcast_to(here[:, None], stays.shape)[stays])
            columns.append(cell[stays])
            weights.append((share * likely / typical.size)[stays])
    walk = coo_array(
        (np.concatenate(weights), (np.concatenate(rows), np.concatenate(columns))), shape=(CELLS, CELLS)
    ).tocsc()
    return float(spsolve((eye_array(CELLS) - walk).tocsc(), np.ones(CELLS))[0])


def limit_for_run_length(risk: Float[np.ndarray, "cases"], *, ratio: float, cases: float) -> Limit:
    """The lowest limit at which chance alone signals only once in `cases` cases on average.

    Raises:
        Refused: fewer than two cases between false alarms, or so many that no sensible limit gives them.
    """
    low, high = 0.0, HIGHEST
    if cases < 2 or average_run_length(risk, ratio=ratio, height=high) < cases:
        raise Refused(f"No limit gives one false alarm in {cases:g} cases; ask for another run length.")
    while high - low > PRECISION:
        middle = (low + high) / 2.0
        if average_run_length(risk, ratio=ratio, height=middle) < cases:
            low = middle
        else:
            high = middle
    plain = Limit(
        height=high,
        alpha=None,
        beta=None,
        run_length_in_control=None,
        run_length_out_of_control=None,
        sentence=f"Limit {high:.2f} for a stated run length.",
    )
    return with_run_lengths(plain, risk, ratio=ratio)


def with_run_lengths(limit: Limit, risk: Float[np.ndarray, "cases"], *, ratio: float) -> Limit:
    """The same limit, with what it does on a chart of this case mix: how often it errs and how soon it signals."""
    quiet = average_run_length(risk, ratio=ratio, height=limit.height)
    wrong = average_run_length(risk, ratio=ratio, height=limit.height, true_ratio=ratio)
    sentence = (
        f"{limit.sentence} On average one false alarm in {quiet:.0f} cases, and a signal after {wrong:.0f} cases once "
        f"the odds ratio is {ratio:.3g}."
    )
    return replace(limit, run_length_in_control=quiet, run_length_out_of_control=wrong, sentence=sentence)


def _case_mix(risk: np.ndarray) -> np.ndarray:
    """At most 20 risks that stand for all: means of groups of equal number."""
    ordered = np.sort(np.asarray(risk, dtype=float))
    if ordered.size <= RISKS:
        return ordered
    return np.array([part.mean() for part in np.array_split(ordered, RISKS)])
