"""An event table read for the whole model, whose CMT names a drug and a route."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from oihsim.events.body_checks import ways_of
from oihsim.events.event_table import EventTable, TableError, table_of
from oihsim.files.errors import InputError
from oihsim.treatment.vocabulary import Vocabulary

if TYPE_CHECKING:
    import pandas as pd


def body_table(data: EventTable | pd.DataFrame | str | Path, known: Vocabulary) -> EventTable:
    """Return the table in a CSV file or a data frame.

    Raises
    ------
    InputError
        every flaw of the table, with every drug and route in CMT that does not exist; records that
        the whole model cannot take are named once the table has no other flaw
    """
    try:
        return table_of(data)
    except TableError as error:
        problems = list(error.problems)
        try:
            ways_of(_doses(error.table), known)
        except InputError as other:
            problems += [problem for problem in other.problems if problem.field.startswith("CMT ")]
        raise InputError(problems) from None


def _doses(table: EventTable) -> EventTable:
    """Return the table with each record of invalid EVID that names a compartment made a dose."""
    named = table.cmt != 0
    named[list(table.named)] = True
    return replace(table, evid=np.where(named & (table.evid == -1), 1, table.evid))
