"""The names of the places where cement lies once it has left the bone, and Yeom's type of each.

Twelve sites: nine that an injection on a grid can tell apart, and three that only a reader records.
"""

from enum import StrEnum

__all__ = ["BONY_SITES", "DISC_SITES", "RECORDED_ONLY", "SIMULATED_SITES", "YEOM", "LeakSite"]


class LeakSite(StrEnum):
    """Where a leak lies."""

    DISC_ABOVE = "disc-above"
    DISC_BELOW = "disc-below"
    EPIDURAL = "epidural"
    FORAMEN_LEFT = "foramen-left"
    FORAMEN_RIGHT = "foramen-right"
    BASIVERTEBRAL_VEIN = "basivertebral-vein"
    SEGMENTAL_VEIN = "segmental-vein"
    PARAVERTEBRAL = "paravertebral"
    NEEDLE_TRACK = "needle-track"
    DISC_UNSPECIFIED = "disc-unspecified"
    CENTRAL_VEIN_OR_LUNG = "central-vein-or-lung"
    ARTERIAL = "arterial"


RECORDED_ONLY = (LeakSite.DISC_UNSPECIFIED, LeakSite.CENTRAL_VEIN_OR_LUNG, LeakSite.ARTERIAL)
SIMULATED_SITES = tuple(site for site in LeakSite if site not in RECORDED_ONLY)
DISC_SITES = (LeakSite.DISC_ABOVE, LeakSite.DISC_BELOW, LeakSite.DISC_UNSPECIFIED)
BONY_SITES = (  # reached through a gap in the cortex, which thick slices do not show
    LeakSite.EPIDURAL,
    LeakSite.FORAMEN_LEFT,
    LeakSite.FORAMEN_RIGHT,
    LeakSite.DISC_ABOVE,
    LeakSite.DISC_BELOW,
    LeakSite.PARAVERTEBRAL,
)
YEOM: dict[LeakSite, str | None] = {  # Yeom's types B, S and C; D, into the disc, is a later extension
    LeakSite.DISC_ABOVE: "D",
    LeakSite.DISC_BELOW: "D",
    LeakSite.EPIDURAL: "C",
    LeakSite.FORAMEN_LEFT: "C",
    LeakSite.FORAMEN_RIGHT: "C",
    LeakSite.BASIVERTEBRAL_VEIN: "B",
    LeakSite.SEGMENTAL_VEIN: "S",
    LeakSite.PARAVERTEBRAL: "C",
    LeakSite.NEEDLE_TRACK: None,
    LeakSite.DISC_UNSPECIFIED: "D",
    LeakSite.CENTRAL_VEIN_OR_LUNG: None,  # through a vein, but the site does not tell which
    LeakSite.ARTERIAL: None,
}
