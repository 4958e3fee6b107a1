"""The command ``oihsim replay``: whether the dose ledger of a result leads to its course."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from oihsim.files.caution import cautions
from oihsim.files.errors import InputError, Problem, SimulationError


def replay(
    result: Annotated[Path, typer.Argument(help="A netCDF file of run or compare.")],
    threads: Annotated[int, typer.Option(min=0, help="Threads; 0 means all cores.")] = 0,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON for machines.")] = False,
) -> None:
    """Give the doses of a result's ledger again as fixed doses, and compare the courses."""
    from oihsim.simulation.dataset import open_result
    from oihsim.simulation.ledger_replay import replay as replay_result

    try:
        ds = open_result(result)
    except (OSError, ValueError) as error:
        allowed = "a netCDF file that run or compare wrote"
        found = f"no result that can be read ({type(error).__name__})"
        raise InputError([Problem(str(result), None, "result", found, allowed)]) from None
    found_again = replay_result(ds, threads=threads or None)
    equal = all(one.equal for one in found_again)
    if as_json:
        arms = [{**vars(one), "equal": one.equal} for one in found_again]
        typer.echo(json.dumps({"file": str(result), "equal": equal, "arms": arms}, indent=2))
    else:
        said = cautions(str(ds.attrs.get("breathing", "")))
        typer.echo("\n".join([*(str(one) for one in found_again), said]))
    if not equal:
        raise SimulationError(
            f"{result}: the dose ledger does not lead to the course of the result"
        )
