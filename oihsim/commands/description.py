"""Descriptions: a scenario, sweep, drug, mechanism, population, test, switch, model, endpoint."""

from __future__ import annotations

import ast
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from oihsim.commands.catalogue import catalogue
from oihsim.commands.number_text import percent
from oihsim.commands.population_text import population_data, population_text
from oihsim.drugs import Drug, drug_names, load_drug
from oihsim.drugs.linear_model_file import is_model_file, read_linear_model
from oihsim.drugs.linear_model_text import model_data, model_text
from oihsim.evidence.study import load_study, study_files
from oihsim.files.caution import CAUTION
from oihsim.files.errors import InputError, Problem
from oihsim.files.text_table import Column, table_lines
from oihsim.files.yaml import closest, read_yaml
from oihsim.model.equations import read
from oihsim.model.mechanism import Mechanism
from oihsim.model.parameter import Output, Parameter, State
from oihsim.neuroplasticity import MECHANISMS
from oihsim.results.sensory import TESTS, SensoryTest
from oihsim.scenario import Scenario, load, shipped
from oihsim.scenario.population import Population
from oihsim.scenario.scenario_vocabulary import population_names
from oihsim.studies.sweeps.shipped_sweeps import shipped_sweeps


@dataclass(frozen=True)
class Description:
    """A description of one scenario, drug or the like: ``data`` for machines, ``text`` to read."""

    data: dict[str, Any]
    text: str


def describe(name: str, *, latex: bool = False, width: int | None = None) -> Description:
    """Return the description of a scenario, sweep, drug, mechanism, population, test or the like.

    Parameters
    ----------
    name : a file, or a shipped name
    latex : formulae of a mechanism as LaTeX
    width : characters of a line; None for as many as the tables need

    Raises
    ------
    InputError : the name is unknown, or every problem of the file

    Examples
    --------
    >>> print(describe("nmda").text.splitlines()[0])
    nmda: sensitisation of spinal NMDA receptors and the lasting change that follows
    """
    if Path(name).suffix in (".yaml", ".yml") or "/" in name:
        kind = _schema(name)
        if kind.startswith("oihsim-population/"):
            return _population(Population.parse(read_yaml(name)), width)
        if is_model_file(name):
            model = read_linear_model(name)
            return Description(model_data(model), model_text(model, width))
        if kind.startswith("oihsim-sweep/"):
            return _sweep(name)
        if kind.startswith("oihsim-study/"):
            return _study(name, width)
        if kind.startswith("oihsim-drug/"):
            return _drug(load_drug(name), width)
        return _scenario(load(name), width)
    mechanisms = {m.name: m for m in MECHANISMS}
    if name in mechanisms:
        return _mechanism(mechanisms[name], latex, width)
    if name in drug_names():
        return _drug(load_drug(name), width)
    if name in shipped():
        return _scenario(load(name), width)
    if name in population_names():
        return _population(Population.load(name), width)
    if name in TESTS:
        return _test(TESTS[name], width)
    if name in shipped_sweeps():
        return _sweep(name)
    if name in study_files():
        return _study(name, width)
    for rows in (catalogue("switches"), catalogue("models"), catalogue("endpoints")):
        for row in next(iter(rows.values())):
            if row["name"] == name:
                return _plain(row)
    known = [name for rows in catalogue().values() for name in (row["name"] for row in rows)]
    raise InputError([Problem("show", None, "name", repr(name), closest(name, known))])


def _plain(row: dict[str, Any]) -> Description:
    """Return the description of what the catalogue describes completely."""
    details = [f"  {key}: {value}" for key, value in row.items() if key not in ("name", "meaning")]
    lines = [f"{row['name']}: {row['meaning']}", *details, "", CAUTION]
    return Description({**row, "caution": CAUTION}, "\n".join(lines))


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
    if name in shipped_sweeps() or _schema(name).startswith("oihsim-sweep/"):
        # imported late: few files are sweeps
        from oihsim.studies.sweeps.sweep_file import read_sweep

        sweep = read_sweep(name)
        return f"sweep: points {sweep.points}, draws {sweep.draws}, subjects {sweep.subjects}"
    if name in study_files() or _schema(name).startswith("oihsim-study/"):
        study = load_study(name)
        return f"study with {len(study.findings)} findings: {', '.join(study.findings)}"
    scenario = load(name)
    arms = "arm" if len(scenario.arms) == 1 else "arms"
    return f"scenario with {len(scenario.arms)} {arms}: {', '.join(scenario.arms)}"


def _schema(name: str) -> str:
    """Return what a file says it is; nothing if it cannot be read."""
    path = Path(name)
    if not path.is_file():
        return ""
    try:
        return str(read_yaml(path).data.get("schema", ""))
    except InputError:
        return ""


def _scenario(scenario: Scenario, width: int | None) -> Description:
    return Description(scenario.resolved, scenario.explain(width))


def _study(name: str, width: int | None) -> Description:
    from oihsim.commands.study_text import study_data, study_text

    study = load_study(name)
    return Description(study_data(study), study_text(study, width))


def _sweep(name: str) -> Description:
    from oihsim.studies.sweeps.sweep_file import read_sweep

    sweep = read_sweep(name)
    data = {"name": Path(name).stem, **sweep.recipe, "caution": CAUTION}
    lines = [
        f"{data['name']}: {data['question']}",
        f"  scenarios: {', '.join(sweep.scenarios)}",
        f"  arms: {', '.join(sweep.arms)}",
        *(f"  {axis.name}: {', '.join(map(str, axis.coordinate))}" for axis in sweep.axes),
        f"  points: {sweep.points}; draws: {sweep.draws}; subjects: {sweep.subjects}",
    ]
    return Description(data, "\n".join([*lines, "", CAUTION]))


def _table(parameters: Sequence[Parameter], width: int | None) -> list[str]:
    """Return a table of parameters, each with its pedigree."""
    heads = ("symbol", "value", "unit", "spread", "evidence", "source", "meaning")
    rows = [
        (p.symbol, f"{p.value:.6g}", p.unit, percent(p.cv or None), p.evidence, p.source, p.meaning)
        for p in parameters
    ]
    return table_lines([Column(head) for head in heads], rows, width)


def _pedigree(parameters: Sequence[Parameter]) -> list[dict[str, Any]]:
    return [vars(parameter) for parameter in parameters]


def _dosing(drug: Drug) -> str:
    if drug.kind == "gas":
        return f"gas: its doses are MAC-hours ({drug.dose_unit}), and the fraction of MAC acts"
    if drug.kind != "drug":
        return f"{drug.kind}, no drug: its doses are counted in {drug.dose_unit}"
    return f"one labelled mg holds {drug.salt_factor:g} mg of active substance"


def _drug(drug: Drug, width: int | None) -> Description:
    flows = [f"  {f.origin} -> {f.target}: {f.rate.text}" for f in drug.flows]
    lines = [
        f"{drug.name}: {drug.meaning}",
        f"routes: {', '.join(drug.routes)}",
        f"ligands: {', '.join(drug.ligands)}",
        f"{_dosing(drug)}; rates below are per {drug.time_unit}, amounts in {drug.amount_unit}",
        "parameters (spread: between-subject coefficient of variation)",
        *_table(drug.parameters, width),
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
    return Description(data, "\n".join(lines))


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


def _mechanism(mechanism: Mechanism, latex: bool, width: int | None) -> Description:
    if latex:
        from oihsim.model.formulae import latex as as_latex

        text = as_latex(mechanism)
        return Description({"name": mechanism.name, "latex": text}, text)
    equations = written_out(mechanism)
    named: tuple[State | Output, ...] = (*mechanism.states, *mechanism.outputs)
    symbols = [(s.symbol, f"{s.name} [{s.unit}]: {s.meaning}") for s in named]
    lines = [
        f"{mechanism.name}: {mechanism.meaning}",
        *table_lines([Column(""), Column("")], symbols, width),
        "equations (time in hours)",
        *[f"  {line}" for line in equations],
        *(["parameters", *_table(mechanism.parameters, width)] if mechanism.parameters else []),
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
    return Description(data, "\n".join(lines))


def _test(test: SensoryTest, width: int | None) -> Description:
    lines = [
        f"{test.name}: {test.meaning} [{test.unit}], {test.better} is better",
        f"reads: {', '.join(test.reads)}",
        f"censored at {test.cut_off.value:g} {test.unit}",
        "parameters (spread: between-subject coefficient of variation)",
        *_table(test.parameters, width),
        f"sources: {', '.join(test.sources)}",
        "",
        CAUTION,
    ]
    data = {
        "name": test.name,
        "meaning": test.meaning,
        "unit": test.unit,
        "better": test.better,
        "reads": list(test.reads),
        "parameters": _pedigree(test.parameters),
        "references": list(test.sources),
        "caution": CAUTION,
    }
    return Description(data, "\n".join(lines))


def _population(population: Population, width: int | None) -> Description:
    return Description(population_data(population), population_text(population, width))
