"""Who wants the simulation thread waits, but not in a queue without end."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from vertebroplasty.web.case_page.turn import AT_ONCE, in_turn
from vertebroplasty.web.safety import Conflict


def test_an_answer_and_an_error_come_through_and_free_the_place():
    with ThreadPoolExecutor(1) as simulation:
        assert in_turn(simulation, pow, 2, 5) == 32
        for _ in range(2 * AT_ONCE):
            with pytest.raises(ZeroDivisionError):
                in_turn(simulation, divmod, 1, 0)


def test_one_too_many_is_told_so():
    gate = threading.Event()
    with ThreadPoolExecutor(1) as simulation, ThreadPoolExecutor(AT_ONCE) as askers:
        begun = threading.Semaphore(0)
        original = simulation.submit

        class Counting:
            def submit(self, *arguments, **named):
                begun.release()
                return original(*arguments, **named)

        waiting = [askers.submit(in_turn, Counting(), gate.wait) for _ in range(AT_ONCE)]
        for _ in range(AT_ONCE):
            assert begun.acquire(timeout=10)
        with pytest.raises(Conflict, match="try again in a moment"):
            in_turn(simulation, gate.wait)
        gate.set()
        assert all(each.result(timeout=10) for each in waiting)
