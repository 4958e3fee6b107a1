"""The command ``oihsim validate``: studies run as they were done, and what the model gives."""

from __future__ import annotations

from typing import Annotated

import typer

from oihsim.commands.options import AsJson, Figure, Quiet, Threads
from oihsim.commands.terminal import print_page, terminal_width
from oihsim.files.errors import InputError


def validate(
    studies: Annotated[
        list[str] | None,
        typer.Argument(
            help="Studies: shipped names, files or folders.", show_default="all shipped"
        ),
    ] = None,
    subjects: Annotated[int, typer.Option(min=2, help="Virtual subjects per group.")] = 200,
    as_many: Annotated[
        bool,
        typer.Option(
            "--as-many", help="Errors of samples as large as each study: what it could have shown."
        ),
    ] = False,
    figure: Figure = None,
    store: Annotated[
        bool, typer.Option("--store", help="Store the verdicts as the scoreboard of the package.")
    ] = False,
    threads: Threads = None,
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """Run studies as they were done, and judge the model.

    Exit code 1: a null is violated that the stored scoreboard has as respected, or a fit that was
    inside is so no more.
    """
    from oihsim.commands.progress import Reporter
    from oihsim.commands.scenario_runs import output_problems
    from oihsim.commands.validation_text import format_validation, validation_json
    from oihsim.evidence import scoreboard
    from oihsim.evidence.validation import load_studies, validated

    problems = output_problems(None, figure, [])
    try:
        chosen = load_studies(studies)
    except InputError as error:
        raise InputError([*problems, *error.problems]) from None
    if problems:
        raise InputError(problems)
    with Reporter(quiet, "studies") as reporter:

        def report(done: int, total: int, name: str) -> None:
            del name
            reporter.update(done, total)

        validation = validated(chosen, subjects, as_many=as_many, threads=threads, progress=report)
    comparable = not as_many and subjects >= 200
    worse = scoreboard.lost(validation.rows, scoreboard.stored_verdicts()) if comparable else []
    if store:
        scoreboard.store(validation.rows, validation.recipe, validation.not_simulated)
    if as_json:
        typer.echo(validation_json(validation, worse))
    else:
        print_page(format_validation(validation, worse, terminal_width()))
    if figure is not None:
        _draw(validation.rows, figure)
        if not (as_json or quiet):
            print_page(f"written: {figure}")
    if worse and not store:
        raise typer.Exit(1)


def _draw(rows: object, figure: object) -> None:
    from oihsim.evidence.forest_rows import forest_rows
    from oihsim.results.plot import forest, save

    save(forest(forest_rows(rows)), figure)  # type: ignore[arg-type]
