"""Blocks of subjects in threads."""

import threading

import pytest

from oihsim.blocks import in_threads


def test_ctrl_c_waits_for_a_thread_that_is_just_starting(monkeypatch):
    begin, running = threading.Thread.start, set()

    def interrupted(self):
        begin(self)
        raise KeyboardInterrupt

    def work(first, last):
        running.add(first)
        threading.Event().wait(0.2 if first else 0.0)
        running.remove(first)

    monkeypatch.setattr(threading.Thread, "start", interrupted)
    assert in_threads(work, 64, 1, 1, None)
    assert not running


def test_ctrl_c_in_the_last_block_is_told_too():
    done, told = [], []

    def progress(count):
        told.append(count)
        if len(told) == 1:
            raise KeyboardInterrupt

    assert in_threads(lambda first, last: done.append((first, last)), 5, 1, 8, progress)
    assert done == [(0, 5)]


@pytest.mark.parametrize("n", [1, 7, 96, 1000, 4001])
@pytest.mark.parametrize("threads", [1, 2, 3])
def test_every_subject_is_in_one_block(n, threads):
    seen = []
    assert not in_threads(lambda a, b: seen.extend(range(a, b)), n, threads, 8, None)
    assert sorted(seen) == list(range(n))


def test_two_threads_work_at_the_same_time():
    meeting = threading.Barrier(2, timeout=10)
    in_threads(lambda *_: meeting.wait(), 16, 2, 8, None)
    assert not meeting.broken
