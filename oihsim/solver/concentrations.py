"""Drug concentrations as functions of time, and the drives they add up to: exact between stops.

``kin`` is the tuple ``rate, chain, degree, bolus, steady, rows, first_row, last_row`` of one
subject (:class:`oihsim.kinetics.propagation.Modes`), ``weights`` the tuple ``drive, ligand,
factor``. ``z`` holds what the modes differ by from the steady level of the running inputs, whose
rates are ``flow``.
"""

from math import exp

import numpy as np

# ---- page ----

NEGLIGIBLE = 1e-15


def decay(z, rate, chain, degree, span):
    """Advance modes without input by ``span`` hours, exactly."""
    if degree > 0:
        term = z.copy()
        for k in range(1, degree + 1):
            previous = term.copy()
            for i in range(z.size):
                s = 0.0
                for j in range(i):
                    s += chain[i, j] * previous[j]
                term[i] = s * span / k
                z[i] += term[i]
    for i in range(z.size):
        z[i] *= exp(rate[i] * span)


def anchor(z, flow, kin, weights, amplitude, active, offset):
    """Prepare the concentrations as functions of the time since now; return the active modes.

    A mode whose part in every drive is negligible is left out until the next stop: a drug long
    gone costs nothing.
    """
    rate, chain, degree, bolus, steady, rows, first, last = kin
    drive, ligand, factor = weights
    ligands = offset.size
    for g in range(ligands):
        s = 0.0
        for q in range(flow.size):
            if flow[q] != 0.0:
                for i in range(z.size):
                    s += flow[q] * steady[q, i] * rows[g, i]
        offset[g] = s
    strength = np.zeros(ligands)
    for k in range(ligand.size):
        strength[ligand[k]] = max(strength[ligand[k]], factor[k])
    term = z.copy()
    size = np.zeros(z.size)
    for k in range(degree + 1):
        for i in range(z.size):
            for g in range(first[i], last[i]):
                amplitude[k, i, g] = rows[g, i] * term[i]
                size[i] = max(size[i], abs(amplitude[k, i, g]) * strength[g])
        if k < degree:
            previous = term.copy()
            for i in range(z.size):
                s = 0.0
                for j in range(i):
                    s += chain[i, j] * previous[j]
                term[i] = s / (k + 1)
    count = 0
    for i in range(z.size):
        if size[i] > NEGLIGIBLE:
            active[count] = i
            count += 1
    return count


def drives(tau, kin, weights, amplitude, active, count, offset, conc, u):
    """Fill the drives at ``tau`` hours after the anchor."""
    rate, degree, first, last = kin[0], kin[2], kin[6], kin[7]
    drive, ligand, factor = weights
    for g in range(conc.size):
        conc[g] = offset[g]
    for a in range(count):
        i = active[a]
        e = exp(rate[i] * tau)
        for g in range(first[i], last[i]):
            s = amplitude[degree, i, g]
            for k in range(degree - 1, -1, -1):
                s = s * tau + amplitude[k, i, g]
            conc[g] += s * e
    for q in range(u.size):
        u[q] = 0.0
    for k in range(drive.size):
        u[drive[k]] += factor[k] * conc[ligand[k]]


def level(row, kin, z, flow):
    """Return one concentration: of an effect site, or further down of the plasma."""
    steady, rows = kin[4], kin[5]
    s = 0.0
    for i in range(z.size):
        x = z[i]
        for q in range(flow.size):
            if flow[q] != 0.0:
                x += flow[q] * steady[q, i]
        s += rows[row, i] * x
    return s
