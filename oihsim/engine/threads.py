"""How many threads the engine may take: all cores, or one inside another scheduler's worker."""

from __future__ import annotations

import os
import sys
import threading


def engine_threads(threads: int | None = None) -> int:
    """Return the number of threads of one run.

    As asked for; else one inside a task of a Dask worker or in a thread of a joblib pool, which
    fill the cores already; at most ``NUMBA_NUM_THREADS`` where that is set, as joblib does in its
    worker processes; and the cores of this process elsewhere.

    Parameters
    ----------
    threads : as asked for; None leaves the choice to this function

    Returns
    -------
    int
        at least 1

    Examples
    --------
    >>> engine_threads(3)
    3
    """
    if threads is not None:
        return threads
    if _in_dask_task() or _in_pool_thread():
        return 1
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    limit = os.environ.get("NUMBA_NUM_THREADS", "")
    return max(1, min(int(limit) if limit.isdecimal() else cores or 1, cores or 1))


def _in_dask_task() -> bool:
    """Return whether this thread works on a task of a Dask worker."""
    worker = sys.modules.get("distributed.worker")
    if worker is None:
        return False
    try:
        worker.get_worker()
    except (ValueError, AttributeError):
        return False
    return True


def _in_pool_thread() -> bool:
    """Return whether this is a thread of a pool as joblib's threading backend makes it."""
    pool = sys.modules.get("multiprocessing.dummy")
    return pool is not None and isinstance(threading.current_thread(), pool.DummyProcess)
