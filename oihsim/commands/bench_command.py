"""The command ``oihsim bench``: the benchmarks of the source repository, on this computer."""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
from pathlib import Path
from typing import Annotated

import typer

from oihsim.files.caution import CAUTION
from oihsim.files.errors import InputError, Problem, SimulationError

BENCHMARKS: dict[str, tuple[str, bool]] = {
    "table": ("target_table", True),
    "work-precision": ("work_precision", True),
    "throughput": ("throughput", True),
    "cold-start": ("cold_start", False),
    "peak": ("peak", False),
    "events": ("event_table", False),
    "readme": ("readme_block", False),
}
"""Name of a benchmark to its module, and whether it has a quick form."""

ALL = ("table", "work-precision", "throughput", "cold-start")
"""What ``oihsim bench all`` measures, in this order."""


def repository() -> Path | None:
    """Return the folder that holds ``benchmarks``: beside the package, or the current one.

    Examples
    --------
    >>> root = repository()
    >>> root is None or (root / "benchmarks" / "problems.py").is_file()
    True
    """
    spec = importlib.util.find_spec("oihsim")
    package = Path(spec.origin).parent if spec and spec.origin else Path()
    for folder in (package.parent, Path.cwd()):
        if (folder / "benchmarks" / "problems.py").is_file():
            return folder
    return None


def bench(
    what: Annotated[str, typer.Argument(help=f"One of {', '.join(BENCHMARKS)}, or all.")] = "table",
    quick: Annotated[bool, typer.Option(help="Some minutes; nothing is stored.")] = False,
    rows: Annotated[
        list[int] | None,
        typer.Option("--row", min=1, max=7, help="Only this row of the table; may be repeated."),
    ] = None,
) -> None:
    """Measure the speed of oihsim beside other solvers.

    Those take part that are installed (extra: rivals).
    """
    root = repository()
    problems = []
    if what not in (*BENCHMARKS, "all"):
        allowed = ", ".join((*BENCHMARKS, "all"))
        problems.append(Problem("oihsim bench", None, "what", repr(what), allowed))
    if rows and what != "table":
        problems.append(Problem("oihsim bench", None, "--row", f"with {what}", "with table"))
    if root is None:
        allowed = "a copy of the source repository: install with pip install -e, or run from it"
        problems.append(Problem("oihsim bench", None, "benchmarks", "no such folder", allowed))
    if problems:
        raise InputError(problems)
    chosen = ALL if what == "all" else (what,)
    failed = [name for name in chosen if _run(root or Path(), name, quick, rows or [])]
    typer.echo(CAUTION)
    if failed:
        raise SimulationError(f"these benchmarks did not end well: {', '.join(failed)}")


def _run(root: Path, name: str, quick: bool, rows: list[int]) -> int:
    """Run one benchmark in a process of its own, so that nothing here is timed with it."""
    module, has_quick = BENCHMARKS[name]
    words = [sys.executable, "-m", f"benchmarks.{module}"]
    if quick and has_quick:
        words.append("--quick")
    elif quick and name == "cold-start":
        words += ["--repetitions", "1", "--quick"]
    elif quick and name == "events":
        words += ["--subjects", "500"]
    if rows:
        words += ["--rows", *map(str, rows)]
    paths = [str(root), *filter(None, [os.environ.get("PYTHONPATH")])]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(paths)}
    return subprocess.run(words, cwd=root, env=environment, check=False).returncode
