"""Work and precision: time per subject against achieved error, all tools in the same run.

    python -m benchmarks.work_precision           writes results/work_precision.json and the figure
    python -m benchmarks.work_precision --quick   few subjects and tolerances, nothing is stored
    python -m benchmarks.work_precision --draw    draws the stored results again

Each contender has its own process on the same core. Tolerances go down by decades; at each, all
remaining contenders take turns. A contender stops below an error of 1e-8. The results are stored
after every problem.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from benchmarks.accuracy import CONTENDERS, LADDER, reference
from benchmarks.contest import Entrant, Failed, entrants
from benchmarks.machine import RESULTS, ROOT, commit, description, store

PROBLEMS = ("OIH-15", "OIH-15s")
FIGURE = ROOT / "docs" / "img" / "work_precision.png"
SUBJECTS, CHECKED = 64, 8
ENOUGH = 1e-8
BUDGET, LIMIT = 0.4, 60.0
WORST = 0.1
"""Errors above this are no solutions, and are not drawn."""

COLOURS = {
    "oihsim": "#222222", "heyoka": "#0072B2", "numbalsoda": "#B84A00", "pydiffsol": "#00795A",
    "scipy": "#8A8A8A", "sundae": "#AA4C87", "diffrax": "#9A6700",
}  # fmt: skip
MARKS = "osD^v"


def point(entrant: Entrant, rtol: float, n: int) -> dict[str, Any] | None:
    """Return one point of the curve of a contender; None if the contender gave up there."""
    try:
        error = entrant.ask(LIMIT, do="accuracy", rtol=rtol, subjects=CHECKED)["error"]
        turn = entrant.ask(LIMIT, do="time", rtol=rtol, n=n, budget=BUDGET)
    except Failed as failure:
        if str(failure).startswith(("no answer", "the process ended")):
            entrant.fail(failure)
        return None
    return {
        "rtol": rtol, "error": error, "ms_per_subject": 1e3 * turn["wall"],
        "cpu_ms_per_subject": 1e3 * turn["cpu"],
    }  # fmt: skip


def measured(n: int, ladder: tuple[float, ...], problems: tuple[str, ...]) -> list[dict[str, Any]]:
    """Return one curve per contender, setting and problem."""
    curves = []
    for problem in problems:
        reference(problem, CHECKED)
        chosen = []
        for name in CONTENDERS:
            settings = ("one thread",) if name == "engine" else ()
            chosen += entrants(name, problem, settings)
        points: dict[int, list[dict[str, Any]]] = {k: [] for k in range(len(chosen))}
        for rtol in ladder:
            for k, entrant in enumerate(chosen):
                done = points[k] and points[k][-1]["error"] < ENOUGH
                if entrant.reason or done:
                    continue
                measurement = point(entrant, rtol, n)
                if measurement:
                    points[k].append(measurement)
                    print(f"{problem} {entrant.label}: {measurement['error']:.1e} in "
                          f"{measurement['ms_per_subject']:.2f} ms", flush=True)  # fmt: skip
        for k, entrant in enumerate(chosen):
            entrant.close()
            curves.append(
                {"problem": problem, "contender": entrant.label, "reason": entrant.reason,
                 "points": points[k]}
            )  # fmt: skip
    return curves


def draw(document: dict[str, Any], path: Path) -> None:
    """Draw one panel per problem, with one common legend."""
    from oihsim.results.plot._page import INK, LABEL, MARGIN, TICK, page, plain_axes, save

    width, height, legend = 12.0, 9.0, 1.75
    problems = list(dict.fromkeys(curve["problem"] for curve in document["curves"]))
    figure, top, foot = page(
        "Processor time per subject against achieved error, one core", width, height
    )
    shown: dict[str, Any] = {}
    signs = marks([curve["contender"] for curve in document["curves"]])
    room = (width - MARGIN) / len(problems)
    for k, problem in enumerate(problems):
        low, high = foot + legend + 0.75, height - top - 0.55
        axes = figure.add_axes(
            ((k * room + 0.95) / width, low / height, (room - 1.1) / width, (high - low) / height)
        )
        plain_axes(axes)
        axes.set_title(problem, loc="left", fontsize=LABEL, color=INK)
        axes.set_xlabel("achieved error, more accurate to the right", fontsize=TICK, color=INK)
        if k == 0:
            axes.set_ylabel("ms per subject (90 days)", fontsize=LABEL, color=INK)
        curves = [curve for curve in document["curves"] if curve["problem"] == problem]
        _curves(axes, curves, signs, shown)
        axes.invert_xaxis()
    figure.legend(
        list(shown.values()), list(shown), loc="lower left", ncols=4, frameon=False,
        fontsize=TICK - 1, bbox_to_anchor=(MARGIN / width, (foot + 0.05) / height),
        columnspacing=1.2, handlelength=1.6,
    )  # fmt: skip
    path.parent.mkdir(parents=True, exist_ok=True)
    save(figure, path)


def marks(contenders: Iterable[str]) -> dict[str, str]:
    """Return a mark per contender, the same in all panels and different within a tool.

    Examples
    --------
    >>> marks(["heyoka, batch of 4", "scipy, odeint", "heyoka, one at a time", "scipy, odeint"])
    {'heyoka, batch of 4': 'o', 'scipy, odeint': 'o', 'heyoka, one at a time': 's'}
    """
    signs: dict[str, str] = {}
    for contender in contenders:
        tool = contender.split(",")[0]
        before = sum(drawn.split(",")[0] == tool for drawn in signs)
        signs.setdefault(contender, MARKS[before % len(MARKS)])
    return signs


def _curves(
    axes: Any, curves: list[dict[str, Any]], signs: dict[str, str], shown: dict[str, Any]
) -> None:
    """Draw the curves of a problem; add the line of each contender to ``shown``."""
    axes.set_xscale("log")
    axes.set_yscale("log")
    for curve in curves:
        points = [point for point in curve["points"] if point["error"] < WORST]
        name = curve["contender"]
        tool = name.split(",")[0]
        if not points:
            continue
        of_engine = tool == "oihsim"
        (line,) = axes.plot(
            [point["error"] for point in points], [point["cpu_ms_per_subject"] for point in points],
            color=COLOURS[tool], marker=signs[name], markersize=6,
            linewidth=3.5 if of_engine else 1.6, zorder=3 if of_engine else 2,
        )  # fmt: skip
        shown.setdefault(name, line)


def main() -> None:
    """Measure, store and draw."""
    parser = argparse.ArgumentParser(description="Time against the error achieved")
    parser.add_argument("--quick", action="store_true", help="few points, nothing stored")
    parser.add_argument("--draw", action="store_true", help="only draw what is stored")
    parser.add_argument("--figure", type=Path, default=FIGURE, help="PNG to write")
    options = parser.parse_args()
    stored = RESULTS / "work_precision.json"
    if options.draw:
        draw(json.loads(stored.read_text(encoding="utf-8")), options.figure)
        return
    before = description()
    if options.quick:
        measured(8, LADDER[8:17:8], PROBLEMS[:1])
        return
    document: dict[str, Any] = {
        "commit": commit(), "machine": before, "subjects": SUBJECTS, "curves": [],
    }  # fmt: skip
    for problem in PROBLEMS:
        document["curves"] += measured(SUBJECTS, LADDER[:25:4], (problem,))
        store("work_precision", document)
        draw(document, options.figure)
    print(f"written: benchmarks/results/{stored.name}, {options.figure}")


if __name__ == "__main__":
    main()
