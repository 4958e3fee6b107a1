"""Expanded records as text: what is given when, to whom, and where it came from."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from oihsim.caution import CAUTION
from oihsim.drugs.drug import Transport
from oihsim.drugs.linear_model import ONE, LinearModel, Part
from oihsim.errors import InputError
from oihsim.events.ledger import DOSE, LEVEL, NAMES, OFF, ON, Ledger
from oihsim.events.refusals import number
from oihsim.events.table import Table
from oihsim.kinetics.compartments import OUT

if TYPE_CHECKING:
    from oihsim.treatment import Arm

MOST_LINES = 10_000
"""Lines of a listing; a longer one ends with what is left out."""


def listing(ledger: Ledger) -> str:
    r"""Return the ledger as text, the entries of each subject in their order.

    Examples
    --------
    >>> from oihsim.drugs.linear_model import read_linear_model
    >>> from oihsim.events.expand import expand
    >>> from oihsim.events.match import match
    >>> from oihsim.events.table import parse_table
    >>> table = parse_table("ID,TIME,AMT,II,ADDL\n1,0,10,12,1\n1,24,.,.,.\n", "doc.csv")
    >>> text = listing(expand(match(table, read_linear_model("naltrexone"))))
    >>> [line.split()[:3] for line in text.splitlines()[2:5]]
    [['1', '0', 'bolus'], ['1', '12', 'bolus'], ['1', '24', 'observation']]
    """
    return _joined(
        [f"at one time: {ledger.order}", f"{'ID':<8}{'TIME':>12}  {'what':<14}"
         f"{'into':<14}{'amount or rate':>16}{'row':>8}  dose"],
        _lines(ledger), len(ledger),
    )  # fmt: skip


def _lines(ledger: Ledger) -> Iterator[str]:
    table, names = ledger.matched.table, ledger.matched.model.compartments
    for k in range(min(len(ledger), MOST_LINES)):
        kind, record = int(ledger.kind[k]), int(ledger.record[k])
        label = str(table.label[table.subject[record]])
        into = names[int(ledger.index[k])] if kind in (DOSE, LEVEL, OFF, ON) else ""
        value = f"{ledger.value[k]:.10g}" if kind in (DOSE, LEVEL) else ""
        dose = ""
        if kind in (DOSE, LEVEL) and ledger.value[k] > 0 and ledger.number[k]:
            dose = f"additional {int(ledger.number[k])}"
        yield (
            f"{label:<8}{number(float(ledger.time[k])):>12}  {NAMES[kind]:<14}{into:<14}"
            f"{value:>16}{int(table.row[record]):>8}  {dose}"
        ).rstrip()


def bare_model(table: Table) -> LinearModel:
    """Return a model with the compartments that a table names, so that it can be expanded alone.

    F is 1 and there is no lag. A modelled rate or duration needs the model itself.

    Raises
    ------
    oihsim.errors.InputError
        a record with RATE -1 or -2
    """
    modelled = np.flatnonzero(table.rate < 0)
    if len(modelled):
        raise InputError(
            table.problem(int(k), "RATE", number(float(table.rate[k])), "--model, which has it")
            for k in modelled[:1000]
        )
    numbered = [str(k) for k in range(1, int(np.abs(table.cmt).max(initial=1)) + 1)]
    named = [word.removeprefix("-") for word in table.named.values()]
    names = list(dict.fromkeys([*numbered, *named]))
    return LinearModel(
        "no model", Path(table.name), "model", "h", "mg", {}, {}, dict.fromkeys(names),
        tuple(Transport(name, OUT, ONE) for name in names), {name: (Part(name),) for name in names},
        default=names[0],
    )  # fmt: skip


def _joined(head: Iterable[str], lines: Iterable[str], count: int) -> str:
    shown: list[str] = []
    for line in lines:
        if len(shown) == MOST_LINES:
            break
        shown.append(line)
    left = [f"and {count - len(shown)} more"] if count > len(shown) else []
    return "\n".join([*head, *shown, *left, "", CAUTION])


def arms_listing(arms: Iterable[Arm], name: str | Path) -> str:
    """Return every dose of a scenario's arms as event records."""
    head = [
        f"{name}: times in hours, amounts as labelled",
        f"{'ARM':<20}{'TIME':>12}  what",
    ]
    lines = []
    for arm in arms:
        if arm.adherence is not None:
            said = "as prescribed: by its adherence some doses are missed or late"
            lines.append(f"{arm.name:<20}{'':>12}  {said}")
        for dose in arm.doses:
            per = "/kg" if dose.per_kg else ""
            over = f" over {number(dose.duration_h)} h" if dose.duration_h else ""
            said = f"{number(dose.amount)} {dose.unit}{per} {dose.drug} {dose.route}{over}"
            lines.append(f"{arm.name:<20}{number(dose.time_h):>12}  {said}")
    return _joined(head, lines, len(lines))
