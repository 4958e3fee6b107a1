"""The command ``oihsim run``: one scenario, simulated and written."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from oihsim.commands import scenario_runs
from oihsim.commands.number_text import recipe_of
from oihsim.commands.options import AsJson, Count, Output, Quiet, ScenarioName, Seed, Threads
from oihsim.commands.terminal import print_page
from oihsim.files.caution import cautions

if TYPE_CHECKING:
    import xarray as xr

RECIPE = ("question", "model", "model_hash", "scenario_hash", "seed", "rtol", "caution")


def run(
    scenario: ScenarioName,
    output: Output = None,
    count: Count = None,
    seed: Seed = None,
    threads: Threads = None,
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """Simulate a scenario and write its result as netCDF."""
    chosen = scenario_runs.loaded([scenario], count, seed)
    path = output or Path(f"{Path(chosen[0].name).stem}.nc")
    scenario_runs.refuse_outputs(path, chosen)
    ds = scenario_runs.simulated(chosen, threads, quiet)
    path = scenario_runs.target(ds, path)
    scenario_runs.write(ds, path)
    summary = _summary(ds, path)
    if as_json:
        typer.echo(json.dumps(summary, indent=2))
    elif not quiet:
        lines = [
            f"{arm['arm']}: {arm['finished']} of {arm['subjects']} subjects, "
            f"{arm['steps_per_subject']:.0f} steps and {arm['doses_per_subject']:g} doses each"
            for arm in summary["arms"]
        ]
        caution = cautions(summary.get("breathing", ""))
        print_page("\n".join([*lines, f"written: {path}", caution]))
    scenario_runs.end(ds)


def _summary(ds: xr.Dataset, path: Path) -> dict[str, Any]:
    status, steps, ledger = ds["status"], ds["steps"], ds["dose_drug"]
    arms = [
        {
            "arm": str(arm),
            "subjects": int(status.sel(scenario=arm).size),
            "finished": int((status.sel(scenario=arm) == 0).sum()),
            "steps_per_subject": float(steps.sel(scenario=arm).mean()),
            "doses_per_subject": int((ledger.sel(scenario=arm) >= 0).sum()) / ledger["id"].size,
        }
        for arm in ds["scenario"].values
    ]
    return {"file": str(path), "arms": arms, **recipe_of(ds.attrs, (*RECIPE, "breathing"))}
