"""Virtual subjects: sampled values to the arrays of the model and of the drugs on board."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from oihsim.drugs import Drug
from oihsim.engine.compiled_model import Model, Weights
from oihsim.files.errors import InputError, ModelError, Problem
from oihsim.kinetics.propagation import Modes, modes, together
from oihsim.neuroplasticity import SWITCHES
from oihsim.scenario import Scenario
from oihsim.scenario.population import Correlation, Population, Spread, sample
from oihsim.simulation.schedule import Given
from oihsim.treatment.arm import Arm

Array = NDArray[np.float64]
SLOTS = 2
"""Slowly binding ligands that the compiled body has room for."""

MOR_DRIVES = {
    "total_mor_drive": None,
    "total_mor_stimulus": "e",
    "total_mor_stimulus_arrestin": "e_arrestin",
    "total_mor_desensitising": "k_des",
    "total_mor_internalising": "k_int",
}
"""Drives of a ligand at quasi-equilibrium, each C/KD times this action."""

PAIR_DRIVES = {
    "nociceptive_input": "total_nonopioid",
    "descending": "total_descending",
    "release": "total_release",
}
"""Targets that come as a pair of drives, C/EC50 and Emax C/EC50, by the name of the pair."""


def switch_changes(switches: Mapping[str, str]) -> dict[str, float]:
    """Return the parameters that the named switches set, by address.

    Examples
    --------
    >>> switch_changes({"m3g": "off"})
    {'microglia.w_m3g': 0.0}
    """
    known = {switch.name: switch for switch in SWITCHES}
    changes: dict[str, float] = {}
    for name, option in switches.items():
        changes |= known[name].options[option]
    return changes


def draw_subjects(
    model: Model,
    drugs: Mapping[str, Drug],
    population: Population,
    n: int,
    seed: int,
    *,
    typical: bool = False,
    changes: Mapping[str, float] | None = None,
    first: int = 0,
) -> dict[str, Array]:
    """Return every covariate and every parameter of body and drugs, (n,) each, by address.

    Parameters
    ----------
    changes : typical values that replace the declared ones, by address
    first : number of the first subject

    Raises
    ------
    ModelError : correlations that cannot hold together

    Examples
    --------
    >>> values = draw_subjects(Model.named(), {}, Population.load("volunteers"), 3, seed=1)
    >>> values["WT"].shape
    (3,)
    """
    declared = zip(model.linked.parameters, model.defaults, strict=True)
    spreads = {a: Spread(replace(p, value=float(value))) for (a, p), value in declared}
    correlations = []
    for name, drug in drugs.items():
        for parameter in drug.parameters:
            kind = drug.spread.get(parameter.symbol, "lognormal")
            spreads[parameter.address(name)] = Spread(parameter, kind)
        for pair in drug.correlations:
            a, b = pair.between
            correlations.append(Correlation((f"{name}.{a}", f"{name}.{b}"), pair.r))
    return sample(
        population, spreads, correlations, n, seed, typical=typical, changes=changes, first=first
    )


def draw_arm(
    scenario: Scenario,
    arm: Arm,
    model: Model,
    drugs: Mapping[str, Drug],
    population: Population,
) -> dict[str, Array]:
    """Return the subjects of a scenario with its switches and the parameters of an arm.

    The same as :func:`draw_subjects`, and raises what it does. What the arm changes in a drug that
    is not among ``drugs`` has no effect.

    Examples
    --------
    >>> from oihsim.scenario import load
    >>> scenario = load("flagship").change({"population.count": 2})
    >>> people = Population.load(scenario.population)
    >>> draw_arm(scenario, scenario.arms["stable"], Model.named(), {}, people)["WT"].shape
    (2,)
    """
    return draw_subjects(
        model, drugs, population, scenario.count, scenario.seed, typical=scenario.typical,
        changes=switch_changes(scenario.switches) | dict(arm.parameters), first=scenario.first,
    )  # fmt: skip


@dataclass(frozen=True)
class OnBoard:
    """The drugs of one arm for ``n`` subjects.

    Attributes
    ----------
    kinetics, weights : what :meth:`oihsim.engine.compiled_model.Model.run` takes
    given : what a schedule needs of each drug
    ligands : names of the effect sites, in the order of the rows
    """

    kinetics: Modes
    weights: Weights
    given: dict[str, Given]
    ligands: tuple[str, ...]

    def subset(self, who: NDArray[np.int64] | slice) -> OnBoard:
        """Return the drugs of some subjects, in the order of ``who``."""
        given = {name: drug.subset(who) for name, drug in self.given.items()}
        kinetics, weights = self.kinetics.subset(who), self.weights.subset(who)
        return replace(self, kinetics=kinetics, weights=weights, given=given)


def drug_values(name: str, drug: Drug, values: Mapping[str, Array], tau: float) -> dict[str, Array]:
    """Return the parameters of a drug and the covariates, as its formulas read them.

    ``tau`` is the typical gain: an EC50 in a drug file is that of the naive typical subject.
    """
    parameters = {p.symbol: values[p.address(name)] for p in drug.parameters}
    covariates = {symbol: value for symbol, value in values.items() if "." not in symbol}
    n = len(next(iter(values.values())))
    return {**covariates, **parameters, "tau": np.full(n, tau)}


def put_on_board(
    model: Model,
    drugs: Mapping[str, Drug],
    arm: Arm,
    values: Mapping[str, Array],
    P: Array,  # noqa: N803
) -> OnBoard:
    """Bring the drugs of an arm to modes, and write the slow ligands into ``P``.

    Raises
    ------
    InputError : more slowly binding ligands in one arm than the body has room for
    """
    n = len(P)
    tau = float(model.defaults[model.addresses.index("nociception.tau")])
    parts, given, ligands, actions = [], {}, [], []
    first = 0
    for name in arm.drugs:
        drug = drugs[name]
        numbers = drug_values(name, drug, values, tau)
        linear = drug.kinetics(numbers)
        routes = arm.routes(name)
        used = sorted({k for route in routes for k, *_ in drug.route_inputs(route, numbers, 1.0)})
        try:
            parts.append(modes(linear.A, linear.B, linear.C, linear.plasma, used))
        except ValueError as error:
            raise ModelError(f"{name}: {error}") from error
        given[name] = Given(drug, first, numbers)
        first += linear.B.shape[1]
        ligands += list(linear.ligands)
        acts = drug.targets(numbers)
        actions += [acts[ligand] for ligand in linear.ligands]
    _fill_slots(model, ligands, actions, P, arm.name)
    return OnBoard(together(parts, n), _weights(model, actions, n), given, tuple(ligands))


def _fill_slots(
    model: Model,
    ligands: Sequence[str],
    actions: Sequence[dict[str, Any]],
    P: Array,  # noqa: N803
    arm: str,
) -> None:
    slow = [i for i, act in enumerate(actions) if act["k_off"] is not None]
    if len(slow) > SLOTS:
        names = ", ".join(ligands[i] for i in slow)
        raise InputError(
            [
                Problem(
                    "scenario", None, f"arms.{arm}", f"slowly binding {names}", f"at most {SLOTS}"
                )
            ]
        )
    for slot, i in enumerate(slow, start=1):
        actions[i]["slot"] = slot
        for symbol in ("k_off", "e", "e_arrestin", "k_des", "k_int"):
            P[:, model.addresses.index(f"mu_receptor.{symbol}_{slot}")] = actions[i][symbol]


def _weights(model: Model, actions: Sequence[dict[str, Any]], n: int) -> Weights:
    """Return drive per nM of every ligand, leaving out what is zero for everybody."""
    rows: list[tuple[str, int, Array]] = []
    for ligand, act in enumerate(actions):
        binding = 1.0 / act["KD_nM"]
        if act["k_off"] is not None:
            rows.append((f"slow_drive_{act['slot']}", ligand, binding))
        else:
            for drive, action in MOR_DRIVES.items():
                rows.append((drive, ligand, binding if action is None else binding * act[action]))
        nmda = "total_opioid_nmda_drive" if act["opioid_nmda"] else "total_nmda_drive"
        rows.append((nmda, ligand, 1.0 / act["nmda_IC50"]))
        rows.append(("total_kappa_drive", ligand, 1.0 / act["kappa_K"]))
        rows.append(("total_glial_drive", ligand, 1.0 / act["glia_K"]))
        for target, pair in PAIR_DRIVES.items():
            binding = 1.0 / act[f"{target}_EC50"]
            rows.append((f"{pair}_drive", ligand, binding))
            rows.append((f"{pair}_stimulus", ligand, binding * act[f"{target}_Emax"]))
        rows.append(("total_injury_drive", ligand, act["injury_gain"]))
    rows = [row for row in rows if np.any(row[2] != 0.0)]
    if not rows:
        return Weights.none(n)
    drives = np.array([model.drives.index(name) for name, *_ in rows], dtype=np.int64)
    which = np.array([ligand for _, ligand, _ in rows], dtype=np.int64)
    return Weights(drives, which, np.ascontiguousarray(np.stack([f for *_, f in rows], axis=1)))


def parameter_matrix(model: Model, values: Mapping[str, Array]) -> Array:
    """Return the body's parameters, (n, p), in the order of ``model.addresses``."""
    return np.ascontiguousarray(np.stack([values[a] for a in model.addresses], axis=1))
