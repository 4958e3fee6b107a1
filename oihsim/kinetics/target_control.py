"""Target-controlled infusion: the rates that bring a linear model to a concentration and hold it.

A pump carries the amounts of a linear model along and sets its rate anew at each control step. The
concentration at the end of a step is linear in the rate, so that one division gives the rate that
ends at a plasma target (bailey1991). For an effect-site target one step is given whose later
maximum at the effect site is the target; then nothing until plasma has fallen to the target, and
plasma is held there (shafer1992). A rate below zero is none, one above the largest is the largest.

Steps are of 10 s. While the rate is none or the largest they are joined without any change, and
while plasma is held they lengthen, doubling, as long as plasma stays within :data:`HELD_WITHIN` of
the target (docs/decisions/0019).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from oihsim.kinetics.propagation import Modes, decayed

Array = NDArray[np.float64]
Ints = NDArray[np.int64]

STEP_H = 10.0 / 3600.0
"""Hours: a control step."""

DOUBLINGS = 18
"""A step lengthens to at most ``STEP_H * 2**(DOUBLINGS - 1)``, about two weeks."""

HELD_WITHIN = 0.002
"""Largest relative distance of plasma from its target within a step that is lengthened."""

REACHED_WITHIN = 0.005
"""An effect site this close to its target, relatively, needs no load and no pause."""

WITHIN = (0.25, 0.5, 0.75)
"""Parts of a step at which plasma is compared with its target."""

TIMES, FINER, ROUNDS = 64, 17, 4
"""Times at which a maximum is sought, those around the best of them, and how often."""

DECIMALS = 9
"""Times in hours are rounded to a few microseconds, as the schedule does."""


@dataclass(frozen=True)
class Controller:
    """What a pump knows of ``n`` subjects: linear kinetics with one input and one ligand.

    Attributes
    ----------
    modes : from :func:`oihsim.kinetics.propagation.modes`, of one ligand
    into : number of the input that the pump feeds
    """

    modes: Modes
    into: int = 0

    @property
    def effect_site(self) -> Array:
        """Modes to the concentration at the effect site, (n, m), nM."""
        return self.modes.rows[:, 0]

    @property
    def plasma(self) -> Array:
        """Modes to the concentration in plasma, (n, m), nM."""
        return self.modes.rows[:, 1]

    def subset(self, who: Ints) -> Controller:
        """Return the controller of some subjects."""
        return replace(self, modes=self.modes.subset(who))

    def after_unit_rate(self, hours: Array) -> Array:
        """Return the modes after an infusion of one unit an hour from nothing, (n, k, m)."""
        steady = self.modes.steady[:, self.into]
        return steady[:, None, :] - decayed(self.modes, steady, hours)

    def rate_to(self, amounts: Array, level: Array, hours: Array) -> Array:
        """Return the rates that end at a plasma concentration, (n, k), also below zero.

        Parameters
        ----------
        amounts : (n, m) modes at the start
        level : (n,) concentration, nM
        hours : (n, k) lengths of steps, h

        Examples
        --------
        One compartment of 10 L with a clearance of 1 L/h: to hold 5 nM takes 5 an hour.

        >>> from oihsim.kinetics.propagation import modes
        >>> single = np.ones((1, 1, 1))
        >>> pumped = Controller(modes(-0.1 * single, single, 0.1 * single, 0.1 * single))
        >>> rate = pumped.rate_to(np.array([[50.0]]), np.array([5.0]), np.ones((1, 1)))
        >>> round(float(rate[0, 0]), 9)
        5.0
        """
        without = _read(self.plasma, decayed(self.modes, amounts, hours))
        per_rate = _read(self.plasma, self.after_unit_rate(hours))
        rates: Array = (level[:, None] - without) / per_rate
        return rates

    def load(self, amounts: Array, level: Array, hours: Array) -> tuple[Array, Array]:
        """Return the rates of one step whose later maximum at the effect site is a target.

        Parameters
        ----------
        amounts, level : as for :meth:`rate_to`; the effect site must be below the level
        hours : (n,) length of the step, h

        Returns
        -------
        tuple
            (n,) rates; (n,) time from the end of the step to the maximum, h
        """
        hours = hours[:, None]
        before = decayed(self.modes, amounts, hours)[:, 0]
        per_rate = self.after_unit_rate(hours)[:, 0]

        def needed(times: Array) -> Array:
            with np.errstate(divide="ignore", invalid="ignore"):
                room = level[:, None] - _read(self.effect_site, decayed(self.modes, before, times))
                rate: Array = room / _read(self.effect_site, decayed(self.modes, per_rate, times))
            return np.where(np.isfinite(rate), rate, np.inf)

        # no moment may exceed the target: the least of the rates that bring each moment to it
        return least(needed, self._search_times())

    def later_maximum(self, amounts: Array) -> Array:
        """Return the highest concentration at the effect site from now on, without input, (n,)."""
        negative, _ = least(
            lambda times: -_read(self.effect_site, decayed(self.modes, amounts, times)),
            self._search_times(),
        )
        now = np.einsum("nm,nm->n", self.effect_site, amounts)
        return np.asarray(np.maximum(-negative, now), dtype=np.float64)

    def _search_times(self) -> Array:
        """Return the times at which a maximum is sought, (n, TIMES), h."""
        slowest = -self.modes.rate.max(axis=1)
        return np.geomspace(np.full(len(slowest), 0.1 * STEP_H), 10.0 / slowest, TIMES, axis=1)


@dataclass(frozen=True)
class Setpoint:
    """A concentration that a pump is set to for a while.

    Attributes
    ----------
    from_h, until_h : h
    level : (n,) nM
    most : (n,) largest rate, amount per hour; infinite for no limit
    at_effect_site : whether the level is one at the effect site and not in plasma
    """

    from_h: float
    until_h: float
    level: Array
    most: Array
    at_effect_site: bool = False

    def subset(self, who: Ints) -> Setpoint:
        """Return the setpoint of some subjects."""
        return replace(self, level=self.level[who], most=self.most[who])


@dataclass(frozen=True)
class Infusions:
    """Infusions at constant rates, sorted by subject and start; where no rate is on, none is there.

    Attributes
    ----------
    subject : (k,) number of the subject
    start_h, end_h : (k,) h
    rate : (k,) amount per hour
    """

    subject: Ints
    start_h: Array
    end_h: Array
    rate: Array


def infusions(
    controller: Controller, setpoints: Sequence[Setpoint], *, lengthen: bool = True
) -> Infusions:
    """Return what a pump gives that is set to one concentration after the other.

    Parameters
    ----------
    controller : of ``n`` subjects, without drug at the first setpoint
    setpoints : in their order, without overlap; between two of them the pump is off
    lengthen : whether steps lengthen while plasma is held; else each takes :data:`STEP_H`

    Examples
    --------
    >>> from oihsim.kinetics.propagation import modes
    >>> single = np.ones((1, 1, 1))
    >>> pumped = Controller(modes(-0.1 * single, single, 0.1 * single, 0.1 * single))
    >>> level, most = np.array([5.0]), np.array([np.inf])
    >>> given = infusions(pumped, [Setpoint(0.0, 24.0, level, most)])
    >>> (given.rate[1:].round(6) == 5.0).all(), len(given.rate)
    (np.True_, 2)
    """
    n = len(controller.modes.rate)
    amounts = np.zeros((n, controller.modes.rate.shape[1]))
    doublings = DOUBLINGS if lengthen else 1
    rows: list[tuple[Ints, Array, Array, Array]] = []
    clock = setpoints[0].from_h if setpoints else 0.0
    for setpoint in setpoints:
        begin, end = (round(float(at), DECIMALS) for at in (setpoint.from_h, setpoint.until_h))
        amounts = decayed(controller.modes, amounts, np.full((n, 1), begin - clock))[:, 0]
        time = np.full(n, begin)
        while len(who := np.flatnonzero(time < end)):
            part, aim = controller.subset(who), setpoint.subset(who)
            # a length beyond the end is the one to the end
            longest = (end - time[who].min()) / STEP_H
            number = min(doublings, 2 + int(np.log2(max(longest, 1.0))))
            ends = np.minimum(time[who, None] + STEP_H * 2.0 ** np.arange(number), end)
            ends = np.round(ends, DECIMALS)
            hours = ends - time[who, None]
            rate, which = _step(part, amounts[who], aim, hours)
            chosen = np.arange(len(who)), which
            rows.append((who, time[who], ends[chosen], rate))
            took = hours[chosen][:, None]
            later = decayed(part.modes, amounts[who], took) + (
                rate[:, None, None] * part.after_unit_rate(took)
            )
            amounts[who], time[who] = later[:, 0], ends[chosen]
        clock = end
    return _joined(rows)


def _step(
    controller: Controller, amounts: Array, setpoint: Setpoint, hours: Array
) -> tuple[Array, Ints]:
    """Return the rate of the next step, (n,), and which of its lengths ``hours`` (n, k) it has."""
    rate, which = _plasma_step(controller, amounts, setpoint, hours)
    if not setpoint.at_effect_site:
        return rate, which
    now = np.einsum("nm,nm->n", controller.effect_site, amounts)
    above = np.flatnonzero(now > (1.0 + REACHED_WITHIN) * setpoint.level)
    if len(above):
        rate[above] = 0.0
        after = decayed(controller.modes.subset(above), amounts[above], hours[above])
        stays = (1.0 + REACHED_WITHIN) * setpoint.level[above, None]
        which[above] = _longest(_read(controller.effect_site[above], after) > stays)
    low = (1.0 - REACHED_WITHIN) * setpoint.level
    below = np.flatnonzero(now < low)
    below = below[controller.subset(below).later_maximum(amounts[below]) < low[below]]
    if len(below):
        part, aim = controller.subset(below), setpoint.subset(below)
        rate[below], which[below] = _load_step(part, amounts[below], aim, hours[below])
    return rate, which


def _plasma_step(
    controller: Controller, amounts: Array, setpoint: Setpoint, hours: Array
) -> tuple[Array, Ints]:
    """Return rate and length of a step under plasma control."""
    level, most = setpoint.level[:, None], setpoint.most[:, None]
    needed = controller.rate_to(amounts, setpoint.level, hours)
    shortest = needed[:, :1]
    distance = np.zeros_like(needed)
    for part in WITHIN:
        at = _read(controller.plasma, decayed(controller.modes, amounts, part * hours))
        at += needed * _read(controller.plasma, controller.after_unit_rate(part * hours))
        distance = np.maximum(distance, np.abs(at / level - 1.0))
    held = (needed > 0.0) & (needed < most) & (distance <= HELD_WITHIN)
    allowed = np.where(
        shortest <= 0.0, needed <= 0.0, np.where(shortest >= most, needed >= most, held)
    )
    which = _longest(allowed)
    rate = np.clip(needed[np.arange(len(which)), which], 0.0, setpoint.most)
    return rate, which


def _load_step(
    controller: Controller, amounts: Array, setpoint: Setpoint, hours: Array
) -> tuple[Array, Ints]:
    """Return rate and length of a step that loads the effect site."""
    rate, _ = controller.load(amounts, setpoint.level, hours[:, 0])
    which = np.zeros(len(rate), dtype=np.int64)
    limited = np.flatnonzero(rate > setpoint.most)
    rate = np.clip(rate, 0.0, setpoint.most)
    for number in range(1, hours.shape[1]):
        # a limited load goes on as long as its later maximum stays below the target
        if not len(limited):
            break
        part, took = controller.subset(limited), hours[limited, number][:, None]
        after = decayed(part.modes, amounts[limited], took) + (
            rate[limited, None, None] * part.after_unit_rate(took)
        )
        limited = limited[part.later_maximum(after[:, 0]) <= setpoint.level[limited]]
        which[limited] = number
    return rate, which


def _longest(allowed: NDArray[np.bool_]) -> Ints:
    """Return the number of the last length up to which all are allowed, the first in any case.

    Examples
    --------
    >>> _longest(np.array([[True, True, False, True], [False, True, True, True]])).tolist()
    [1, 0]
    """
    so_far = np.logical_and.accumulate(allowed, axis=1).sum(axis=1)
    return np.asarray(np.maximum(so_far - 1, 0), dtype=np.int64)


def least(function: Callable[[Array], Array], times: Array) -> tuple[Array, Array]:
    """Return the least value of a function of time, (n,), and where it is, (n,).

    Parameters
    ----------
    function : of times (n, k) to values (n, k)
    times : (n, k) where it is sought first, ascending; then between the neighbours of the best

    Examples
    --------
    >>> value, at = least(lambda t: (t - 3.0) ** 2, np.geomspace([1.0], [10.0], 9, axis=1))
    >>> bool(value[0] < 1e-8), round(float(at[0]), 3)
    (True, 3.0)
    """
    rows = np.arange(len(times))
    values = function(times)
    for _ in range(ROUNDS):
        best = values.argmin(axis=1)
        low = times[rows, np.maximum(best - 1, 0)]
        high = times[rows, np.minimum(best + 1, times.shape[1] - 1)]
        times = np.linspace(low, high, FINER, axis=1)
        values = function(times)
    best = values.argmin(axis=1)
    return values[rows, best], times[rows, best]


def _read(row: Array, amounts: Array) -> Array:
    """Return concentrations (n, k) of modes (n, k, m)."""
    return np.asarray(np.einsum("nm,nkm->nk", row, amounts), dtype=np.float64)


def _joined(rows: Sequence[tuple[Ints, Array, Array, Array]]) -> Infusions:
    """Return steps as infusions: those of one rate that follow each other are one."""
    if not rows:
        return Infusions(np.zeros(0, dtype=np.int64), *np.zeros((3, 0)))
    subject, start, end, rate = (np.concatenate(column) for column in zip(*rows, strict=True))
    order = np.lexsort((start, subject))
    order = order[rate[order] > 0.0]
    subject, start, end, rate = subject[order], start[order], end[order], rate[order]
    begins = np.ones(len(subject), dtype=bool)
    begins[1:] = (subject[1:] != subject[:-1]) | (start[1:] != end[:-1]) | (rate[1:] != rate[:-1])
    first = np.flatnonzero(begins)
    last = np.append(first[1:], len(subject)) - 1
    return Infusions(subject[first], start[first], end[last[: len(first)]], rate[first])
