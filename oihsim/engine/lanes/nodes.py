"""The nodes of the collocation: one operation at all of them, and where their values are kept.

A list has one value per node. The nodes are the Radau points of an interval
(:mod:`oihsim.engine.lanes.radau`).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from llvmlite import ir

from oihsim.engine.lanes.arithmetic import Lanes
from oihsim.engine.lanes.cascade import Block
from oihsim.engine.lanes.linear_equations import ModeEquations
from oihsim.engine.lanes.radau import Array, radau

NODES = 5
METHOD = radau(NODES)
INVERSE: Array = np.asarray(np.linalg.inv(METHOD.A), dtype=np.float64)
MIDDLE = NODES // 2
"""The node whose derivatives stand for all."""


class Nodes:
    """The same operation at several nodes: a list has one value per node."""

    def __init__(self, lanes: Lanes) -> None:
        self._lanes = lanes

    def number(self, x: float) -> ir.Constant:
        """Return a constant."""
        return self._lanes.number(x)

    def __getattr__(self, name: str) -> Callable[..., Any]:
        operation = getattr(self._lanes, name)

        def everywhere(*operands: Any) -> Any:
            sizes = [len(operand) for operand in operands if isinstance(operand, list)]
            if not sizes:
                return operation(*operands)
            return [
                operation(
                    *(operand[k] if isinstance(operand, list) else operand for operand in operands)
                )
                for k in range(sizes[0])
            ]

        return everywhere


def mode_equations(block: Block) -> ModeEquations:
    """Return the equations by which a block is iterated."""
    return ModeEquations(INVERSE, len(block.states), block.jacobian)


class Places:
    """Rows that the method keeps.

    ``node`` states at the nodes; ``before`` states at the start and nodes of the last step;
    ``error`` estimated error of each state; then which lanes are active, their last change, and
    which failed; ``known`` what a block reads of earlier ones; ``factors`` of its equations. Others
    may follow from ``end``.
    """

    def __init__(self, first: int, states: int, cascade: tuple[Block, ...]) -> None:
        iterated = [block for block in cascade if not block.direct]
        self.node = first
        self.before = self.node + NODES * states
        self.error = self.before + (NODES + 1) * states
        self.active = self.error + states
        self.change = self.active + 1
        self.failed = self.change + 1
        self.known = self.failed + 1
        self.factors = self.known + NODES * max((len(block.known) for block in iterated), default=0)
        self.end = self.factors + max((mode_equations(block).rows for block in iterated), default=0)
