"""Stops: outputs, decisions, holds and doses of one subject, and its bounded ledger."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from oihsim.solver.concentrations import anchor, decay, drives, level
from oihsim.solver.dop853 import advance, slope
from oihsim.solver.dosing import next_dose
from oihsim.solver.judgement import begin, judge
from oihsim.tableau import STAGES

readouts: Callable[..., Any]

# ---- page ----

FIRST_STEP = 1e-2


def apply(kind, index, value, y, y_base, mask, z, flow, running, kin):
    """Let one entry of the ledger happen."""
    bolus, steady = kin[3], kin[4]
    if kind == 0:
        for i in range(z.size):
            z[i] += value * bolus[index, i]
    elif kind == 1 and value != 0.0:
        # z holds what differs from the steady level of the running inputs
        for i in range(z.size):
            z[i] -= value * steady[index, i]
        flow[index] += value
        running[index] += 1 if value > 0.0 else -1
        if running[index] == 0:
            flow[index] = 0.0
    elif kind == 2:
        y[index] = y_base[index]
        mask[index] = 0.0
    elif kind == 3:
        mask[index] = 1.0
    elif kind == 6:
        for i in range(z.size):
            z[i] = 0.0
        for i in range(flow.size):
            flow[i], running[i] = 0.0, 0
        for i in range(y.size):
            y[i] = y_base[i]


def record(at, y, p, kin, z, flow, u, out_y, out_read, out_conc):
    """Write the state, the read-outs and all concentrations of one output time."""
    for i in range(y.size):
        out_y[at, i] = y[i]
    readouts(y, p, u, out_read[at])
    for r in range(out_conc.shape[1]):
        out_conc[at, r] = level(r, kin, z, flow)


def run_subject(
    times, y, y_base, p, typical, rtol, n_drives, kin, weights, ledger, size, shared, own, out
):
    """Run one subject over all its stops; return ``(status, time reached)``."""
    out_y, out_read, out_conc, counts, given, log, written = out
    modes, inputs, ligands = kin[0].size, kin[3].shape[0], kin[5].shape[0] // 2
    z, flow, running = np.zeros(modes), np.zeros(inputs), np.zeros(inputs, dtype=np.int64)
    amplitude = np.zeros((kin[2] + 1, modes, max(ligands, 1)))
    active, offset = np.zeros(modes, dtype=np.int64), np.zeros(ligands)
    conc, u, mask = np.zeros(ligands), np.zeros(n_drives), np.ones(y.size)
    k, trial = np.zeros((STAGES, y.size)), np.zeros(y.size)
    read = np.zeros(out_read.shape[1])
    live, streak = begin(shared)
    event, output = 0, 0
    now = times[0]
    if size > 0:
        now = min(now, ledger[0][0])
    h = after_dose = FIRST_STEP
    fresh = False
    while True:
        # outputs first: the value at a dose time is the value before the dose
        count = anchor(z, flow, kin, weights, amplitude, active, offset)
        drives(0.0, kin, weights, amplitude, active, count, offset, conc, u)
        while output < times.size and times[output] <= now:
            record(output, y, p, kin, z, flow, u, out_y, out_read, out_conc)
            output += 1
        if output == times.size:
            return 0, now
        acted = False
        scan = event
        while scan < size and ledger[0][scan] <= now:
            if ledger[1][scan] == 4:
                readouts(y, p, u, read)
                size = judge(
                    ledger[2][scan], now, read, y, kin, z, flow, live, streak, shared, own,
                    ledger, size, scan + 1, given, log, written,
                )  # fmt: skip
                if size < 0:
                    return 4, now
            scan += 1
        while event < size and ledger[0][event] <= now:
            kind = ledger[1][event]
            if kind == 5 or kind == 7:
                size = next_dose(
                    kind, ledger[2][event], ledger[3][event], now, live, shared, own,
                    ledger, size, event + 1, given, written,
                )  # fmt: skip
                if size < 0:
                    return 4, now
            elif kind != 4:
                apply(
                    kind, ledger[2][event], ledger[3][event],
                    y, y_base, mask, z, flow, running, kin,
                )  # fmt: skip
                acted = True
            event += 1
        if acted:
            count = anchor(z, flow, kin, weights, amplitude, active, offset)
            drives(0.0, kin, weights, amplitude, active, count, offset, conc, u)
            h = min(h, after_dose)
        if acted or not fresh:
            slope(y, p, mask, u, k[0])
            counts[2] += 1
            fresh = True
        stop = times[output]
        if event < size and ledger[0][event] < stop:
            stop = ledger[0][event]
        pk = (amplitude, active, count, offset, conc, u)
        status, h_next, first_step = advance(
            stop - now, h, y, p, mask, typical, rtol, kin, weights, pk, (k, trial), counts
        )
        if status != 0:
            return status, now
        if acted:
            after_dose = 1.2 * first_step
        h = h_next
        decay(z, kin[0], kin[1], kin[2], stop - now)
        now = stop


def run_subjects(
    first_subject, last_subject, times, y0, y_base, P, typical, rtol, n_drives,
    kinetics, weights, schedule, shared, own, spare, results,
):  # fmt: skip
    """Run subjects ``first_subject`` to ``last_subject`` (half open) and fill their results."""
    rate, chain, degree, bolus, steady, rows, first, last = kinetics
    drive, ligand, factor = weights
    offset, e_time, e_kind, e_index, e_value = schedule
    ways, noise, baselines, late = own
    out_y, out_read, out_conc, status, reached, counts, given, log, written = results
    for n in range(first_subject, last_subject):
        size = offset[n + 1] - offset[n]
        room = size + spare
        ledger = (
            np.zeros(room), np.zeros(room, dtype=np.int64),
            np.zeros(room, dtype=np.int64), np.zeros(room),
        )  # fmt: skip
        for e in range(size):
            ledger[0][e], ledger[1][e] = e_time[offset[n] + e], e_kind[offset[n] + e]
            ledger[2][e], ledger[3][e] = e_index[offset[n] + e], e_value[offset[n] + e]
        kin = (rate[n], chain[n], degree, bolus[n], steady[n], rows[n], first, last)
        out = (out_y[n], out_read[n], out_conc[n], counts[n], given[n], log[n], written[n])
        y = y0[n].copy()
        status[n], reached[n] = run_subject(
            times, y, y_base, P[n], typical, rtol, n_drives, kin, (drive, ligand, factor[n]),
            ledger, size, shared, (ways[n], noise[n], baselines[n], late[n]), out,
        )  # fmt: skip
        if status[n] != 0:
            out_y[n, :, :] = np.nan
            out_read[n, :, :] = np.nan
            out_conc[n, :, :] = np.nan
