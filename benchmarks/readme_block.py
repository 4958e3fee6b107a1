"""The README's claims about speed, written from the stored results and from nothing else.

``python -m benchmarks.readme_block`` prints the block, with ``--write`` it goes between the marks
in ``README.md``.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from benchmarks.machine import RESULTS, ROOT
from benchmarks.target_table import spread

BEGIN = "<!-- benchmarks: begin, from benchmarks/results/target_table.json -->"
END = "<!-- benchmarks: end -->"


def block(document: dict[str, Any]) -> str:
    """Return the marked block as Markdown.

    Parameters
    ----------
    document : as :mod:`benchmarks.target_table` stores it
    """
    rows = sorted(document["rows"], key=lambda row: row["number"])
    machine = document["machine"]
    commits = sorted({row.get("commit", "unknown") for row in rows})
    loads = [row["load_average"]["before"][0] for row in rows if "load_average" in row]
    processors = _processors(rows, machine["processor"])
    load = f"; load average at most {max(loads):.1f} before a row" if loads else ""
    versions = ", ".join(f"{name} {number}" for name, number in machine["versions"].items())
    return "\n".join(
        [
            BEGIN,
            "Processor time a subject at an achieved error of at most "
            f"{document['accuracy']:g}, on one core: median",
            "(least to greatest) over the turns of one run in which every tool had its turn on the "
            "same core.",
            "Each rival is at its best setting ([which](docs/benchmarks.md)); ratios within a turn "
            "and by the least times.",
            "",
            "| | oihsim | best rival | times as fast | by the least times |",
            "|---|---|---|---|---|",
            *(_cells(row) for row in rows if "oihsim" in row),
            "",
            *_outcome(rows),
            *(line for row in rows for line in _sentences(row)),
            "",
            *_busy(max(loads, default=0.0), machine["cores"]),
            f"Measured on {processors}, {machine['cores']} cores, Python "
            f"{machine['python']}; {versions}; commit {', '.join(commits)}{load}.",
            END,
        ]
    )


def _busy(load: float, cores: int) -> list[str]:
    """Return a warning where more than the benchmark kept the processor at work."""
    if load <= cores:
        return []
    return ["The machine was busy with other work: the least times are disturbed least.", ""]


def _processors(rows: Sequence[dict[str, Any]], known: str) -> str:
    """Return the processor; with several, which rows were measured on each."""
    numbers: dict[str, list[str]] = {}
    for row in rows:
        numbers.setdefault(row.get("processor", known), []).append(str(row["number"]))
    if len(numbers) == 1:
        return next(iter(numbers))
    each = (
        f"{name} (row{'s' if len(those) > 1 else ''} {', '.join(those)})"
        for name, those in numbers.items()
    )
    return " and ".join(each)


def _time(row: dict[str, Any]) -> str:
    times = row["cpu_ms_per_subject"]
    form = ".3f" if times["median"] < 1.0 else ".2f" if times["median"] < 10.0 else ".1f"
    return f"{spread(times, form)} ms, error {row['error']:.0e}"


def _cells(row: dict[str, Any]) -> str:
    engine = row["oihsim"]
    ours = _time(engine) if "ms_per_subject" in engine else f"not measured: {engine['reason']}"
    best = next((rival for rival in row["rivals"] if rival["contender"] == row["best_rival"]), None)
    right = f"{best['contender']}: {_time(best)}" if best else "none took part"
    within, least = (row.get(f"times_as_fast_{kind}") for kind in ("cpu", "least"))
    ratio = f"{spread(within)} | {least:.2f}" if within and least else "- | -"
    n = f"{row['subjects']} subject{'s' if row['subjects'] > 1 else ''}"
    return f"| {row['title']} ({n}) | {ours} | {right} | {ratio} |"


def _outcome(rows: Sequence[dict[str, Any]]) -> list[str]:
    """Return what comes out of the contests in words, as list items."""
    return [
        f"- {row['title']}: {verdict(row['times_as_fast_cpu'], row['times_as_fast_least'])} "
        f"{row['best_rival']}."
        for row in rows
        if row.get("times_as_fast_least")
    ]


def verdict(within: dict[str, float], least: float) -> str:
    """Return in words how fast oihsim is beside a rival: by the smaller of both ratios.

    A tie where a tenth is all that parts them.

    Examples
    --------
    >>> verdict({"median": 1.45, "least": 1.31, "greatest": 1.6}, 1.38)
    '1.38 times as fast as'
    >>> verdict({"median": 0.8, "least": 0.75, "greatest": 0.9}, 0.82)
    'slower, 0.80 times as fast as'
    >>> verdict({"median": 1.02, "least": 0.97, "greatest": 1.1}, 1.04)
    'a tie, 1.02 times as fast as'
    """
    ratio = min(within["median"], least)
    word = "slower, " if ratio < 1.0 / 1.1 else "" if ratio > 1.1 else "a tie, "
    return f"{word}{ratio:.2f} times as fast as"


def _sentences(row: dict[str, Any]) -> list[str]:
    """Return the rows that are no contest as list items."""
    if "oihsim" in row:
        return []
    if row.get("reason"):
        return [f"- {row['title']}: not measured ({row['reason']})."]
    if "seconds" in row:
        return [f"- {row['title']}: {spread(row['seconds'])}."]
    problems = [
        f"{problem} {spread(two['times_as_fast'])} times as fast"
        for problem, two in row["problems"].items()
        if two["times_as_fast"]
    ]
    return [f"- {row['title']}: {'; '.join(problems) or 'not measured'}."]


def placed(text: str, new: str) -> str:
    """Return the text of a page with what stands between the marks replaced.

    Raises
    ------
    ValueError : the marks are not there

    Examples
    --------
    >>> placed(f"a {BEGIN} old {END} b", "new")
    'a new b'
    """
    before, begin, rest = text.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise ValueError(f"the page lacks the marks {BEGIN} and {END}")
    return before + new + after


def stored_block() -> str:
    """Return the block of the stored results.

    Raises
    ------
    SystemExit : there are none yet
    """
    path = RESULTS / "target_table.json"
    if not path.exists():
        raise SystemExit("no results are stored yet; python -m benchmarks.target_table makes them")
    return block(json.loads(path.read_text(encoding="utf-8")))


def main(words: Sequence[str] | None = None) -> None:
    """Print the block, or put it in its place."""
    parser = argparse.ArgumentParser(description="The README's claims about speed")
    parser.add_argument("--write", action="store_true", help="put it between the marks")
    parser.add_argument("--page", type=Path, default=ROOT / "README.md", help="README.md")
    options = parser.parse_args(words)
    if not options.write:
        print(stored_block())
        return
    page = options.page.read_text(encoding="utf-8")
    options.page.write_text(placed(page, stored_block()), encoding="utf-8")


if __name__ == "__main__":
    main()
