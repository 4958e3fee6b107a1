"""The records of one subject in their order, with pending doses and running infusions."""

from __future__ import annotations

import heapq
import math
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from oihsim.events import closed_form_steady as steady
from oihsim.events.event_list import DOSE, LEVEL, OFF, ON, OTHER, RESET, STEADY
from oihsim.events.match import Dosed, Matched
from oihsim.events.pending import Entry, Pending
from oihsim.events.refusals import number
from oihsim.events.table_rules import LONGEST
from oihsim.files.errors import Problem
from oihsim.simulation import order_at_one_time as order

Array = NDArray[np.float64]

SHORTEST = 1e-9
"""Times are rounded to it, so that 3 times 0.1 and 0.3 are one time."""

MOST_RUNNING = 10_000
"""Infusions of one steady state that run side by side."""

MOST_PER_RECORD = 1_000_000
"""Doses that one record may stand for within the subject's records."""


class RecordWalk:
    """One subject walks through its records, and notes the entries that they lead to."""

    def __init__(
        self, matched: Matched, subject: int, rule: str, problems: list[Problem],
        states: list[Array], seq: int,
    ) -> None:  # fmt: skip
        self.matched, self.rule, self.problems, self.states = matched, rule, problems, states
        self.table = matched.table
        self.first = int(self.table.first[subject])
        self.end = int(self.table.first[subject + 1])
        self.times = np.round(self.table.time[self.first : self.end], 9)
        self.last = float(self.times[-1])
        self.entries: list[Entry] = []
        self.pending: list[Pending] = []
        self.running: dict[int, dict[int, float]] = {}
        self.off = 0
        self.seq = seq

    def through(self) -> None:
        """Go through records and pending doses in their order."""
        for time, cls, record in self._records():
            self._until((time, cls, record))
            evid = int(self.table.evid[record])
            if cls == order.RESET or (self.rule == "record" and evid in (3, 4)):
                self._cancel(None)
                self.off = 0
                self._add(time, cls, record, RESET, 0, 0.0, 0.0, record)
            if evid in (1, 4) and cls == order.DOSE:
                self._dose(time, record)
            elif evid == 2:
                self._switch(time, cls, record)
        self._until((math.inf, 0, 0))

    def _records(self) -> list[tuple[float, int, int]]:
        """Return time, class and record; a reset dose is a reset and then a dose."""
        events = []
        evid = self.table.evid[self.first : self.end]
        for k in np.flatnonzero(evid):
            time, kind, record = float(self.times[k]), int(evid[k]), self.first + int(k)
            if self.rule == "record":
                events.append((time, order.DOSE, record))
                continue
            if kind in (3, 4):
                events.append((time, order.RESET, record))
            if kind in (1, 4):
                events.append((time, order.DOSE, record))
            if kind == 2:
                events.append((time, order.SWITCH, record))
        return sorted(events)

    def _until(self, key: tuple[float, int, int]) -> None:
        """Let pending doses enter and infusions stop that come before ``key``."""
        while self.pending and self.pending[0][:3] < key and self.pending[0].time <= self.last:
            waiting = heapq.heappop(self.pending)
            if waiting.cls == order.STOP:
                rate = self.running[waiting.into].pop(waiting.number)
                self._add(waiting.time, order.STOP, -1, LEVEL, waiting.into, -rate,
                          self._level(waiting.into), waiting.record)  # fmt: skip
            else:
                self._follow(waiting)
                self._enter(
                    waiting.time,
                    -1,
                    waiting.record,
                    waiting.part,
                    waiting.number,
                    self._in_force(waiting.time),
                )

    def _add(
        self, time: float, cls: int, rank: int, kind: int, index: int, value: float, level: float,
        record: int, numbered: int = 0,
    ) -> None:  # fmt: skip
        self.seq += 1
        self.entries.append(
            Entry(time, cls, rank, self.seq, kind, index, value, level, record, numbered, self.off)
        )

    def _level(self, into: int) -> float:
        return math.fsum(self.running.get(into, {}).values())

    def _cancel(self, into: int | None) -> None:
        """Deactivate earlier doses, all or those into one compartment: pending and running."""
        if into is None:
            self.pending.clear()
            self.running.clear()
        else:
            self.pending = [waiting for waiting in self.pending if waiting.into != into]
            heapq.heapify(self.pending)
            self.running.pop(into, None)

    def _switch(self, time: float, cls: int, record: int) -> None:
        """Switch a compartment; off, it is empty and takes nothing up until it is on again."""
        switch = int(self.matched.switch[record])
        into = abs(switch) - 1
        if switch < 0:
            self._cancel(into)
            self.off |= 1 << into
        elif switch > 0:
            self.off &= ~(1 << into)
        kind = OTHER if switch == 0 else OFF if switch < 0 else ON
        self._add(time, cls, record, kind, max(into, 0), 0.0, 0.0, record)

    def _in_force(self, time: float) -> int:
        """Return the page in force when a pending dose enters, after a change at that time."""
        if not self.matched.varies:
            return int(self.matched.page[self.first])
        if self.matched.fill == "locf":
            at = int(np.searchsorted(self.times, time, "right")) - 1
        else:
            at = int(np.searchsorted(self.times, time, "left"))
        return int(self.matched.page[self.first + min(max(at, 0), len(self.times) - 1)])

    def _dose(self, time: float, record: int) -> None:
        """Take up a dose record: its steady state, its dose, and the first additional dose."""
        parts = self.matched.ways[int(self.matched.way[record])]
        page = int(self.matched.page[record])
        ss = int(self.table.ss[record])
        if ss == 1:
            self._cancel(None)
            for part in parts:
                self.off &= ~(1 << part.into)
            if [(entry.kind, entry.record) for entry in self.entries[-1:]] != [
                (RESET, record)
            ]:  # EVID 4
                self._add(time, order.DOSE, record, RESET, 0, 0.0, 0.0, record)
        for index, part in enumerate(parts):
            lag = part.lag.at(page, record) / self.matched.model.hourly
            if not 0.0 <= lag <= LONGEST:
                self._refuse(record, "lag", number(lag), f"a lag from 0 to {LONGEST:g}")
                continue
            enters = round(time + lag, 9)
            self.off &= ~(1 << part.into) if lag == 0.0 or ss else -1
            if ss and not self._steady(time, record, part, index, lag):
                continue
            self._series(time, record, part, index, enters, page, bool(ss))

    def _series(
        self, time: float, record: int, part: Dosed, index: int, enters: float, page: int, ss: bool
    ) -> None:
        """Let the dose of the record enter now or after its lag, and additional doses follow."""
        ii, addl = float(self.table.ii[record]), int(self.table.addl[record])
        if addl and min(addl, (self.last - enters) / ii) > MOST_PER_RECORD:
            self._refuse(record, "ADDL", f"{addl} doses every {number(ii)}",
                         f"at most {MOST_PER_RECORD} doses of one record")  # fmt: skip
            return
        record_dose = Pending(
            enters, order.DOSE, -1, self.seq, record, index, 0, enters, True, part.into
        )
        if enters > time:
            if not ss:
                self._rate(record, part, page)  # refused even if the dose never enters
            heapq.heappush(self.pending, record_dose)
            return
        self._follow(record_dose)
        if not ss:
            self._enter(time, record, record, index, 0, page)

    def _follow(self, dose: Pending) -> None:
        """Make the next additional dose pending."""
        if dose.chained and dose.number < self.table.addl[dose.record]:
            self.seq += 1
            count = dose.number + 1
            time = round(dose.first + count * float(self.table.ii[dose.record]), 9)
            if time <= self.last:
                heapq.heappush(self.pending, dose._replace(time=time, number=count, seq=self.seq))

    def _enter(
        self, time: float, rank: int, record: int, index: int, numbered: int, page: int
    ) -> None:
        """Let a dose enter, at once or as an infusion that begins; F is read now."""
        part = self.matched.ways[int(self.matched.way[record])][index]
        infusion = self._rate(record, part, page)
        if infusion is None:
            return
        self.off &= ~(1 << part.into)
        amount, rate, duration = infusion
        if amount == 0.0:
            return
        if duration <= SHORTEST:
            self._add(time, order.DOSE, rank, DOSE, part.into, amount, self._level(part.into),
                      record, numbered)  # fmt: skip
        else:
            self._begin(time, rank, record, part.into, rate, duration, numbered)

    def _begin(
        self, time: float, rank: int, record: int, into: int, rate: float, remaining: float,
        numbered: int = 0,
    ) -> None:  # fmt: skip
        """Begin an infusion, and make its stop pending."""
        self.seq += 1
        self.running.setdefault(into, {})[self.seq] = rate
        # finer than doses are, or a short infusion would lose a part of its amount
        stop = round(time + remaining, 12)
        heapq.heappush(
            self.pending,
            Pending(stop, order.STOP, -1, self.seq, record, 0, self.seq, time, False, into),
        )
        self._add(time, order.DOSE, rank, LEVEL, into, rate, self._level(into), record, numbered)

    def _rate(self, record: int, part: Dosed, page: int) -> tuple[float, float, float] | None:
        """Return amount, rate and duration of a dose that enters; a bolus has duration 0."""
        table, scale = self.table, self.matched.model.amount
        F = part.F.at(page, record)
        if not 0.0 <= F < math.inf:
            self._refuse(record, "F", number(F), "a bioavailability of 0 or more")
            return None
        amount = float(table.amt[record]) * scale * F
        rate, duration = float(table.rate[record]), float(table.dur[record])
        if rate > 0.0:
            rate *= scale * self._share(record, part, page)
            return amount, rate, amount / rate if amount else 0.0
        if rate == -1.0:
            modelled = self._modelled(record, part, "rate", page)
            return None if modelled is None else (amount, modelled, amount / modelled)
        if rate == -2.0 or (part.always and duration == 0.0 and part.duration is not None):
            modelled = self._modelled(record, part, "duration", page)
            return None if modelled is None else (amount, amount / modelled, modelled)
        if part.always and part.duration is None and duration == 0.0:
            self._refuse(record, "RATE", "0", "a rate or a duration, as the route needs one")
            return None
        return amount, amount / duration if duration else 0.0, duration

    def _modelled(self, record: int, part: Dosed, which: str, page: int) -> float | None:
        """Return the modelled rate or duration."""
        formula = part.rate if which == "rate" else part.duration
        name = self.matched.model.compartments[part.into]
        if formula is None:
            code = number(float(self.table.rate[record]))
            self._refuse(record, "RATE", code, f"a model with '{which}' of compartment {name}")
            return None
        value = formula.at(page, record)
        value *= 1.0 if which == "rate" else 1.0 / self.matched.model.hourly
        if not 0.0 < value < math.inf:
            shown = f"a modelled {which} of {number(value)}"
            self._refuse(record, "RATE", shown, f"a {which} of {name} above 0")
            return None
        return value

    def _refuse(self, record: int, column: str, shown: str, allowed: str) -> None:
        self.problems.append(self.table.problem(record, column, shown, allowed))

    def _steady(self, time: float, record: int, part: Dosed, index: int, lag: float) -> bool:
        """Add the steady state of a record; return whether the dose of the record follows."""
        page = int(self.matched.page[record])
        A = self._on(self.matched.A[page])
        ii, count = float(self.table.ii[record]), len(self.matched.model.compartments)
        running: list[float] = []
        try:
            if self.table.amt[record] == 0.0:
                flow = self._constant_rate(record, part, page)
                if flow is not None:
                    self._state(time, record, steady.constant(A, part.into, flow, count))
                return False
            infusion = self._rate(record, part, page)
            if infusion is None or infusion[0] == 0.0:
                return False
            amount, rate, duration = infusion
            periods = math.floor(lag / ii + 1e-12)
            rest = max(lag - periods * ii, 0.0)
            rest = 0.0 if rest < SHORTEST else rest
            age = ii - rest if rest else 0.0
            if duration <= SHORTEST:
                state = steady.boluses(A, part.into, amount, ii, count, age)
            elif duration > MOST_RUNNING * ii:
                self._refuse(record, "II", number(ii), f"at least {number(duration / MOST_RUNNING)}"
                             f", so that at most {MOST_RUNNING} infusions run at once")  # fmt: skip
                return False
            elif lag >= ii:
                self._refuse(record, "lag", number(lag), f"a lag below II, {number(ii)}, for an "
                             "infusion at steady state")  # fmt: skip
                return False
            else:
                state, running = steady.infusions(A, part.into, rate, duration, ii, count, age)
        except steady.NeverEmptied as error:
            name = self.matched.model.compartments[int(str(error))]
            self._refuse(record, "SS", f"compartment {name}, which never empties",
                         "a model in which every dose leaves the body")  # fmt: skip
            return False
        self._state(time, record, state)
        for remaining in running:
            self._begin(time, record, record, part.into, rate, remaining)
        self._under_way(time, record, part, index, lag - periods * ii, periods)
        return True

    def _under_way(
        self, time: float, record: int, part: Dosed, index: int, rest: float, periods: int
    ) -> None:
        """Make earlier doses pending that have not entered yet (lag of II or more)."""
        ii = float(self.table.ii[record])
        for k in range(periods):
            enters = round(time + rest + k * ii, 9)
            if enters > time:
                self.seq += 1
                heapq.heappush(
                    self.pending,
                    Pending(enters, order.DOSE, -1, self.seq, record, index, 0, enters, False,
                            part.into),
                )  # fmt: skip

    def _constant_rate(self, record: int, part: Dosed, page: int) -> float | None:
        rate = float(self.table.rate[record])
        if rate == -1.0:
            return self._modelled(record, part, "rate", page)
        return rate * self.matched.model.amount * self._share(record, part, page)

    def _share(self, record: int, part: Dosed, page: int) -> float:
        """Return the share of a rate that one of several inputs takes."""
        ways = self.matched.ways[int(self.matched.way[record])]
        total = sum(part_of_dose.F.at(page, record) for part_of_dose in ways)
        return float(part.F.at(page, record) / total) if len(ways) > 1 and total else 1.0

    def _state(self, time: float, record: int, state: Array) -> None:
        self.states.append(state)
        self._add(time, order.DOSE, record, STEADY, len(self.states) - 1, 0.0, 0.0, record)

    def _on(self, A: Array) -> Array:
        """Return the rates without the compartments that are off."""
        return without(A, self.off)


def bits(off: int) -> Iterator[int]:
    """Return the compartments that are off.

    Examples
    --------
    >>> list(bits(5))
    [0, 2]
    """
    return (i for i in range(off.bit_length()) if off >> i & 1)


def without(A: Array, off: int) -> Array:
    """Return a rate matrix in which compartments that are off neither release nor take up drug.

    What flows towards such a compartment leaves the body.

    Examples
    --------
    >>> without(np.array([[-2.0, 0.0], [2.0, -1.0]]), 2)
    array([[-2.,  0.],
           [ 0.,  0.]])
    """
    if not off:
        return A
    A = A.copy()
    for i in bits(off):
        A[i, :] = 0.0
        A[:, i] = 0.0
    return A
