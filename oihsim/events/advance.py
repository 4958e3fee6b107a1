"""A ledger to amounts at every observation, exactly: the subjects walk through it side by side."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from oihsim.events.event_list import DOSE, LEVEL, OFF, RESET, SEE, STEADY, Ledger
from oihsim.events.exponential import propagator
from oihsim.events.subject import without

Array = NDArray[np.float64]
Ints = NDArray[np.int64]

TOGETHER = 2000
"""Subjects that walk side by side; more need more memory and are not faster."""

MOST_PROPAGATORS = 200_000
"""Different time steps of one set of subjects that are held in the memory at once."""


def advance(ledger: Ledger) -> Array:
    r"""Return the state at every observation.

    Returns
    -------
    (observations, rows)
        amounts, then effect-site concentrations in amount/L, in record order

    Examples
    --------
    >>> from oihsim.drugs import load_drug
    >>> from oihsim.drugs.linear_model import of_drug
    >>> from oihsim.events.expand import expand
    >>> from oihsim.events.match import match
    >>> from oihsim.events.event_table import parse_table
    >>> table = parse_table("ID,TIME,AMT,CMT\n1,0,10,iv\n1,0,.,.\n", "doc.csv")
    >>> amounts = advance(expand(match(table, of_drug(load_drug("naltrexone")))))
    >>> amounts.shape, round(float(amounts[0].max()), 10)
    ((1, 5), 9.03)
    """
    evid = ledger.matched.table.evid
    place = np.cumsum(evid == 0) - 1
    found = np.zeros((int((evid == 0).sum()), len(ledger.matched.model.rows)))
    longest = np.diff(ledger.offset)
    # subjects with equally long ledgers side by side waste no steps
    by = np.argsort(longest, kind="stable")
    at = 0
    while at < len(by):
        here = by[at : at + TOGETHER]
        size = max(1, int(MOST_PROPAGATORS // max(1, longest[here].max(initial=1))))
        here = here[: max(size, 1)]
        _walk(ledger, here, place, found)
        at += len(here)
    return found


def _walk(ledger: Ledger, subjects: Ints, place: Ints, found: Array) -> None:
    """Advance some subjects through their ledgers, one entry of each at a time."""
    offset = ledger.offset
    count = np.diff(offset)[subjects]
    steps = int(count.max(initial=0))
    if steps == 0:
        return
    # (subjects, steps) entries; what is beyond the end of a subject repeats its last entry
    entry = offset[subjects][:, None] + np.minimum(np.arange(steps), count[:, None] - 1)
    entry = np.where(count[:, None] > 0, entry, 0)
    valid = np.arange(steps) < count[:, None]
    time, kind = ledger.time[entry], np.where(valid, ledger.kind[entry], -1)
    inputs = np.unique(ledger.index[entry][kind == LEVEL])
    gap = np.diff(time, axis=1, prepend=time[:, :1])
    off = np.concatenate([np.zeros((len(subjects), 1), np.int64), ledger.off[entry][:, :-1]], 1)
    which, amounts, rates = _propagators(ledger, gap, ledger.page[entry], off, inputs)
    lanes = np.arange(len(subjects))
    x = np.zeros((len(subjects), len(ledger.matched.model.rows)))
    flow = np.zeros((len(subjects), len(inputs)))
    slot = np.full(x.shape[1], -1)
    slot[inputs] = np.arange(len(inputs))
    for k in range(steps):
        moved = gap[:, k] > 0.0
        if moved.any():
            one = which[moved, k]
            step = np.einsum("kij,kj->ki", amounts[one], x[moved])
            if len(inputs):
                step += np.einsum("kij,kj->ki", rates[one], flow[moved])
            x[moved] = step
        _happen(ledger, kind[:, k], entry[:, k], lanes, x, flow, slot)
        seen = kind[:, k] == SEE
        found[place[ledger.record[entry[seen, k]]]] = x[seen]


def _happen(
    ledger: Ledger, kind: Ints, entry: Ints, lanes: Ints, x: Array, flow: Array, slot: Ints
) -> None:
    """Let one entry of each subject happen."""
    for one in np.unique(kind):
        if one in (-1, SEE):
            continue
        who = lanes[kind == one]
        what = entry[kind == one]
        index = ledger.index[what]
        if one == DOSE:
            x[who, index] += ledger.value[what]
        elif one == LEVEL:
            flow[who, slot[index]] = ledger.level[what]
        elif one == RESET:
            x[who] = 0.0
            flow[who] = 0.0
        elif one == STEADY:
            x[who] += ledger.states[index]
        elif one == OFF:
            x[who, index] = 0.0
            has = slot[index] >= 0
            flow[who[has], slot[index][has]] = 0.0


def _propagators(
    ledger: Ledger, gap: Array, page: Ints, off: Ints, inputs: Ints
) -> tuple[Ints, Array, Array]:
    """Return, for each step, the number of its propagator, and the different propagators."""
    A = ledger.matched.A
    flat_gap, flat_page, flat_off = gap.ravel(), page.ravel(), off.ravel()
    order = np.lexsort((flat_gap, flat_off, flat_page))
    new = np.zeros(len(order), dtype=bool)
    new[:1] = True
    for one in (flat_gap, flat_off, flat_page):
        new[1:] |= np.diff(one[order]) != 0
    which = np.empty(len(order), dtype=np.int64)
    which[order] = np.cumsum(new) - 1
    first = order[new]
    systems = A[flat_page[first]]
    for k in np.flatnonzero(flat_off[first]):
        systems[k] = without(systems[k], int(flat_off[first[k]]))
    amounts, rates = propagator(systems, flat_gap[first], inputs)
    return which.reshape(gap.shape), amounts, rates
