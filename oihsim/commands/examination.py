"""The examination of an installation: versions, cache, compilation, and the model at rest."""

from __future__ import annotations

import os
import platform
import time
from collections.abc import Callable
from importlib.metadata import PackageNotFoundError, version
from typing import Any

import numpy as np

from oihsim.files.caution import CAUTION
from oihsim.files.text_table import folded, unbroken

REQUIRED = ("numpy", "scipy", "numba", "xarray", "pydantic", "ruamel.yaml", "typer", "pint",
            "h5netcdf", "h5py")  # fmt: skip
OPTIONAL = {"matplotlib": "figures: pip install 'oihsim[plot]'",
            "sympy": "formulae as LaTeX: pip install 'oihsim[docs]'"}  # fmt: skip


def examine() -> dict[str, Any]:
    """Return versions, and each check with its outcome and seconds.

    Examples
    --------
    >>> examine()["healthy"]
    True
    """
    checks = [_check(name, examined) for name, examined in _CHECKS.items()]
    return {
        "oihsim": version("oihsim"),
        "python": platform.python_version(),
        "platform": platform.platform(),
        "cores": os.cpu_count(),
        "packages": {name: _version(name) for name in (*REQUIRED, *OPTIONAL)},
        "optional": {name: hint for name, hint in OPTIONAL.items() if _version(name) is None},
        "checks": checks,
        "healthy": all(check["ok"] for check in checks),
        "caution": CAUTION,
    }


def _version(name: str) -> str | None:
    try:
        return version(name)
    except PackageNotFoundError:
        return None


def _check(name: str, examined: Callable[[], str]) -> dict[str, Any]:
    begin = time.perf_counter()
    try:
        finding, ok = examined(), True
    except Exception as error:  # an examination reports every kind of failure
        finding, ok = f"{type(error).__name__}: {error}", False
    seconds = round(time.perf_counter() - begin, 2)
    return {"check": name, "ok": ok, "told": finding, "seconds": seconds}


def _cache() -> str:
    from oihsim.model.generated_module import cache_directory

    folder = cache_directory()
    folder.mkdir(parents=True, exist_ok=True)
    probe = folder / f".probe-{os.getpid()}"
    probe.write_text("")
    probe.unlink()
    return f"{folder} can be written"


def _model() -> str:
    from oihsim.engine.compiled_model import Model

    model = Model.named()
    run = model.run(model.typical(1), [0.0, 24.0])
    if run.status[0] != 0:
        raise RuntimeError("the typical subject without drug did not reach the end")
    drift = float(np.max(np.abs(run.y[0, 1] - model.y0)))
    if drift != 0.0:
        raise RuntimeError(f"without drug the baseline drifts by {drift:g}")
    return f"{model.name} ({model.hash}) compiled or loaded; without drug nothing moves"


def _scenarios() -> str:
    from oihsim.scenario import load, shipped

    names = list(shipped())
    for name in names:
        load(name)
    return f"{len(names)} scenarios, each without an error"


def _drugs() -> str:
    from oihsim.drugs import drug_names, load_drug

    names = drug_names()
    for name in names:
        load_drug(name)
    return f"{len(names)} drugs, each without an error"


_CHECKS: dict[str, Callable[[], str]] = {
    "cache": _cache,
    "model": _model,
    "drugs": _drugs,
    "scenarios": _scenarios,
}


def format_examination(findings: dict[str, Any], width: int | None = None) -> str:
    """Return the findings as text."""
    versions = ", ".join(
        unbroken(f"{name} {version or 'absent'}") for name, version in findings["packages"].items()
    )
    checks = [
        f"{'ok  ' if check['ok'] else 'FAIL'} {check['check']}: {check['told']} "
        f"({check['seconds']:.2f} s)"
        for check in findings["checks"]
    ]
    lines = [
        f"oihsim {findings['oihsim']}, Python {findings['python']}, {findings['platform']}, "
        f"{findings['cores']} cores",
        *folded(f"packages: {versions}", width, hanging="  "),
        *[f"  {name} is absent; {hint}" for name, hint in findings["optional"].items()],
        *checks,
    ]
    return "\n".join([*lines, "", CAUTION])
