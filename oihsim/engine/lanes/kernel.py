"""The kernels of a linked model: machine code for lanes of subjects, and for one."""

from __future__ import annotations

import hashlib
import inspect
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from importlib import import_module

from llvmlite import binding, ir

from oihsim.engine import tableau
from oihsim.engine.lanes.cascade import Block, blocks
from oihsim.engine.lanes.collocation import OBSERVED_NODES, write_collocation
from oihsim.engine.lanes.drive_values import write_drives
from oihsim.engine.lanes.emission import constants_of, write_function
from oihsim.engine.lanes.explicit_step import EXTRA, OBSERVED, write_advance
from oihsim.engine.lanes.graph import Node, Traced, in_order, trace
from oihsim.engine.lanes.lane_layout import LaneLayout
from oihsim.engine.lanes.nodes import METHOD, NODES, Places
from oihsim.engine.lanes.object_code import addresses, cached
from oihsim.engine.lanes.observer import Observer
from oihsim.engine.observable import Observable
from oihsim.kinetics import propagation
from oihsim.model.fingerprint import deciding_text
from oihsim.model.linker import Linked

WIDTH = 8
"""Subjects that are advanced together."""

WIDTHS = (1, WIDTH, 16)
"""The numbers of subjects that can be advanced together."""

METHODS = ("explicit", "collocation")
"""DOP853 (hairer1993), and Radau IIA over the cascade (hairer1996)."""

SOLVER = "DOP853, or for stiff subjects Radau IIA collocation; linear kinetics exact"
"""The methods in words, as results name them."""

MODULES = (
    "arithmetic", "block_solution", "cascade", "collocation", "complex_lanes", "control",
    "drive_values", "elimination", "emission", "explicit_step", "graph", "lane_layout",
    "linear_equations", "loops", "nodes", "observer", "radau",
)  # fmt: skip


@cache
@cache
def generator_text() -> str:
    """Return the text that decides what a kernel computes, for its hash."""
    modules = [import_module(f"oihsim.engine.lanes.{name}") for name in MODULES]
    modules += [tableau, propagation]
    # in an order that no name of a file decides
    return "\n".join(sorted(deciding_text(inspect.getsource(module)) for module in modules))


@dataclass(frozen=True)
class Kernels:
    """The compiled functions of one model.

    Attributes
    ----------
    layout : of the working memory
    advance, lane_outputs : addresses of functions of ``width`` lanes
    constants, outputs : addresses of functions of one subject
    """

    method: str
    width: int
    layout: LaneLayout
    advance: int
    lane_outputs: int
    constants: int
    outputs: int

    @property
    def addresses(self) -> tuple[int, int, int, int]:
        """In the order in which the driver reads them."""
        return self.advance, self.lane_outputs, self.constants, self.outputs


class Generator:
    """Writes the kernels of a linked model.

    Parameters
    ----------
    linked : the model
    fixed : values of parameters that are written as numbers, by row
    observables : what is accumulated between outputs
    """

    def __init__(
        self,
        linked: Linked,
        fixed: Mapping[int, float] | None = None,
        observables: Sequence[Observable] = (),
    ) -> None:
        self.linked, self.fixed, self.observables = linked, dict(fixed or {}), tuple(observables)

    @cached_property
    def traced(self) -> Traced:
        """The equations as a graph."""
        linked = self.linked
        return trace(
            linked.equations_source, len(linked.states), len(linked.parameters), len(linked.drives),
            len(linked.outputs), self.fixed,
        )  # fmt: skip

    @cached_property
    def constants(self) -> tuple[Node, ...]:
        """The constants, computed once per subject."""
        slopes = self.traced.jacobian.values()
        return constants_of([*self.traced.rates, *slopes, *self.traced.outputs])

    @cached_property
    def cascade(self) -> tuple[Block, ...]:
        """The states in the order of need."""
        return blocks(self.traced)

    @cached_property
    def observed(self) -> tuple[Node, ...]:
        """What is accumulated, as far as it is not yet an output."""
        outputs = dict(
            zip((output.name for output in self.linked.outputs), self.traced.outputs, strict=True)
        )
        return tuple(
            outputs[observable.output]
            if observable.shape is None
            else self.traced.graph.node(observable.shape(outputs[observable.output]))
            for observable in self.observables
        )

    def observer(self, method: str) -> Observer:
        """Return what accumulates at the steps of a method."""
        explicit = [float(tableau.C[stage]) for stage in OBSERVED]
        collocation = [0.0, *(float(METHOD.c[node]) for node in OBSERVED_NODES)]
        nodes = explicit if method == "explicit" else collocation
        return Observer(self.observables, nodes)

    def layout(self, method: str) -> LaneLayout:
        """Return where the working memory of a method has what."""
        linked, explicit = self.linked, method == "explicit"
        return LaneLayout(
            len(linked.states), len(self.constants), len(linked.drives), len(linked.outputs),
            tableau.STAGES if explicit else NODES + 1,
            len(EXTRA) if explicit else Places(0, len(linked.states), self.cascade).end,
            self.observer(method).rows,
        )  # fmt: skip

    def source(self, method: str, width: int) -> str:
        """Return the module of all kernels in LLVM's intermediate language."""
        module = ir.Module(f"kernels of {self.linked.hash}")
        module.triple = binding.get_process_triple()
        rates, outputs = self.traced.rates, self.traced.outputs
        write_function(module, "constants", 1, self.constants, ())
        write_function(module, "outputs", 1, outputs, self.constants)
        write_function(module, "lane_outputs", width, outputs, self.constants)
        rhs = write_function(module, "rhs", width, rates, self.constants, inner=True, masked=True)
        layout, observer = self.layout(method), self.observer(method)
        drives, observed = write_drives(module, layout, width), None
        if self.observables:
            observed = write_function(
                module, "observed", width, self.observed, self.constants, inner=True
            )
        functions = drives, rhs, observed
        if method == "explicit":
            write_advance(module, layout, width, functions, observer)
        else:
            write_collocation(
                module, layout, width, functions, observer, self.traced, self.constants,
                self.cascade,
            )  # fmt: skip
        return str(module)

    def kernels(self, method: str = "explicit", width: int = WIDTH) -> Kernels:
        """Return the compiled kernels, from the cache or made now."""
        text = f"{generator_text()}\n{self.linked.equations_source}\n{method} {width} {self.fixed}"
        if self.observables:
            text += f"\n{self._watched()}"
        key = hashlib.sha256(text.encode()).hexdigest()
        names = ("advance", "lane_outputs", "constants", "outputs")
        functions = addresses(cached(key, lambda: self.source(method, width)), names)
        return Kernels(method, width, self.layout(method), *functions)

    def _watched(self) -> list[object]:
        """Return the observables as text has them: kinds, and the operations of their shapes."""
        outputs = {id(output): row for row, output in enumerate(self.traced.outputs)}
        text: list[object] = []
        for observable, root in zip(self.observables, self.observed, strict=True):
            nodes = [*in_order([root], self.traced.outputs)]
            place = outputs | {id(node): f"_{i}" for i, node in enumerate(nodes)}
            shape = [
                (node.op, node.value, [place.get(id(operand)) for operand in node.operands])
                for node in nodes
            ]
            text.append((observable.output, observable.kinds, shape))
        return text
