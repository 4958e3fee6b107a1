# ruff: noqa: D103, N802  (equations keep to the subset the linker reads; the Output says what each is)
"""OIH-15 as oihsim mechanisms, so that the engine of the package can solve the problem.

The numbers, doses and subjects come from :mod:`benchmarks.problems`; the equations are written a
second time, in the form the linker reads. Kinetics (8 of the 15 states) are rate matrices handed
to :func:`oihsim.kinetics.propagation.modes`; a ligand concentration is in mg/L here, not in nM.
The drives have their names in the package: ``total_mor_drive`` is Ce/KD and
``total_nmda_drive`` is Ke/IC50K.

    python -m benchmarks.oih15_mechanisms      errors against the stored reference, and the work
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from benchmarks.problems import DOSES, INFUSION, OIH15, OUTPUT_TIMES, PARAMETERS, Array, Problem
from benchmarks.stored_reference import stored
from oihsim.engine.compiled_model import Model, Weights
from oihsim.engine.run import Run
from oihsim.engine.solver import BOLUS, RATE, Schedule
from oihsim.kinetics.propagation import Modes, modes, together
from oihsim.model.mechanism import Mechanism
from oihsim.model.parameter import Output, Parameter, State
from oihsim.model.shapes import hill, power

OPIOID = ("Ag", "A1", "A2", "A3", "Ce")
ANTAGONIST = ("K1", "K2", "Ke")


def rho(total_mor_drive, n_rho):
    bound = power(total_mor_drive, n_rho)
    return bound / (1.0 + bound)


def E(rho, Rs, tau):
    act = tau * rho * Rs
    return act / (1.0 + act)


def receptor_rates(rho, Rs, Rd, Ri, kdes, kres, kint, krec):
    lost = kdes * rho * Rs
    dRs = -lost + kres * Rd + krec * Ri
    dRd = lost - (kres + kint) * Rd
    dRi = kint * Rd - krec * Ri
    return dRs, dRd, dRi


def exc(Q, E):
    return Q * (1.0 - E)


def cyclase_rates(Q, E, kQ_on, kQ_off):
    return kQ_on * E * (1.0 - Q) - kQ_off * Q


def glutamate_rates(G, exc, D, kG, gQ, gD):
    return kG * (1.0 + gQ * exc + gD * (D - 1.0) - G)


def blk(total_nmda_drive, hK):
    return 1.0 / (1.0 + power(total_nmda_drive, hK))


def nmda_rates(N, G, blk, kNon, kNoff):
    return kNon * (G - 1.0) * blk * (1.0 - N) - kNoff * N


def dynorphin_rates(D, N, kD, dmax, N50, hD):
    return kD * (1.0 + dmax * hill(N, N50, hD) - D)


def P(N, D, G, E):
    return 5.0 * (1.0 + 0.8 * N + 0.3 * (D - 1.0) + 0.4 * (G - 1.0)) * (1.0 - E)


def parameters(
    rates: str, numbers: str = "", values: dict[str, float] | None = None
) -> tuple[Parameter, ...]:
    """Return the declared parameters: symbols of rates (1/h) and of pure numbers."""
    known = {**PARAMETERS, "n_rho": PARAMETERS["hill"]} if values is None else values
    units = dict.fromkeys(rates.split(), "1/h") | dict.fromkeys(numbers.split(), "1")
    return tuple(
        Parameter(symbol, known[symbol], unit, "parameter of OIH-15", evidence="assumed")
        for symbol, unit in units.items()
    )


RECEPTOR_STATES = (
    State("Rs", "surface_receptors", 1.0, "1", "fraction at the surface"),
    State("Rd", "desensitised_receptors", 0.0, "1", "fraction desensitised", 0.1),
    State("Ri", "internalised_receptors", 0.0, "1", "fraction internalised", 0.1),
)

MECHANISMS = (
    Mechanism(
        "receptor",
        "occupied, desensitised and internalised receptors, and the effect they give",
        states=RECEPTOR_STATES,
        outputs=(
            Output("rho", "occupancy", "1", "fraction of receptors bound", rho),
            Output("E", "analgesic_effect", "1", "operational model", E),
        ),
        parameters=parameters("kdes kres kint krec", "tau n_rho"),
        rates=receptor_rates,
    ),
    Mechanism(
        "cyclase",
        "superactivation of adenylyl cyclase, unmasked as agonism falls",
        states=(State("Q", "superactivation", 0.0, "1", "superactivation", 0.1),),
        outputs=(Output("exc", "excitation", "1", "superactivation unmasked", exc),),
        parameters=parameters("kQ_on kQ_off"),
        rates=cyclase_rates,
    ),
    Mechanism(
        "glutamate",
        "glutamate tone",
        states=(State("G", "glutamate", 1.0, "1", "fold of baseline", 1.0, (0.0, np.inf)),),
        parameters=parameters("kG", "gQ gD"),
        rates=glutamate_rates,
    ),
    Mechanism(
        "nmda",
        "sensitisation of NMDA receptors",
        states=(State("N", "sensitisation", 0.0, "1", "phosphorylated fraction", 0.1),),
        outputs=(Output("blk", "nmda_open", "1", "fraction not blocked", blk),),
        parameters=parameters("kNon kNoff", "hK"),
        rates=nmda_rates,
    ),
    Mechanism(
        "dynorphin",
        "spinal dynorphin",
        states=(State("D", "dynorphin", 1.0, "1", "fold of baseline", 1.0, (0.0, np.inf)),),
        parameters=parameters("kD", "dmax N50 hD"),
        rates=dynorphin_rates,
    ),
    Mechanism(
        "pain",
        "the output",
        outputs=(Output("P", "pain", "1", "pain, 0 to 10", P),),
    ),
)


@dataclass(frozen=True)
class Case:
    """Arguments of :meth:`oihsim.engine.compiled_model.Model.run` for ``n`` subjects."""

    problem: Problem
    model: Model
    P: Array
    schedule: Schedule
    kinetics: Modes
    weights: Weights


def _matrix(n: int, flows: list[tuple[int, int | None, Array]], size: int) -> Array:
    """Return (n, size, size) from flows ``(from, to, rate)``; ``to`` None leaves the body."""
    A = np.zeros((n, size, size))
    for source, target, rate in flows:
        A[:, source, source] -= rate
        if target is not None:
            A[:, target, source] += rate
    return A


def _rows(n: int, size: int, chosen: list[dict[int, Array | float]]) -> Array:
    rows = np.zeros((n, len(chosen), size))
    for row, parts in enumerate(chosen):
        for column, factor in parts.items():
            rows[:, row, column] = factor
    return rows


def kinetics(v: dict[str, Array], model: Model, with_kinetics: bool) -> tuple[Modes, Weights]:
    """Return the kinetics and the drive weights of the subjects.

    Parameters
    ----------
    v : name -> (n,) the parameters of the subjects
    model : has the drives; without a KD the mu drive is the concentration in mg/L
    with_kinetics : return all eight kinetic states as if they were concentrations (for the
        check); otherwise one effect site and one plasma concentration per drug (for timing)
    """
    n = len(v["CL"])
    opioid = _matrix(
        n,
        [
            (0, 1, v["ka"]), (1, None, v["CL"] / v["V1"]),
            (1, 2, v["Q2"] / v["V1"]), (2, 1, v["Q2"] / v["V2"]),
            (1, 3, v["Q3"] / v["V1"]), (3, 1, v["Q3"] / v["V3"]), (4, None, v["ke0"]),
        ],
        5,
    )  # fmt: skip
    opioid[:, 4, 1] = v["ke0"] / v["V1"]
    antagonist = _matrix(
        n,
        [
            (0, None, v["kCL"] / v["kV1"]), (0, 1, v["kQ"] / v["kV1"]),
            (1, 0, v["kQ"] / v["kV2"]), (2, None, v["kke0"]),
        ],
        3,
    )  # fmt: skip
    antagonist[:, 2, 0] = v["kke0"] / v["kV1"]
    if with_kinetics:
        effect, plasma = [{4: 1.0}, {0: 1.0}, {2: 1.0}], [{1: 1.0}, {3: 1.0}, {3: 1.0}]
        k_effect, k_plasma = [{2: 1.0}, {1: 1.0}], [{0: 1.0}, {0: 1.0}]
    else:
        effect, plasma = [{4: 1.0}], [{1: 1.0 / v["V1"]}]
        k_effect, k_plasma = [{2: 1.0}], [{0: 1.0 / v["kV1"]}]
    parts = [
        modes(opioid, _rows(n, 5, [{0: 1.0}]), _rows(n, 5, effect), _rows(n, 5, plasma), [0]),
        modes(
            antagonist, _rows(n, 3, [{0: 1.0}]), _rows(n, 3, k_effect), _rows(n, 3, k_plasma), [0]
        ),
    ]
    weights = Weights(
        drive=np.array([model.drives.index(f"total_{site}_drive") for site in ("mor", "nmda")]),
        ligand=np.array([0, len(effect)]),
        factor=np.stack([1.0 / v.get("KD", np.ones(n)), 1.0 / v["IC50K"]], axis=1),
    )
    return together(parts, n), weights


def schedule(n: int) -> Schedule:
    """Return the doses: input 0 is the opioid depot, input 1 the antagonist."""
    start, end, rate = INFUSION
    entries = sorted(
        [(time, BOLUS, 0, amount) for time, amount in DOSES]
        + [(start, RATE, 1, rate), (end, RATE, 1, -rate)]
    )
    time, kind, index, value = (
        np.tile(np.array(column), n) for column in zip(*entries, strict=True)
    )
    return Schedule(
        np.arange(n + 1, dtype=np.int64) * len(entries),
        time, kind.astype(np.int64), index.astype(np.int64), value,
    )  # fmt: skip


def case(
    n: int, with_kinetics: bool = False, problem: Problem = OIH15, model: Model | None = None
) -> Case:
    """Return the first ``n`` subjects of a problem, ready to run by the model of the problem."""
    model = model or MODEL
    v = dict(zip(problem.parameters, problem.population(n).T, strict=True))
    rows = model.typical(n)
    for column, address in enumerate(model.addresses):
        symbol = address.split(".")[1]
        rows[:, column] = v["hill" if symbol == "n_rho" else symbol]
    return Case(problem, model, rows, schedule(n), *kinetics(v, model, with_kinetics))


def run(chosen: Case, rtol: float, threads: int | None = 1) -> Run:
    """Run the engine over the 361 output times.

    Raises
    ------
    RuntimeError : a subject did not reach the end
    """
    result = chosen.model.run(
        chosen.P, OUTPUT_TIMES, chosen.schedule, chosen.kinetics, chosen.weights,
        rtol=rtol, threads=threads,
    )  # fmt: skip
    if np.any(result.status != 0):
        raise RuntimeError(f"subjects {np.flatnonzero(result.status).tolist()} did not end")
    return result


def all_states(result: Run, chosen: Case) -> Array:
    """Return (n, t, s) in the order of the problem, from a run with ``with_kinetics``."""
    c = result.concentrations
    # effect-site rows, then plasma rows; some stand twice so that their numbers match
    order = ("Ce", "Ag", "A2", "Ke", "K2", "A1", "A3", "A3", "K1", "K1")
    kinetic = {symbol: row for row, symbol in enumerate(order)}
    columns = [
        c[..., kinetic[symbol]]
        if symbol in kinetic
        else result.y[..., chosen.model.states.index(symbol)]
        for symbol in chosen.problem.states
    ]
    return np.stack(columns, axis=-1)


def achieved(rtol: float) -> tuple[float, Run]:
    """Return the error of the engine on the stored subjects at a requested tolerance."""
    reference = stored(OIH15)
    chosen = case(len(reference.values), with_kinetics=True)
    result = run(chosen, rtol)
    return reference.error(all_states(result, chosen)), result


MODEL = Model(MECHANISMS, "OIH-15")


def main() -> None:
    """Print error and work at several tolerances."""
    print("rtol     error     accepted  rejected  rhs calls   (error of all 15 states; mean work)")
    for rtol in (1e-4, 1e-5, 1e-6, 1e-7, 1e-8, 1e-9, 1e-10):
        error, result = achieved(rtol)
        print(
            f"{rtol:.0e}  {error:.2e}  {result.steps.mean():8.0f}  {result.rejected.mean():8.0f}  "
            f"{result.rhs_calls.mean():9.0f}"
        )


if __name__ == "__main__":
    main()
