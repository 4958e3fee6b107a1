"""The command ``oihsim regimen``: a regimen in one line, as doses."""

from __future__ import annotations

import json
from typing import Annotated

import typer

from oihsim.commands.options import AsJson
from oihsim.commands.terminal import print_page, terminal_width


def regimen(
    text: Annotated[str, typer.Argument(help="Such as 'morphine 30 mg PO q12h x 28 d'.")],
    duration: Annotated[
        str | None, typer.Option(help="End of a line that names none: '90 d'.", show_default=False)
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Read a regimen in one line and print all its doses."""
    from oihsim.treatment.regimens.regimen import regimen as read_regimen

    line = read_regimen(text, duration=duration or None)
    if as_json:
        typer.echo(json.dumps(line.as_json(), indent=2))
    else:
        print_page(line.table(terminal_width()))
