"""The command ``oihsim washout``: the clinical hyperalgesia index after every drug is stopped."""

from __future__ import annotations

from functools import partial
from typing import Annotated

import typer

from oihsim.commands import scenario_runs
from oihsim.commands.options import AsJson, Count, Output, Quiet, ScenarioName, Seed, Threads
from oihsim.commands.terminal import print_page, terminal_width


def washout(
    scenario: ScenarioName,
    at: Annotated[
        str | None,
        typer.Option(help="Time at which every drug is stopped.", show_default="the end"),
    ] = None,
    after: Annotated[str, typer.Option(help="Time from the stop to the test.")] = "72 h",
    output: Output = None,
    count: Count = None,
    seed: Seed = None,
    threads: Threads = None,
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """Stop every drug, wait, and test for hyperalgesia.

    Compares the clinical hyperalgesia index with the frozen one.
    """
    from oihsim.commands.washout_text import format_washout, washout_json
    from oihsim.studies.washout import washout as simulate_washout

    (chosen,) = scenario_runs.loaded([scenario], count, seed)
    study = partial(simulate_washout, at=at or None, after=after)
    ds = scenario_runs.studied(study, chosen, output, threads, quiet)
    if as_json:
        typer.echo(washout_json(ds))
    else:
        print_page(format_washout(ds, terminal_width()))
    scenario_runs.end(ds)
