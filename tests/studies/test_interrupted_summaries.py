"""Ctrl-C while many subjects are summarised: what was done stays, and is said to be a part."""

import os
import signal

import pytest

import oihsim

FEW = {"population.count": 6, "duration": "1 d"}


def pressed_at(call):
    """Return a progress function that presses Ctrl-C at its ``call``-th call."""
    calls = []

    def progress(done, total):
        calls.append((done, total))
        if len(calls) == call:
            os.kill(os.getpid(), signal.SIGINT)

    return progress


@pytest.mark.parametrize("call", [2, 3, 4])
def test_blocks_after_it_are_not_begun_and_counted_as_not_run(call):
    month = oihsim.load("morphine_month").change(FEW)
    ds = oihsim.summarise(month, ["pain"], block=2, threads=1, progress=pressed_at(call))
    not_run = int(ds["not_run"].max())
    assert 0 < not_run <= 6
    assert (ds["subjects"] == 6).all()
    assert int(ds["pain_count"].max()) == 6 - int(ds["not_run"].min())


def test_a_long_run_ends_soon_though_all_blocks_were_at_work():
    month = oihsim.load("morphine_month").change(FEW | {"population.count": 40})
    reports = []

    def progress(done, total):
        reports.append(done)
        if len(reports) == 1:
            os.kill(os.getpid(), signal.SIGINT)

    ds = oihsim.summarise(month, ["pain"], block=4, threads=2, progress=progress)
    assert int(ds["not_run"].max()) >= 32
