"""The leak table: millilitres by site, and "not assessed" where the CT cannot show a breach, never 0 ml."""

from dataclasses import dataclass

from vertebroplasty.documents.inject import InjectDocument

__all__ = ["LeakRow", "leak_rows"]

SITES = (
    ("epidural", "epidural"),
    ("basivertebral-vein", "basivertebral vein, towards the canal"),
    ("foramen-left", "left foramen"),
    ("foramen-right", "right foramen"),
    ("segmental-vein", "segmental vein"),
    ("paravertebral", "paravertebral tissue"),
    ("disc-above", "disc above"),
    ("disc-below", "disc below"),
    ("needle-track", "needle track"),
)
LEAST_SHOWN_ML = 0.005  # [choice] less than that would read as 0.00


@dataclass(frozen=True, slots=True)
class LeakRow:
    """One line of the table, as text."""

    site: str
    ml: str
    first: str
    seen: str


def leak_rows(inject: InjectDocument) -> list[LeakRow]:
    """One row a site, the canal first; a site that leaked although it was not assessable shows its volume."""
    found = {leak.site: leak for leak in inject.leaks}
    rows = []
    for site, words in SITES:
        leak = found.get(site)
        if leak is not None and leak.volume_ml > 0:
            rows.append(
                LeakRow(words, _ml(leak.volume_ml), _minutes(leak.first_time_s), _minutes(leak.first_visible_s))
            )
        elif site in inject.not_assessed:
            rows.append(LeakRow(words, "not assessed", "", ""))
        else:
            rows.append(LeakRow(words, "0", "", ""))
    return rows


def _ml(volume_ml: float) -> str:
    """Two digits behind the point; a trace is not rounded to nothing."""
    return f"{volume_ml:.2f}" if volume_ml >= LEAST_SHOWN_ML else "below 0.01"


def _minutes(seconds: float | None) -> str:
    return "not seen" if seconds is None else f"{seconds / 60:.1f} min"
