"""One thing described: a scenario, drug, mechanism, population, switch, model or endpoint."""

from __future__ import annotations

import ast
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from oihsim.commands.list import catalogue
from oihsim.commands.population_text import population_data, population_text
from oihsim.drugs import Drug, drug_names, load_drug
from oihsim.drugs.linear_model_file import is_model_file, read_linear_model
from oihsim.drugs.linear_model_text import model_data, model_text
from oihsim.files.caution import CAUTION
from oihsim.files.errors import InputError, Problem
from oihsim.files.yaml import closest, read_yaml
from oihsim.model.equations import read
from oihsim.model.mechanism import Mechanism
from oihsim.model.parameter import Output, Parameter, State
from oihsim.neuroplasticity import MECHANISMS
from oihsim.results.sensory import TESTS, SensoryTest
from oihsim.scenario import Scenario, load, shipped
from oihsim.scenario.population import Population
from oihsim.scenario.scenario_vocabulary import population_names


@dataclass(frozen=True)
class Found:
    """Something described: ``data`` for machines, ``text`` for people."""

    data: dict[str, Any]
    text: str


def describe(name: str, *, latex: bool = False) -> Found:
    """Return a scenario, drug, mechanism, population or switch described.

    Parameters
    ----------
    name : a file, or the name of something shipped
    latex : formulae of a mechanism as LaTeX

    Raises
    ------
    InputError : nothing of that name, or everything wrong with the file

    Examples
    --------
    >>> print(describe("nmda").text.splitlines()[0])
    nmda: sensitisation of spinal NMDA receptors and the lasting change that follows
    """
    if Path(name).suffix in (".yaml", ".yml") or "/" in name:
        kind = _schema(name)
        if kind.startswith("oihsim-population/"):
            return _population(Population.parse(read_yaml(name)))
        if is_model_file(name):
            model = read_linear_model(name)
            return Found(model_data(model), model_text(model))
        return _drug(load_drug(name)) if kind.startswith("oihsim-drug/") else _scenario(load(name))
    mechanisms = {m.name: m for m in MECHANISMS}
    if name in mechanisms:
        return _mechanism(mechanisms[name], latex)
    if name in drug_names():
        return _drug(load_drug(name))
    if name in shipped():
        return _scenario(load(name))
    if name in population_names():
        return _population(Population.load(name))
    if name in TESTS:
        return _test(TESTS[name])
    for rows in (catalogue("switches"), catalogue("models"), catalogue("endpoints")):
        for row in next(iter(rows.values())):
            if row["name"] == name:
                return _plain(row)
    known = [name for rows in catalogue().values() for name in (row["name"] for row in rows)]
    raise InputError([Problem("show", None, "name", repr(name), closest(name, known))])


def _plain(row: dict[str, Any]) -> Found:
    """Describe what has no more to it than a row of the catalogue."""
    details = [f"  {key}: {value}" for key, value in row.items() if key not in ("name", "meaning")]
    lines = [f"{row['name']}: {row['meaning']}", *details, "", CAUTION]
    return Found({**row, "caution": CAUTION}, "\n".join(lines))


def check_file(name: str) -> str:
    """Return what a file is, in a few words, when nothing is wrong with it.

    Raises
    ------
    InputError : with every problem of the file
    """
    if is_model_file(name):
        model = read_linear_model(name)
        return f"model {model.name}: {', '.join(model.compartments)}"
    if name in drug_names() or _schema(name).startswith("oihsim-drug/"):
        drug = load_drug(name)
        return f"{drug.kind} {drug.name}"
    if _schema(name).startswith("oihsim-population/"):
        return f"population {Population.parse(read_yaml(name)).name}"
    if _schema(name).startswith("oihsim-sweep/"):
        # imported late: few files are sweeps
        from oihsim.studies.sweeps.sweep_file import read_sweep

        sweep = read_sweep(name)
        return f"sweep: points {sweep.points}, draws {sweep.draws}, subjects {sweep.subjects}"
    one = load(name)
    arms = "arm" if len(one.arms) == 1 else "arms"
    return f"scenario with {len(one.arms)} {arms}: {', '.join(one.arms)}"


def _schema(name: str) -> str:
    """Return what a file says it is; nothing if it cannot be read."""
    path = Path(name)
    if not path.is_file():
        return ""
    try:
        return str(read_yaml(path).data.get("schema", ""))
    except InputError:
        return ""


def _scenario(one: Scenario) -> Found:
    return Found(one.resolved, f"{one.explain()}\n\n{CAUTION}")


def _table(parameters: Sequence[Parameter]) -> list[str]:
    """Return parameters as aligned lines: symbol, value, unit, spread, evidence, source."""
    rows = [("symbol", "value", "unit", "spread", "evidence", "source", "meaning")]
    for p in parameters:
        spread = f"{100 * p.cv:.0f} %" if p.cv else ""
        rows.append((p.symbol, f"{p.value:.6g}", p.unit, spread, p.evidence, p.source, p.meaning))
    widths = [max(len(row[i]) for row in rows) for i in range(6)]
    return [
        "  " + "  ".join([*(f"{row[i]:<{widths[i]}}" for i in range(6)), row[6]]).rstrip()
        for row in rows
    ]


def _pedigree(parameters: Sequence[Parameter]) -> list[dict[str, Any]]:
    return [vars(parameter) for parameter in parameters]


def _dosing(drug: Drug) -> str:
    if drug.kind != "drug":
        return f"this is no drug but of kind {drug.kind}: its doses are counted in {drug.dose_unit}"
    return f"one labelled mg holds {drug.salt_factor:g} mg of active substance"


def _drug(drug: Drug) -> Found:
    flows = [f"  {f.origin} -> {f.target}: {f.rate.text}" for f in drug.flows]
    lines = [
        f"{drug.name}: {drug.meaning}",
        f"routes: {', '.join(drug.routes)}",
        f"ligands: {', '.join(drug.ligands)}",
        f"{_dosing(drug)}; rates below are per {drug.time_unit}, amounts in {drug.amount_unit}",
        "parameters (spread: between-subject coefficient of variation)",
        *_table(drug.parameters),
        "derived",
        *[f"  {symbol} = {formula.text}" for symbol, formula in drug.derived.items()],
        "flows (rate of what is in the first compartment)",
        *flows,
        "targets",
        *[
            f"  {part.name} at {target}: "
            + ", ".join(f"{key} = {getattr(value, 'text', value)}" for key, value in action.items())
            for part in drug.ligand_parts
            for target, action in part.targets.items()
        ],
        f"sources: {', '.join(drug.references)}",
        "",
        CAUTION,
    ]
    data = {
        "name": drug.name,
        "kind": drug.kind,
        "meaning": drug.meaning,
        "dosed_in": drug.dose_unit,
        "routes": list(drug.routes),
        "ligands": list(drug.ligands),
        "parameters": _pedigree(drug.parameters),
        "references": list(drug.references),
        "hash": drug.hash,
        "caution": CAUTION,
    }
    return Found(data, "\n".join(lines))


def written_out(mechanism: Mechanism) -> list[str]:
    """Return the equations as they stand, one line each: outputs, then rates of the states.

    Examples
    --------
    >>> nmda = next(m for m in MECHANISMS if m.name == "nmda")
    >>> written_out(nmda)[0]
    'block = 1.0 / (1.0 + total_nmda_drive + w_opioid_nmda * total_opioid_nmda_drive)'
    """
    lines = []
    for output in mechanism.outputs:
        *before, value = _statements(output.equation)
        lines += [*before, f"{output.symbol} = {value}"]
    if mechanism.rates is not None:
        tree = read(mechanism.rates).tree
        named = {
            s.targets[0].id: ast.unparse(s.value)  # type: ignore[attr-defined]
            for s in tree.body[:-1]
            if isinstance(s, ast.Assign)
        }
        returned = tree.body[-1].value  # type: ignore[attr-defined]
        values = returned.elts if isinstance(returned, ast.Tuple) else [returned]
        shown = {ast.unparse(value) for value in values}
        lines += [f"{name} = {text}" for name, text in named.items() if name not in shown]
        for state, rate in zip(mechanism.states, values, strict=True):
            text = ast.unparse(rate)
            lines.append(f"d{state.symbol}/dt = {named.get(text, text)}")
    return lines


def _statements(function: Any) -> list[str]:
    tree = read(function).tree
    return [*map(ast.unparse, tree.body[:-1]), ast.unparse(tree.body[-1].value)]  # type: ignore[attr-defined]


def _mechanism(mechanism: Mechanism, latex: bool) -> Found:
    if latex:
        from oihsim.model.formulae import latex as as_latex

        text = as_latex(mechanism)
        return Found({"name": mechanism.name, "latex": text}, text)
    equations = written_out(mechanism)
    named: tuple[State | Output, ...] = (*mechanism.states, *mechanism.outputs)
    symbols = [(one.symbol, one.name, one.unit, one.meaning) for one in named]
    width = max(len(symbol) for symbol, *_ in symbols)
    lines = [
        f"{mechanism.name}: {mechanism.meaning}",
        *[f"  {s:<{width}}  {name} [{unit}]: {text}" for s, name, unit, text in symbols],
        "equations (time in hours)",
        *[f"  {line}" for line in equations],
        *(["parameters", *_table(mechanism.parameters)] if mechanism.parameters else []),
        f"sources of the form: {', '.join(mechanism.references)}",
        "",
        CAUTION,
    ]
    data = {
        "name": mechanism.name,
        "meaning": mechanism.meaning,
        "equations": equations,
        "parameters": _pedigree(mechanism.parameters),
        "references": list(mechanism.references),
        "caution": CAUTION,
    }
    return Found(data, "\n".join(lines))


def _test(one: SensoryTest) -> Found:
    lines = [
        f"{one.name}: {one.meaning} [{one.unit}], {one.better} is better",
        f"reads: {', '.join(one.reads)}",
        f"censored at {one.cut_off.value:g} {one.unit}",
        "parameters (spread: between-subject coefficient of variation)",
        *_table(one.parameters),
        f"sources: {', '.join(one.sources)}",
        "",
        CAUTION,
    ]
    data = {
        "name": one.name,
        "meaning": one.meaning,
        "unit": one.unit,
        "better": one.better,
        "reads": list(one.reads),
        "parameters": _pedigree(one.parameters),
        "references": list(one.sources),
        "caution": CAUTION,
    }
    return Found(data, "\n".join(lines))


def _population(one: Population) -> Found:
    return Found(population_data(one), population_text(one))
