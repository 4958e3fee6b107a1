"""What the commands share that simulate scenarios: reading, refusing, running, writing."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from oihsim.files.errors import InputError, OihsimError, Problem, SimulationError

if TYPE_CHECKING:
    import xarray as xr

    from oihsim.scenario import Scenario


def population_changes(count: int | None, seed: int | None) -> dict[str, Any]:
    """Return the changes of a scenario that --count and --seed ask for.

    Examples
    --------
    >>> population_changes(20, None)
    {'population.count': 20}
    """
    changes = {"population.count": count, "population.seed": seed}
    return {address: value for address, value in changes.items() if value is not None}


def loaded(names: Sequence[str], count: int | None, seed: int | None) -> list[Scenario]:
    """Load every scenario, or report the problems of all of them at once."""
    from oihsim.scenario import load

    changes = population_changes(count, seed)
    scenarios: list[Scenario] = []
    problems: list[Problem] = []
    for name in names:
        try:
            scenario = load(name)
            scenarios.append(scenario.change(changes) if changes else scenario)
        except InputError as error:
            problems += error.problems
    if problems:
        raise InputError(problems)
    return scenarios


def refuse_outputs(
    output: Path | None, scenarios: Sequence[Scenario], figure: Path | None = None
) -> None:
    """Refuse, before anything is computed, files that could not be written afterwards."""
    problems = output_problems(output, figure, [Path(scenario.name) for scenario in scenarios])
    if problems:
        raise InputError(problems)


def output_problems(
    output: Path | None, figure: Path | None, inputs: Sequence[Path]
) -> list[Problem]:
    """Return what keeps a result or its figure from being written."""
    from oihsim.files.output_files import refusals
    from oihsim.results.plot import FORMATS

    problems = []
    read = {path.resolve() for path in inputs}
    if output and figure and output.resolve() == figure.resolve():
        problems.append(Problem(str(figure), None, "figure", "the output file", "another file"))
    for field, path, endings in (("output", output, (".nc",)), ("figure", figure, tuple(FORMATS))):
        if path is None:
            continue
        if path.resolve() in read:
            problems.append(Problem(str(path), None, field, "the scenario file", "another file"))
        problems += refusals(path, field, endings)
    return problems


def simulated(scenarios: list[Scenario], threads: int | None, quiet: bool) -> xr.Dataset:
    """Simulate one or several scenarios with progress shown."""
    from oihsim.commands.progress import Reporter
    from oihsim.simulation.simulate import compare

    chosen = scenarios[0] if len(scenarios) == 1 else scenarios
    with Reporter(quiet) as reporter:
        return compare(chosen, threads=threads, progress=reporter.update, on_failure="keep")


def studied(
    study: Callable[..., xr.Dataset],
    scenario: Scenario,
    output: Path | None,
    threads: int | None,
    quiet: bool,
) -> xr.Dataset:
    """Run a study of one scenario with progress shown; write its result if a file is named."""
    from oihsim.commands.progress import Reporter

    refuse_outputs(output, [scenario])
    with Reporter(quiet) as reporter:
        ds = study(scenario, threads=threads, progress=reporter.update, on_failure="keep")
    if output:
        write(ds, target(ds, output))
    return ds


def write(ds: xr.Dataset, path: Path) -> None:
    """Write a result as netCDF."""
    from oihsim.simulation.dataset import write_netcdf

    write_netcdf(ds, path)


def target(ds: xr.Dataset, path: Path) -> Path:
    """Return where a result goes: beside ``path`` if it is interrupted, so that nothing is lost."""
    from oihsim.engine.solver import INTERRUPTED
    from oihsim.files.output_files import beside

    return beside(path, bool((ds["status"] == INTERRUPTED).any()))


def drawn(draw: Callable[[], Any], path: Path) -> bool:
    """Write a figure; say on standard error why there is none, and return whether there is."""
    from oihsim.results import plot

    try:
        plot.save(draw(), path)
    except OihsimError as error:
        typer.echo(f"no figure: {error}", err=True)
        return False
    return True


def end(ds: xr.Dataset) -> None:
    """Exit with 1 where a subject failed or was not run; what was finished is already written."""
    failures = ds.attrs.get("failures", "")
    if failures:
        raise SimulationError(failures)
