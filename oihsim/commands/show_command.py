"""The command ``oihsim show``: one scenario, drug, mechanism or the like."""

from __future__ import annotations

from typing import Annotated

import typer

from oihsim.commands.number_text import json_text
from oihsim.commands.options import AsJson
from oihsim.commands.terminal import print_page, terminal_width


def show(
    name: Annotated[
        str, typer.Argument(help="A scenario, sweep, drug, population, mechanism, test or file.")
    ],
    as_json: AsJson = False,
    latex: Annotated[
        bool, typer.Option("--latex", help="Formulae of a mechanism as LaTeX.")
    ] = False,
) -> None:
    """Show a scenario, drug or mechanism with all its numbers.

    A scenario is shown with all its doses, a mechanism with its equations.
    """
    from oihsim.commands.description import describe

    description = describe(name, latex=latex, width=terminal_width())
    if as_json:
        typer.echo(json_text(description.data))
    elif latex:
        typer.echo(description.text)
    else:
        print_page(description.text)
