"""A NONMEM-style event table from a CSV file to columns; every flaw is named with row and ID."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from oihsim.events.refusals import refusal
from oihsim.files.errors import InputError, Problem

Array = NDArray[np.float64]
Ints = NDArray[np.int64]

RESERVED = (
    *("ID", "TIME", "EVID", "AMT", "RATE", "DUR", "II", "ADDL", "SS", "CMT"),
    *("MDV", "DV", "DVID", "OCC"),
)
"""Columns with a fixed meaning; ``TINF`` is read as ``DUR``. DV, DVID and MDV are read and not
used; OCC is a covariate."""

DOSING = ("AMT", "RATE", "DUR", "II", "ADDL", "SS")

NOT_READ = ("DATE", "DAT1", "DAT2", "DAT3", "CALL", "PCMT", "XVID1")
"""Columns of NONMEM that change the meaning of other columns; they are refused, not ignored."""

LARGEST_TABLE = 2_000_000_000
"""Bytes."""


@dataclass(frozen=True)
class EventTable:
    """Event records in file order.

    Attributes
    ----------
    name : file
    row : (n,) row of the file, the header being row 1
    label : (subjects,) ID as written, in file order
    subject : (n,) index into ``label``
    first : (subjects + 1,) first record of each subject
    time, evid, amt, rate, dur, ii, addl, ss : (n,)
    cmt : (n,) compartment number, 0 the default; a name stands in ``named``
    named : record -> name in CMT, ``-name`` to switch off
    covariates : column -> (n,), NaN where the file has '.'; ``DOSE`` is the AMT
    """

    name: str
    row: Ints
    label: NDArray[np.object_]
    subject: Ints
    first: Ints
    time: Array
    evid: Ints
    amt: Array
    rate: Array
    dur: Array
    ii: Array
    addl: Ints
    ss: Ints
    cmt: Ints
    named: Mapping[int, str] = field(default_factory=dict)
    covariates: Mapping[str, Array] = field(default_factory=dict)

    def __len__(self) -> int:
        """Return the number of records."""
        return len(self.time)

    def columns(self) -> dict[str, NDArray[Any]]:
        """Return every column as in a file, text where it has names."""
        cmt = self.cmt.astype(str)
        if self.named:
            cmt = cmt.astype(object)
            cmt[list(self.named)] = list(self.named.values())
            cmt = cmt.astype(str)
        numbers = {
            "TIME": self.time, "EVID": self.evid, "AMT": self.amt, "RATE": self.rate,
            "DUR": self.dur, "II": self.ii, "ADDL": self.addl, "SS": self.ss,
        }  # fmt: skip
        others = {word: value for word, value in self.covariates.items() if word != "DOSE"}
        label = self.label[self.subject].astype(str)
        return {"ID": label, **numbers, "CMT": cmt, **others}

    def text(self) -> str:
        """Return the table as the text of a CSV file, which reads back as the same table."""
        import pandas as pd

        return str(pd.DataFrame(self.columns()).to_csv(index=False, na_rep="."))

    def problem(self, record: int, column: str, shown: str, allowed: str) -> Problem:
        """Return the problem of a record."""
        label = self.label[self.subject[record]]
        return refusal(self.name, int(self.row[record]), column, shown, allowed, label)


class TableError(InputError):
    """Every flaw of a table without a model; ``table`` holds the values that could be read.

    In that table 0 stands for a value that could not be read and -1 for an invalid EVID, so that
    its compartments can be compared with a model (:func:`oihsim.events.match.matched`).
    """

    def __init__(self, problems: Iterable[Problem], table: EventTable) -> None:
        super().__init__(problems)
        self.table = table


def read_table(path: str | Path) -> EventTable:
    r"""Read an event table.

    Raises
    ------
    InputError
        every flaw of the table: file, row, column and ID, what is allowed

    Examples
    --------
    >>> import tempfile
    >>> folder = tempfile.TemporaryDirectory()
    >>> file = Path(folder.name) / "one.csv"
    >>> _ = file.write_text("ID,TIME,AMT,CMT,WT\n1,0,100,depot,70\n1,12,.,.,70\n")
    >>> table = read_table(file)
    >>> table.evid.tolist(), dict(table.named), folder.cleanup()
    ([1, 0], {0: 'depot'}, None)
    """
    name = str(path)
    return parse_table(_text(Path(path)), name)


def table_of(data: Any) -> EventTable:
    """Return the table in a CSV file or a data frame; a table is returned as it is.

    Raises
    ------
    InputError
        as :func:`read_table`
    """
    if isinstance(data, EventTable):
        return data
    if hasattr(data, "to_csv"):
        return parse_table(data.to_csv(index=False, na_rep="."), "data frame")
    return read_table(data)


def _text(path: Path) -> str:
    name = str(path)

    def refused(shown: str, allowed: str) -> InputError:
        return InputError([Problem(name, None, "file", shown, allowed)])

    try:
        if not path.is_file():
            raise refused("a folder" if path.is_dir() else "nothing there", "an existing CSV file")
        if path.stat().st_size > LARGEST_TABLE:
            raise refused(f"{path.stat().st_size} bytes", f"at most {LARGEST_TABLE} bytes")
        return path.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise refused(f"byte {error.object[error.start]:#04x}, which is not UTF-8",
                      "text in UTF-8") from None  # fmt: skip
    except (OSError, ValueError) as error:
        raise refused(f"a file that cannot be read ({error})", "a readable CSV file") from None


def parse_table(text: str, name: str) -> EventTable:
    """Return the table in ``text``; ``name`` stands for the file in messages.

    Raises
    ------
    InputError
        as :func:`read_table`
    """
    from oihsim.events.table_rules import EVIDS, check

    frame, rows = _frame(text, name)
    problems: list[Problem] = []
    upper = _header(list(frame), name, problems)
    if problems:
        raise InputError(problems)
    columns = {upper.get(word, word): values for word, values in frame.items()}
    labels, subject = _subjects(columns.pop("ID"), rows, name, problems)
    cmt_words = columns.pop("CMT", None)
    numbers, unread = {}, {}
    for word, values in columns.items():
        numbers[word], unread[word] = _numbers(values, word, name, rows, labels[subject], problems)
    n = len(rows)
    cmt, named = _compartments(cmt_words, n)
    for key in DOSING:
        values, bad = numbers.pop(key, np.zeros(n)), unread.setdefault(key, np.zeros(n, bool))
        numbers[key] = np.where(np.isnan(values) | bad, 0.0, values)
    time = np.where(unread["TIME"], np.nan, numbers.pop("TIME"))
    evid, unread["EVID"] = _evid(numbers, unread)
    for key in ("MDV", "DV", "DVID"):
        numbers.pop(key, None)
    taken = {key: numbers.pop(key) for key in DOSING}
    check(name, rows, labels, subject, time, evid, taken, problems, unread)
    first = np.searchsorted(subject, np.arange(len(labels) + 1))
    if problems:
        # values beyond an integer have been refused already
        evid = np.where(np.isin(evid, EVIDS), evid, -1.0)
        taken |= {key: np.clip(taken[key], -1.0, 9.0) for key in ("ADDL", "SS")}
    integers = {key: taken[key].astype(np.int64) for key in ("ADDL", "SS")}
    table = EventTable(
        name, rows, labels, subject, first.astype(np.int64), time, evid.astype(np.int64),
        taken["AMT"], taken["RATE"], taken["DUR"], taken["II"], integers["ADDL"], integers["SS"],
        cmt, named, {**numbers, "DOSE": taken["AMT"]},
    )  # fmt: skip
    if problems:
        raise TableError(problems, table)
    return table


def _evid(
    numbers: dict[str, Array], unread: Mapping[str, NDArray[np.bool_]]
) -> tuple[Array, NDArray[np.bool_]]:
    """Return EVID, by default 1 where a dose is given, and where EVID cannot be known."""
    doses = (numbers["AMT"] > 0) | ((numbers["SS"] > 0) & (numbers["RATE"] != 0))
    evid = numbers.pop("EVID", np.full(len(doses), np.nan))
    bad = unread.get("EVID", np.zeros(len(doses), bool))
    # without EVID the amount decides what a record is
    bad = bad | (np.isnan(evid) & unread["AMT"])
    return np.where(bad, np.nan, np.where(np.isnan(evid), doses, evid)), bad


def _frame(text: str, name: str) -> tuple[dict[str, NDArray[Any]], Ints]:
    """Return the columns, text or numbers, and the row of each record."""
    import pandas as pd

    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    while lines and not lines[-1].strip(", \t"):
        lines.pop()
    if len(lines) < 2:
        shown = "no record" if lines else "nothing"
        raise InputError([Problem(name, 1, "file", shown, "a header and at least one record")])
    quoted = '"' in text
    odd = [k for k, line in enumerate(lines) if quoted and line.count('"') % 2]
    if odd:
        raise InputError(
            refusal(name, k + 1, "row", "a quotation mark without its pair", "none, or two")
            for k in odd[:1000]
        )
    counts = [
        len(next(csv.reader([line]), [])) if quoted else line.count(",") + 1 for line in lines
    ]
    header = [word.strip() for word in next(csv.reader([lines[0]]))]
    problems = [
        refusal(name, k + 1, "row", "a blank row" if not line.strip(", \t") else f"{count} fields",
                f"{len(header)} fields, as in the header")
        for k, (line, count) in enumerate(zip(lines, counts, strict=True))
        if k and (count != len(header) or not line.strip(", \t"))
    ]  # fmt: skip
    seen: set[str] = set()
    for word in header:
        if not word or word in seen:
            shown = f"a second '{word}'" if word else "a column without a name"
            problems.append(refusal(name, 1, "header", shown, "each column named once"))
        seen.add(word)
    if problems:
        raise InputError(problems)
    frame = pd.read_csv(
        io.StringIO("\n".join(lines)), header=0, names=header, index_col=False,
        na_values=["."], keep_default_na=False, skipinitialspace=True, skip_blank_lines=False,
        low_memory=False, dtype={"ID": str, "id": str, "CMT": str, "cmt": str},
    )  # fmt: skip
    rows = np.arange(2, len(frame) + 2)
    return {word: frame[word].to_numpy() for word in header}, rows


def _header(header: list[str], name: str, problems: list[Problem]) -> dict[str, str]:
    """Return column -> reserved name; note mixed case, unknown and missing columns."""
    known = {*RESERVED, "TINF", *NOT_READ}
    ours = [word for word in header if word.upper() in known]
    mixed = [word for word in ours if word not in (word.upper(), word.lower())]
    lower = [word for word in ours if word == word.lower()]
    if mixed or (lower and len(lower) < len(ours)):
        shown = ", ".join(f"'{word}'" for word in (mixed or ours))
        problems.append(
            refusal(name, 1, "header", shown, "reserved columns all upper or all lower case")
        )
    words = {word: word.upper() for word in ours}
    for word in ours:
        if word.upper() in NOT_READ:
            allowed = "TIME in the model's time unit, and no column that changes other columns"
            problems.append(refusal(name, 1, "header", f"'{word}'", allowed))
    if {"DUR", "TINF"} <= set(words.values()):
        problems.append(refusal(name, 1, "header", "'DUR' and 'TINF'", "one of the two"))
    upper = {word: "DUR" if full == "TINF" else full for word, full in words.items()}
    for needed in ("ID", "TIME"):
        if needed not in upper.values():
            shown = f"no column '{needed}' among {', '.join(header)}"
            problems.append(refusal(name, 1, "header", shown, f"a column '{needed}'"))
    return upper


def _subjects(
    words: NDArray[Any], rows: Ints, name: str, problems: list[Problem]
) -> tuple[NDArray[np.object_], Ints]:
    """Return the IDs in file order and the subject of each record; note IDs that are repeated."""
    import pandas as pd

    missing = pd.isna(words)
    problems += [
        refusal(name, int(rows[k]), "ID", "nothing", "an ID in every record")
        for k in np.flatnonzero(missing)
    ]
    words = np.where(missing, "", words.astype(object))
    new = np.ones(len(words), dtype=bool)
    new[1:] = words[1:] != words[:-1]
    labels = words[new]
    seen: set[object] = set()
    for k, label in zip(np.flatnonzero(new), labels, strict=True):
        if label in seen and label != "":
            allowed = "the records of one ID one after the other"
            problems.append(refusal(name, int(rows[k]), "ID", f"'{label}' a second time", allowed))
        seen.add(label)
    return labels, np.cumsum(new) - 1


def _numbers(
    values: NDArray[Any], word: str, name: str, rows: Ints, ids: NDArray[Any],
    problems: list[Problem],
) -> tuple[Array, NDArray[np.bool_]]:  # fmt: skip
    """Return a column as numbers, NaN for '.', and where it has no number; note those records."""
    import pandas as pd

    blank = word in ("TIME",)
    if np.issubdtype(values.dtype, np.number):
        numbers = values.astype(np.float64)
        bad = np.isinf(numbers)
    else:
        numeric = pd.to_numeric(pd.Series(values), errors="coerce").to_numpy(dtype=np.float64)
        numbers = np.asarray(numeric, dtype=np.float64)
        empty = pd.isna(values) | np.array([str(v).strip() in {"", "."} for v in values])
        bad = (np.isnan(numbers) & ~empty) | np.isinf(numbers)
    if blank:
        bad |= np.isnan(numbers)
    for k in np.flatnonzero(bad):
        shown = "nothing" if pd.isna(values[k]) else f"'{values[k]}'"
        allowed = "a number, or '.' for nothing"
        if word == "TIME":
            allowed = "a number in the model's time unit"
            if ":" in shown:
                allowed += "; clock times such as 08:30 are not read, write 8.5"
        problems.append(refusal(name, int(rows[k]), word, shown, allowed, ids[k]))
    return numbers, bad


def _compartments(words: NDArray[Any] | None, n: int) -> tuple[Ints, dict[int, str]]:
    """Return the numbers in CMT and, by record, the names in it."""
    import pandas as pd

    if words is None:
        return np.zeros(n, dtype=np.int64), {}
    codes, unique = pd.factorize(words)
    values = np.zeros(len(unique) + 1, dtype=np.int64)
    names: dict[int, str] = {}
    for code, word in enumerate(unique):
        text = str(word).strip()
        try:
            values[code] = int(float(text)) if text and float(text).is_integer() else 0
            if text and not float(text).is_integer():
                names[code] = text
        except (ValueError, OverflowError):
            names[code] = text
    named = {int(k): names[code] for code in names for k in np.flatnonzero(codes == code)}
    return values[codes], named
