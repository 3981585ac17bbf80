"""Whether documents that have the right form can be true: the page draws nothing that no run could have answered."""

from vertebroplasty.anatomy.leak_sites import LeakSite
from vertebroplasty.cement.setting import Phase
from vertebroplasty.documents.inject import InjectDocument
from vertebroplasty.documents.strength import StrengthDocument
from vertebroplasty.errors import Refused
from vertebroplasty.web.finished.files import REMEDY

__all__ = ["MOST_ML", "MOST_S", "checked_inject", "checked_strength"]

MOST_S = 86_400.0  # [choice] a day: no cement is injected for longer
MOST_ML = 100.0  # [choice] more than any vertebra holds


def checked_inject(inject: InjectDocument) -> InjectDocument:
    """The document itself.

    Raises:
        Refused: a leak site or phase that there is not, or a time or volume that no injection has.
    """
    sites = {*(leak.site for leak in inject.leaks), *inject.not_assessed}
    phases = {each.phase for each in inject.phases}
    times = [inject.stop_time_s, *(t for each in inject.phases for t in (each.start_s, each.end_s))]
    times += [t for leak in inject.leaks for t in (leak.first_time_s, leak.first_visible_s)]
    volumes = [inject.injected_ml, inject.in_body_ml, inject.in_canal_ml, *(leak.volume_ml for leak in inject.leaks)]
    if (
        not sites <= {site.value for site in LeakSite}
        or not phases <= {phase.value for phase in Phase}
        or any(t is not None and not 0.0 <= t <= MOST_S for t in times)
        or any(ml is not None and not 0.0 <= ml <= MOST_ML for ml in volumes)
    ):
        raise Refused(f"inject.json tells of no possible injection: {REMEDY}.", where="inject.json")
    return inject


def checked_strength(strength: StrengthDocument) -> StrengthDocument:
    """The document itself.

    Raises:
        Refused: an interval that has not two ends.
    """
    for entry in (strength.before, strength.after):
        for interval in () if entry is None else (entry.stiffness_interval, entry.failure_load_interval):
            if interval is not None and len(interval) != 2:
                raise Refused(f"strength.json holds an interval without two ends: {REMEDY}.", where="strength.json")
    return strength
