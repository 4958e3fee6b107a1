"""OIH-15 in heyoka (Taylor series, machine code made at run time), a rival where it is installed.

heyoka needs help at zero: a power of Ce with the exponent 1.2 has no Taylor series there, so the
exponents are literals and Ce starts at ``TINY`` (1e-12 mg/L, 1e-11 of its later values). The
parameters that vary between subjects, and all others but the exponents, are run-time parameters.
Source of the method: https://bluescarni.github.io/heyoka.py/.
"""

from __future__ import annotations

from functools import lru_cache
from itertools import pairwise
from typing import Any

import heyoka as hy
import numpy as np

from benchmarks.problems import DOSES, INFUSION, OIH15, OUTPUT_TIMES, Array

TINY = 1e-12
LANES = 8


def _system() -> list[tuple[Any, Any]]:
    names = OIH15.parameters
    v = {name: hy.par[i] for i, name in enumerate(names)}
    u = hy.par[len(names)]
    y = hy.make_vars(*OIH15.states)
    Ag, A1, A2, A3, Ce, K1, K2, Ke, Rs, Rd, Ri, Q, G, N, D = y
    bound = (Ce / v["KD"]) ** 1.2
    rho = bound / (1.0 + bound)
    act = v["tau"] * rho * Rs
    E = act / (1.0 + act)
    blk = 1.0 / (1.0 + Ke / v["IC50K"])
    cubed = N * N * N
    lost = v["kdes"] * rho * Rs
    rates = [
        -v["ka"] * Ag,
        v["ka"] * Ag - (v["CL"] + v["Q2"] + v["Q3"]) / v["V1"] * A1
        + v["Q2"] / v["V2"] * A2 + v["Q3"] / v["V3"] * A3,
        v["Q2"] / v["V1"] * A1 - v["Q2"] / v["V2"] * A2,
        v["Q3"] / v["V1"] * A1 - v["Q3"] / v["V3"] * A3,
        v["ke0"] * (A1 / v["V1"] - Ce),
        u - (v["kCL"] + v["kQ"]) / v["kV1"] * K1 + v["kQ"] / v["kV2"] * K2,
        v["kQ"] / v["kV1"] * K1 - v["kQ"] / v["kV2"] * K2,
        v["kke0"] * (K1 / v["kV1"] - Ke),
        -lost + v["kres"] * Rd + v["krec"] * Ri,
        lost - (v["kres"] + v["kint"]) * Rd,
        v["kint"] * Rd - v["krec"] * Ri,
        v["kQ_on"] * E * (1.0 - Q) - v["kQ_off"] * Q,
        v["kG"] * (1.0 + v["gQ"] * Q * (1.0 - E) + v["gD"] * (D - 1.0) - G),
        v["kNon"] * (G - 1.0) * blk * (1.0 - N) - v["kNoff"] * N,
        v["kD"] * (1.0 + v["dmax"] * cubed / (v["N50"] ** 3.0 + cubed) - D),
    ]  # fmt: skip
    return list(zip(y, rates, strict=True))


@lru_cache(maxsize=8)
def _integrator(rtol: float, lanes: int) -> Any:
    shape = (15,) if lanes == 1 else (15, lanes)
    kind = hy.taylor_adaptive if lanes == 1 else hy.taylor_adaptive_batch
    return kind(_system(), np.full(shape, 0.5), tol=rtol, fast_math=True)


def _stops() -> list[tuple[float, float]]:
    edges = sorted({time for time, _ in DOSES} | set(INFUSION[:2]) | {float(OUTPUT_TIMES[-1])})
    return list(pairwise(edges))


def solve(population: Array, rtol: float, lanes: int = 1) -> Array:
    """Return (n, 361, 15); subjects go one by one, or ``lanes`` at a time.

    Raises
    ------
    RuntimeError : a value is not finite
    """
    ta, doses = _integrator(rtol, lanes), dict(DOSES)
    n, m = len(population), len(OIH15.parameters)
    # the last batch is filled up with its last subject
    rows = np.concatenate([population, np.repeat(population[-1:], -n % lanes, axis=0)])
    out = np.empty((len(rows), len(OUTPUT_TIMES), 15))
    start = OIH15.y0.copy()
    start[4] = TINY
    for a in range(0, len(rows), lanes):
        here = slice(a, a + lanes)
        ta.pars[:m] = rows[a] if lanes == 1 else rows[here].T
        ta.state[:] = start if lanes == 1 else start[:, None]
        if lanes == 1:
            ta.time = 0.0
        else:
            ta.set_time(0.0)
        out[here, 0] = start
        for begin, end in _stops():
            ta.state[0] += doses.get(begin, 0.0)
            ta.pars[m] = INFUSION[2] if INFUSION[0] <= begin < INFUSION[1] else 0.0
            first, last = round(begin / 6.0), round(end / 6.0)
            grid = OUTPUT_TIMES[first : last + 1]
            if lanes == 1:
                values = ta.propagate_grid(grid)[-1][1:]
                out[a, first + 1 : last + 1] = values
            else:
                values = ta.propagate_grid(np.repeat(grid[:, None], lanes, axis=1))[-1][1:]
                out[here, first + 1 : last + 1] = np.moveaxis(values, 2, 0)
    if not np.all(np.isfinite(out)):
        raise RuntimeError("heyoka: a value is not finite")
    return out[:n]
