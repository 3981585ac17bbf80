"""Practise one injection on one patient: a session of single actions that can be scored, kept and replayed.

SOURCES and NOT_MODELLED say what a session rests on and what it leaves out.
"""

from vertebroplasty.cement import NOT_MODELLED as CEMENT_NOT_MODELLED
from vertebroplasty.cement import SOURCES as CEMENT_SOURCES

SOURCES: tuple[str, ...] = (*CEMENT_SOURCES, "radiologykey-needle", "GR-secondary", "Rose-secondary")

NOT_MODELLED: tuple[str, ...] = (
    *CEMENT_NOT_MODELLED,
    "What each handling costs in seconds is a choice; no operator was timed.",
    "A leak is seen from the volume that the true AP or lateral shows; in between the worse of both counts.",
    "No patient answers: pain, blood pressure, oxygen and nerves are not simulated.",
    "A needle goes where it is put; the shake of a hand and the feel of bone are not part of a session.",
    "The score counts what was done; it is no examination and no measure of competence.",
)
