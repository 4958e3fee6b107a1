"""The command ``oihsim events``: run or simulate an event table, show expanded records."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from oihsim.commands.options import Count, Seed, Threads
from oihsim.commands.scenario_runs import population_changes
from oihsim.commands.terminal import print_page, terminal_width
from oihsim.files.caution import CAUTION

events_app = typer.Typer(
    help=f"Simulate event records (ID TIME EVID AMT ...). {CAUTION}",
    no_args_is_help=True,
    rich_markup_mode=None,
)

Text = str | None
Fill = Annotated[
    Text,
    typer.Option("--covariate-fill", help="locf or nocb.", show_default="as the model's file says"),
]
What = Annotated[
    Text, typer.Option(help="Columns to write, with commas between them.", show_default="all")
]
Target = Annotated[Path, typer.Option("--output", "-o", help="CSV or netCDF file to write.")]
Observe = Annotated[str, typer.Option(help="Observation at the time of a dose: file, post or pre.")]
Order = Annotated[
    str, typer.Option(help="Order at one time: classes, or record for the order of the file.")
]


@events_app.command(
    "run", epilog="\b\nExample: oihsim events run morphine records.csv -o concentrations.csv"
)
def run(
    model: Annotated[str, typer.Argument(help="A model or drug file, or the name of a drug.")],
    data: Annotated[Path, typer.Argument(help="Event records, a CSV file.")],
    output: Annotated[Path, typer.Option("--output", "-o", help="CSV file to write.")],
    what: What = None,
    covariate_fill: Fill = None,
    observe: Observe = "file",
    order: Order = "classes",
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="No summary.")] = False,
) -> None:
    """Run a linear model over event records.

    Writes ID, TIME and columns for every observation.
    """
    from oihsim.events.linear_run import run_events
    from oihsim.files.errors import InputError, Problem
    from oihsim.files.yaml import refuse_unwritable

    if output.resolve() in {data.resolve(), Path(model).resolve()}:
        raise InputError([Problem(str(output), None, "output", "a file to read", "another file")])
    refuse_unwritable(output)
    names = [word.strip() for word in (what or "").split(",") if word.strip()]
    result = run_events(
        model, data, names or None, fill=covariate_fill or None, observe=observe, order=order
    )
    beside = result.write(output)
    if not quiet:
        attrs = result.attrs
        print_page(
            f"{attrs['subjects']} subjects, {len(result.time)} observations\n"
            f"at one time: {attrs['order_at_one_time']}\n"
            f"covariates: {attrs['covariate_fill']}\n"
            f"written: {output}, {beside.name}\n{CAUTION}"
        )


@events_app.command(
    "simulate", epilog="\b\nExample: oihsim events simulate morphine_month records.csv -o pain.csv"
)
def simulate(
    scenario: Annotated[str, typer.Argument(help="A scenario file or the name of a shipped one.")],
    data: Annotated[Path, typer.Argument(help="Event records with CMT drug.route, a CSV file.")],
    output: Target,
    arm: Annotated[
        Text,
        typer.Option(help="Arm with parameters and holds.", show_default="the reference arm"),
    ] = None,
    what: What = None,
    observe: Observe = "file",
    order: Order = "classes",
    count: Count = None,
    seed: Seed = None,
    residual: Annotated[
        float | None,
        typer.Option(min=0, help="SS=1: largest change over a steady period.", show_default="1e-5"),
    ] = None,
    most_maps: Annotated[
        int | None, typer.Option(min=1, help="SS=1: periods tried, at most.", show_default="200")
    ] = None,
    threads: Threads = None,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="No summary.")] = False,
) -> None:
    """Simulate a scenario's subjects under an event table.

    Writes ID, TIME and outputs for every observation.
    """
    from oihsim.events.body_run import simulate_events
    from oihsim.files.errors import InputError, Problem
    from oihsim.files.yaml import refuse_unwritable
    from oihsim.scenario import load
    from oihsim.treatment.doses.steady_past import MOST_MAPS, RESIDUAL

    if output.resolve() in {data.resolve(), Path(scenario).resolve()}:
        raise InputError([Problem(str(output), None, "output", "a file to read", "another file")])
    refuse_unwritable(output)
    changes = population_changes(count, seed)
    chosen = load(scenario).change(changes) if changes else load(scenario)
    names = [word.strip() for word in (what or "").split(",") if word.strip()]
    result = simulate_events(
        chosen, data, names or None, arm=arm or None,
        observe=observe, order=order, residual=residual or RESIDUAL,
        most_maps=most_maps or MOST_MAPS, threads=threads,
    )  # fmt: skip
    beside = result.write(output)
    if not quiet:
        attrs = result.attrs
        unused = attrs["columns_not_used"]
        print_page(
            f"{len(set(result.subject))} subjects, {len(result.time)} observations, "
            f"arm {attrs['arm']}\n"
            f"at one time: {attrs['order_at_one_time']}\n"
            + (f"columns not used: {unused}\n" if unused else "")
            + f"written: {output}{f', {beside.name}' if beside else ''}\n{CAUTION}"
        )


@events_app.command("show", epilog="\b\nExample: oihsim events show morphine_month")
def show(
    what: Annotated[str, typer.Argument(help="A CSV file, a scenario, or a regimen in one line.")],
    model: Annotated[
        Text,
        typer.Option(
            help="For a CSV file: a model whose F, lag and rates apply.", show_default=False
        ),
    ] = None,
    covariate_fill: Fill = None,
    observe: Observe = "file",
    order: Order = "classes",
    duration: Annotated[
        Text,
        typer.Option(help="End of a regimen that names none: '90 d'.", show_default=False),
    ] = None,
) -> None:
    """Print all doses of event records, a scenario or a regimen."""
    if what.lower().endswith(".csv"):
        from oihsim.drugs.linear_model_file import read_linear_model
        from oihsim.events.event_table import EventTable, read_table
        from oihsim.events.expand import expand
        from oihsim.events.listing import bare_model, listing
        from oihsim.events.match import matched

        data: str | EventTable = what if model else read_table(what)
        linear = (
            bare_model(data) if isinstance(data, EventTable) else read_linear_model(model or "")
        )
        events = expand(matched(data, linear, covariate_fill or None), observe, order)
        print_page(listing(events, terminal_width()))
    elif " " in what.strip() and not Path(what).is_file():
        from oihsim.events.listing import arms_listing
        from oihsim.treatment.arm import Arm
        from oihsim.treatment.regimens.regimen import regimen

        line = regimen(what, duration=duration or None)
        arms, width = [Arm("regimen", line.shown)], terminal_width()
        print_page(arms_listing(arms, what, remark=line.open_text, width=width))
    else:
        from oihsim.events.listing import arms_listing
        from oihsim.scenario import load

        scenario = load(what)
        arms, rules = list(scenario.arms.values()), scenario.rules_text
        print_page(arms_listing(arms, what, rules=rules, width=terminal_width()))
