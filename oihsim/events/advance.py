"""An event list to amounts at every observation, exactly, for many subjects side by side."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from oihsim.events.event_list import DOSE, LEVEL, OFF, RESET, SEE, STEADY, EventList
from oihsim.events.exponential import propagator
from oihsim.events.subject import without

Array = NDArray[np.float64]
Ints = NDArray[np.int64]

TOGETHER = 2000
"""Subjects that walk side by side; more need more memory and are not faster."""

MOST_PROPAGATORS = 200_000
"""Different time steps of one set of subjects that are held in the memory at once."""


def advance(event_list: EventList) -> Array:
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
    evid = event_list.matched.table.evid
    place = np.cumsum(evid == 0) - 1
    states = np.zeros((int((evid == 0).sum()), len(event_list.matched.model.rows)))
    longest = np.diff(event_list.offset)
    # subjects with equally long event lists side by side waste no steps
    by = np.argsort(longest, kind="stable")
    at = 0
    while at < len(by):
        side_by_side = by[at : at + TOGETHER]
        size = max(1, int(MOST_PROPAGATORS // max(1, longest[side_by_side].max(initial=1))))
        side_by_side = side_by_side[: max(size, 1)]
        _walk(event_list, side_by_side, place, states)
        at += len(side_by_side)
    return states


def _walk(event_list: EventList, subjects: Ints, place: Ints, states: Array) -> None:
    """Advance some subjects through their entries, one entry of each at a time."""
    offset = event_list.offset
    count = np.diff(offset)[subjects]
    steps = int(count.max(initial=0))
    if steps == 0:
        return
    # (subjects, steps) entries; beyond the end of a subject its last entry is repeated
    entry = offset[subjects][:, None] + np.minimum(np.arange(steps), count[:, None] - 1)
    entry = np.where(count[:, None] > 0, entry, 0)
    valid = np.arange(steps) < count[:, None]
    time, kind = event_list.time[entry], np.where(valid, event_list.kind[entry], -1)
    inputs = np.unique(event_list.index[entry][kind == LEVEL])
    gap = np.diff(time, axis=1, prepend=time[:, :1])
    off = np.concatenate([np.zeros((len(subjects), 1), np.int64), event_list.off[entry][:, :-1]], 1)
    which, amounts, rates = _propagators(event_list, gap, event_list.page[entry], off, inputs)
    lanes = np.arange(len(subjects))
    x = np.zeros((len(subjects), len(event_list.matched.model.rows)))
    flow = np.zeros((len(subjects), len(inputs)))
    slot = np.full(x.shape[1], -1)
    slot[inputs] = np.arange(len(inputs))
    for k in range(steps):
        moved = gap[:, k] > 0.0
        if moved.any():
            step_number = which[moved, k]
            step = np.einsum("kij,kj->ki", amounts[step_number], x[moved])
            if len(inputs):
                step += np.einsum("kij,kj->ki", rates[step_number], flow[moved])
            x[moved] = step
        _happen(event_list, kind[:, k], entry[:, k], lanes, x, flow, slot)
        seen = kind[:, k] == SEE
        states[place[event_list.record[entry[seen, k]]]] = x[seen]


def _happen(
    event_list: EventList, kind: Ints, entry: Ints, lanes: Ints, x: Array, flow: Array, slot: Ints
) -> None:
    """Let one entry of each subject happen."""
    for event in np.unique(kind):
        if event in (-1, SEE):
            continue
        who = lanes[kind == event]
        what = entry[kind == event]
        index = event_list.index[what]
        if event == DOSE:
            x[who, index] += event_list.value[what]
        elif event == LEVEL:
            flow[who, slot[index]] = event_list.level[what]
        elif event == RESET:
            x[who] = 0.0
            flow[who] = 0.0
        elif event == STEADY:
            x[who] += event_list.states[index]
        elif event == OFF:
            x[who, index] = 0.0
            has = slot[index] >= 0
            flow[who[has], slot[index][has]] = 0.0


def _propagators(
    event_list: EventList, gap: Array, page: Ints, off: Ints, inputs: Ints
) -> tuple[Ints, Array, Array]:
    """Return, for each step, the number of its propagator, and the different propagators."""
    A = event_list.matched.A
    flat_gap, flat_page, flat_off = gap.ravel(), page.ravel(), off.ravel()
    order = np.lexsort((flat_gap, flat_off, flat_page))
    new = np.zeros(len(order), dtype=bool)
    new[:1] = True
    for key in (flat_gap, flat_off, flat_page):
        new[1:] |= np.diff(key[order]) != 0
    which = np.empty(len(order), dtype=np.int64)
    which[order] = np.cumsum(new) - 1
    first = order[new]
    systems = A[flat_page[first]]
    for k in np.flatnonzero(flat_off[first]):
        systems[k] = without(systems[k], int(flat_off[first[k]]))
    amounts, rates = propagator(systems, flat_gap[first], inputs)
    return which.reshape(gap.shape), amounts, rates
