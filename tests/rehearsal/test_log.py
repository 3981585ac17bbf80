"""The log is a sequence like any other, whatever page an entry lies on, and an older one never changes."""

import pickle
import time

import pytest

from vertebroplasty.rehearsal.log import PAGE, Log


def filled(count):
    log = Log()
    for n in range(count):
        log = log.with_entry({"n": n})
    return log


@pytest.mark.parametrize("count", [0, 1, PAGE - 1, PAGE, PAGE + 1, 3 * PAGE, 3 * PAGE + 7])
def test_it_reads_like_a_tuple(count):
    log, plain = filled(count), tuple({"n": n} for n in range(count))
    assert len(log) == count
    assert tuple(log) == plain
    assert [log[n] for n in range(-count, count)] == [plain[n] for n in range(-count, count)]
    for part in (slice(1, -1), slice(PAGE, None), slice(PAGE + 3, 2 * PAGE), slice(5, 2), slice(None, None, -3)):
        assert log[part] == plain[part]
    assert log == plain
    assert log == pickle.loads(pickle.dumps(log)) == filled(count)
    for beyond in (count, -count - 1):
        with pytest.raises(IndexError, match=f"has {count} entries"):
            log[beyond]


def test_two_logs_go_on_from_one_without_touching_it():
    for count in (PAGE - 1, PAGE):
        begin = filled(count)
        one, other = begin.with_entry({"way": 1}), begin.with_entry({"way": 2})
        assert len(begin) == count
        assert (one[-1], other[-1]) == ({"way": 1}, {"way": 2})
        assert one != other
        assert one[:-1] == other[:-1] == tuple(begin)
        assert begin != one


def test_an_entry_costs_the_same_at_the_end_of_a_long_log():
    def cost_s(log):
        begin = time.process_time()
        for _ in range(2000):
            log.with_entry({})
        return time.process_time() - begin

    short, long = filled(PAGE // 2), filled(40_000 + PAGE // 2)
    # a tuple of so many entries would take hundreds of times as long to copy
    assert min(cost_s(long) for _ in range(3)) < 5 * min(cost_s(short) for _ in range(3)) + 1e-3
