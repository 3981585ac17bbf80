"""The figures and the printable page of a series, made in a process beside the server."""

import hashlib
from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import date

from vertebroplasty.errors import Refused
from vertebroplasty.registry.series.drift import CusumPlan
from vertebroplasty.registry.series.figures import Figure
from vertebroplasty.registry.store.entries import Verification

__all__ = ["Asked", "Drawing", "checked_registry", "drawn_series", "made_report"]

USUAL_ERROR = 0.05  # [choice] both errors of the CUSUM chart, as on the command line
Stage = Callable[[float, str], None]
COUNTED, MODELLED, POOLED = 0.2, 0.7, 0.9  # [choice] how far the bar stands, by the time each part takes
ABOUT_LITERATURE = "Results that can be compared with published ones: same definition, denominator and imaging."


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """Which figures: of which series on which day, with which shares for the CUSUM (parts of one, None: no chart)."""

    series: str | None
    today: date
    p0: float | None = None
    p1: float | None = None

    def key(self, head: str) -> str:
        """A name for these figures of this state of the journal."""
        told = "\n".join((head, *(str(value) for value in asdict(self).values())))
        return hashlib.sha256(told.encode()).hexdigest()[:32]

    def plan(self) -> CusumPlan | None:
        """The plan of the CUSUM.

        Raises:
            Refused: one share without the other, no share between 0 and 1, or twice the same.
        """
        if self.p0 is None and self.p1 is None:
            return None
        if self.p0 is None or self.p1 is None:
            raise Refused("A CUSUM needs both shares: the acceptable one and the one looked for.", where="p0")
        if not (0 < self.p0 < 1 and 0 < self.p1 < 1):
            raise Refused("Give both shares of the CUSUM between 0 and 100 %.", where="p0")
        if self.p0 == self.p1:
            raise Refused("Both shares are the same: a CUSUM looks for one that is not the acceptable one.", where="p1")
        return CusumPlan(p0=self.p0, p1=self.p1, alpha=USUAL_ERROR, beta=USUAL_ERROR)


@dataclass(frozen=True, slots=True)
class Drawing:
    """The figures of a series, and what could not be drawn with the reason."""

    figures: tuple[Figure, ...]
    left_out: tuple[tuple[str, str], ...]


def drawn_series(stage: Stage, address: str, asked: Asked) -> Drawing:
    """Draw every figure that the records allow, and the published trials pooled."""
    from vertebroplasty.registry.series.figures import beside_literature, series_figures
    from vertebroplasty.registry.series.literature_page import pooled_trials
    from vertebroplasty.registry.series.models import series_models
    from vertebroplasty.registry.series.statistics import series_statistics
    from vertebroplasty.registry.store.opening import open_registry

    with open_registry(address) as registry, registry.reading() as connection:
        found = series_statistics(connection, asked.series, today=asked.today)
        stage(COUNTED, "modelling")
        models = series_models(connection, asked.series, today=asked.today, plan=asked.plan())
        stage(MODELLED, "drawing")
        drawn = series_figures(found, models, connection)
    beside, cautions = beside_literature(found)
    stage(POOLED, "drawing")
    more = [Figure(caption=" ".join((ABOUT_LITERATURE, *cautions)), svg=beside, wide=True)] if beside else []
    return Drawing((*drawn.figures, *more, *pooled_trials()), drawn.left_out)


def made_report(stage: Stage, address: str, asked: Asked) -> str:
    """The page for the quality meeting as HTML."""
    from vertebroplasty.registry.series.page import series_page
    from vertebroplasty.registry.store.opening import open_registry

    stage(COUNTED, "modelling")
    with open_registry(address) as registry, registry.reading() as connection:
        return series_page(connection, asked.series, today=asked.today, plan=asked.plan())


def checked_registry(stage: Stage, address: str, head: str | None) -> Verification:
    """Recompute the whole journal and compare every record with it."""
    from vertebroplasty.registry.store.opening import open_registry

    stage(COUNTED, "checking")
    with open_registry(address) as registry:
        return registry.verify(head=head)
