"""The nodes of the collocation: one operation at all of them, and where their values are kept.

What is a list has one value a node. The nodes are the Radau points of an interval
(:mod:`oihsim.lanes.radau`).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from llvmlite import ir

from oihsim.lanes.arithmetic import Lanes
from oihsim.lanes.cascade import Block
from oihsim.lanes.layout import Layout
from oihsim.lanes.linear_equations import ModeEquations
from oihsim.lanes.radau import Array, radau

NODES = 5
METHOD = radau(NODES)
INVERSE: Array = np.asarray(np.linalg.inv(METHOD.A), dtype=np.float64)
MIDDLE = NODES // 2
"""The node whose derivatives stand for all."""


class Nodes:
    """The same operation at several nodes: what is a list has one value a node."""

    def __init__(self, lanes: Lanes) -> None:
        self._lanes = lanes

    def number(self, x: float) -> ir.Constant:
        """Return a constant."""
        return self._lanes.number(x)

    def __getattr__(self, name: str) -> Callable[..., Any]:
        operation = getattr(self._lanes, name)

        def everywhere(*operands: Any) -> Any:
            sizes = [len(one) for one in operands if isinstance(one, list)]
            if not sizes:
                return operation(*operands)
            return [
                operation(*(one[k] if isinstance(one, list) else one for one in operands))
                for k in range(sizes[0])
            ]

        return everywhere


def mode_equations(block: Block) -> ModeEquations:
    """Return the equations by which a block is iterated."""
    return ModeEquations(INVERSE, len(block.states), block.jacobian)


def extra_rows(states: int, cascade: tuple[Block, ...]) -> int:
    """Return the rows that the method keeps besides: see :class:`Places`."""
    iterated = [block for block in cascade if not block.direct]
    known = max((len(block.known) for block in iterated), default=0)
    factors = max((mode_equations(block).rows for block in iterated), default=0)
    return (2 * NODES + 2) * states + NODES * known + factors + 3


class Places:
    """Rows that the method keeps.

    ``node`` states at the nodes; ``before`` states at the start and nodes of the last step;
    ``error`` estimated error of each state; then which lanes are active, their last change, and
    which failed; ``known`` what a block reads of earlier ones; ``factors`` of its equations.
    """

    def __init__(self, layout: Layout, cascade: tuple[Block, ...]) -> None:
        n = layout.states
        self.node = layout.more
        self.before = self.node + NODES * n
        self.error = self.before + (NODES + 1) * n
        self.active = self.error + n
        self.change = self.active + 1
        self.failed = self.change + 1
        self.known = self.failed + 1
        most = max((len(block.known) for block in cascade if not block.direct), default=0)
        self.factors = self.known + NODES * most
