"""Dask clusters: the same numbers, one engine thread a task, and nothing lost with a worker."""

import os
import signal
import subprocess
import sys
import threading

import pytest
from small_sweeps import RATE, same, sweep_fields

import oihsim
from oihsim.engine import compiled_model
from oihsim.engine.threads import engine_threads
from oihsim.files.errors import InputError
from oihsim.studies.sweeps import cluster

FIELDS = sweep_fields(vary={"k_on": {**RATE, "number": 8}}, subjects=4, chunk=4, keep="summaries")


@pytest.fixture
def client():
    from distributed import Client, LocalCluster

    with (
        LocalCluster(
            n_workers=2, threads_per_worker=1, processes=True, dashboard_address=None
        ) as cluster,
        Client(cluster) as connected,
    ):
        yield connected


@pytest.mark.slow
@pytest.mark.filterwarnings("default")
def test_a_killed_worker_loses_nothing(tmp_path, client):
    pids = client.run(os.getpid)
    assert len(pids) == 2
    killed = []

    def progress(done, _):
        if done and not killed:
            killed.append(next(iter(pids.values())))
            os.kill(killed[0], signal.SIGKILL)

    ds = oihsim.sweep(FIELDS, tmp_path / "out.zarr", scheduler=client, progress=progress).load()
    assert killed
    assert (ds["status"] == 0).all()
    same(ds, oihsim.sweep(FIELDS, threads=1))
    # a task of a worker uses one engine thread, whatever the machine has
    assert client.submit(engine_threads).result() == 1
    # the same by the address, as the command has it; the estimate counts the workers' threads
    estimates = []
    few = {**FIELDS, "chunk": 1000}
    address = client.scheduler.address
    other = oihsim.sweep(
        few, tmp_path / "b.zarr", scheduler=address, on_estimate=estimates.append
    ).load()
    same(ds, other)
    assert estimates[0].workers == 2


def test_an_address_where_nobody_answers_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(cluster, "TIMEOUT", "0.2s")
    with pytest.raises(InputError, match="scheduler"):
        oihsim.sweep(FIELDS, tmp_path / "out.zarr", scheduler="tcp://127.0.0.1:1")
    assert not (tmp_path / "out.zarr").exists()


def test_a_run_asks_how_many_threads_it_may_use(monkeypatch):
    requests = []

    def single_thread(threads=None):
        requests.append(threads)
        return 1

    monkeypatch.setattr(compiled_model, "engine_threads", single_thread)
    oihsim.simulate(oihsim.load("morphine_month").change({"duration": "1 d"}))
    assert set(requests) == {None}


def test_a_number_of_threads_that_is_set_is_used():
    assert engine_threads(3) == 3
    assert engine_threads(None) >= 1


def test_worker_processes_of_joblib_share_the_cores(monkeypatch):
    joblib = pytest.importorskip("joblib")
    with joblib.parallel_config(backend="loky", n_jobs=2, inner_max_num_threads=1):
        threads = joblib.Parallel()(joblib.delayed(engine_threads)() for _ in range(2))
    assert threads == [1, 1]
    monkeypatch.setenv("NUMBA_NUM_THREADS", "1")
    assert engine_threads() == 1


def test_threads_of_joblib_run_a_single_engine_thread_each():
    joblib = pytest.importorskip("joblib")
    with joblib.parallel_config(backend="threading", n_jobs=2):
        threads = joblib.Parallel()(joblib.delayed(engine_threads)() for _ in range(2))
    assert threads == [1, 1]


def test_an_ordinary_thread_may_use_all_cores():
    threads = []
    thread = threading.Thread(target=lambda: threads.append(engine_threads()))
    thread.start()
    thread.join()
    assert threads == [engine_threads()]


def test_sweeping_is_imported_only_when_it_is_used():
    code = (
        "import sys, oihsim, oihsim.commands.app; oihsim.simulate; "
        "print([m for m in ('zarr', 'dask', 'distributed') if m in sys.modules])"
    )
    process = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert process.stdout.strip() == "[]"
