"""Ten tries, a minute, ten tries: whatever the address, and in bounded memory."""

from guarded_app import Clock
from vertebroplasty.web.safety.tries import MOST_ADDRESSES, Tries


def test_ten_then_a_minute_then_ten():
    clock = Clock()
    tries = Tries(clock)
    assert [tries.begin("a") for _ in range(12)] == [0] * 10 + [60, 60]
    clock.now += 59.5
    assert tries.begin("a") == 1  # asking while waiting does not prolong the wait
    clock.now += 1
    assert [tries.begin("a") for _ in range(11)] == [0] * 10 + [60]
    tries.forget("a")
    assert tries.begin("a") == 0


def test_tries_more_than_a_minute_apart_never_add_up():
    clock = Clock()
    tries = Tries(clock)
    for _ in range(30):
        assert tries.begin("a") == 0
        clock.now += 61


def test_the_oldest_address_is_forgotten_first():
    tries = Tries(Clock())
    for _ in range(10):
        tries.begin("first")
    for i in range(MOST_ADDRESSES - 1):
        tries.begin(f"other {i}")
    assert tries.begin("first") > 0
    tries.begin("one more")
    assert tries.begin("first") == 0
