"""What a stored time was measured on: processor, versions, load, commit."""

from __future__ import annotations

import json
import os
import platform
import resource
import statistics
import subprocess
import sys
from collections.abc import Sequence
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from llvmlite.binding import get_host_cpu_features, get_host_cpu_name

ROOT = Path(__file__).parent.parent
RESULTS = Path(__file__).parent / "results"


def processor() -> str:
    """Return the model of the processor, as far as the system tells, and its vectors.

    Some systems give a family of processors one name; LLVM's name tells generations apart.
    """
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    found: dict[str, str] = {}
    for line in lines:
        name, _, value = line.partition(":")
        found.setdefault(name.strip(), value.strip())
    numbers = ", ".join(
        f"{name} {found[name]}" for name in ("cpu family", "model", "stepping") if name in found
    )
    vectors = "with AVX-512" if wide_vectors() else "without AVX-512"
    known = f"{get_host_cpu_name()}, {vectors}; {numbers}"
    return f"{found.get('model name', platform.machine())} ({known})"


def wide_vectors() -> bool:
    """Return whether the processor has vectors of 512 bits."""
    return bool(get_host_cpu_features().get("avx512f"))


def commit() -> str:
    """Return the commit, with ``+changes`` where files differ from it."""
    try:

        def git(*words: str) -> str:
            done = subprocess.run(
                ["git", *words], cwd=ROOT, capture_output=True, text=True, check=True
            )
            return done.stdout.strip()

        name = git("rev-parse", "--short=12", "HEAD")
        return name + ("+changes" if git("status", "--porcelain") else "")
    except (OSError, subprocess.CalledProcessError):
        return "unknown"


PACKAGES = ("numpy", "scipy", "numba", "llvmlite")
RIVALS = ("heyoka", "numbalsoda", "pydiffsol", "scikit-sundae", "diffrax", "jax")


def peak_megabytes() -> float:
    """Return the largest memory of this process so far."""
    unit = 1024.0**2 if sys.platform == "darwin" else 1024.0
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / unit


def description(packages: Sequence[str] = (*PACKAGES, *RIVALS)) -> dict[str, Any]:
    """Return what is needed to judge a time: machine, versions, load at this moment."""
    versions = {}
    for package in packages:
        try:
            versions[package] = version(package)
        except PackageNotFoundError:
            continue
    return {
        "processor": processor(),
        "cores": os.cpu_count(),
        "system": f"{platform.system()} {platform.machine()}",
        "python": platform.python_version(),
        "versions": versions,
        "load_average": [round(x, 2) for x in os.getloadavg()] if hasattr(os, "getloadavg") else [],
    }


def summary(values: Sequence[float]) -> dict[str, float]:
    """Return median, least and greatest.

    Examples
    --------
    >>> summary([3.0, 1.0, 2.0])
    {'median': 2.0, 'least': 1.0, 'greatest': 3.0}
    """
    return {
        "median": statistics.median(values), "least": min(values), "greatest": max(values),
    }  # fmt: skip


def store(name: str, document: dict[str, Any]) -> Path:
    """Write a result to ``benchmarks/results`` and return the file."""
    RESULTS.mkdir(exist_ok=True)
    path = RESULTS / f"{name}.json"
    path.write_text(json.dumps(document, indent=1) + "\n", encoding="utf-8")
    return path
