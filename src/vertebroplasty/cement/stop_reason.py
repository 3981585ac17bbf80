"""Why an injection ended, in the words that a simulation, a rehearsal and the registry share."""

from enum import StrEnum

__all__ = ["StopReason"]


class StopReason(StrEnum):
    """Why an injection ended."""

    VOLUME_DELIVERED = "volume-delivered"
    POSTERIOR_CORTEX = "posterior-cortex"
    EPIDURAL_LEAK = "epidural-leak"
    FORAMINAL_LEAK = "foraminal-leak"
    VENOUS_LEAK = "venous-leak"
    DISC_LEAK = "disc-leak"
    PARAVERTEBRAL_LEAK = "paravertebral-leak"
    PASTE_ENDED = "paste-ended"
    PRESSURE_LIMIT = "pressure-limit"
    OPERATOR = "operator"
