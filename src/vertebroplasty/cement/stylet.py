"""The stylet goes back into the cannula: it drives out what the cannula holds, unless the cement has become too hard.

Cement that has hardened keeps the stylet out; when such a needle is drawn out, its column of cement stays in the track.
"""

from vertebroplasty.cement.actions import Push, Stylet
from vertebroplasty.cement.needles import Needles
from vertebroplasty.cement.push import PushRun
from vertebroplasty.cement.result import TOO_STIFF, StopReason
from vertebroplasty.cement.setting import Phase

__all__ = ["put_back"]

TOO_HARD = (Phase.HARDENING, Phase.SET)
ENDED = (None, StopReason.VOLUME_DELIVERED, StopReason.OPERATOR)


def put_back(run: PushRun, needles: Needles, action: Stylet, *, ends: bool) -> bool:
    """Put the stylet back; returns whether it went in.  `ends`: no push follows, so that the volume is delivered.

    It drives cement at the rate of the last push, under the same rules to stop.  After a stop for a reason that was
    seen nothing is driven in any more: the cannula is drawn back over the stylet instead.
    """
    needles.path(action.needle)
    column = needles.column_ml.get(action.needle, 0.0)
    goes_in = run.syringe.phase_at(run.now_s) not in TOO_HARD and run.reason not in TOO_STIFF
    driven = 0.0
    if column > 0 and goes_in and run.noticed is None and run.reason in ENDED:
        asked = min(action.volume_ml or column, column)
        driven = run.deliver(Push(rate_ml_per_s=run.last_rate, volume_ml=asked))
        goes_in = run.halted not in TOO_STIFF
    if ends:
        run.stop(StopReason.VOLUME_DELIVERED, at_s=run.pushed_until_s)
    needles.column_ml[action.needle] = 0.0 if goes_in else column - driven
    run.note("stylet", reinserted=goes_in, needle=action.needle, driven_ml=driven)
    if not goes_in:
        run.warnings.append("The cement in the needle had hardened before the stylet was put back: it cannot go in.")
    elif column > 0 and driven == 0.0:
        run.warnings.append(
            f"After the stop the stylet was put back while the cannula was drawn over it: the {column:.2f} ml in it "
            "were not driven into the bone."
        )
    return goes_in
