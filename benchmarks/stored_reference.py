"""The stored reference values of OIH-15 and OIH-15s: read them, rebuild them, check them.

    python -m benchmarks.stored_reference            solve again and compare with the files
    python -m benchmarks.stored_reference --rebuild  write the files anew (minutes)

Each value is by DOP853 at rtol 1e-12; each file states how far two other solvers are from it.
"""

from __future__ import annotations

import argparse
import json
import sys
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from benchmarks.problems import OIH15, OIH15S, OUTPUT_TIMES, Array, Problem, error

FOLDER = Path(__file__).parent / "reference"

CHOSEN = (
    0.0, 6.0, 12.0, 18.0, 24.0, 48.0, 96.0, 168.0, 360.0, 720.0, 726.0, 1080.0, 1440.0, 1446.0,
    1794.0, 1800.0, 1806.0, 1824.0, 1830.0, 1848.0, 2004.0, 2160.0,
)  # fmt: skip
"""Stored times, h: the first doses, both rises of the dose, the antagonist, the end."""

SUBJECTS = {"OIH-15": 4, "OIH-15s": 4}
AGREE = {"OIH-15": 1e-9, "OIH-15s": 1e-8}
"""Largest difference of a second solver from the first, in the error measure of the problems."""

SECOND = {
    "OIH-15": (("LSODA", 1e-12, 1e-14), ("Radau", 1e-11, 1e-13)),
    "OIH-15s": (("LSODA", 1e-12, 1e-14),),
}


@dataclass(frozen=True)
class Stored:
    """Values of some subjects at some times.

    Attributes
    ----------
    at : (t,) positions in :data:`benchmarks.problems.OUTPUT_TIMES`
    values : (n, t, s)
    largest : (n, s) largest absolute value over all 361 output times
    """

    at: np.ndarray
    values: Array
    largest: Array

    def error(self, y: Array) -> float:
        """Return the error of ``y``, (n, 361, s) of the same subjects."""
        return error(y[:, self.at], self.values, self.largest)


def path(problem: Problem) -> Path:
    """Return the path of the file of a problem."""
    return FOLDER / f"{problem.name.lower()}.json"


def stored(problem: Problem) -> Stored:
    """Read the stored reference of a problem.

    Examples
    --------
    >>> stored(OIH15).values.shape
    (4, 22, 15)
    """
    document = json.loads(path(problem).read_text(encoding="utf-8"))
    at = np.searchsorted(OUTPUT_TIMES, np.array(document["times_h"]))
    return Stored(at, np.array(document["values"]), np.array(document["largest"]))


def rebuild(problem: Problem) -> None:
    """Solve with all solvers and write the file."""
    n = SUBJECTS[problem.name]
    y = problem.reference(n)
    at = np.searchsorted(OUTPUT_TIMES, np.array(CHOSEN))
    agreement = [
        {"method": method, "rtol": rtol, "atol": atol,
         "difference": error(problem.reference(n, method=method, rtol=rtol, atol=atol), y)}
        for method, rtol, atol in SECOND[problem.name]
    ]  # fmt: skip
    document = {
        "problem": problem.name,
        "made_by": "benchmarks/stored_reference.py --rebuild",
        "solver": {"method": "SciPy DOP853", "rtol": 1e-12, "atol": 1e-14},
        "agreement": agreement,
        "states": list(problem.states),
        "times_h": list(CHOSEN),
        "largest": np.abs(y).max(axis=1).tolist(),
        "values": y[:, at].tolist(),
    }
    FOLDER.mkdir(exist_ok=True)
    text = json.dumps(document, indent=1)
    path(problem).write_text(text + "\n", encoding="utf-8")
    for row in agreement:
        print(f"{problem.name}: {row['method']} at {row['rtol']:g} is {row['difference']:.2e} away")


def check(problem: Problem) -> bool:
    """Solve again, compare with the file, and print the differences."""
    again = problem.reference(SUBJECTS[problem.name])
    apart = stored(problem).error(again)
    print(f"{problem.name}: solved again, {apart:.2e} from the stored values")
    return apart <= AGREE[problem.name]


def main() -> int:
    """Run the command line; return 1 if a stored file is wrong."""
    parser = argparse.ArgumentParser(description="Reference values of OIH-15 and OIH-15s")
    parser.add_argument("--rebuild", action="store_true", help="write the files anew")
    parser.add_argument("--problem", choices=["oih-15", "oih-15s"], help="only this one")
    chosen = parser.parse_args()
    problems = [
        problem for problem in (OIH15, OIH15S)
        if chosen.problem in (None, problem.name.lower())
    ]  # fmt: skip
    if chosen.rebuild:
        for problem in problems:
            rebuild(problem)
        return 0
    held = [check(problem) for problem in problems]
    return 0 if all(held) else 1


if __name__ == "__main__":
    sys.exit(main())
