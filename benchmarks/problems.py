"""OIH-15 and OIH-15s: two fixed problems for the comparison of solvers, written out by hand.

They represent the size and the time scales of a model of opioid tolerance and are not calibrated:
every number is assumed. This file imports nothing of oihsim, so that it is an independent check.

Time is in hours, amounts in mg, concentrations in mg/L. Rules of both problems:

- an output at the time of a dose is the value before the dose;
- 90 days, all states every 6 h (361 outputs);
- opioid into the depot every 12 h: 30 mg on days 0-29, 60 mg on days 30-59, 120 mg on days 60-89;
- NMDA antagonist: 20 mg/h for 24 h from the start of day 75;
- subject ``i`` multiplies CL, V1, KD, kdes and kNon by ``exp(0.3 z)``, ``z`` being row ``i`` of
  ``numpy.random.default_rng(0).standard_normal((n, 5))``.

OIH-15s is stiff: ke0 is 60 /h and binding is a 16th state B (kon, koff) in place of the
equilibrium; there the factor of KD multiplies koff.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.integrate import odeint, solve_ivp

Array = NDArray[np.float64]

OUTPUT_TIMES: Array = np.arange(0.0, 2160.1, 6.0)
"""Hours; 361 of them."""

DOSES: tuple[tuple[float, float], ...] = tuple(
    (12.0 * k, (30.0, 60.0, 120.0)[k // 60]) for k in range(180)
)
"""Time (h) and amount (mg) of each opioid dose into the depot Ag."""

INFUSION = (1800.0, 1824.0, 20.0)
"""Start (h), end (h) and rate (mg/h) of the NMDA antagonist into K1."""

SPREAD = 0.3
VARIED = ("CL", "V1", "KD", "kdes", "kNon")

PARAMETERS: dict[str, float] = {
    "ka": 0.7, "CL": 70.0, "V1": 120.0, "Q2": 80.0, "V2": 150.0, "Q3": 20.0, "V3": 300.0,
    "ke0": 2.0,
    "kCL": 60.0, "kV1": 60.0, "kQ": 70.0, "kV2": 180.0, "kke0": 6.0,
    "KD": 0.02, "tau": 8.0, "hill": 1.2,
    "kdes": 0.08, "kres": 0.15, "kint": 0.05, "krec": 0.02,
    "kQ_on": 0.05, "kQ_off": 0.03,
    "kG": 1.5, "gQ": 1.2, "gD": 0.4,
    "kNon": 0.01, "kNoff": 0.006, "IC50K": 0.08, "hK": 1.0,
    "kD": 0.012, "dmax": 2.5, "N50": 0.35, "hD": 3.0,
}  # fmt: skip
"""Volumes in L, clearances in L/h, rates in 1/h, KD and IC50K in mg/L, the rest pure numbers."""

STIFF_PARAMETERS: dict[str, float] = {
    **{name: value for name, value in PARAMETERS.items() if name not in ("KD", "hill")},
    "ke0": 60.0, "kon": 15000.0, "koff": 300.0,
}  # fmt: skip
"""As above, with kon in L/(mg h) and koff in 1/h in place of KD and hill."""

STATES = (
    "Ag", "A1", "A2", "A3", "Ce", "K1", "K2", "Ke", "Rs", "Rd", "Ri", "Q", "G", "N", "D",
)  # fmt: skip
START = (0.0,) * 8 + (1.0, 0.0, 0.0, 0.0, 1.0, 0.0, 1.0)


def rhs_oih15(t, y, p, u):  # type: ignore[no-untyped-def]  # noqa: ARG001
    """Return the 15 derivatives of OIH-15; ``u`` is the running infusion, mg/h."""
    (
        ka, CL, V1, Q2, V2, Q3, V3, ke0, kCL, kV1, kQ, kV2, kke0, KD, tau, hill,
        kdes, kres, kint, krec, kQ_on, kQ_off, kG, gQ, gD, kNon, kNoff, IC50K, hK,
        kD, dmax, N50, hD,
    ) = p  # fmt: skip
    Ag, A1, A2, A3, Ce, K1, K2, Ke, Rs, Rd, Ri, Q, G, N, D = y
    # rounding may take a concentration just below 0, where a power is not defined
    x = max(Ce, 0.0) / KD
    rho = x**hill / (1.0 + x**hill)
    act = tau * rho * Rs
    E = act / (1.0 + act)
    blk = 1.0 / (1.0 + (max(Ke, 0.0) / IC50K) ** hK)
    exc = Q * (1.0 - E)
    sensitised = max(N, 0.0) ** hD
    return np.array(
        [
            -ka * Ag,
            ka * Ag - (CL + Q2 + Q3) / V1 * A1 + Q2 / V2 * A2 + Q3 / V3 * A3,
            Q2 / V1 * A1 - Q2 / V2 * A2,
            Q3 / V1 * A1 - Q3 / V3 * A3,
            ke0 * (A1 / V1 - Ce),
            u - (kCL + kQ) / kV1 * K1 + kQ / kV2 * K2,
            kQ / kV1 * K1 - kQ / kV2 * K2,
            kke0 * (K1 / kV1 - Ke),
            -kdes * rho * Rs + kres * Rd + krec * Ri,
            kdes * rho * Rs - (kres + kint) * Rd,
            kint * Rd - krec * Ri,
            kQ_on * E * (1.0 - Q) - kQ_off * Q,
            kG * (1.0 + gQ * exc + gD * (D - 1.0) - G),
            kNon * (G - 1.0) * blk * (1.0 - N) - kNoff * N,
            kD * (1.0 + dmax * sensitised / (N50**hD + sensitised) - D),
        ]
    )


def rhs_oih15s(t, y, p, u):  # type: ignore[no-untyped-def]  # noqa: ARG001
    """Return the 16 derivatives of OIH-15s; ``u`` is the running infusion, mg/h."""
    (
        ka, CL, V1, Q2, V2, Q3, V3, ke0, kCL, kV1, kQ, kV2, kke0, tau,
        kdes, kres, kint, krec, kQ_on, kQ_off, kG, gQ, gD, kNon, kNoff, IC50K, hK,
        kD, dmax, N50, hD, kon, koff,
    ) = p  # fmt: skip
    Ag, A1, A2, A3, Ce, K1, K2, Ke, Rs, Rd, Ri, Q, G, N, D, B = y
    act = tau * B * Rs
    E = act / (1.0 + act)
    blk = 1.0 / (1.0 + (max(Ke, 0.0) / IC50K) ** hK)
    exc = Q * (1.0 - E)
    sensitised = max(N, 0.0) ** hD
    return np.array(
        [
            -ka * Ag,
            ka * Ag - (CL + Q2 + Q3) / V1 * A1 + Q2 / V2 * A2 + Q3 / V3 * A3,
            Q2 / V1 * A1 - Q2 / V2 * A2,
            Q3 / V1 * A1 - Q3 / V3 * A3,
            ke0 * (A1 / V1 - Ce),
            u - (kCL + kQ) / kV1 * K1 + kQ / kV2 * K2,
            kQ / kV1 * K1 - kQ / kV2 * K2,
            kke0 * (K1 / kV1 - Ke),
            -kdes * B * Rs + kres * Rd + krec * Ri,
            kdes * B * Rs - (kres + kint) * Rd,
            kint * Rd - krec * Ri,
            kQ_on * E * (1.0 - Q) - kQ_off * Q,
            kG * (1.0 + gQ * exc + gD * (D - 1.0) - G),
            kNon * (G - 1.0) * blk * (1.0 - N) - kNoff * N,
            kD * (1.0 + dmax * sensitised / (N50**hD + sensitised) - D),
            kon * Ce * (1.0 - B) - koff * B,
        ]
    )


@dataclass(frozen=True)
class Problem:
    """A fixed problem: equations, start, parameters; doses and outputs are those of the module.

    Examples
    --------
    >>> OIH15.population(2)[:, OIH15.parameters.index("kres")].tolist()
    [0.15, 0.15]
    """

    name: str
    states: tuple[str, ...]
    y0: Array
    nominal: dict[str, float]
    varied: tuple[str, ...]
    rhs: Callable[..., Any]

    @property
    def parameters(self) -> tuple[str, ...]:
        """Names in the order of the columns of :meth:`population`."""
        return tuple(self.nominal)

    @cached_property
    def fast_rhs(self) -> Callable[..., Any]:
        """The right-hand side compiled by numba, ``f(t, y, p, u)`` with arrays ``y`` and ``p``."""
        from numba import njit
        from numba.np.unsafe.ndarray import to_fixed_tuple

        rhs, states, parameters = njit(self.rhs), len(self.states), len(self.nominal)

        @njit
        def compiled(t, y, p, u):  # type: ignore[no-untyped-def]
            return rhs(t, to_fixed_tuple(y, states), to_fixed_tuple(p, parameters), u)

        return compiled

    def population(self, n: int) -> Array:
        """Return the parameters of the first ``n`` subjects, (n, p)."""
        z = np.random.default_rng(0).standard_normal((n, len(self.varied)))
        rows = np.tile(np.array(list(self.nominal.values())), (n, 1))
        for column, name in enumerate(self.varied):
            rows[:, self.parameters.index(name)] *= np.exp(SPREAD * z[:, column])
        return rows

    def solve(
        self,
        p: Array,
        *,
        method: str = "DOP853",
        rtol: float = 1e-12,
        atol: float = 1e-14,
        until: float = 2160.0,
        restart_at_outputs: bool = True,
    ) -> Array:
        """Solve for one subject with SciPy, restarting at every discontinuity.

        Parameters
        ----------
        p : (p,) one row of :meth:`population`
        method : of :func:`scipy.integrate.solve_ivp`, or ``"odeint"``, which runs LSODA without
            a Python loop over its steps
        rtol, atol : of SciPy
        until : last output time, h
        restart_at_outputs : step exactly to the outputs, so that none is interpolated

        Returns
        -------
        (t, s) states at the output times up to ``until``, before the dose of that time

        Raises
        ------
        RuntimeError : SciPy gave up
        """
        times = OUTPUT_TIMES[until + 1e-9 > OUTPUT_TIMES]
        doses = dict(DOSES)
        stops = {*doses, *INFUSION[:2], *(times if restart_at_outputs else times[-1:])}
        y, at = self.y0.copy(), 0.0
        out = np.empty((len(times), len(y)))
        out[0] = y
        for stop in sorted(s for s in stops if 0.0 < s <= times[-1]):
            y[0] += doses.get(at, 0.0)
            rate = INFUSION[2] if INFUSION[0] <= at < INFUSION[1] else 0.0
            # every stop is an output time, so the last row is the value at it
            outputs = (times > at) & (times <= stop)
            out[outputs] = _advance(
                method, self.fast_rhs, at, times[outputs], y, rtol=rtol, atol=atol, args=(p, rate)
            )
            y, at = out[outputs][-1].copy(), stop
        return out

    def reference(self, n: int, **options: Any) -> Array:
        """Return (n, t, s) by DOP853 at rtol 1e-12, atol 1e-14; ``options`` go to :meth:`solve`."""
        return np.stack([self.solve(p, **options) for p in self.population(n)])


def _advance(
    method: str,
    f: Callable[..., Any],
    at: float,
    times: Array,
    y: Array,
    **options: Any,
) -> Array:
    """Return (t, s) at ``times``, from ``y`` at ``at``, without a stop in between."""
    if method == "odeint":
        values, facts = odeint(
            f, y, np.append(at, times), tfirst=True, full_output=True, mxstep=100_000, **options
        )
        if facts["message"] != "Integration successful.":
            raise RuntimeError(f"odeint, {at} h: {facts['message']}")
        return values[1:]
    run = solve_ivp(f, (at, times[-1]), y, method, times, **options)
    if not run.success:
        raise RuntimeError(f"{method}, {at} h: {run.message}")
    return run.y.T


def error(y: Array, reference: Array, largest: Array | None = None) -> float:
    """Return the largest of ``|y - ref| / (1e-3 max_t |ref| + |ref|)`` over states and times.

    Parameters
    ----------
    y, reference : (n, t, s)
    largest : (n, s) ``max_t |ref|`` over all output times, if ``reference`` has only some of them

    Examples
    --------
    >>> round(error(np.array([[[1.1], [2.0]]]), np.array([[[1.0], [2.0]]])), 4)
    0.0998
    """
    top = np.abs(reference).max(axis=1) if largest is None else largest
    scale = 1e-3 * top[:, None, :] + np.abs(reference)
    gap = np.abs(y - reference)
    # a state that is 0 throughout (a drug not yet given) must be exactly 0
    ratio = np.divide(gap, scale, out=np.where(gap > 0.0, np.inf, 0.0), where=scale > 0.0)
    return float(ratio.max())


def pain(y: Array, tau: float, occupancy: Array) -> Array:
    """Return the pain output from states (..., 15 or 16) and receptor occupancy (...)."""
    act = tau * occupancy * y[..., 8]
    G, N, D = y[..., 12], y[..., 13], y[..., 14]
    return 5.0 * (1.0 + 0.8 * N + 0.3 * (D - 1.0) + 0.4 * (G - 1.0)) / (1.0 + act)


OIH15 = Problem("OIH-15", STATES, np.array(START), PARAMETERS, VARIED, rhs_oih15)
OIH15S = Problem(
    "OIH-15s", (*STATES, "B"), np.array((*START, 0.0)), STIFF_PARAMETERS,
    ("CL", "V1", "koff", "kdes", "kNon"), rhs_oih15s,
)  # fmt: skip
