"""The command ``oihsim schema``: the JSON Schema of scenario files."""

from __future__ import annotations

import json

import typer


def schema() -> None:
    """Print the JSON Schema of scenario files.

    With it, an editor completes and checks them.
    """
    from oihsim.scenario import json_schema

    typer.echo(json.dumps(json_schema(), indent=2))
