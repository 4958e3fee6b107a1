"""Expanded records as text: which dose enters when, in whom, and from which record."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from oihsim.drugs.linear_model import UNITY, LinearModel, Part
from oihsim.drugs.parts import Transport
from oihsim.events.event_list import DOSE, LEVEL, NAMES, OFF, ON, EventList
from oihsim.events.event_table import EventTable
from oihsim.events.refusals import number
from oihsim.files.caution import CAUTION
from oihsim.files.errors import InputError
from oihsim.files.text_table import Column, folded, table_lines
from oihsim.kinetics.compartments import OUT

if TYPE_CHECKING:
    from oihsim.treatment.arm import Arm, Dose, TargetLine
    from oihsim.treatment.rule_sets import DoseLine

MOST_LINES = 10_000
"""Lines of a listing; a longer listing ends with the number of lines that it omits."""

COLUMNS = (
    Column("ID", usual=6), Column("TIME", right=True, usual=12), Column("what", usual=12),
    Column("into", usual=12), Column("amount or rate", right=True, usual=16),
    Column("row", right=True, usual=6), Column("dose"),
)  # fmt: skip
ARM_COLUMNS = (Column("ARM", usual=18), Column("TIME", right=True, usual=12), Column("what"))

DECIDED = (
    "Rules decide the other doses, per subject, from the observations at its decision points; also "
    "the first dose of their line, at a decision point at its time or before. The dose ledger of a "
    "run holds every dose."
)


def listing(event_list: EventList, width: int | None = None) -> str:
    r"""Return an event list as text, the entries of each subject in their order.

    Examples
    --------
    >>> from oihsim.drugs.linear_model_file import read_linear_model
    >>> from oihsim.events.expand import expand
    >>> from oihsim.events.match import match
    >>> from oihsim.events.event_table import parse_table
    >>> table = parse_table("ID,TIME,AMT,II,ADDL\n1,0,10,12,1\n1,24,.,.,.\n", "doc.csv")
    >>> text = listing(expand(match(table, read_linear_model("naltrexone"))))
    >>> [line.split()[:3] for line in text.splitlines()[2:5]]
    [['1', '0', 'bolus'], ['1', '12', 'bolus'], ['1', '24', 'observation']]
    """
    head = f"at one time: {event_list.order}"
    return _joined(head, COLUMNS, _rows(event_list), len(event_list), [], width)


def _rows(event_list: EventList) -> Iterator[tuple[str, ...]]:
    table, names = event_list.matched.table, event_list.matched.model.compartments
    for k in range(min(len(event_list), MOST_LINES)):
        kind, record = int(event_list.kind[k]), int(event_list.record[k])
        label = str(table.label[table.subject[record]])
        into = names[int(event_list.index[k])] if kind in (DOSE, LEVEL, OFF, ON) else ""
        value = f"{event_list.value[k]:.10g}" if kind in (DOSE, LEVEL) else ""
        dose = ""
        if kind in (DOSE, LEVEL) and event_list.value[k] > 0 and event_list.number[k]:
            dose = f"additional {int(event_list.number[k])}"
        at, row = number(float(event_list.time[k])), str(int(table.row[record]))
        yield label, at, NAMES[kind], into, value, row, dose


def bare_model(table: EventTable) -> LinearModel:
    """Return a model with the compartments that a table names, so that it can be expanded alone.

    F is 1 and there is no lag. A modelled rate or duration needs the model itself.

    Raises
    ------
    oihsim.files.errors.InputError
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
        tuple(Transport(name, OUT, UNITY) for name in names),
        {name: (Part(name),) for name in names},
        default=names[0],
    )  # fmt: skip


def _joined(
    head: str,
    columns: Sequence[Column],
    rows: Iterable[tuple[str, ...]],
    count: int,
    foot: Iterable[str],
    width: int | None,
) -> str:
    shown = list(islice(rows, MOST_LINES))
    table = table_lines(columns, shown, width, indent="")
    rest = [f"and {count - len(shown)} more"] if count > len(shown) else []
    return "\n".join([head, *table, *rest, *foot, "", CAUTION])


def arms_listing(
    arms: Iterable[Arm],
    name: str | Path,
    *,
    remark: str = "",
    rules: Mapping[str, Sequence[str]] = {},
    width: int | None = None,
) -> str:
    """Return every dose of a scenario's arms as event records.

    Parameters
    ----------
    arms : arms whose doses are listed
    name : of the scenario or regimen
    remark : a line about all arms; empty for none
    rules : arm -> its rule sets in lines of text, see
        :attr:`oihsim.scenario.Scenario.rules_text`: only a run knows the doses that rules decide
    width : characters of a line; None for as many as the table needs
    """
    head = f"{name}: times in hours, amounts as labelled\n{remark}".strip()
    rows = []
    for arm in arms:
        if arm.adherence is not None:
            note = "as prescribed: by its adherence some doses are missed or late"
            rows.append((arm.name, "", note))
        records = sorted(
            [(dose.time_h, 0, _dose_words(dose)) for dose in arm.doses]
            + [
                (block.line.from_h, 1, f"{_dose_words(block.line)}, first of rules {block.name}")
                for block in arm.rules
                if block.line is not None
            ]
            + [(line.from_h, 2, _target_words(line)) for line in arm.target_lines]
        )
        rows += [(arm.name, number(at), what) for at, _, what in records]
    foot = [line for arm, text in rules.items() if text for line in ("", f"arm {arm}", *text)]
    foot = ["", *folded(DECIDED, width), *foot] if foot else []
    return _joined(head, ARM_COLUMNS, rows, len(rows), foot, width)


def _target_words(line: TargetLine) -> str:
    """Return the words for a target, whose rates only a run knows."""
    return (
        f"target {number(line.target)} {line.unit} {line.drug} {line.route}, {line.site}, until "
        f"{number(line.until_h)} h; each subject gets rates of its own"
    )


def _dose_words(dose: Dose | DoseLine) -> str:
    per = "/kg" if dose.per_kg else ""
    over = f" over {number(dose.duration_h)} h" if dose.duration_h else ""
    return f"{number(dose.amount)} {dose.unit}{per} {dose.drug} {dose.route}{over}"
