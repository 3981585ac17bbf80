"""What tests of a rehearsal begin with: a needle by the plan, cement that is paste."""

from vertebroplasty.cement.actions import Mix, MoveNeedle, Wait
from vertebroplasty.rehearsal.session import start, step

MIX = Mix(product="pmma-medium")
PASTE_S = 330.0


def placed(case, rank=1, needle=1):
    path = case.paths[rank - 1]
    entry, tip = (tuple(float(x) for x in p) for p in (path.entry_lps_mm, path.tip_lps_mm))
    return MoveNeedle(needle=needle, entry_lps_mm=entry, tip_lps_mm=tip)


def acted(state, *actions):
    for action in actions:
        state = step(state, action)
    return state


def ready(case, seed=0):
    """Needle in, cement paste."""
    return acted(start(case, seed), placed(case), MIX, Wait(duration_s=PASTE_S))
