"""The command ``oihsim steady``: the periodic steady state of every arm."""

from __future__ import annotations

from functools import partial
from typing import Annotated

import typer

from oihsim.commands import scenario_runs
from oihsim.commands.options import AsJson, Count, Output, Quiet, ScenarioName, Seed, Threads
from oihsim.commands.terminal import print_page, terminal_width


def steady(
    scenario: ScenarioName,
    tolerance: Annotated[
        float, typer.Option(help="Largest error, in typical sizes of the states.")
    ] = 1e-5,
    output: Output = None,
    count: Count = None,
    seed: Seed = None,
    threads: Threads = None,
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """Find the periodic steady state of every arm.

    It is the limit to which the same doses lead if they are given indefinitely.
    """
    from oihsim.commands.steady_text import format_steady, steady_json
    from oihsim.studies.steady_state import steady_state

    (chosen,) = scenario_runs.loaded([scenario], count, seed)
    study = partial(steady_state, tolerance=tolerance)
    ds = scenario_runs.studied(study, chosen, output, threads, quiet)
    if as_json:
        typer.echo(steady_json(ds))
    else:
        print_page(format_steady(ds, terminal_width()))
    scenario_runs.end(ds)
