"""The command ``oihsim check``: every problem of a file, with its line."""

from __future__ import annotations

import json
from typing import Annotated, Any

import typer

from oihsim.commands.options import AsJson
from oihsim.commands.terminal import print_page
from oihsim.files.errors import InputError, Problem


def check(
    files: Annotated[list[str], typer.Argument(help="Scenario, drug or model files, or names.")],
    as_json: AsJson = False,
) -> None:
    """Check files and name every problem with its line.

    Nothing is computed.
    """
    from oihsim.commands.description import check_file

    problems: list[Problem] = []
    report: list[dict[str, Any]] = []
    for file in files:
        try:
            report.append({"file": file, "ok": True, "is": check_file(file), "problems": []})
        except InputError as error:
            problems += error.problems
            listed = [problem.as_data() for problem in error.problems]
            report.append({"file": file, "ok": False, "is": None, "problems": listed})
    if as_json:
        typer.echo(json.dumps(report, indent=2))
        if problems:
            raise typer.Exit(2)
        return
    for entry in report:
        if entry["ok"]:
            print_page(f"{entry['file']}: ok, {entry['is']}")
    if problems:
        raise InputError(problems)
