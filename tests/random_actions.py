"""Random actions of a trainee who knows nothing: sensible ones, foolish ones and nonsense, in any order."""

from vertebroplasty.cement.actions import (
    Balloon,
    CArm,
    Help,
    Image,
    Mix,
    MoveNeedle,
    Pause,
    Phlebogram,
    Push,
    Stop,
    Stylet,
    Wait,
    Withdraw,
)  # fmt: skip
from vertebroplasty.rehearsal.pacing import Plunger

NONSENSE = (float("nan"), float("inf"), -1.0, 0.0, 1e300)


def random_action(rng, case):
    """One action; one number in thirty is nonsense, and a stop is rare as it ends the pushing."""
    kinds = ("push",) * 6 + ("wait", "image", "c-arm", "move", "stylet", "withdraw", "mix", "mix", "other")
    return MAKERS[kinds[rng.integers(len(kinds))]](rng, case)


def number(rng, low, high):
    """A number of a range, or now and then one that is none."""
    if rng.random() < 1 / 30:
        return NONSENSE[rng.integers(len(NONSENSE))]
    return float(rng.uniform(low, high))


def needle(rng):
    return int(rng.choice([1, 1, 1, 2, 3, 4, 0, 9], p=[0.3, 0.25, 0.25, 0.12, 0.03, 0.02, 0.01, 0.02]))


def push(rng, _):
    how = {"rate_ml_per_s": number(rng, 0.01, 0.2)} if rng.random() < 0.8 else {"pressure_kpa": number(rng, 50, 3000)}
    long = {"volume_ml": number(rng, 0.01, 0.3)} if rng.random() < 0.8 else {"duration_s": number(rng, 0.5, 5.0)}
    through = {} if rng.random() < 0.6 else {"needle": needle(rng)}
    if rng.random() < 0.05:
        through = {"needles": (1, 2)}
    return Push(**how, **long, **through)


def move(rng, case):
    path = case.paths[rng.integers(len(case.paths))]
    spread = rng.choice([0.0, 1.0, 6.0, 40.0], p=[0.5, 0.25, 0.2, 0.05])
    entry = tuple(float(x) for x in path.entry_lps_mm + rng.normal(size=3) * spread)
    depth = rng.choice([0.5, 0.9, 1.0])
    tip = tuple(float(x) for x in path.entry_lps_mm + depth * (path.tip_lps_mm - path.entry_lps_mm))
    return MoveNeedle(needle=needle(rng), entry_lps_mm=entry, tip_lps_mm=tip)


def other(rng, _):
    return (
        Help(), Pause(), Phlebogram(needle=needle(rng), volume_ml=number(rng, 0.5, 3.0)),
        Balloon(needle=needle(rng), volume_ml=number(rng, 0.2, 3.0)),
        Stop() if rng.random() < 0.2 else Pause(), Wait(duration_s=1.0, t_s=number(rng, 0.0, 800.0)),
    )[rng.integers(6)]  # fmt: skip


MAKERS = {
    "push": push,
    "move": move,
    "other": other,
    "wait": lambda rng, _: Wait(duration_s=number(rng, 0.0, 40.0)),
    "image": lambda rng, _: Image(
        frames=int(rng.integers(0, 20)), live=bool(rng.random() < 0.3), planes=int(rng.choice([1, 1, 1, 2, 3]))
    ),
    "c-arm": lambda rng, _: CArm(
        lao_deg=number(rng, -200.0, 200.0), cranial_deg=number(rng, -40.0, 40.0), plane=int(rng.choice([1, 1, 2, 0]))
    ),
    "stylet": lambda rng, _: Stylet(needle=needle(rng)),
    "withdraw": lambda rng, _: Withdraw(needle=needle(rng)),
    "mix": lambda rng, _: Mix(product=str(rng.choice(["pmma-medium"] * 6 + ["pmma-low", "honey", "event"]))),
}


def random_message(rng, case):
    """What a client may send: mostly held, sometimes let go, sometimes an action, now and then nonsense."""
    message = {"elapsed_s": float(rng.choice([0.0, 0.01, 1 / 15, 1 / 15, 0.3, 5.0, 59.0, float("nan")]))}
    kind = rng.random()
    if kind < 0.4:
        message["push"] = Plunger(rate_ml_per_s=float(rng.choice([0.01, 0.05, 0.2, 5.0, -1.0])))
    elif kind < 0.5:
        message["push"] = Plunger(pressure_kpa=float(rng.choice([100.0, 1000.0, 3000.0])), needle=rng.choice([None, 1]))
    if rng.random() < 0.4:
        message |= {"pedal": True, "planes": int(rng.choice([1, 1, 2]))}
    if rng.random() < 0.2:
        message["actions"] = (random_action(rng, case),)
    return message


def broken_invariants(before, after):
    """What must hold between two states and does not, as sentences."""
    found = []
    if after.now_s < before.now_s:
        found.append("time ran backwards")
    if after.bone.injected_ml < before.bone.injected_ml:
        found.append("injected cement came back")
    if after.bone.injected_ml > 0.0 and after.mixed_s is None:
        found.append("cement without mixing")
    if after.bone.content_ml.min() < 0.0 or any(ml < 0.0 for ml in after.bone.leaked_ml.values()):
        found.append("cement below zero")
    if abs(after.bone.content_ml.sum() - after.bone.injected_ml) > 1e-6 * max(after.bone.injected_ml, 1.0):
        found.append("cement pushed and found differ")
    last = after.log[-1]
    alone = len(after.log) <= len(before.log) + 2  # a message may have done something before what was impossible
    impossible = alone and (last.get("event") == "impossible" or after.log == before.log)
    if impossible and after.bone is not before.bone:
        found.append("an impossible action changed the bone")
    if before.stopped_s is not None and last.get("event") == "pushed":
        found.append("pushed after the stop")
    if last.get("event") == "pushed" and not before.bone.needles.placed:
        found.append("pushed without a needle")
    return found
