"""The command ``oihsim sweep``: a scenario at many points, chunk by chunk into a zarr store."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from oihsim.files.caution import closed
from oihsim.files.errors import SimulationError

if TYPE_CHECKING:
    import xarray as xr

WIDTH = 92
MOST_LISTED = 20
"""Failed points that are told one by one; the rest are counted."""


def sweep(
    file: Annotated[Path, typer.Argument(help="A sweep file.")],
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", help="zarr store to write; the file's name if left out."),
    ] = None,
    resume: Annotated[
        bool, typer.Option("--resume", help="Go on with a store that is there.")
    ] = False,
    scheduler: Annotated[
        str, typer.Option(help="A Dask scheduler, such as tcp://10.0.0.1:8786.")
    ] = "",
    chunk: Annotated[
        int, typer.Option(min=0, help="Runs that are written together; 0: as fits.")
    ] = 0,
    estimate: Annotated[
        bool, typer.Option("--estimate", help="Say what it would take, and stop.")
    ] = False,
    threads: Annotated[int, typer.Option(min=0, help="Threads; 0 means all cores.")] = 0,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON for machines.")] = False,
    quiet: Annotated[
        bool, typer.Option("--quiet", "-q", help="No estimate, no progress, no summary.")
    ] = False,
) -> None:
    """Simulate a scenario at many points, for many subjects and draws of the parameters.

    Ctrl-C keeps what is finished; the same command with --resume goes on with it.
    """
    from oihsim.commands.progress import Reporter
    from oihsim.studies.sweeps.run_sweep import forecast
    from oihsim.studies.sweeps.run_sweep import sweep as run_sweep
    from oihsim.studies.sweeps.sweep_file import read_sweep

    asked = read_sweep(file)
    if chunk:
        asked = asked.cut(chunk)
    if estimate:
        typer.echo(str(forecast(asked, threads=threads or None)))
        return
    path = output or Path(f"{file.stem}.zarr")
    with Reporter(quiet) as reporter:
        ds = run_sweep(
            asked, path, resume=resume, threads=threads or None, scheduler=scheduler or None,
            progress=reporter.update, on_estimate=lambda one: reporter.say(str(one)),
        )  # fmt: skip
    found = summary(ds, path)
    if as_json:
        typer.echo(json.dumps(found, indent=2))
    elif not quiet:
        typer.echo(told(found))
    if found["failures"] or found["not_run"]:
        raise SimulationError("\n".join([*found["failures"], *_unfinished(found)]))


def summary(ds: xr.Dataset, path: Path) -> dict[str, Any]:
    """Return what became of a sweep, counted in runs of one subject in one arm.

    The status is read chunk by chunk, so that a large store needs little memory.
    """
    from oihsim.engine.solver import INTERRUPTED

    status = ds["status"]
    runs = int(status.size)
    finished, waiting = int((status == 0).sum()), int((status == INTERRUPTED).sum())
    keys = ("question", "model", "model_hash", "scenario_hash", "sweep_hash", "breathing",
            "caution")  # fmt: skip
    return {
        "file": str(path),
        "sizes": {str(name): int(size) for name, size in status.sizes.items()},
        "runs": runs,
        "finished": finished,
        "failed": runs - finished - waiting,
        "not_run": waiting,
        "failures": _failures(ds),
        **{key: ds.attrs[key] for key in keys if key in ds.attrs},
    }


def told(found: dict[str, Any]) -> str:
    """Return the summary as text, cautions at the foot."""
    sizes = ", ".join(f"{name} {size}" for name, size in found["sizes"].items())
    lines = [
        f"{found['finished']:,} of {found['runs']:,} runs of one subject in one arm ({sizes})",
        f"written: {found['file']}",
    ]
    notes = []
    if found["failed"]:
        notes.append(
            f"{found['failed']:,} runs failed; they are there as NaN, with status and reason."
        )
    return closed(lines, notes, str(found.get("breathing", "")), WIDTH)


def _unfinished(found: dict[str, Any]) -> list[str]:
    if not found["not_run"]:
        return []
    return [
        f"interrupted: {found['not_run']:,} of {found['runs']:,} runs are not done; "
        f"what is finished is in {found['file']}, and --resume goes on with it"
    ]


def _failures(ds: xr.Dataset) -> list[str]:
    """Return one line for each of the first points that failed, and the number of the rest."""
    import numpy as np

    reasons = ds["reason"]
    lines: list[str] = []
    failed = np.argwhere((reasons != "").values)
    for index in failed[:MOST_LISTED]:
        one = reasons.isel(dict(zip(reasons.dims, index.tolist(), strict=True)))
        where = ", ".join(
            f"{name} {coordinate.item()}"
            for name, coordinate in one.coords.items()
            if coordinate.ndim == 0 and name != "block"
        )
        lines.append(f"{where}: {'; '.join(str(one.values).splitlines())}")
    if len(failed) > MOST_LISTED:
        lines.append(f"and {len(failed) - MOST_LISTED} more points")
    return lines
