"""pydiffsol: DiffSL text compiled at run time, BDF and Runge-Kutta methods written in Rust.

The equations are printed as DiffSL, one operation a line. The state at the start of each piece is
an input, so that every dose restarts the method, as it must; it takes one absolute tolerance.
Source: https://github.com/alexallmont/pydiffsol.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Sequence

import numpy as np
import pydiffsol as ds

from benchmarks.compiled import source
from benchmarks.problems import Array
from benchmarks.rival_scipy import subject
from benchmarks.systems import Piece, System

PACKAGE = "pydiffsol"
METHODS = {
    "bdf": ds.bdf, "tsit45": ds.tsit45, "tr_bdf2": ds.tr_bdf2, "esdirk34": ds.esdirk34,
}  # fmt: skip


def settings(system: System) -> tuple[str, ...]:
    """Return the methods worth trying: an explicit one is of no use where binding is stiff."""
    return ("bdf", "esdirk34") if system.name == "OIH-15s" else ("tsit45", "bdf")


def diffsl(system: System) -> str:
    """Return the system as DiffSL; inputs are a subject's own values and the start."""
    s, m = len(system.states), system.subject_values.shape[1]

    def named(text: str) -> str:
        text = re.sub(r"\bdy\[(\d+)\]", r"d\1", text)
        text = re.sub(r"\b([yp])\[(\d+)\]", r"\1\2", text)
        # names of DiffSL: a tensor of one element is written like a number
        return text.replace("guard(", "max(")

    body = [named(line.strip()) for line in source(system).splitlines()[1:]]
    lines = [f"{name} {{ {text} }}" for name, text in _nested(body)]
    inputs = [f"p{j} = 1.0" for j in range(m)] + [f"s{i} = 0.0" for i in range(s)]
    return "\n".join(
        [
            "in_i { " + ", ".join(inputs) + " }",
            "u_i { " + ", ".join(f"y{i} = s{i}" for i in range(s)) + " }",
            *lines,
            "F_i { " + ", ".join(f"d{i}" for i in range(s)) + " }",
        ]
    )


def _nested(body: Sequence[str]) -> list[tuple[str, str]]:
    """Return name and expression of each line, a value used once written where it is used."""
    uses = Counter(re.findall(r"\bv\d+\b", " ".join(line.split(" = ", 1)[1] for line in body)))
    inner: dict[str, str] = {}
    lines = []
    for line in body:
        name, text = line.split(" = ", 1)
        text = re.sub(r"\bv\d+\b", lambda match: inner.get(match.group(), match.group()), text)
        if uses[name] == 1:
            inner[name] = f"({text})"
        else:
            lines.append((name, text))
    return lines


def prepare(system: System, setting: str, rtol: float) -> Callable[[], Array]:
    """Return work that solves every subject of the system, (n, t, s)."""
    ode = ds.Ode(diffsl(system), matrix_type=ds.nalgebra_dense, ode_solver=METHODS[setting])
    ode.rtol, ode.atol = rtol, 1e-3 * rtol

    def step(piece: Piece, y: Array, values: Array) -> Array:
        ode.t0 = piece.grid[0]
        states = ode.solve_dense(np.concatenate([values, y]), piece.grid[1:]).ys.T
        if len(states) < len(piece.grid) - 1 or not np.all(np.isfinite(states[-1])):
            raise RuntimeError(f"pydiffsol {setting}: stopped before {piece.grid[-1]} h")
        return states

    return lambda: np.stack([subject(system, i, step) for i in range(len(system.P))])
