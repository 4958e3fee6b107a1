"""Expanded records as text: which dose enters when, in whom, and from which record."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from textwrap import wrap
from typing import TYPE_CHECKING

import numpy as np

from oihsim.drugs.linear_model import ONE, LinearModel, Part
from oihsim.drugs.parts import Transport
from oihsim.events.event_list import DOSE, LEVEL, NAMES, OFF, ON, EventList
from oihsim.events.event_table import Table
from oihsim.events.refusals import number
from oihsim.files.caution import CAUTION
from oihsim.files.errors import InputError
from oihsim.kinetics.compartments import OUT

if TYPE_CHECKING:
    from oihsim.treatment.arm import Arm, Dose
    from oihsim.treatment.rule_sets import DoseLine

WIDTH = 92
"""Columns of a sentence."""

MOST_LINES = 10_000
"""Lines of a listing; a longer listing ends with the number of lines that it omits."""

DECIDED = (
    "Rules decide the other doses, per subject, from the observations at its decision points; also "
    "the first dose of their line, at a decision point at its time or before. The dose ledger of a "
    "run holds every dose."
)


def listing(event_list: EventList) -> str:
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
    return _joined(
        [f"at one time: {event_list.order}", f"{'ID':<8}{'TIME':>12}  {'what':<14}"
         f"{'into':<14}{'amount or rate':>16}{'row':>8}  dose"],
        _lines(event_list), len(event_list),
    )  # fmt: skip


def _lines(event_list: EventList) -> Iterator[str]:
    table, names = event_list.matched.table, event_list.matched.model.compartments
    for k in range(min(len(event_list), MOST_LINES)):
        kind, record = int(event_list.kind[k]), int(event_list.record[k])
        label = str(table.label[table.subject[record]])
        into = names[int(event_list.index[k])] if kind in (DOSE, LEVEL, OFF, ON) else ""
        value = f"{event_list.value[k]:.10g}" if kind in (DOSE, LEVEL) else ""
        dose = ""
        if kind in (DOSE, LEVEL) and event_list.value[k] > 0 and event_list.number[k]:
            dose = f"additional {int(event_list.number[k])}"
        yield (
            f"{label:<8}{number(float(event_list.time[k])):>12}  {NAMES[kind]:<14}{into:<14}"
            f"{value:>16}{int(table.row[record]):>8}  {dose}"
        ).rstrip()


def bare_model(table: Table) -> LinearModel:
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
        tuple(Transport(name, OUT, ONE) for name in names), {name: (Part(name),) for name in names},
        default=names[0],
    )  # fmt: skip


def _joined(head: Iterable[str], lines: Iterable[str], count: int, foot: Iterable[str] = ()) -> str:
    shown: list[str] = []
    for line in lines:
        if len(shown) == MOST_LINES:
            break
        shown.append(line)
    rest = [f"and {count - len(shown)} more"] if count > len(shown) else []
    return "\n".join([*head, *shown, *rest, *foot, "", CAUTION])


def arms_listing(
    arms: Iterable[Arm],
    name: str | Path,
    *,
    remark: str = "",
    rules: Mapping[str, Sequence[str]] = {},
) -> str:
    """Return every dose of a scenario's arms as event records.

    Parameters
    ----------
    arms : arms whose doses are listed
    name : of the scenario or regimen
    remark : a line about all arms; empty for none
    rules : arm -> its rule sets in lines of text, see
        :attr:`oihsim.scenario.Scenario.rules_text`: only a run knows the doses that rules decide
    """
    head = [
        f"{name}: times in hours, amounts as labelled",
        *([remark] if remark else []),
        f"{'ARM':<20}{'TIME':>12}  what",
    ]
    lines = []
    for arm in arms:
        if arm.adherence is not None:
            note = "as prescribed: by its adherence some doses are missed or late"
            lines.append(f"{arm.name:<20}{'':>12}  {note}")
        records = sorted(
            [(dose.time_h, 0, _dose_words(dose)) for dose in arm.doses]
            + [
                (block.line.from_h, 1, f"{_dose_words(block.line)}, first of rules {block.name}")
                for block in arm.rules
                if block.line is not None
            ]
        )
        lines += [f"{arm.name:<20}{number(at):>12}  {what}" for at, _, what in records]
    foot = [line for arm, text in rules.items() if text for line in ("", f"arm {arm}", *text)]
    return _joined(head, lines, len(lines), ["", *wrap(DECIDED, WIDTH), *foot] if foot else [])


def _dose_words(dose: Dose | DoseLine) -> str:
    per = "/kg" if dose.per_kg else ""
    over = f" over {number(dose.duration_h)} h" if dose.duration_h else ""
    return f"{number(dose.amount)} {dose.unit}{per} {dose.drug} {dose.route}{over}"
