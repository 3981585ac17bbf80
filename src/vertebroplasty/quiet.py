"""Silencing the readers of images: what matters in a file is checked by us and said in one sentence."""

import logging
import warnings
from collections.abc import Iterator
from contextlib import contextmanager

__all__ = ["quiet_readers"]

READERS_LOGS = ("nibabel.global", "pydicom")


@contextmanager
def quiet_readers() -> Iterator[None]:
    """Read odd but usable headers without the readers' warnings and log lines."""
    logs = [logging.getLogger(name) for name in READERS_LOGS]
    were = [log.disabled for log in logs]
    for log in logs:
        log.disabled = True
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        for log, was in zip(logs, were, strict=True):
            log.disabled = was
