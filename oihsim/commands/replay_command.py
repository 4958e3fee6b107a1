"""The command ``oihsim replay``: whether the dose ledger of a result gives its time courses."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from oihsim.commands.options import AsJson, Threads
from oihsim.commands.terminal import print_page
from oihsim.files.caution import cautions
from oihsim.files.errors import InputError, Problem, SimulationError


def replay(
    result: Annotated[Path, typer.Argument(help="A netCDF file of run or compare.")],
    threads: Threads = None,
    as_json: AsJson = False,
) -> None:
    """Replay the dose ledger of a result, and compare.

    The doses are given again as fixed doses; the time courses have to be the same.
    """
    from oihsim.simulation.dataset import open_result
    from oihsim.simulation.ledger_replay import replay as replay_result

    try:
        ds = open_result(result)
    except (OSError, ValueError) as error:
        allowed = "a netCDF file that run or compare wrote"
        content = f"no readable result ({type(error).__name__})"
        raise InputError([Problem(str(result), None, "result", content, allowed)]) from None
    replays = replay_result(ds, threads=threads)
    equal = all(replayed.equal for replayed in replays)
    if as_json:
        arms = [{**vars(replayed), "equal": replayed.equal} for replayed in replays]
        typer.echo(json.dumps({"file": str(result), "equal": equal, "arms": arms}, indent=2))
    else:
        print_page("\n".join([*map(str, replays), cautions(str(ds.attrs.get("breathing", "")))]))
    if not equal:
        raise SimulationError(
            f"{result}: the dose ledger does not give the time courses of the result"
        )
