"""The command line. Exit codes: 0 done, 1 a run failed, 2 usage or a bad file.

Results go to files and standard output, the rest to standard error; heavy imports come late.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from functools import partial
from io import TextIOWrapper
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from oihsim.commands.bench import bench
from oihsim.commands.replay import replay
from oihsim.commands.sensitivity import sensitivity
from oihsim.commands.summarise import summarise
from oihsim.commands.sweep import sweep
from oihsim.events.commands import events_app
from oihsim.files.caution import CAUTION, cautions
from oihsim.files.errors import InputError, ModelError, OihsimError, Problem, SimulationError

if TYPE_CHECKING:
    import xarray as xr

    from oihsim.scenario import Scenario

app = typer.Typer(
    help=f"Simulate opioid tolerance and opioid-induced hyperalgesia. {CAUTION}",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
app.add_typer(events_app, name="events")
for command in (bench, replay, sensitivity, summarise, sweep):
    app.command()(command)

INTERRUPTED_BY_TYPER = 130
"""Typer turns Ctrl-C outside a simulation into this exit code."""

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON for machines.")]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="No progress, no summary.")]
Threads = Annotated[int, typer.Option(min=0, help="Threads; 0 means all cores.")]
Count = Annotated[int, typer.Option(min=0, help="Subjects; 0 means as the scenario says.")]
Seed = Annotated[int, typer.Option(min=-1, help="Seed; -1 means as the scenario says.")]
Output = Annotated[Path | None, typer.Option("--output", "-o", help="netCDF file to write.")]
Names = Annotated[list[str] | None, typer.Argument(metavar="[SCENARIO]...", show_default=False)]


@app.command("list")
def list_(
    what: Annotated[str, typer.Argument(help="One kind of thing; all of them if left out.")] = "",
    as_json: AsJson = False,
) -> None:
    """List scenarios with their arms, drugs, populations, models, mechanisms and endpoints."""
    from oihsim.commands.list import catalogue, format_catalogue

    chosen = catalogue(what)
    if as_json:
        typer.echo(json.dumps({**chosen, "caution": CAUTION}, indent=2, allow_nan=False))
    else:
        typer.echo(format_catalogue(chosen))


@app.command()
def show(
    name: Annotated[str, typer.Argument(help="A scenario, drug, population, mechanism or file.")],
    as_json: AsJson = False,
    latex: Annotated[bool, typer.Option(help="Formulae of a mechanism as LaTeX.")] = False,
) -> None:
    """Show a scenario with every dose as understood, a drug, or a mechanism with its formulae."""
    from oihsim.commands.show import describe

    found = describe(name, latex=latex)
    typer.echo(json.dumps(found.data, indent=2, allow_nan=False) if as_json else found.text)


@app.command()
def check(
    files: Annotated[list[str], typer.Argument(help="Scenario, drug or model files, or names.")],
    as_json: AsJson = False,
) -> None:
    """Check files and name every problem with its line; nothing is computed."""
    from oihsim.commands.show import check_file

    problems: list[Problem] = []
    report: list[dict[str, Any]] = []
    for file in files:
        try:
            report.append({"file": file, "ok": True, "is": check_file(file), "problems": []})
        except InputError as error:
            problems += error.problems
            told = [problem.as_data() for problem in error.problems]
            report.append({"file": file, "ok": False, "is": None, "problems": told})
    if as_json:
        typer.echo(json.dumps(report, indent=2))
    else:
        for entry in report:
            if entry["ok"]:
                typer.echo(f"{entry['file']}: ok, {entry['is']}")
    if problems:
        if as_json:
            raise typer.Exit(2)
        raise InputError(problems)


@app.command()
def run(
    scenario: Annotated[str, typer.Argument(help="A scenario file, or a shipped name.")],
    output: Output = None,
    count: Count = 0,
    seed: Seed = -1,
    threads: Threads = 0,
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """Simulate a scenario and write its result to a netCDF file."""
    chosen = _load([scenario], count, seed)
    path = output or Path(f"{Path(chosen[0].name).stem}.nc")
    _refuse_outputs([path], chosen)
    ds = _simulate(chosen, threads, quiet)
    path = _target(ds, path)
    _write(ds, path)
    summary = _summary(ds, path)
    if as_json:
        typer.echo(json.dumps(summary, indent=2))
    elif not quiet:
        for arm in summary["arms"]:
            typer.echo(
                f"{arm['arm']}: {arm['finished']} of {arm['subjects']} subjects, "
                f"{arm['steps_per_subject']:.0f} steps and {arm['doses_per_subject']:g} doses each"
            )
        typer.echo(f"written: {path}\n{cautions(summary.get('breathing', ''))}")
    _end(ds)


@app.command()
def compare(
    scenarios: Names = None,
    output: Output = None,
    figure: Annotated[
        Path | None, typer.Option(help="Figure to write (png, svg, pdf).", show_default=False)
    ] = None,
    count: Count = 0,
    seed: Seed = -1,
    threads: Threads = 0,
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """Compare the arms of one or several scenarios in the same subjects (default: flagship).

    Prints each endpoint with its paired difference to the reference arm and a 95 % interval,
    writes the result as netCDF, and draws the strategy figure.
    """
    from oihsim.commands.comparison_text import as_json as rows_as_json
    from oihsim.commands.comparison_text import format_table
    from oihsim.results.comparison import endpoint_table

    chosen = _load(scenarios or ["flagship"], count, seed)
    stem = Path(chosen[0].name).stem if len(chosen) == 1 else "comparison"
    path, drawing = output or Path(f"{stem}.nc"), figure or Path(f"{stem}.png")
    _refuse_outputs([path, drawing], chosen)
    ds = _simulate(chosen, threads, quiet)
    rows = endpoint_table(ds)
    path, drawing = _target(ds, path), _target(ds, drawing)
    _write(ds, path)
    typer.echo(rows_as_json(rows, ds.attrs) if as_json else format_table(rows))
    drawn = _draw(ds, drawing)
    if not as_json and not quiet:
        typer.echo(f"written: {path}{', ' + str(drawing) if drawn else ''}")
    _end(ds)


@app.command()
def washout(
    scenario: Annotated[str, typer.Argument(help="A scenario file, or a shipped name.")],
    at: Annotated[str, typer.Option(help="When every drug is stopped; the end if left out.")] = "",
    after: Annotated[str, typer.Option(help="How long until the test.")] = "72 h",
    output: Output = None,
    count: Count = 0,
    seed: Seed = -1,
    threads: Threads = 0,
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """Stop every drug, wait, and compare the clinical hyperalgesia index with the frozen one."""
    from oihsim.commands.washout_text import format_washout, washout_json
    from oihsim.studies.washout import washout as simulate_washout

    study = partial(simulate_washout, at=at or None, after=after)
    ds = _run_study(_load([scenario], count, seed), study, output, threads, quiet)
    typer.echo(washout_json(ds) if as_json else format_washout(ds))
    _end(ds)


@app.command()
def steady(
    scenario: Annotated[str, typer.Argument(help="A scenario file, or a shipped name.")],
    tolerance: Annotated[float, typer.Option(help="In typical sizes of the states.")] = 1e-5,
    output: Output = None,
    count: Count = 0,
    seed: Seed = -1,
    threads: Threads = 0,
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """Find where the same doses for ever lead: the periodic steady state of every arm."""
    from oihsim.commands.steady_text import format_steady, steady_json
    from oihsim.studies.steady_state import steady_state

    study = partial(steady_state, tolerance=tolerance)
    ds = _run_study(_load([scenario], count, seed), study, output, threads, quiet)
    typer.echo(steady_json(ds) if as_json else format_steady(ds))
    _end(ds)


@app.command()
def regimen(
    text: Annotated[str, typer.Argument(help="Such as 'morphine 30 mg PO q12h x 28 d'.")],
    duration: Annotated[str, typer.Option(help="End, where the line says none: '90 d'.")] = "",
    as_json: AsJson = False,
) -> None:
    """Read a regimen written in one line; print its canonical form and every dose it stands for."""
    from oihsim.treatment.regimens.regimen import regimen as read_regimen

    found = read_regimen(text, duration=duration or None)
    typer.echo(json.dumps(found.as_json(), indent=2) if as_json else found.table())


@app.command()
def doctor(as_json: AsJson = False) -> None:
    """Check the installation: versions, cache, compilation, and rest without drug."""
    from oihsim.commands.doctor import examine, format_examination

    findings = examine()
    typer.echo(json.dumps(findings, indent=2) if as_json else format_examination(findings))
    if not findings["healthy"]:
        raise typer.Exit(1)


def _run_study(
    chosen: list[Scenario],
    study: Callable[..., xr.Dataset],
    output: Path | None,
    threads: int,
    quiet: bool,
) -> xr.Dataset:
    """Run a study of one scenario with its progress shown, and write its result if asked to."""
    from oihsim.commands.progress import Reporter

    _refuse_outputs([output] if output else [], chosen)
    with Reporter(quiet) as reporter:
        ds = study(chosen[0], threads=threads or None, progress=reporter.update, on_failure="keep")
    if output:
        _write(ds, _target(ds, output))
    return ds


def _load(names: list[str], count: int, seed: int) -> list[Scenario]:
    """Load every scenario, or report the problems of all of them at once."""
    from oihsim.scenario import load

    changes: dict[str, Any] = {}
    if count:
        changes["population.count"] = count
    if seed >= 0:
        changes["population.seed"] = seed
    loaded: list[Scenario] = []
    problems: list[Problem] = []
    for name in names:
        try:
            one = load(name)
            loaded.append(one.change(changes) if changes else one)
        except InputError as error:
            problems += error.problems
    if problems:
        raise InputError(problems)
    return loaded


def _refuse_outputs(targets: list[Path], scenarios: list[Scenario]) -> None:
    """Refuse before anything is computed what could not be written afterwards."""
    from oihsim.files.output_files import refusals
    from oihsim.results.plot import FORMATS

    read = {Path(one.name).resolve() for one in scenarios}
    problems: list[Problem] = []
    for k, target in enumerate(targets):
        if target.resolve() in read:
            found = "the scenario file"
            problems.append(Problem(str(target), None, "output", found, "another file"))
        if target.resolve() in {other.resolve() for other in targets[:k]}:
            problems.append(Problem(str(target), None, "figure", "the output file", "another file"))
        problems += refusals(target, *(("figure", FORMATS) if k else ("output", (".nc",))))
    if problems:
        raise InputError(problems)


def _simulate(scenarios: list[Scenario], threads: int, quiet: bool) -> xr.Dataset:
    from oihsim.commands.progress import Reporter
    from oihsim.simulation.simulate import compare as simulate_all

    one = scenarios[0] if len(scenarios) == 1 else scenarios
    with Reporter(quiet) as shown:
        return simulate_all(one, threads=threads or None, progress=shown.update, on_failure="keep")


def _write(ds: xr.Dataset, path: Path) -> None:
    from oihsim.simulation.dataset import write_netcdf

    write_netcdf(ds, path)


def _target(ds: xr.Dataset, path: Path) -> Path:
    """Return where a result goes: beside ``path`` if it is interrupted, so that nothing is lost."""
    from oihsim.engine.solver import INTERRUPTED
    from oihsim.files.output_files import beside

    return beside(path, bool((ds["status"] == INTERRUPTED).any()))


def _draw(ds: xr.Dataset, path: Path) -> bool:
    from oihsim.results import plot

    try:
        plot.save(plot.strategy(ds), path)
    except OihsimError as error:
        typer.echo(f"no figure: {error}", err=True)
        return False
    return True


def _summary(ds: xr.Dataset, path: Path) -> dict[str, Any]:
    status, steps, ledger = ds["status"], ds["steps"], ds["dose_drug"]
    arms = [
        {
            "arm": str(arm),
            "subjects": int(status.sel(scenario=arm).size),
            "finished": int((status.sel(scenario=arm) == 0).sum()),
            "steps_per_subject": float(steps.sel(scenario=arm).mean()),
            "doses_per_subject": int((ledger.sel(scenario=arm) >= 0).sum()) / ledger["id"].size,
        }
        for arm in ds["scenario"].values
    ]
    keys = ("question", "model", "model_hash", "scenario_hash", "seed", "rtol", "caution")
    said = {key: ds.attrs[key] for key in ("breathing",) if key in ds.attrs}
    recipe = {key: _plain(ds.attrs[key]) for key in keys}
    return {"file": str(path), "arms": arms, **recipe, **said}


def _plain(value: Any) -> Any:
    return value.item() if hasattr(value, "item") else value


def _end(ds: xr.Dataset) -> None:
    """Exit with 1 where a subject failed or was not run; what was finished is already written."""
    failures = ds.attrs.get("failures", "")
    if failures:
        raise SimulationError(failures)


def main() -> None:
    """Run the command line; no traceback reaches the user."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            # a screen without a letter of the question shows its number instead
            stream.reconfigure(errors="backslashreplace")
    try:
        app()
    except (InputError, ModelError) as error:
        # a model error here comes from values that a file gives: no such body or drug
        typer.echo(str(error), err=True)
        sys.exit(2)
    except OihsimError as error:
        typer.echo(str(error), err=True)
        sys.exit(1)
    except SystemExit as end:
        if end.code == INTERRUPTED_BY_TYPER:
            typer.echo("interrupted; nothing was written", err=True)
            sys.exit(1)
        raise
    except Exception as error:  # the last guard of the command line
        typer.echo(
            f"internal error: {type(error).__name__}: {error}\n"
            "This is a defect of oihsim; please report it with the command and the file.",
            err=True,
        )
        sys.exit(1)
