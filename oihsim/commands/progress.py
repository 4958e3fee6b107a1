"""Progress of long work on standard error: a bar in a terminal, plain lines elsewhere."""

from __future__ import annotations

import sys
import time
from types import TracebackType
from typing import Any, Self

EVERY = 20.0
"""Seconds between plain lines where there is no terminal."""


class Reporter:
    """Shows how many are done, the rate and the time left.

    Parameters
    ----------
    quiet : show nothing
    noun : what is counted

    Examples
    --------
    >>> with Reporter(quiet=True) as reporter:
    ...     reporter.update(1, 2)
    """

    def __init__(self, quiet: bool = False, noun: str = "subjects") -> None:
        self._quiet = quiet
        self._noun = noun
        self._start = self._said = time.monotonic()
        self._done = 0
        self._bar: Any = None
        self._task: Any = None

    def __enter__(self) -> Self:
        if not self._quiet and sys.stderr.isatty():
            from rich.console import Console
            from rich.progress import (
                BarColumn,
                MofNCompleteColumn,
                Progress,
                TextColumn,
                TimeRemainingColumn,
            )

            self._bar = Progress(
                TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(),
                TextColumn("{task.fields[rate]}"), TimeRemainingColumn(),
                console=Console(stderr=True), transient=True,
            )  # fmt: skip
            self._bar.start()
            self._task = self._bar.add_task("compiling or loading the model", total=None, rate="")
        return self

    def update(self, done: int, total: int) -> None:
        """Report that ``done`` of ``total`` are finished."""
        self._done = done
        if self._bar is not None and self._task is not None:
            seconds = time.monotonic() - self._start
            speed = f"{done / seconds:,.0f} a second" if seconds > 0.0 and done else ""
            self._bar.update(
                self._task, completed=done, total=total, description=self._noun, rate=speed
            )
        elif not self._quiet and time.monotonic() - self._said >= EVERY and done:
            self._said = time.monotonic()
            rate = done / (self._said - self._start)
            left = (total - done) / rate
            sys.stderr.write(
                f"{done} of {total} {self._noun}, {rate:.1f} a second, {left:.0f} s left\n"
            )

    def say(self, text: str) -> None:
        """Write a line that stays, above the bar where there is one."""
        if self._bar is not None:
            self._bar.console.print(text, highlight=False, markup=False, soft_wrap=True)
        elif not self._quiet:
            sys.stderr.write(f"{text}\n")

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._bar is not None:
            self._bar.stop()
        if not self._quiet and self._done:
            seconds = time.monotonic() - self._start
            noun = "subjects over all arms" if self._noun == "subjects" else self._noun
            sys.stderr.write(f"{self._done} {noun} in {seconds:.1f} s\n")
