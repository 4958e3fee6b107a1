"""The command ``oihsim sensitivity``: which parameters decide an endpoint."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from oihsim.commands import scenario_runs
from oihsim.commands.options import AsJson, Figure, Output, Quiet, ScenarioName, Threads
from oihsim.commands.terminal import print_page, terminal_width
from oihsim.files.errors import InputError, Problem

if TYPE_CHECKING:
    import xarray as xr

Text = str | None


def sensitivity(
    scenario: ScenarioName,
    endpoint: Annotated[str, typer.Option(help="Endpoint, such as pain_mean.")],
    arm: Annotated[
        Text, typer.Option(help="Arm.", show_default="the only arm of the scenario")
    ] = None,
    against: Annotated[
        Text, typer.Option(help="Arm to subtract from it.", show_default=False)
    ] = None,
    from_: Annotated[
        Text, typer.Option("--from", help="Start of the window: '60 d'.", show_default=False)
    ] = None,
    until: Annotated[
        Text, typer.Option(help="End of the window: '90 d'.", show_default=False)
    ] = None,
    drug: Annotated[
        Text, typer.Option(help="Drug of the endpoint, if it needs one.", show_default=False)
    ] = None,
    method: Annotated[str, typer.Option(help="tornado, or sobol.")] = "tornado",
    parameters: Annotated[
        Text,
        typer.Option(
            help="Addresses with commas between them.", show_default="all that have a range"
        ),
    ] = None,
    top: Annotated[
        int | None,
        typer.Option(min=1, help="The widest bars only.", show_default="all; 6 for sobol"),
    ] = None,
    between: Annotated[
        list[str] | None,
        typer.Option("--range", help="'nmda.k_on=0.01 1/h..0.05 1/h'; may be repeated."),
    ] = None,
    percent: Annotated[
        float | None, typer.Option(help="Vary by so many percent.", show_default=False)
    ] = None,
    count: Annotated[
        int | None, typer.Option(min=1, help="Subjects.", show_default="the typical subject")
    ] = None,
    rows: Annotated[int, typer.Option(help="Rows of the Sobol design, a power of two.")] = 256,
    seed: Annotated[int, typer.Option(min=0, help="Seed of the Sobol design.")] = 0,
    output: Output = None,
    figure: Figure = None,
    threads: Threads = None,
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """Find the parameters that decide an endpoint.

    Parameters vary within their ranges: one at a time (tornado), or all together (sobol: shares of
    the variance with intervals).
    """
    from oihsim.commands.progress import Reporter
    from oihsim.commands.sensitivity_text import format_sensitivity, sensitivity_json
    from oihsim.studies.sensitivity_analysis import analysis

    ranges, problems = _ranges(between or [])
    problems += scenario_runs.output_problems(output, figure, [Path(scenario)])
    window = {"endpoint": endpoint, "from": from_, "until": until, "drug": drug}
    spec = {key: text for key, text in window.items() if text}
    names = [word.strip() for word in (parameters or "").split(",") if word.strip()]
    question: dict[str, Any] = {
        "against": against or None, "method": method, "parameters": names or None,
        "top": top or None, "between": ranges, "percent": percent, "count": count, "rows": rows,
    }  # fmt: skip
    if problems:
        try:
            analysis.question_and_ranges(scenario, spec, arm or None, **question)
        except InputError as error:
            problems += error.problems
        raise InputError(problems)
    with Reporter(quiet) as reporter:
        ds = analysis.sensitivity(
            scenario, spec, arm or None, **question, seed=seed, threads=threads,
            progress=reporter.update,
        )  # fmt: skip
    if as_json:
        typer.echo(sensitivity_json(ds))
    else:
        print_page(format_sensitivity(ds, terminal_width()))
    written = _written(ds, output, figure)
    if written and not (as_json or quiet):
        print_page(f"written: {', '.join(map(str, written))}")
    scenario_runs.end(ds)


def _ranges(words: list[str]) -> tuple[dict[str, tuple[str, ...]], list[Problem]]:
    """Return the two ends of ``address=low..high`` by address."""
    ranges: dict[str, tuple[str, ...]] = {}
    problems = []
    for word in words:
        address, equals, ends = word.partition("=")
        low, dots, high = ends.partition("..")
        if equals and dots and low.strip() and high.strip():
            ranges[address.strip()] = (low.strip(), high.strip())
        else:
            allowed = "an address and two values, such as 'nmda.k_on=0.01 1/h..0.05 1/h'"
            problems.append(Problem("sensitivity", None, "range", repr(word), allowed))
    return ranges, problems


def _written(ds: xr.Dataset, output: Path | None, figure: Path | None) -> list[Path]:
    """Write the named files, beside their place if the analysis was interrupted; return paths."""
    from oihsim.files.output_files import beside
    from oihsim.results import plot

    interrupted, written = bool(ds.attrs["runs_interrupted"]), []
    if output is not None:
        written.append(beside(output, interrupted))
        scenario_runs.write(ds, written[-1])
    if figure is not None:
        path = beside(figure, interrupted)
        if scenario_runs.drawn(lambda: (plot.tornado if "at_low" in ds else plot.sobol)(ds), path):
            written.append(path)
    return written
