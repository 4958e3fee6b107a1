"""The command ``oihsim compare``: the arms of scenarios in the same subjects."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from oihsim.commands import scenario_runs
from oihsim.commands.options import AsJson, Count, Figure, Output, Quiet, Seed, Threads
from oihsim.commands.terminal import print_page, terminal_width


def compare(
    scenarios: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[SCENARIO]...", help="Files or shipped names.", show_default="flagship"
        ),
    ] = None,
    output: Output = None,
    figure: Figure = None,
    count: Count = None,
    seed: Seed = None,
    threads: Threads = None,
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """Compare the arms of scenarios in the same subjects.

    Prints each endpoint with its paired difference to the reference arm and a 95 % interval,
    writes the result as netCDF, and draws the strategy figure.
    """
    from oihsim.commands.comparison_text import as_json as rows_as_json
    from oihsim.commands.comparison_text import format_table
    from oihsim.results import plot
    from oihsim.results.comparison import endpoint_table

    chosen = scenario_runs.loaded(scenarios or ["flagship"], count, seed)
    stem = Path(chosen[0].name).stem if len(chosen) == 1 else "comparison"
    path, drawing = output or Path(f"{stem}.nc"), figure or Path(f"{stem}.png")
    scenario_runs.refuse_outputs(path, chosen, drawing)
    ds = scenario_runs.simulated(chosen, threads, quiet)
    rows = endpoint_table(ds)
    path, drawing = scenario_runs.target(ds, path), scenario_runs.target(ds, drawing)
    scenario_runs.write(ds, path)
    if as_json:
        typer.echo(rows_as_json(rows, ds.attrs))
    else:
        print_page(format_table(rows, terminal_width()))
    drawn = scenario_runs.drawn(lambda: plot.strategy(ds), drawing)
    if not as_json and not quiet:
        print_page(f"written: {path}{', ' + str(drawing) if drawn else ''}")
    scenario_runs.end(ds)
