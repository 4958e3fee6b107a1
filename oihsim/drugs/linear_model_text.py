"""A linear model of event records in words: its parts, and the data columns that it needs."""

from __future__ import annotations

from typing import Any

from oihsim.drugs.linear_model import LinearModel, Part
from oihsim.files.caution import CAUTION
from oihsim.files.text_table import Column, table_lines
from oihsim.kinetics.covariates import COVARIATES

FILL_WORDS = {
    "locf": "last value carried forward (locf)",
    "nocb": "next value carried backward (nocb)",
    None: "none given: a column may not vary or have gaps within an ID",
}


def model_data(model: LinearModel) -> dict[str, Any]:
    """Return a model as plain data.

    Examples
    --------
    >>> from oihsim.drugs.linear_model_file import read_linear_model
    >>> model_data(read_linear_model("naltrexone"))["compartments"][0]["name"]
    'gut'
    """
    return {
        "name": model.name,
        "kind": model.kind,
        "units": {"time": model.time_unit, "amount": model.amount_unit},
        "parameters": dict(model.parameters),
        "derived": {symbol: formula.text for symbol, formula in model.derived.items()},
        "compartments": [
            {
                "number": number,
                "name": name,
                "volume": None if volume is None else volume.text,
                **_entering(model.inputs[name], name),
            }
            for number, (name, volume) in enumerate(model.volumes.items(), start=1)
        ],
        "routes": {
            name: [{"into": part.into, **_part(part)} for part in parts]
            for name, parts in model.inputs.items()
            if name not in model.volumes
        },
        "flows": [
            {"from": flow.origin, "to": flow.target, "rate": flow.rate.text} for flow in model.flows
        ],
        "effect_sites": [
            {"ligand": site.ligand, "plasma": site.plasma, "ke0": site.ke0.text}
            for site in model.sites
        ],
        "default_compartment": model.default,
        "covariate_fill": model.fill,
        "data_columns": sorted(model.reads()),
        "caution": CAUTION,
    }


def _part(part: Part) -> dict[str, str]:
    formulas = {"F": part.F, "lag": part.lag, "rate": part.rate, "duration": part.duration}
    texts = {key: formula.text for key, formula in formulas.items() if formula is not None}
    if part.always and part.duration is None:
        texts["duration"] = "that of the dose"
    return texts


def _entering(parts: tuple[Part, ...], name: str) -> dict[str, str]:
    """Return how a dose into a compartment enters; a route may have taken its name."""
    return _part(parts[0]) if len(parts) == 1 and parts[0].into == name else {}


def model_text(model: LinearModel, width: int | None = None) -> str:
    """Return a model as text: compartments by number, flows, parameters, and what it needs.

    Examples
    --------
    >>> from oihsim.drugs.linear_model_file import read_linear_model
    >>> print(model_text(read_linear_model("naltrexone")).splitlines()[0])
    naltrexone: a linear model for event records
    """
    data = model_data(model)
    columns = [_column(name) for name in data["data_columns"]]
    lines = [
        f"{model.name}: a linear model for event records",
        f"TIME, II and DUR in {model.time_unit}, AMT in {model.amount_unit}",
        f"data columns that it needs: {', '.join(columns) or 'none'}",
        "columns that replace a parameter: any of the same name",
        f"covariates: {FILL_WORDS[model.fill]}",
        "compartments (CMT by number or name; F, lag, RATE -1, RATE -2)",
        *table_lines(
            [Column("")] * 4,
            [
                (
                    str(compartment["number"]),
                    compartment["name"],
                    f"volume {compartment['volume']}" if compartment["volume"] else "",
                    _words(compartment),
                )
                for compartment in data["compartments"]
            ],
            width,
        ),
    ]
    if data["routes"]:
        lines += ["routes (by name in CMT)"]
        lines += table_lines(
            [Column("")] * 3,
            [
                (name, f"into {part['into']}", _words(part))
                for name, parts in data["routes"].items()
                for part in parts
            ],
            width,
        )
    lines += [
        f"a dose without CMT goes to: {model.default}",
        "flows (rate of what is in the first compartment)",
        *[f"  {flow['from']} -> {flow['to']}: {flow['rate']}" for flow in data["flows"]],
    ]
    if data["effect_sites"]:
        lines += ["effect sites"]
        lines += [
            f"  {s['ligand']} behind {s['plasma']}: ke0 {s['ke0']}" for s in data["effect_sites"]
        ]
    lines += ["parameters", *[f"  {k} = {value:.6g}" for k, value in model.parameters.items()]]
    if data["derived"]:
        lines += ["derived", *[f"  {k} = {text}" for k, text in data["derived"].items()]]
    return "\n".join([*lines, "", CAUTION])


def _column(name: str) -> str:
    covariate = COVARIATES.get(name)
    return name if covariate is None else f"{name} ({covariate.meaning}, {covariate.unit})"


def _words(entry: dict[str, Any]) -> str:
    """Return how a dose enters, in words; F 1 and no lag are left out."""
    plain = {"F": ("1", "1.0"), "lag": ("0", "0.0")}
    return ", ".join(
        f"{key} {entry[key]}"
        for key in ("F", "lag", "rate", "duration")
        if entry.get(key) is not None and entry[key] not in plain.get(key, ())
    )
