"""The command ``oihsim summarise``: many subjects, whose trajectories are not stored."""

from __future__ import annotations

import time

import typer

from oihsim.commands import scenario_runs
from oihsim.commands.options import AsJson, Count, Output, Quiet, ScenarioName, Seed, Threads
from oihsim.commands.terminal import print_page, terminal_width
from oihsim.files.errors import InputError


def summarise(
    scenario: ScenarioName,
    count: Count = None,
    seed: Seed = None,
    output: Output = None,
    threads: Threads = None,
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """Compare arms in many subjects, without their time courses.

    Subjects are simulated block by block. The result holds means and quantiles over them, of time
    courses and endpoints, so that memory does not grow with their number. The text says how long
    the simulation took.
    """
    from oihsim.commands.progress import Reporter
    from oihsim.commands.summary_text import format_summary, summary_json
    from oihsim.files.output_files import beside
    from oihsim.studies import summaries

    problems = scenario_runs.output_problems(output, None, [])
    try:
        (chosen,) = scenario_runs.loaded([scenario], count, seed)
    except InputError as error:
        raise InputError([*problems, *error.problems]) from None
    if problems:
        raise InputError(problems)
    begin = time.monotonic()
    with Reporter(quiet) as reporter:
        ds = summaries.summarise(chosen, threads=threads, progress=reporter.update)
    ds.attrs["seconds"] = round(time.monotonic() - begin, 1)
    # an interrupted summary goes beside the named file
    path = output and beside(output, bool(ds["not_run"].any()))
    if path:
        scenario_runs.write(ds, path)
    if as_json:
        typer.echo(summary_json(ds))
    else:
        print_page(format_summary(ds, terminal_width()))
    if path and not (as_json or quiet):
        print_page(f"written: {path}")
    scenario_runs.end(ds)
