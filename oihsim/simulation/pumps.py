"""Pumps: the targets of an arm as infusions, computed per subject by each drug's controller.

A pump knows what an anaesthetist enters: the covariates. It computes with the typical parameters
that the controller's drug file has for them. It knows neither the subject's own kinetics, nor what
a scenario changes in them, nor other doses of its drug.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import groupby

import numpy as np
from numpy.typing import NDArray

from oihsim.drugs import Drug, load_drug
from oihsim.files.errors import ModelError
from oihsim.kinetics.propagation import modes
from oihsim.kinetics.target_control import Controller, Setpoint, infusions
from oihsim.simulation.schedule import Doses
from oihsim.treatment.arm import Arm, TargetLine

Array = NDArray[np.float64]

RATES_OF_A_TARGET = 300
"""Rates of one target line, about the most; remifentanil for an hour takes 30."""


def pump_doses(arm: Arm, values: Mapping[str, Array]) -> Doses | None:
    """Return what the pumps of an arm give, one infusion for each rate; None without a target.

    Parameters
    ----------
    arm : its target lines
    values : covariates of the subjects, (n,) each; addresses of parameters are passed over

    Returns
    -------
    Doses
        amounts as labelled, for each subject in order of time; where a pump pauses there is none

    Raises
    ------
    ModelError
        a controller's kinetics that cannot be solved

    Examples
    --------
    >>> man = {"AGE": 40.0, "WT": 70.0, "HT": 170.0, "SEX": 0.0}
    >>> line = TargetLine(0.0, 1.0, "remifentanil", "iv", 4.0, controller="remifentanil-minto1997")
    >>> values = {symbol: np.array([value]) for symbol, value in man.items()}
    >>> doses = pump_doses(Arm("a", (), target_lines=(line,)), values)
    >>> round(float(doses.amount[0] / doses.duration_h[0] * 1000.0 / 60.0), 2)  # ug/min
    132.57
    """
    parts = [
        _of_pump(list(lines), values)
        for _, lines in groupby(
            sorted(arm.target_lines, key=lambda line: (line.drug, line)), lambda line: line.drug
        )
    ]
    if not parts:
        return None
    subject, time, drug, route, amount, duration = (
        np.concatenate(column) for column in zip(*parts, strict=True)
    )
    return Doses(subject, time, drug, route, amount, duration)


def _of_pump(
    lines: Sequence[TargetLine], values: Mapping[str, Array]
) -> tuple[NDArray[np.generic], ...]:
    """Return the columns of the doses of one pump, from its lines in order of time."""
    first = lines[0]
    covariates = {symbol: value for symbol, value in values.items() if "." not in symbol}
    n = len(next(iter(covariates.values())))
    definition, subject_drug = load_drug(first.controller), load_drug(first.drug)
    controller, per_mg, molar_mass = _controller(definition, first.route, covariates, n)
    # the labels of two sets may name salt and base
    per_mg = per_mg * subject_drug.salt_factor / definition.salt_factor
    pumped = infusions(
        controller,
        [_setpoint(line, per_mg, molar_mass, covariates, n) for line in lines],
    )
    hours = pumped.end_h - pumped.start_h
    amount = pumped.rate * hours / per_mg[pumped.subject]
    words = np.full((2, len(hours)), [[first.drug], [first.route]])
    return pumped.subject, pumped.start_h, words[0], words[1], amount, hours


def _controller(
    definition: Drug, route: str, covariates: Mapping[str, Array], n: int
) -> tuple[Controller, Array, float]:
    """Return a drug as a pump knows it, the amount in a labelled mg, (n,), and the molar mass."""
    values = {parameter.symbol: np.full(n, parameter.value) for parameter in definition.parameters}
    values |= covariates
    linear, ligand = definition.kinetics(values), definition.plasma_ligand(route)
    if ligand is None:
        raise ModelError(f"{definition.name}: no single ligand whose plasma '{route}' enters")
    row = definition.ligands.index(ligand.name)
    ((into, per_mg, _, _),) = definition.route_inputs(route, values, 1.0)
    site = slice(row, row + 1)
    try:
        solved = modes(linear.A, linear.B, linear.C[:, site], linear.plasma[:, site], [into])
    except ValueError as error:
        raise ModelError(f"{definition.name}: {error}") from error
    return Controller(solved, into), per_mg, ligand.molar_mass


def _setpoint(
    line: TargetLine, per_mg: Array, molar_mass: float, covariates: Mapping[str, Array], n: int
) -> Setpoint:
    """Return a target line in the controller's units."""
    level = line.target * (1000.0 / molar_mass if line.unit == "ng/mL" else 1.0)
    most = np.full(n, line.max_rate) * (covariates["WT"] if line.per_kg else 1.0) * per_mg
    return Setpoint(line.from_h, line.until_h, np.full(n, level), most, line.site == "effect")
