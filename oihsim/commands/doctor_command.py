"""The command ``oihsim doctor``: whether the installation works."""

from __future__ import annotations

import json

import typer

from oihsim.commands.options import AsJson
from oihsim.commands.terminal import print_page, terminal_width


def doctor(as_json: AsJson = False) -> None:
    """Check the installation.

    Versions, cache, compilation, shipped files, and the model at rest without drug.
    """
    from oihsim.commands.examination import examine, format_examination

    findings = examine()
    if as_json:
        typer.echo(json.dumps(findings, indent=2))
    else:
        print_page(format_examination(findings, terminal_width()))
    if not findings["healthy"]:
        raise typer.Exit(1)
