"""The command ``oihsim events``: run or simulate an event table, show expanded records."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from oihsim.files.caution import CAUTION

events_app = typer.Typer(
    help=f"Event records (ID TIME EVID AMT ...) and linear models. {CAUTION}",
    no_args_is_help=True,
    rich_markup_mode=None,
)

Fill = Annotated[
    str, typer.Option("--covariate-fill", help="locf or nocb; as the model's file says if empty.")
]
Observe = Annotated[str, typer.Option(help="Observation at the time of a dose: file, post or pre.")]
Order = Annotated[
    str, typer.Option(help="classes, or record for records in file order whatever they are.")
]


@events_app.command("run")
def run(
    model: Annotated[str, typer.Argument(help="A model or drug file, or the name of a drug.")],
    data: Annotated[Path, typer.Argument(help="Event records, a CSV file.")],
    output: Annotated[Path, typer.Option("--output", "-o", help="CSV file to write.")],
    what: Annotated[
        str, typer.Option(help="Columns to write, with commas between them; all if empty.")
    ] = "",
    covariate_fill: Fill = "",
    observe: Observe = "file",
    order: Order = "classes",
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="No summary.")] = False,
) -> None:
    """Run a linear model over event records; write ID, TIME and columns for every observation."""
    from oihsim.events.linear_run import run_events
    from oihsim.files.errors import InputError, Problem
    from oihsim.files.yaml import refuse_unwritable

    if output.resolve() in {data.resolve(), Path(model).resolve()}:
        raise InputError([Problem(str(output), None, "output", "a file to read", "another file")])
    refuse_unwritable(output)
    names = [word.strip() for word in what.split(",") if word.strip()]
    result = run_events(
        model, data, names or None, fill=covariate_fill or None, observe=observe, order=order
    )
    beside = result.write(output)
    if not quiet:
        attrs = result.attrs
        typer.echo(
            f"{attrs['subjects']} subjects, {len(result.time)} observations\n"
            f"at one time: {attrs['order_at_one_time']}\n"
            f"covariates: {attrs['covariate_fill']}\n"
            f"written: {output}, {beside.name}\n{CAUTION}"
        )


@events_app.command("simulate")
def simulate(
    scenario: Annotated[str, typer.Argument(help="A scenario file or the name of a shipped one.")],
    data: Annotated[Path, typer.Argument(help="Event records with CMT drug.route, a CSV file.")],
    output: Annotated[Path, typer.Option("--output", "-o", help="CSV or netCDF file to write.")],
    arm: Annotated[str, typer.Option(help="Arm with parameters and holds; the reference.")] = "",
    what: Annotated[
        str, typer.Option(help="Columns to write, with commas between; all outputs if empty.")
    ] = "",
    observe: Observe = "file",
    order: Order = "classes",
    count: Annotated[int, typer.Option(min=0, help="Subjects; 0: as the scenario says.")] = 0,
    seed: Annotated[int, typer.Option(min=-1, help="Seed; -1: as the scenario says.")] = -1,
    residual: Annotated[
        float,
        typer.Option(min=0, help="SS=1: largest change over a period that is none; 0: 1e-5."),
    ] = 0.0,
    most_maps: Annotated[int, typer.Option(min=0, help="SS=1: periods tried; 0: 200.")] = 0,
    threads: Annotated[int, typer.Option(min=0, help="Threads; 0 means all cores.")] = 0,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="No summary.")] = False,
) -> None:
    """Simulate a scenario's subjects under an event table; write what every observation reads."""
    from oihsim.events.body_run import simulate_events
    from oihsim.files.errors import InputError, Problem
    from oihsim.files.yaml import refuse_unwritable
    from oihsim.scenario import load
    from oihsim.treatment.doses.steady_past import MOST_MAPS, RESIDUAL

    if output.resolve() in {data.resolve(), Path(scenario).resolve()}:
        raise InputError([Problem(str(output), None, "output", "a file to read", "another file")])
    refuse_unwritable(output)
    changes = {"population.count": count} if count else {}
    changes |= {"population.seed": seed} if seed >= 0 else {}
    one = load(scenario)
    names = [word.strip() for word in what.split(",") if word.strip()]
    result = simulate_events(
        one.change(changes) if changes else one, data, names or None, arm=arm or None,
        observe=observe, order=order, residual=residual or RESIDUAL,
        most_maps=most_maps or MOST_MAPS, threads=threads or None,
    )  # fmt: skip
    beside = result.write(output)
    if not quiet:
        attrs = result.attrs
        unused = attrs["columns_not_used"]
        typer.echo(
            f"{len(set(result.subject))} subjects, {len(result.time)} observations, "
            f"arm {attrs['arm']}\n"
            f"at one time: {attrs['order_at_one_time']}\n"
            + (f"columns not used: {unused}\n" if unused else "")
            + f"written: {output}{f', {beside.name}' if beside else ''}\n{CAUTION}"
        )


@events_app.command("show")
def show(
    what: Annotated[str, typer.Argument(help="A CSV file, a scenario, or a regimen in one line.")],
    model: Annotated[
        str, typer.Option(help="For a CSV file: with F, lag and rates of this model.")
    ] = "",
    covariate_fill: Fill = "",
    observe: Observe = "file",
    order: Order = "classes",
    duration: Annotated[str, typer.Option(help="End of a regimen that says none: '90 d'.")] = "",
) -> None:
    """Print every dose that event records, a scenario or a regimen stand for."""
    if what.lower().endswith(".csv"):
        from oihsim.drugs.linear_model_file import read_linear_model
        from oihsim.events.event_table import Table, read_table
        from oihsim.events.expand import expand
        from oihsim.events.listing import bare_model, listing
        from oihsim.events.match import matched

        data: str | Table = what if model else read_table(what)
        one = bare_model(data) if isinstance(data, Table) else read_linear_model(model)
        typer.echo(listing(expand(matched(data, one, covariate_fill or None), observe, order)))
    elif " " in what.strip() and not Path(what).is_file():
        from oihsim.events.listing import arms_listing
        from oihsim.treatment.arm import Arm
        from oihsim.treatment.regimens.regimen import regimen

        found = regimen(what, duration=duration or None)
        typer.echo(arms_listing([Arm("regimen", found.shown)], what, remark=found.open_text))
    else:
        from oihsim.events.listing import arms_listing
        from oihsim.scenario import load

        scenario = load(what)
        typer.echo(arms_listing(scenario.arms.values(), what, rules=scenario.rules_text))
