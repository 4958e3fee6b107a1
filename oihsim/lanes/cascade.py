"""The order in which the states of a model can be solved: a cascade of blocks.

States that need each other form a block; blocks follow each other so that each needs only itself
and those before. A block of one state whose rate is linear in it needs no iteration.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from oihsim.kinetics.propagation import mutual_blocks, reachable
from oihsim.lanes.graph import Node, Traced, in_order


@dataclass(frozen=True)
class Block:
    """States that need each other.

    Attributes
    ----------
    states : rows of the states
    direct : whether one solution of linear equations is exact
    slopes : derivative of each rate with respect to its own state
    known : what depends on earlier blocks and drives only, computed once a step
    """

    states: tuple[int, ...]
    direct: bool
    slopes: tuple[Node, ...]
    known: tuple[Node, ...]


def blocks(traced: Traced) -> tuple[Block, ...]:
    """Return the blocks of a model in the order of need.

    Examples
    --------
    >>> from oihsim.lanes.graph import trace
    >>> text = '''
    ... def rhs(y, p, u, dy):
    ...     dy[0] = y[1] - y[0]
    ...     dy[1] = -y[1]
    ... def readouts(y, p, u, out):
    ...     pass
    ... '''
    >>> [block.states for block in blocks(trace(text, 2, 0, 0, 0))]
    [(1,), (0,)]
    """
    n = len(traced.rates)
    needs = np.zeros((n, n), dtype=bool)
    for i, j in traced.jacobian:
        needs[i, j] = True
    return tuple(_block(traced, tuple(rows)) for rows in mutual_blocks(reachable(needs)))


def _block(traced: Traced, states: tuple[int, ...]) -> Block:
    graph = traced.graph
    own = {id(graph.leaf("y", i)) for i in states}
    slopes = tuple(graph.slope(traced.rates[i], graph.leaf("y", i)) for i in states)
    roots = [*(traced.rates[i] for i in states), *slopes]
    moved: set[int] = set()
    known: dict[int, Node] = {}
    for node in in_order(roots):
        if id(node) in own or any(id(one) in moved for one in node.operands):
            moved.add(id(node))
    for node in [*in_order(roots)]:
        if id(node) in moved:
            for one in node.operands:
                if id(one) not in moved and one.varies and one.operands:
                    known.setdefault(id(one), one)
    direct = len(states) == 1 and not any(id(one) in moved for one in slopes)
    for one in roots:
        if id(one) not in moved and one.varies and one.operands:
            known.setdefault(id(one), one)
    return Block(states, direct, slopes, () if direct else tuple(known.values()))
