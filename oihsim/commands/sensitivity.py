"""The command ``oihsim sensitivity``: which parameters decide an endpoint."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from oihsim.files.errors import InputError, OihsimError, Problem, SimulationError

if TYPE_CHECKING:
    import xarray as xr


def sensitivity(
    scenario: Annotated[str, typer.Argument(help="A scenario file, or a shipped name.")],
    endpoint: Annotated[str, typer.Option(help="Endpoint, such as pain_mean.")],
    arm: Annotated[str, typer.Option(help="Arm; may be left out if there is one.")] = "",
    against: Annotated[str, typer.Option(help="Arm that is taken from it.")] = "",
    from_: Annotated[str, typer.Option("--from", help="Start of the window: '60 d'.")] = "",
    until: Annotated[str, typer.Option(help="End of the window: '90 d'.")] = "",
    drug: Annotated[str, typer.Option(help="Drug of the endpoint, where it is of one.")] = "",
    method: Annotated[str, typer.Option(help="tornado, or sobol.")] = "tornado",
    parameters: Annotated[
        str, typer.Option(help="Addresses with commas between them; all with a range if empty.")
    ] = "",
    top: Annotated[
        int, typer.Option(min=0, help="The widest bars only; 0 for all (sobol: 6).")
    ] = 0,
    between: Annotated[
        list[str] | None,
        typer.Option("--range", help="'nmda.k_on=0.01 1/h..0.05 1/h'; as often as wanted."),
    ] = None,
    percent: Annotated[
        float | None, typer.Option(help="Vary by so many percent.", show_default=False)
    ] = None,
    count: Annotated[int, typer.Option(min=0, help="Subjects; 0 is the typical one.")] = 0,
    rows: Annotated[int, typer.Option(help="Rows of the Sobol design, a power of two.")] = 256,
    seed: Annotated[int, typer.Option(min=0, help="Seed of the Sobol design.")] = 0,
    output: Annotated[Path | None, typer.Option("--output", "-o", help="netCDF file.")] = None,
    figure: Annotated[
        Path | None, typer.Option(help="Figure to write (png, svg, pdf).", show_default=False)
    ] = None,
    threads: Annotated[int, typer.Option(min=0, help="Threads; 0 means all cores.")] = 0,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON for machines.")] = False,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="No progress.")] = False,
) -> None:
    """Vary parameters between what is believed of them, and say which decide an endpoint.

    One at a time (tornado), or all together (sobol: shares of the variance with intervals).
    """
    from oihsim.commands.progress import Reporter
    from oihsim.commands.sensitivity_text import format_sensitivity, sensitivity_json
    from oihsim.studies.sensitivity_analysis import analysis as study

    ranges, problems = _ranges(between or [])
    problems += _unwritable(output, figure, scenario)
    spec = {"endpoint": endpoint, "from": from_, "until": until, "drug": drug}
    names = [word.strip() for word in parameters.split(",") if word.strip()]
    asked: dict[str, Any] = {
        "against": against or None, "method": method, "parameters": names or None,
        "top": top or None, "between": ranges, "percent": percent, "count": count or None,
        "rows": rows,
    }  # fmt: skip
    words = {key: word for key, word in spec.items() if word}
    if problems:
        try:
            study.question_and_ranges(scenario, words, arm or None, **asked)
        except InputError as error:
            problems += error.problems
        raise InputError(problems)
    with Reporter(quiet) as reporter:
        ds = study.sensitivity(
            scenario, words, arm or None, **asked, seed=seed, threads=threads or None,
            progress=reporter.update,
        )  # fmt: skip
    typer.echo(sensitivity_json(ds) if as_json else format_sensitivity(ds))
    written = _written(ds, output, figure)
    if written and not (as_json or quiet):
        typer.echo(f"written: {', '.join(written)}")
    if "failures" in ds.attrs:
        raise SimulationError(ds.attrs["failures"])


def _ranges(words: list[str]) -> tuple[dict[str, tuple[str, ...]], list[Problem]]:
    """Return what ``address=low..high`` says, by address."""
    found: dict[str, tuple[str, ...]] = {}
    problems = []
    for word in words:
        address, equals, ends = word.partition("=")
        low, dots, high = ends.partition("..")
        if equals and dots and low.strip() and high.strip():
            found[address.strip()] = (low.strip(), high.strip())
        else:
            allowed = "an address and two values, such as 'nmda.k_on=0.01 1/h..0.05 1/h'"
            problems.append(Problem("sensitivity", None, "range", repr(word), allowed))
    return found, problems


def _unwritable(output: Path | None, figure: Path | None, scenario: str) -> list[Problem]:
    """Return what keeps the files from being written, before anything is computed."""
    from oihsim.files.output_files import refusals
    from oihsim.results.plot import FORMATS

    problems = []
    targets: list[tuple[str, Path | None, Any]] = [
        ("output", output, (".nc",)), ("figure", figure, FORMATS),
    ]  # fmt: skip
    for field, target, endings in targets:
        if target is None:
            continue
        if target.resolve() == Path(scenario).resolve():
            problems.append(Problem(str(target), None, field, "the scenario file", "another file"))
        problems += refusals(target, field, endings)
    return problems


def _written(ds: xr.Dataset, output: Path | None, figure: Path | None) -> list[str]:
    """Write what is asked for, beside its place if the analysis was interrupted; return names."""
    from oihsim.files.output_files import beside
    from oihsim.results import plot
    from oihsim.simulation.dataset import write_netcdf

    part, found = bool(ds.attrs["runs_interrupted"]), []
    if output is not None:
        found.append(str(write_netcdf(ds, beside(output, part))))
    if figure is not None:
        try:
            drawing = plot.tornado(ds) if "at_low" in ds else plot.sobol(ds)
            found.append(str(plot.save(drawing, beside(figure, part))))
        except OihsimError as error:
            typer.echo(f"no figure: {error}", err=True)
    return found
