"""Drug concentrations as functions of time: exact between stops.

``z`` holds what the modes (:class:`oihsim.kinetics.propagation.Modes`) of a subject differ by from
the steady level of the running inputs, whose rates are ``flow``. ``t`` is the table of all arrays
(:mod:`oihsim.engine.solver.address_table`).
"""

from __future__ import annotations

from math import exp

from oihsim.engine.solver.address_table import *  # noqa: F403

# ---- generated module ----

NEGLIGIBLE = 1e-15


def raise_power(term, previous, chain, by):
    """Let the coupling of equal rates act once on what it acted on before, times ``by``."""
    for i in range(term.size):
        previous[i] = term[i]
    for i in range(term.size):
        s = 0.0
        for j in range(i):
            s += chain[i, j] * previous[j]
        term[i] = s * by


def decay(t, n, z, span):
    """Advance modes without input by ``span`` hours, exactly."""
    degree = whole_row(t, SHAPE, 0)[8]
    if degree > 0:
        scratch, chain = rows(t, SCRATCH, 0), rows(t, CHAIN, n)
        term, previous = scratch[0, : z.size], scratch[1]
        for i in range(z.size):
            term[i] = z[i]
        for k in range(1, degree + 1):
            raise_power(term, previous, chain, span / k)
            for i in range(z.size):
                z[i] += term[i]
    rate = row(t, RATE, n)
    for i in range(z.size):
        z[i] *= exp(rate[i] * span)


def anchor(t, lane, n):
    """Prepare a lane's concentrations as functions of the time since now; mark its active modes.

    A mode whose part in every drive is negligible is left out until the next dose: a drug long
    gone costs nothing.
    """
    z, flow, active = row(t, Z, lane), row(t, FLOW, lane), whole_row(t, ACTIVE, lane)
    steady, to_conc, factor = rows(t, STEADY, n), rows(t, TO_CONC, n), row(t, FACTOR, n)
    first, last, pairs = (
        whole_row(t, FIRST_ROW, 0),
        whole_row(t, LAST_ROW, 0),
        whole_row(t, PAIRS, 0),
    )
    ligand, work, place = whole_row(t, LIGAND, 0), rows(t, WORK, 0), whole_row(t, ROWS, 0)
    degree, scratch = whole_row(t, SHAPE, 0)[8], rows(t, SCRATCH, 0)
    term, previous, size, strength = scratch[0, : z.size], scratch[1], scratch[2], scratch[3]
    for g in range(to_conc.shape[0] // 2):
        s = 0.0
        for q in range(flow.size):
            if flow[q] != 0.0:
                for i in range(z.size):
                    s += flow[q] * steady[q, i] * to_conc[g, i]
        work[place[5] + g, lane], strength[g] = s, 0.0
    for k in range(ligand.size):
        strength[ligand[k]] = max(strength[ligand[k]], factor[k])
    for i in range(z.size):
        term[i], size[i] = z[i], 0.0
    for k in range(degree + 1):
        for i in range(z.size):
            at = place[6] + k * pairs[z.size] + pairs[i] - first[i]
            for g in range(first[i], last[i]):
                amplitude = to_conc[g, i] * term[i]
                work[at + g, lane] = amplitude
                size[i] = max(size[i], abs(amplitude) * strength[g])
        if k < degree:
            raise_power(term, previous, rows(t, CHAIN, n), 1.0 / (k + 1))
    for i in range(z.size):
        active[i] = 1
        if size[i] <= NEGLIGIBLE:
            # a neighbour may need this mode: here it adds exactly nothing
            active[i] = 0
            for k in range(degree + 1):
                at = place[6] + k * pairs[z.size] + pairs[i]
                for g in range(last[i] - first[i]):
                    work[at + g, lane] = 0.0


def level(t, n, r, z, flow):
    """Return one concentration: of an effect site, or further down of the plasma."""
    steady, to_conc = rows(t, STEADY, n), rows(t, TO_CONC, n)
    s = 0.0
    for i in range(z.size):
        s += to_conc[r, i] * z[i]
    for q in range(flow.size):
        if flow[q] != 0.0:
            for i in range(z.size):
                s += to_conc[r, i] * flow[q] * steady[q, i]
    return s


def measure(t, lane, n, z, conc, u):
    """Fill all concentrations, effect sites and plasma, and the drives."""
    drive, ligand = whole_row(t, DRIVE, 0), whole_row(t, LIGAND, 0)
    factor, flow, x = row(t, FACTOR, n), row(t, FLOW, lane), rows(t, SCRATCH, 0)
    steady, to_conc = rows(t, STEADY, n), rows(t, TO_CONC, n)
    for i in range(z.size):
        x[0, i] = z[i]
    for q in range(flow.size):
        if flow[q] != 0.0:
            for i in range(z.size):
                x[0, i] += flow[q] * steady[q, i]
    for r in range(conc.size):
        s = 0.0
        for i in range(z.size):
            s += to_conc[r, i] * x[0, i]
        conc[r] = s
    for q in range(u.size):
        u[q] = 0.0
    for k in range(drive.size):
        u[drive[k]] += factor[k] * conc[ligand[k]]
