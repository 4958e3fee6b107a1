"""Work on blocks of subjects in threads, which Ctrl-C ends without losing what is done."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import FIRST_COMPLETED, ThreadPoolExecutor, wait
from contextlib import contextmanager
from itertools import pairwise
from types import FrameType
from typing import Any

FEWEST_ROUNDS, MOST_ROUNDS = 4, 16
"""So many subjects follow each other in a lane before the others are waited for."""


def cut(n: int, threads: int, width: int) -> list[tuple[int, int]]:
    """Return blocks of ``n`` subjects, half open, for threads whose lanes are ``width`` wide.

    At the end of a block lanes run empty, so blocks are long; they become shorter, so that no
    thread waits long for the last one.

    Examples
    --------
    >>> cut(300, 2, 8)
    [(0, 75), (75, 131), (131, 173), (173, 205), (205, 237), (237, 269), (269, 300)]
    >>> cut(3, 2, 1)
    [(0, 1), (1, 2), (2, 3)]
    """
    least = 1 if width == 1 else min(FEWEST_ROUNDS * width, -(-n // threads))
    edges = [0]
    while edges[-1] < n:
        left = n - edges[-1]
        size = min(MOST_ROUNDS * width, max(least, left // (2 * threads)))
        edges.append(min(n, edges[-1] + size))
    return list(pairwise(edges))


def in_threads(
    work: Callable[[int, int], None],
    n: int,
    threads: int,
    width: int,
    progress: Callable[[int], None] | None,
) -> bool:
    """Call ``work`` on blocks of subjects; on Ctrl-C running blocks end, others are dropped.

    Returns whether Ctrl-C came, be it too late for any block.
    """
    blocks = cut(n, threads, width)
    state = threading.Condition()
    running = done = 0
    stopping = interrupted = False

    def block(first: int, last: int) -> None:
        nonlocal running, done
        with state:
            if stopping:
                return
            running += 1
        finished = 0
        try:
            work(first, last)
            finished = last - first
        finally:
            with state:
                running -= 1
                done += finished
                state.notify_all()

    pool = ThreadPoolExecutor(threads)
    try:
        waiting = {pool.submit(block, *ends) for ends in blocks}
        while waiting:
            ended, waiting = wait(waiting, timeout=0.2, return_when=FIRST_COMPLETED)
            for future in ended:
                future.result()
            if progress and ended:
                progress(done)
    except KeyboardInterrupt:
        # what is done stays; the status of the others says that they were not run
        interrupted = True
    finally:
        # a thread that was just starting when Ctrl-C came is waited for too
        with state:
            stopping = True
            state.wait_for(lambda: running == 0)
        pool.shutdown(wait=True, cancel_futures=True)
    try:
        if progress:
            progress(done)
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
