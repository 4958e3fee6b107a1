"""The command ``oihsim list``: names and meanings of what is shipped."""

from __future__ import annotations

from typing import Annotated

import typer

from oihsim.commands.number_text import json_text
from oihsim.commands.options import AsJson
from oihsim.commands.terminal import print_page, terminal_width
from oihsim.files.caution import CAUTION


def list_names(
    kind: Annotated[
        str | None,
        typer.Argument(metavar="[KIND]", help="One kind only.", show_default="all kinds"),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """List shipped scenarios, drugs, mechanisms and the rest.

    Kinds: scenarios, sweeps, drugs, populations, models, mechanisms, switches, tests, endpoints.
    """
    from oihsim.commands.catalogue import catalogue, format_catalogue

    rows = catalogue(kind or "")
    if as_json:
        typer.echo(json_text({**rows, "caution": CAUTION}))
    else:
        print_page(format_catalogue(rows, terminal_width()))
