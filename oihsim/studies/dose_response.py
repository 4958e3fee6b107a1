"""The dose-pain curve after hours and after months: the same drug, many doses, several horizons."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from oihsim.files.caution import CAUTION
from oihsim.files.yaml import Document
from oihsim.scenario import Scenario, parse
from oihsim.simulation.simulate import Progress, simulate

if TYPE_CHECKING:
    import xarray as xr

DOSES = (0, 10, 20, 40, 60, 80, 120, 160, 240, 320, 450, 600, 800, 1000)
HORIZONS = (0.5, 7.0, 30.0, 60.0)
LIMBS: dict[str, tuple[str, ...]] = {
    "whole model": (),
    "low-gain limb held": ("pkc_gamma", "descending", "microglia"),
    "NMDA receptors held": ("nmda",),
    "dynorphin held": ("dynorphin",),
    "tolerance held": ("adenylyl_cyclase",),
}
"""Panels that show which limb carries the curve, with the mechanisms each holds at baseline."""


def _scenario(
    drug: str, route: str, doses: Sequence[float], days: float, every_h: float,
    population: Mapping[str, Any], held: Sequence[str],
) -> Scenario:  # fmt: skip
    course = {"drug": drug, "route": route, "every": f"{every_h} h", "from": "0 h"}
    arms = {
        f"mg_per_day_{dose:g}".replace(".", "_"): {
            "doses": [{**course, "amount": f"{dose * every_h / 24.0} mg", "until": f"{days} d"}]
            if dose
            else []
        }
        for dose in doses
    }
    return parse(
        Document(
            "dose_pain_curve",
            {
                "schema": "oihsim-scenario/1",
                "question": "Does more opioid mean less pain, on the first day and after weeks?",
                "duration": f"{days} d",
                "output_every": "2 h",
                "population": dict(population),
                "hold": [{"mechanism": name, "from": "0 d"} for name in held],
                "arms": arms,
            },
        )
    )


def dose_pain_curve(
    drug: str = "morphine",
    route: str = "oral_er",
    *,
    doses: Sequence[float] = DOSES,
    horizons_d: Sequence[float] = HORIZONS,
    every_h: float = 12.0,
    population: Mapping[str, Any] | None = None,
    limbs: Mapping[str, Sequence[str]] | None = None,
    threads: int | None = None,
    progress: Progress | None = None,
) -> xr.Dataset:
    """Simulate regular dosing at many daily doses, and take pain at several horizons.

    Parameters
    ----------
    drug, route, every_h : what is given, by which route, and the dosing interval, h
    doses : mg per day, as labelled; 0 is no drug
    horizons_d : days; pain is the mean over the dosing interval that ends there
    population : as in a scenario file; the typical chronic-pain subject by default
    limbs : panel -> mechanisms held at baseline from the start; the whole model only by default,
        :data:`LIMBS` for the attribution
    threads, progress : as for :func:`oihsim.simulate`; progress runs anew for each panel

    Returns
    -------
    xarray.Dataset
        ``pain``, the median over subjects, and ``tolerance_index``, ``hyperalgesia_index`` (at the
        horizon), dims ``limb, dose_mg_per_day, horizon_h``

    Raises
    ------
    InputError : a drug, route or mechanism is not known, or a dose is negative

    Examples
    --------
    >>> curve = dose_pain_curve(doses=[0, 60], horizons_d=[0.5])
    >>> bool(curve.pain[0, 1, 0] < curve.pain[0, 0, 0])
    True
    """
    import xarray as xr

    who = population or {"of": "chronic_pain", "count": 1, "typical": True}
    panels = []
    chosen = limbs or {"whole model": ()}
    for held in chosen.values():
        scenario = _scenario(drug, route, doses, max(horizons_d), every_h, who, held)
        ds = simulate(scenario, threads=threads, progress=progress)
        reads = []
        for day in horizons_d:
            end = 24.0 * day
            window = ds.sel(time=slice(end - every_h, end))
            middle = window.pain.mean("time").median(["draw", "id"])
            last = ds.sel(time=end)[["tolerance_index", "hyperalgesia_index"]]
            reads.append(last.median(["draw", "id"], keep_attrs=True).assign(pain=middle))
        panels.append(xr.concat(reads, xr.Variable("horizon_h", [24.0 * d for d in horizons_d])))
    curve = xr.concat(panels, xr.Variable("limb", list(chosen)))
    curve = curve.rename(scenario="dose_mg_per_day").assign_coords(
        dose_mg_per_day=("dose_mg_per_day", [float(dose) for dose in doses], {"units": "mg/day"})
    )
    curve["pain"].attrs = {"units": "1", "long_name": "median pain over a dosing interval, 0 to 10"}
    curve["horizon_h"].attrs = {"units": "h", "long_name": "time since the first dose"}
    curve.attrs = {"drug": drug, "question": scenario.question, "caution": CAUTION,
                   "model_hash": ds.attrs["model_hash"]}  # fmt: skip
    return curve.drop_vars("time", errors="ignore").transpose(
        "limb", "dose_mg_per_day", "horizon_h"
    )
