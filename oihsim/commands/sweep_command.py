"""The command ``oihsim sweep``: a scenario at many points, chunk by chunk into a zarr store."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from oihsim.commands.number_text import recipe_of
from oihsim.commands.options import AsJson, Threads
from oihsim.commands.terminal import print_page, terminal_width
from oihsim.files.caution import closed
from oihsim.files.errors import SimulationError

if TYPE_CHECKING:
    import xarray as xr

MOST_LISTED = 20
"""Failed points that have a line each; the others are counted."""
RECIPE = ("question", "model", "model_hash", "scenario_hash", "sweep_hash", "breathing",
          "caution")  # fmt: skip


def sweep(
    file: Annotated[str, typer.Argument(metavar="SWEEP", help="A sweep file, or a shipped name.")],
    output: Annotated[
        Path | None,
        typer.Option(
            "--output", "-o", help="zarr store to write.", show_default="the name of the sweep"
        ),
    ] = None,
    resume: Annotated[bool, typer.Option("--resume", help="Continue an existing store.")] = False,
    scheduler: Annotated[
        str | None,
        typer.Option(help="A Dask scheduler, such as tcp://10.0.0.1:8786.", show_default=False),
    ] = None,
    chunk: Annotated[
        int | None,
        typer.Option(min=1, help="Runs that are written together.", show_default="as fits"),
    ] = None,
    estimate: Annotated[
        bool, typer.Option("--estimate", help="Print time, memory and disk needed, and stop.")
    ] = False,
    threads: Threads = None,
    as_json: AsJson = False,
    quiet: Annotated[
        bool, typer.Option("--quiet", "-q", help="No estimate, no progress, no summary.")
    ] = False,
) -> None:
    """Simulate a scenario at many points, subjects and draws.

    Ctrl-C keeps the finished runs; the same command with --resume continues.
    """
    from oihsim.commands.progress import Reporter
    from oihsim.studies.sweeps.run_sweep import forecast
    from oihsim.studies.sweeps.run_sweep import sweep as run_sweep
    from oihsim.studies.sweeps.sweep_file import read_sweep

    plan = read_sweep(file)
    if chunk:
        plan = plan.cut(chunk)
    if estimate:
        print_page(str(forecast(plan, threads=threads)))
        return
    path = output or Path(f"{Path(file).stem}.zarr")
    with Reporter(quiet) as reporter:
        ds = run_sweep(
            plan, path, resume=resume, threads=threads, scheduler=scheduler,
            progress=reporter.update, on_estimate=lambda line: reporter.say(str(line)),
        )  # fmt: skip
    outcome = summary(ds, path)
    if as_json:
        typer.echo(json.dumps(outcome, indent=2))
    elif not quiet:
        print_page(summary_text(outcome, terminal_width()))
    if outcome["failures"] or outcome["not_run"]:
        raise SimulationError("\n".join([*outcome["failures"], *_unfinished(outcome)]))


def summary(ds: xr.Dataset, path: Path) -> dict[str, Any]:
    """Return the outcome of a sweep, counted in runs of one subject in one arm.

    The status is read chunk by chunk, so that a large store needs little memory.
    """
    from oihsim.engine.solver import INTERRUPTED

    status = ds["status"]
    runs = int(status.size)
    finished, waiting = int((status == 0).sum()), int((status == INTERRUPTED).sum())
    return {
        "file": str(path),
        "sizes": {str(name): int(size) for name, size in status.sizes.items()},
        "runs": runs,
        "finished": finished,
        "failed": runs - finished - waiting,
        "not_run": waiting,
        "failures": _failures(ds),
        **recipe_of(ds.attrs, RECIPE),
    }


def summary_text(outcome: dict[str, Any], width: int | None = None) -> str:
    """Return the summary as text, cautions at the foot."""
    sizes = ", ".join(f"{name} {size}" for name, size in outcome["sizes"].items())
    lines = [
        f"{outcome['finished']:,} of {outcome['runs']:,} runs of one subject in one arm ({sizes})",
        f"written: {outcome['file']}",
    ]
    notes = []
    if outcome["failed"]:
        notes.append(
            f"{outcome['failed']:,} runs failed; their values are NaN, with status and reason."
        )
    return closed(lines, notes, str(outcome.get("breathing", "")), width)


def _unfinished(outcome: dict[str, Any]) -> list[str]:
    if not outcome["not_run"]:
        return []
    return [
        f"interrupted: {outcome['not_run']:,} of {outcome['runs']:,} runs are not done; "
        f"the finished runs are in {outcome['file']}, and --resume continues it"
    ]


def _failures(ds: xr.Dataset) -> list[str]:
    """Return one line for each of the first points that failed, and the number of the rest."""
    import numpy as np

    reasons = ds["reason"]
    lines: list[str] = []
    failed = np.argwhere((reasons != "").values)
    for index in failed[:MOST_LISTED]:
        reason = reasons.isel(dict(zip(reasons.dims, index.tolist(), strict=True)))
        where = ", ".join(
            f"{name} {coordinate.item()}"
            for name, coordinate in reason.coords.items()
            if coordinate.ndim == 0 and name != "block"
        )
        lines.append(f"{where}: {'; '.join(str(reason.values).splitlines())}")
    if len(failed) > MOST_LISTED:
        lines.append(f"and {len(failed) - MOST_LISTED} more points")
    return lines
