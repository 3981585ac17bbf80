"""Work that a job can do in a process of its own; it must be importable there."""

import os
import time

from vertebroplasty.errors import Refused


def doubled(stage, number):
    stage(0.5, "measuring")
    return 2 * number


def refusing(stage):
    raise Refused("The CT is upside down: turn it.")


def breaking(stage):
    raise ZeroDivisionError


def dying(stage):
    os._exit(3)


def sleeping(stage, seconds):
    stage(0.1, "reading")
    time.sleep(seconds)
