"""Work and precision: time a subject against the error achieved, every tool in the same run.

    python -m benchmarks.work_precision           writes results/work_precision.json and the figure
    python -m benchmarks.work_precision --quick   few subjects and tolerances, nothing is stored
    python -m benchmarks.work_precision --draw    draws the stored results again

Each contender is a process of its own on one and the same core. Tolerances go down by decades; at
each, all contenders that are left have their turn. Below an error of 1e-8 none goes on. The results
are stored after every problem.
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
"""An error above this is no solution, and is not drawn."""

COLOURS = {
    "oihsim": "#222222", "heyoka": "#0072B2", "numbalsoda": "#B84A00", "pydiffsol": "#00795A",
    "scipy": "#8A8A8A", "sundae": "#AA4C87", "diffrax": "#9A6700",
}  # fmt: skip
MARKS = "osD^v"


def point(one: Entrant, rtol: float, n: int) -> dict[str, Any] | None:
    """Return one point of a contender's curve; None where it gave up at this tolerance."""
    try:
        error = one.ask(LIMIT, do="accuracy", rtol=rtol, subjects=CHECKED)["error"]
        turn = one.ask(LIMIT, do="time", rtol=rtol, n=n, budget=BUDGET)
    except Failed as failure:
        if str(failure).startswith(("no answer", "the process ended")):
            one.fail(failure)
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
            for k, one in enumerate(chosen):
                done = points[k] and points[k][-1]["error"] < ENOUGH
                if one.reason or done:
                    continue
                found = point(one, rtol, n)
                if found:
                    points[k].append(found)
                    print(f"{problem} {one.label}: {found['error']:.1e} in "
                          f"{found['ms_per_subject']:.2f} ms", flush=True)  # fmt: skip
        for k, one in enumerate(chosen):
            one.close()
            curves.append(
                {"problem": problem, "contender": one.label, "reason": one.reason,
                 "points": points[k]}
            )  # fmt: skip
    return curves


def draw(document: dict[str, Any], path: Path) -> None:
    """Draw one panel a problem, with one legend for both."""
    from oihsim.plot._page import INK, LABEL, MARGIN, TICK, page, plain_axes, save

    width, height, legend = 12.0, 9.0, 1.75
    problems = list(dict.fromkeys(curve["problem"] for curve in document["curves"]))
    figure, top, foot = page(
        "Processor time a subject against the error achieved, one core", width, height
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
        axes.set_xlabel("error achieved, more accurate to the right", fontsize=TICK, color=INK)
        if k == 0:
            axes.set_ylabel("ms a subject (90 days)", fontsize=LABEL, color=INK)
        here = [one for one in document["curves"] if one["problem"] == problem]
        _curves(axes, here, signs, shown)
        axes.invert_xaxis()
    figure.legend(
        list(shown.values()), list(shown), loc="lower left", ncols=4, frameon=False,
        fontsize=TICK - 1, bbox_to_anchor=(MARGIN / width, (foot + 0.05) / height),
        columnspacing=1.2, handlelength=1.6,
    )  # fmt: skip
    path.parent.mkdir(parents=True, exist_ok=True)
    save(figure, path)


def marks(contenders: Iterable[str]) -> dict[str, str]:
    """Return a mark for each contender, the same in all panels and no two of a tool alike.

    Examples
    --------
    >>> marks(["heyoka, batch of 4", "scipy, odeint", "heyoka, one at a time", "scipy, odeint"])
    {'heyoka, batch of 4': 'o', 'scipy, odeint': 'o', 'heyoka, one at a time': 's'}
    """
    found: dict[str, str] = {}
    for contender in contenders:
        tool = contender.split(",")[0]
        before = sum(one.split(",")[0] == tool for one in found)
        found.setdefault(contender, MARKS[before % len(MARKS)])
    return found


def _curves(
    axes: Any, curves: list[dict[str, Any]], signs: dict[str, str], shown: dict[str, Any]
) -> None:
    """Draw the curves of a problem; note in ``shown`` the line of each name."""
    axes.set_xscale("log")
    axes.set_yscale("log")
    for curve in curves:
        points = [one for one in curve["points"] if one["error"] < WORST]
        name = curve["contender"]
        tool = name.split(",")[0]
        if not points:
            continue
        own = tool == "oihsim"
        (line,) = axes.plot(
            [one["error"] for one in points], [one["cpu_ms_per_subject"] for one in points],
            color=COLOURS[tool], marker=signs[name], markersize=6, linewidth=3.5 if own else 1.6,
            zorder=3 if own else 2,
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
