"""The seven claims about speed, each measured beside the best rival in the same run.

    python -m benchmarks.target_table            writes benchmarks/results/target_table.json
    python -m benchmarks.target_table --quick    few subjects, tolerances as stored; stores nothing
    python -m benchmarks.target_table --known    in full, tolerances sought near those stored

Rows 1 to 4 are contests: every contender at the loosest tolerance (quarter decades) that achieves
the accuracy, in a process of its own on one and the same core, timed in turn. A ratio is taken
within a turn, against the rival with the least processor time. Rows 5 to 7 are oihsim alone.
"""

from __future__ import annotations

import argparse
import json
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from benchmarks.accuracy import CHECKED
from benchmarks.contest import (
    Entrant,
    by_least,
    contend,
    entrants,
    quickest,
    ratios,
    single_core,
)
from benchmarks.machine import RESULTS, commit, description, store, summary, wide_vectors

ACCURACY = 1e-6


@dataclass(frozen=True)
class Contest:
    """A row of the table: a problem, a number of subjects, and who is asked to the contest."""

    number: int
    title: str
    problem: str
    subjects: int
    rivals: tuple[tuple[str, tuple[str, ...]], ...]


WIDE = ("batch of 16, 512 bits", "batch of 8, 512 bits") if wide_vectors() else ()
"""Settings of heyoka that are of use where the processor has vectors of 512 bits."""

CONTESTS = (
    Contest(
        1, "OIH-15, declarative model, population", "OIH-15", 1000,
        ((
            "heyoka",
            ("batch of 16", "batch of 16, powers", "batch of 8", "batch of 8, powers",
             "batch of 4", *WIDE),
        ),),
    ),
    Contest(
        2, "OIH-15s (stiff binding), population", "OIH-15s", 1000,
        (
            ("pydiffsol", ("bdf",)), ("numbalsoda", ("lsoda",)),
            ("heyoka", ("batch of 8", "batch of 4", *WIDE)),
        ),
    ),
    Contest(
        3, "shipped model, all mechanisms, flagship doses", "shipped", 1000,
        (
            ("heyoka", ("batch of 4", "batch of 8", "batch of 8, powers", *WIDE)),
            ("numbalsoda", ("dop853", "dop853, a stop an output", "lsoda")),
            ("pydiffsol", ("tsit45", "bdf")),
        ),
    ),
    Contest(
        4, "OIH-15, one subject, warm", "OIH-15", 1,
        (
            ("heyoka", ("one at a time", "one at a time, powers")),
            ("numbalsoda", ("dop853", "dop853, a stop an output")),
        ),
    ),
)  # fmt: skip


@dataclass(frozen=True)
class Effort:
    """How much is done.

    ``known``: the search for a tolerance does not begin at the loosest, but so many times looser
    than the stored one; what passes on another processor may be looser or tighter.
    """

    subjects: int
    turns: int
    budget: float
    limit: float
    known: float = 0.0
    checked: int = CHECKED


FULL = Effort(subjects=1000, turns=5, budget=1.0, limit=600.0)
QUICK = Effort(subjects=64, turns=2, budget=0.3, limit=30.0, known=1.0, checked=8)


def contest(row: Contest, effort: Effort) -> dict[str, Any]:
    """Hold one contest; return its row."""
    n = min(row.subjects, effort.subjects)
    engine = entrants("engine", row.problem, ("one thread",))
    rivals = [
        entrant
        for name, settings in row.rivals
        for entrant in entrants(name, row.problem, settings)
    ]
    hold([*engine, *rivals], n, effort)
    best = quickest(rivals)
    outcome: dict[str, Any] = {
        "number": row.number, "title": row.title, "problem": row.problem, "subjects": n,
        "oihsim": engine[0].row(), "rivals": [entrant.row() for entrant in rivals],
        "best_rival": best.label if best else None, "times_as_fast": None,
        "times_as_fast_cpu": None, "times_as_fast_least": None,
    }  # fmt: skip
    if best and not engine[0].reason:
        outcome["times_as_fast"] = ratios(engine[0], best)
        outcome["times_as_fast_cpu"] = ratios(engine[0], best, "cpu")
        outcome["times_as_fast_least"] = by_least(engine[0], best)
    return outcome


def hold(chosen: Sequence[Entrant], n: int, effort: Effort, rounds: int = 1) -> None:
    """Hold a contest with an effort, its turns so many times, and leave no process behind."""
    known = stored_tolerances() if effort.known else {}
    for entrant in chosen:
        entrant.hint = (
            effort.known * known.get((entrant.problem, entrant.label), 1.0) if known else 1.0
        )
        entrant.checked = effort.checked
    try:
        contend(
            chosen, n, accuracy=ACCURACY, turns=rounds * effort.turns, budget=effort.budget,
            limit=effort.limit,
        )  # fmt: skip
    finally:
        for entrant in chosen:
            entrant.close()


def two_cores(effort: Effort) -> dict[str, Any]:
    """Row 5: two cores against one, OIH-15 and the shipped model.

    A claim of a few per cent needs more turns than the others.
    """
    outcome: dict[str, Any] = {"number": 5, "title": "two cores against one", "problems": {}}
    cores = tuple(sorted(os.sched_getaffinity(0))[-2:]) if hasattr(os, "sched_getaffinity") else ()
    if len(cores) == 1:
        return outcome | {"reason": "this process may use one core only"}
    for problem in ("OIH-15", "shipped"):
        both = [
            *entrants("engine", problem, ("two threads",), cores),
            *entrants("engine", problem, ("one thread",), single_core()),
        ]
        hold(both, effort.subjects, replace(effort, budget=4.0 * effort.budget), rounds=3)
        able = not any(entrant.reason for entrant in both)
        outcome["problems"][problem] = {
            "rows": [entrant.row() for entrant in both],
            "times_as_fast": ratios(*both) if able else None,
            "subjects": effort.subjects,
        }
    return outcome


def processes(effort: Effort) -> list[dict[str, Any]]:
    """Rows 6 and 7: a later process to its first result, and the first compilation."""
    from benchmarks.cold_start import measure

    kinds = measure(1 if effort is QUICK else 3)

    def of(kind: str, mark: str) -> dict[str, float]:
        return summary([run[mark] for run in kinds[kind]])

    return [
        {
            "number": 6, "title": "import and first result in a later process, s",
            "seconds": of("cached", "first result"),
            "import_alone": of("import oihsim", "import"),
        },
        {
            "number": 7, "title": "first compile of the shipped model, s",
            "seconds": summary(
                [run["both results"] - run["link"] for run in kinds["empty cache"]]
            ),
        },
    ]  # fmt: skip


def measured(
    chosen: Sequence[int], effort: Effort, each: Callable[[list[dict[str, Any]]], None] = list
) -> list[dict[str, Any]]:
    """Return the rows whose numbers are chosen; a row that fails says why.

    ``each`` is called with what a benchmark gave as soon as it has ended.
    """
    works = [
        (row.number, row.title, partial(_alone, row, effort))
        for row in CONTESTS
        if row.number in chosen
    ]
    if 5 in chosen:
        works.append((5, "two cores against one", lambda: [two_cores(effort)]))
    if {6, 7} & set(chosen):
        works.append((6, "processes", lambda: processes(effort)))
    rows: list[dict[str, Any]] = []
    for number, title, work in works:
        measured_rows = _or_reason(number, title, work)
        each(measured_rows)
        rows += measured_rows
    return rows


def _alone(row: Contest, effort: Effort) -> list[dict[str, Any]]:
    return [contest(row, effort)]


def _or_reason(number: int, title: str, work: Any) -> list[dict[str, Any]]:
    before = description()
    try:
        rows = work()
    except Exception as error:  # one row must not cost the others
        reason = f"{type(error).__name__}: {error}"
        rows = [{"number": number, "title": title, "reason": reason}]
    loads = {"before": before["load_average"], "after": description()["load_average"]}
    facts = {"commit": commit(), "processor": before["processor"], "load_average": loads}
    return [{**row, **facts} for row in rows]


def spread(values: dict[str, float], form: str = ".2f") -> str:
    """Return median, least and greatest as text.

    Examples
    --------
    >>> spread({"median": 2.0, "least": 1.9, "greatest": 2.34})
    '2.00 (1.90-2.34)'
    """
    return f"{values['median']:{form}} ({values['least']:{form}}-{values['greatest']:{form}})"


def lines(rows: Sequence[dict[str, Any]]) -> list[str]:
    """Return the rows as text."""
    texts = []
    for row in rows:
        texts.append(f"{row['number']}. {row['title']}")
        if row.get("reason"):
            texts.append(f"   not measured: {row['reason']}")
        if "seconds" in row:
            texts.append(f"   {spread(row['seconds'])} s")
        for problem, two in row.get("problems", {}).items():
            if two["times_as_fast"]:
                texts.append(f"   {problem}: {spread(two['times_as_fast'])} times as fast")
        if "oihsim" in row:
            texts += [_contender(entry) for entry in (row["oihsim"], *row["rivals"])]
            if row["times_as_fast"]:
                wall, cpu = spread(row["times_as_fast"]), spread(row["times_as_fast_cpu"])
                texts.append(
                    f"   {wall} times as fast as {row['best_rival']}, turn by turn; by the time of "
                    f"the processor {cpu}, by the least of it {row['times_as_fast_least']:.2f}"
                )
    return texts


def _contender(entry: dict[str, Any]) -> str:
    if "ms_per_subject" not in entry:
        return f"   {entry['contender']:26} out: {entry['reason']}"
    return (
        f"   {entry['contender']:26} {spread(entry['ms_per_subject'], '.3f'):>24} ms per subject, "
        f"error {entry['error']:.1e}, {entry['solved']} solved, "
        f"first answer {entry['first_answer_s']:.1f} s, {entry['megabytes']:.0f} MB"
    )


def main() -> None:
    """Measure, print, and store what was measured in full."""
    parser = argparse.ArgumentParser(description="The claims about speed, measured")
    parser.add_argument("--quick", action="store_true", help="few subjects, nothing stored")
    parser.add_argument("--known", action="store_true", help="tolerances near the stored ones")
    parser.add_argument(
        "--turns", type=int, default=FULL.turns, help="row 5 has three times as many"
    )
    parser.add_argument("--rows", type=int, nargs="+", default=list(range(1, 8)), metavar="ROW")
    options = parser.parse_args()

    def each(rows: list[dict[str, Any]]) -> None:
        print("\n".join(lines(rows)), flush=True)
        if not options.quick:
            keep(rows)

    full = replace(FULL, turns=options.turns, known=10.0 if options.known else 0.0)
    measured(options.rows, QUICK if options.quick else full, each)


def keep(rows: Sequence[dict[str, Any]]) -> None:
    """Put rows into the results file; each keeps commit, processor and load of its measurement."""
    stored = {row["number"]: row for row in (*(stored_rows() or []), *rows)}
    document = {"accuracy": ACCURACY, "machine": description(), "rows": list(stored.values())}
    store("target_table", document)


def stored_rows() -> list[dict[str, Any]] | None:
    """Return the rows of the results file, in order of their numbers."""
    path = RESULTS / "target_table.json"
    if not path.exists():
        return None
    document = json.loads(path.read_text(encoding="utf-8"))
    processor = document["machine"]["processor"]
    rows = [{"processor": processor, **row} for row in document["rows"]]
    return sorted(rows, key=lambda row: row["number"])


def stored_tolerances() -> dict[tuple[str, str], float]:
    """Return the tolerance of each contender in the stored table, by problem and label."""
    contests = [row for row in stored_rows() or [] if "oihsim" in row]
    entries = [entry for row in contests for entry in (row["oihsim"], *row["rivals"])]
    return {
        (entry["problem"], entry["contender"]): entry["rtol"]
        for entry in entries
        if "rtol" in entry
    }


if __name__ == "__main__":
    main()
