"""The kernels of a linked model: machine code for lanes of subjects, and for one."""

from __future__ import annotations

import hashlib
import inspect
from dataclasses import dataclass
from functools import cached_property
from importlib import import_module

from llvmlite import binding, ir

from oihsim import tableau
from oihsim.lanes.drives import write_drives
from oihsim.lanes.emission import constants_of, write_function
from oihsim.lanes.explicit_step import write_advance
from oihsim.lanes.graph import Node, Traced, trace
from oihsim.lanes.layout import Layout
from oihsim.lanes.object_code import addresses, cached
from oihsim.linker import Linked

WIDTH = 8
"""Subjects that are advanced together."""

MODULES = ("arithmetic", "drives", "emission", "explicit_step", "graph", "layout", "writing")


def generator_text() -> str:
    """Return the text that decides what a kernel computes, for its hash."""
    modules = [import_module(f"oihsim.lanes.{name}") for name in MODULES]
    return "\n".join(inspect.getsource(module) for module in [*modules, tableau])


@dataclass(frozen=True)
class Kernels:
    """The compiled functions of one model.

    Attributes
    ----------
    layout : of the working memory
    advance, lane_readouts : addresses of functions of ``width`` lanes
    constants, readouts : addresses of functions of one subject
    """

    width: int
    layout: Layout
    advance: int
    lane_readouts: int
    constants: int
    readouts: int

    @property
    def addresses(self) -> tuple[int, int, int, int]:
        """In the order in which the driver reads them."""
        return self.advance, self.lane_readouts, self.constants, self.readouts


class Generator:
    """Writes the kernels of a linked model.

    Parameters
    ----------
    linked : the model
    """

    def __init__(self, linked: Linked) -> None:
        self.linked = linked

    @cached_property
    def traced(self) -> Traced:
        """The equations as a graph."""
        one = self.linked
        return trace(
            one.equations_source, len(one.states), len(one.parameters), len(one.drives),
            len(one.outputs),
        )  # fmt: skip

    @cached_property
    def constants(self) -> tuple[Node, ...]:
        """What is computed once a subject."""
        return constants_of([*self.traced.rates, *self.traced.readouts])

    @property
    def layout(self) -> Layout:
        """Where the working memory has what."""
        return Layout(
            len(self.linked.states), len(self.constants), len(self.linked.drives),
            len(self.linked.outputs), tableau.STAGES,
        )  # fmt: skip

    def source(self, width: int) -> str:
        """Return the module of all kernels in LLVM's intermediate language."""
        module = ir.Module(f"kernels of {self.linked.hash}")
        module.triple = binding.get_process_triple()
        rates, readouts = self.traced.rates, self.traced.readouts
        write_function(module, "constants", 1, self.constants, ())
        write_function(module, "readouts", 1, readouts, self.constants)
        write_function(module, "lane_readouts", width, readouts, self.constants)
        rhs = write_function(module, "rhs", width, rates, self.constants, inner=True, masked=True)
        drives = write_drives(module, self.layout, width)
        write_advance(module, self.layout, width, drives, rhs)
        return str(module)

    def kernels(self, width: int = WIDTH) -> Kernels:
        """Return the compiled kernels, from the cache or made now."""
        text = f"{generator_text()}\n{self.linked.equations_source}\n{width}"
        key = hashlib.sha256(text.encode()).hexdigest()
        names = ("advance", "lane_readouts", "constants", "readouts")
        found = addresses(cached(key, lambda: self.source(width)), names)
        return Kernels(width, self.layout, *found)
