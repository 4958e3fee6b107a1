"""Threads that share a queue of subjects, and Ctrl-C."""

import threading
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from numba import njit

from oihsim.engine.memory import aligned
from oihsim.engine.queue import SharedQueue, in_threads
from oihsim.engine.solver.address_table import DONE, NEXT, TABLES, add_one


@njit(nogil=True)
def count(t, name):
    return add_one(t, name)


@njit(nogil=True)
def take_all(t, taken):
    while True:
        place = add_one(t, NEXT)
        if place >= taken.size:
            return
        taken[place] += 1
        add_one(t, DONE)


class Places:
    """A queue, and the table through which compiled code counts its places."""

    def __init__(self, size):
        counters = aligned((2, 16)).view(np.int64)
        self.queue = SharedQueue(size, counters[0], counters[1])
        self.table = np.zeros((TABLES, 4), dtype=np.int64)
        self.table[NEXT, 0], self.table[DONE, 0] = (counter.ctypes.data for counter in counters)

    def take(self):
        """Return whether there was a place left to take."""
        return count(self.table, NEXT) < self.queue.size

    def done(self):
        count(self.table, DONE)


def in_time(condition):
    """Wait until something holds; return whether it does."""
    for _ in range(1000):
        if condition():
            return True
        threading.Event().wait(0.01)
    return False


@pytest.mark.parametrize("size", [1, 7, 1000, 5_000_001])
@pytest.mark.parametrize("threads", [1, 2, 3])
def test_threads_take_every_place_once(size, threads):
    places, taken = Places(size), np.zeros(size, dtype=np.int64)
    begun = threading.Barrier(threads, timeout=10)

    def work():
        begun.wait()
        take_all(places.table, taken)

    assert not in_threads(work, threads, places.queue, None)
    assert np.all(taken == 1)
    assert places.queue.finished == size
    assert not places.take()


def test_two_threads_work_at_the_same_time():
    meeting = threading.Barrier(2, timeout=10)
    in_threads(meeting.wait, 2, Places(16).queue, None)
    assert not meeting.broken


def test_progress_is_told_while_threads_work_and_at_the_end():
    places, progress_calls, first = Places(3), [], threading.Event()

    def progress(done):
        progress_calls.append(done)
        if done == 1:
            first.set()

    def work():
        while places.take():
            # nobody goes beyond the first before that was told
            assert places.queue.finished == 0 or first.wait(10)
            places.done()

    assert not in_threads(work, 1, places.queue, progress)
    assert progress_calls == sorted(progress_calls)
    assert progress_calls[-1] == 3
    assert first.is_set()


@pytest.mark.parametrize("threads", [1, 2])
def test_after_ctrl_c_what_was_taken_ends_and_nothing_more_is_taken(threads):
    places, begun, ended = Places(100), [], []
    closed = threading.Event()

    def progress(done):
        if len(begun) == threads and not closed.is_set():
            closed.set()
            raise KeyboardInterrupt

    def work():
        while places.take():
            begun.append(1)
            assert closed.wait(10)
            if not in_time(lambda: places.queue.next[0] >= places.queue.size):
                return
            ended.append(1)
            places.done()

    assert in_threads(work, threads, places.queue, progress)
    assert len(ended) == len(begun) == threads
    assert places.queue.finished == threads


def test_ctrl_c_waits_for_a_thread_that_is_just_starting(monkeypatch):
    begin, begun, ended = threading.Thread.start, threading.Event(), []

    def interrupted(self):
        begin(self)
        assert begun.wait(10)
        raise KeyboardInterrupt

    def work():
        begun.set()
        threading.Event().wait(0.2)
        ended.append(1)

    monkeypatch.setattr(threading.Thread, "start", interrupted)
    assert in_threads(work, 2, Places(64).queue, None)
    assert ended == [1]


def test_a_thread_that_begins_after_ctrl_c_finds_nothing_to_do(monkeypatch):
    begin, late, worked = threading.Thread.start, [], []
    begun, returned = threading.Event(), threading.Event()

    class Slow(ThreadPoolExecutor):
        def submit(self, call):
            return super().submit(lambda: (begun.set(), returned.wait(10), call()))

    def interrupted(self):
        begin(self)
        late.append(self)
        assert begun.wait(10)
        raise KeyboardInterrupt

    monkeypatch.setattr(threading.Thread, "start", interrupted)
    monkeypatch.setattr("oihsim.engine.queue.ThreadPoolExecutor", Slow)
    assert in_threads(lambda: worked.append(1), 1, Places(64).queue, None)
    returned.set()
    late[0].join(10)
    assert not late[0].is_alive()
    assert worked == []


@pytest.mark.parametrize("call", [1, 2])
def test_ctrl_c_when_all_is_done_is_told_too(call):
    places, progress_calls = Places(5), []

    def progress(done):
        progress_calls.append(done)
        if len(progress_calls) == call:
            raise KeyboardInterrupt

    def work():
        while places.take():
            places.done()

    assert in_threads(work, 1, places.queue, progress)
    assert progress_calls == [5, 5]


def test_an_error_in_a_thread_reaches_the_caller_and_ends_the_others():
    places, taken = Places(10**9), []
    both, patience = threading.Barrier(2, timeout=10), threading.Event()

    def work():
        if both.wait() == 0:
            raise ArithmeticError("of a thread")
        while places.take() and len(taken) < 10_000:
            taken.append(1)
            patience.wait(0.001)

    with pytest.raises(ArithmeticError, match="of a thread"):
        in_threads(work, 2, places.queue, None)
    assert len(taken) < 10_000
    assert not places.take()
