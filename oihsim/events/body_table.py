"""An event table read for the whole model: of a wrong one the names in CMT are told as well."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from oihsim.events.body_checks import ways_of
from oihsim.events.event_table import Table, TableError, table_of
from oihsim.files.errors import InputError
from oihsim.treatment.vocabulary import Vocabulary

if TYPE_CHECKING:
    import pandas as pd


def whole_table(data: Table | pd.DataFrame | str | Path, known: Vocabulary) -> Table:
    """Return the table in a CSV file or a data frame.

    Raises
    ------
    InputError
        all that is wrong with the table by itself, with every drug and route in CMT that there is
        not; what else the whole model cannot take is told of a table without flaws
    """
    try:
        return table_of(data)
    except TableError as error:
        problems = list(error.problems)
        try:
            ways_of(_doses(error.table), known)
        except InputError as other:
            problems += [one for one in other.problems if one.field.startswith("CMT ")]
        raise InputError(problems) from None


def _doses(table: Table) -> Table:
    """Return the table with the records whose EVID is none, but which name something, as doses."""
    named = table.cmt != 0
    named[list(table.named)] = True
    return replace(table, evid=np.where(named & (table.evid == -1), 1, table.evid))
