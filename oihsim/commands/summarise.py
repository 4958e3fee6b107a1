"""The command ``oihsim summarise``: many subjects, whose trajectories are not kept."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from oihsim.files.errors import InputError, SimulationError

if TYPE_CHECKING:
    import xarray as xr


def summarise(
    scenario: Annotated[str, typer.Argument(help="A scenario file, or a shipped name.")],
    count: Annotated[int, typer.Option(min=0, help="Subjects; 0 means as the scenario says.")] = 0,
    seed: Annotated[int, typer.Option(min=-1, help="Seed; -1 means as the scenario says.")] = -1,
    output: Annotated[Path | None, typer.Option("--output", "-o", help="netCDF file.")] = None,
    threads: Annotated[int, typer.Option(min=0, help="Threads; 0 means all cores.")] = 0,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON for machines.")] = False,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="No progress.")] = False,
) -> None:
    """Compare the arms of a scenario in as many subjects as wanted, and say how long it took.

    Subjects are simulated block by block; kept are means and quantiles over them of time courses
    and endpoints, so that memory does not grow with their number.
    """
    from oihsim.commands.progress import Reporter
    from oihsim.commands.summary_text import format_summary, summary_json
    from oihsim.files.output_files import refusals
    from oihsim.scenario import load
    from oihsim.studies import summaries

    changes: dict[str, Any] = {"population.count": count} if count else {}
    changes |= {"population.seed": seed} if seed >= 0 else {}
    problems = [] if output is None else refusals(output, "output", (".nc",))
    try:
        one = load(scenario)
        one = one.change(changes) if changes else one
    except InputError as error:
        problems += error.problems
    if problems:
        raise InputError(problems)
    begin = time.monotonic()
    with Reporter(quiet) as reporter:
        ds = summaries.summarise(one, threads=threads or None, progress=reporter.update)
    ds.attrs["seconds"] = round(time.monotonic() - begin, 1)
    written = _written(ds, output)
    typer.echo(summary_json(ds) if as_json else format_summary(ds))
    if written and not (as_json or quiet):
        typer.echo(f"written: {written}")
    if ds.attrs.get("failures"):
        raise SimulationError(ds.attrs["failures"])


def _written(ds: xr.Dataset, output: Path | None) -> str:
    """Write the summary; of an interrupted run beside the file that was asked for."""
    from oihsim.files.output_files import beside
    from oihsim.simulation.dataset import write_netcdf

    if output is None:
        return ""
    path = beside(output, bool(ds["not_run"].any()))
    write_netcdf(ds, path)
    return str(path)
