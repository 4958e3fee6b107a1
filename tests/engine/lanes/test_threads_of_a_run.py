"""Threads of a run share its subjects: each is run once, and Ctrl-C leaves nothing half done."""

import os
import signal
import threading
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from random_people import random_people
from recorded_runs import ARRAYS, differences, recorded
from slow_parameters import slow
from test_object_code import decay

from oihsim.engine import run as running
from oihsim.engine.lanes.kernel import WIDTHS
from oihsim.engine.solver import INTERRUPTED

HOURS = [0.0, 1.0, 4.0]
THREADS = (1, 2, 3)


@pytest.mark.slow
@given(n=st.integers(1, 4001), threads=st.sampled_from(THREADS), width=st.sampled_from(WIDTHS))
@example(n=1, threads=3, width=8)
@example(n=8, threads=2, width=8)
@example(n=4001, threads=3, width=8)
@example(n=4001, threads=2, width=1)
@settings(max_examples=20, deadline=None)
def test_every_subject_is_run_once(n, threads, width):
    model, progress_calls = decay(), []
    start = np.linspace(1.0, 2.0, n)[:, None]
    P = model.typical(n)
    run = model.run(
        P, HOURS, y0=start, rtol=1e-9, threads=threads, width=width, progress=progress_calls.append
    )
    assert np.all(run.status == 0)
    # one that is run twice is counted twice
    assert progress_calls[-1] == n
    assert progress_calls == sorted(progress_calls)
    exact = start * np.exp(-0.5 * np.array(HOURS))
    np.testing.assert_allclose(run.y[:, :, 0], exact, atol=1e-8)


@pytest.mark.slow
def test_subjects_with_kernels_of_their_own_and_stiff_ones_are_counted_too():
    run, progress_calls = random_people(21, 24), []
    P = run.P.copy()
    rows = list(run.model.usual)
    P[np.ix_(np.arange(0, 24, 3), rows)] = run.model.defaults[rows]
    for name in ("k_on", "k_off"):
        P[1::4, run.model.addresses.index(f"nmda.{name}")] *= 2e3
    result = replace(run, P=P).run(threads=2, progress=progress_calls.append)
    assert set(result.method) == {0, 1}
    assert INTERRUPTED not in result.status
    assert progress_calls[-1] == max(progress_calls) == 24


@pytest.mark.parametrize(
    ("n", "threads", "width", "expected"),
    [(1, 3, 1, 1), (3, 2, 1, 2), (8, 2, 8, 1), (9, 2, 8, 2), (16, 3, 8, 2), (17, 3, 16, 2)],
)
def test_as_many_threads_work_as_find_subjects(n, threads, width, expected, monkeypatch):
    meeting, real, began = threading.Barrier(expected, timeout=10), running.driver(), []

    def run_subjects(table):
        began.append(threading.get_ident())
        meeting.wait()
        real(table)

    monkeypatch.setattr(running, "driver", lambda: run_subjects)
    model = decay()
    result = model.run(model.typical(n), HOURS, threads=threads, width=width)
    assert len(set(began)) == len(began) == expected
    assert np.all(result.status == 0)


def only(run, subjects):
    """Return the results of some subjects."""
    chosen = {name: getattr(run, name)[subjects] for name in ARRAYS}
    lists = {name: [getattr(run, name)[i] for i in subjects] for name in ("given", "decisions")}
    return replace(run, **chosen, **lists)


@pytest.fixture
def ctrl_c(monkeypatch):
    """Press Ctrl-C when so many subjects are done."""
    real, pressing = running.in_threads, []

    def after(number):
        def watched(work, threads, queue, progress):
            def press():
                while queue.finished < number and queue.next[0] < queue.size:
                    threading.Event().wait(0.001)
                os.kill(os.getpid(), signal.SIGINT)

            pressing.append(threading.Thread(target=press))
            pressing[-1].start()
            return real(work, threads, queue, progress)

        monkeypatch.setattr(running, "in_threads", watched)

    yield after
    for thread in pressing:
        thread.join()


@pytest.mark.parametrize("threads", [1, 2])
@pytest.mark.parametrize(
    ("name", "hours"),
    [slow("flagship", 2160.0), ("demand_analgesia", 48.0)],
)
def test_ctrl_c_in_the_middle_loses_nothing_and_leaves_nothing_half_done(
    name, hours, threads, ctrl_c
):
    nine = list(recorded(name, 9).values())[-1].until(hours)
    n, progress_calls = 3000, []
    undisturbed = nine.run(method="explicit", threads=1)
    assert np.all(undisturbed.status == 0)
    many = nine.of(np.resize(np.arange(9), n))
    ctrl_c(30)
    result = many.run(method="explicit", threads=threads, progress=progress_calls.append)
    assert result.interrupted
    done = np.flatnonzero(result.status == 0)
    assert 30 <= done.size < n - 8 * threads
    # all that were begun ended: the queue has no gap
    assert done.tolist() == list(range(done.size))
    assert progress_calls[-1] == done.size
    assert differences(undisturbed, only(result, done), done % 9) == []
    interrupted = np.flatnonzero(result.status != 0)
    assert np.all(result.status[interrupted] == INTERRUPTED)
    for values in (result.y, result.outputs, result.concentrations):
        assert np.all(np.isnan(values[interrupted]))
    for name in ("steps", "rejected", "rhs_calls"):
        assert not np.any(getattr(result, name)[interrupted])
    assert np.all(result.reached[interrupted] == many.t[0])
    assert not any(len(result.given[i]) + len(result.decisions[i]) for i in interrupted)


def test_an_error_in_a_thread_of_a_run_reaches_the_caller(monkeypatch):
    real = running.driver()

    def run_subjects(table):
        real(table)
        raise MemoryError("of a thread")

    monkeypatch.setattr(running, "driver", lambda: run_subjects)
    model = decay()
    with pytest.raises(MemoryError, match="of a thread"):
        model.run(model.typical(100), HOURS, threads=2)
