"""The order in which the states of a model can be solved: a cascade of blocks.

States that need each other form a block; blocks follow each other so that each needs only itself
and those before. A block whose rates are linear in its own states needs no iteration.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from oihsim.engine.lanes.graph import Node, Traced, in_order
from oihsim.kinetics.propagation import mutual_blocks, reachable


@dataclass(frozen=True)
class Block:
    """States that need each other.

    Attributes
    ----------
    states : rows of the states
    direct : whether one solution of linear equations is exact
    jacobian : derivatives of their rates with respect to themselves, by (row, column) within the
        block, without those that are always 0
    earlier : derivatives with respect to states of blocks before, by (row in the block, state)
    known : what the rates read of earlier blocks and drives only, computed once per step
    """

    states: tuple[int, ...]
    direct: bool
    jacobian: Mapping[tuple[int, int], Node]
    earlier: Mapping[tuple[int, int], Node]
    known: tuple[Node, ...]


def blocks(traced: Traced) -> tuple[Block, ...]:
    """Return the blocks of a model in the order of need.

    Examples
    --------
    >>> from oihsim.engine.lanes.graph import trace
    >>> text = '''
    ... def rhs(y, p, u, dy):
    ...     dy[0] = y[1] - y[0]
    ...     dy[1] = -y[1]
    ... def outputs(y, p, u, out):
    ...     pass
    ... '''
    >>> [block.states for block in blocks(trace(text, 2, 0, 0, 0))]
    [(1,), (0,)]
    """
    n, jacobian = len(traced.rates), traced.jacobian
    needs = np.zeros((n, n), dtype=bool)
    for i, j in jacobian:
        needs[i, j] = True
    return tuple(_block(traced, jacobian, rows) for rows in mutual_blocks(reachable(needs)))


def _block(traced: Traced, slopes: Mapping[tuple[int, int], Node], states: Sequence[int]) -> Block:
    graph, place = traced.graph, {i: row for row, i in enumerate(states)}
    leaves = {id(graph.leaf("y", i)) for i in states}
    jacobian = {
        (place[i], place[j]): slope for (i, j), slope in slopes.items() if i in place and j in place
    }
    earlier = {
        (place[i], j): slope for (i, j), slope in slopes.items() if i in place and j not in place
    }
    rates = [traced.rates[i] for i in states]
    roots = [*rates, *jacobian.values()]
    moved = set(leaves)
    for node in in_order(roots):
        if any(id(operand) in moved for operand in node.operands):
            moved.add(id(node))
    known: dict[int, Node] = {}
    for node in in_order(rates):
        for operand in node.operands if id(node) in moved else ():
            if id(operand) not in moved and operand.varies and operand.operands:
                known.setdefault(id(operand), operand)
    direct = not any(id(slope) in moved for slope in jacobian.values())
    read = () if direct else tuple(known.values())
    return Block(tuple(states), direct, jacobian, earlier, read)
