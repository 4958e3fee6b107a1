"""Threads that share a queue of subjects, and Ctrl-C, which ends it without losing what is done."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import FIRST_COMPLETED, ThreadPoolExecutor, wait
from contextlib import contextmanager
from dataclasses import dataclass
from types import FrameType
from typing import Any

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]


@dataclass(frozen=True)
class SharedQueue:
    """The places of a queue, which threads take one by one, so that none waits for another.

    Attributes
    ----------
    size : places
    next, done : first number: the next place to take, and how many are done; compiled code counts
        them with atomic instructions. Each is alone on its line of memory

    Examples
    --------
    >>> queue = SharedQueue(10, np.array([4]), np.array([2]))
    >>> queue.close()
    >>> int(queue.next[0]), queue.finished
    (10, 2)
    """

    size: int
    next: Ints
    done: Ints

    def close(self) -> None:
        """Let nobody take a place any more."""
        self.next[0] = self.size

    @property
    def finished(self) -> int:
        """The number of places that are done."""
        return int(self.done[0])


def in_threads(
    work: Callable[[], None],
    threads: int,
    queue: SharedQueue,
    progress: Callable[[int], None] | None,
) -> bool:
    """Call ``work`` in each thread; on Ctrl-C close the queue and wait for what was taken.

    Parameters
    ----------
    work : takes places of the queue until there are none
    progress : called with the number of places that are done, five times a second and at the end

    Returns
    -------
    bool
        whether Ctrl-C came, be it when no place was left to take

    Raises
    ------
    Exception : what a thread raised; the others end as after Ctrl-C

    Examples
    --------
    >>> queue = SharedQueue(2, np.array([0]), np.array([0]))
    >>> def work():
    ...     queue.done[0] += 1
    >>> in_threads(work, 2, queue, None), queue.finished
    (False, 2)
    """
    state = threading.Condition()
    running = 0
    stopping = interrupted = False

    def thread() -> None:
        nonlocal running
        with state:
            if stopping:
                return
            running += 1
        try:
            work()
        finally:
            with state:
                running -= 1
                state.notify_all()

    pool = ThreadPoolExecutor(threads)
    try:
        waiting = {pool.submit(thread) for _ in range(threads)}
        while waiting:
            ended, waiting = wait(waiting, timeout=0.2, return_when=FIRST_COMPLETED)
            for future in ended:
                future.result()
            if progress:
                progress(queue.finished)
    except KeyboardInterrupt:
        # what is done stays; the status of the others says that they were not run
        interrupted = True
    finally:
        queue.close()
        # a thread that was just starting when Ctrl-C came is waited for too
        with state:
            stopping = True
            state.wait_for(lambda: running == 0)
        pool.shutdown(wait=True, cancel_futures=True)
    try:
        if progress:
            progress(queue.finished)
    except KeyboardInterrupt:
        interrupted = True
    return interrupted


@contextmanager
def noticing_ctrl_c() -> Iterator[threading.Event]:
    """Give an event that is set when Ctrl-C is pressed; what it does besides stays as it was.

    Signals are handled in the main thread only; elsewhere the event is never set.
    """
    pressed = threading.Event()
    before = signal.getsignal(signal.SIGINT)
    if threading.current_thread() is not threading.main_thread() or not callable(before):
        yield pressed
        return

    def handler(number: int, frame: FrameType | None) -> Any:
        pressed.set()
        return before(number, frame)

    signal.signal(signal.SIGINT, handler)
    try:
        yield pressed
    finally:
        signal.signal(signal.SIGINT, before)
