"""The equations of a linked model as a graph of operations, each computed once.

The generated module of a model is plain Python. Here its text runs with nodes in place of numbers,
and each operation records itself: equal operations become one node, numbers are folded, and a
quotient by parameters becomes a product with a constant computed once per subject. Derivatives are
nodes too. The shapes of :mod:`oihsim.model.shapes` have twins below, written with a choice instead
of a branch.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

Number = float | int
LEAVES = ("const", "y", "u", "p")


class Node:
    """One operation, or a leaf: a number, a state, a drive or a parameter.

    Attributes
    ----------
    op : ``const y u p`` (leaves), ``add sub mul div neg exp log``, or ``where`` (the second operand
        where the first is above 0, else the third)
    operands : nodes
    value : of a number; the row of another leaf
    varies : whether it differs between moments, not only between subjects
    """

    __slots__ = ("graph", "op", "operands", "value", "varies")

    def __init__(
        self, graph: Graph, op: str, operands: tuple[Node, ...], value: float, varies: bool
    ) -> None:
        self.graph, self.op, self.operands = graph, op, operands
        self.value, self.varies = value, varies

    def __add__(self, other: Node | Number) -> Node:
        return self.graph.add(self, self.graph.node(other))

    def __radd__(self, other: Number) -> Node:
        return self.graph.add(self.graph.node(other), self)

    def __sub__(self, other: Node | Number) -> Node:
        return self.graph.sub(self, self.graph.node(other))

    def __rsub__(self, other: Number) -> Node:
        return self.graph.sub(self.graph.node(other), self)

    def __mul__(self, other: Node | Number) -> Node:
        return self.graph.mul(self, self.graph.node(other))

    def __rmul__(self, other: Number) -> Node:
        return self.graph.mul(self.graph.node(other), self)

    def __truediv__(self, other: Node | Number) -> Node:
        return self.graph.div(self, self.graph.node(other))

    def __rtruediv__(self, other: Number) -> Node:
        return self.graph.div(self.graph.node(other), self)

    def __neg__(self) -> Node:
        return self.graph.neg(self)

    def __pow__(self, n: int) -> Node:
        return whole_power(self, n)


class Graph:
    """Nodes without repetition.

    Examples
    --------
    >>> graph = Graph()
    >>> y = graph.leaf("y", 0)
    >>> (y + 1.0) * (y + 1.0) is (y + 1.0) ** 2
    True
    """

    def __init__(self) -> None:
        self._nodes: dict[tuple[Any, ...], Node] = {}
        self._slopes: dict[tuple[int, int], Node] = {}
        self.exponents: set[int] = set()
        """Rows of parameters that are exponents."""

    def _make(self, op: str, *operands: Node, value: float = 0.0) -> Node:
        # 0.0 and -0.0 are equal as numbers
        key = (op, tuple(map(id, operands)), value, math.copysign(1.0, value))
        if key not in self._nodes:
            varies = op in ("y", "u") or any(operand.varies for operand in operands)
            self._nodes[key] = Node(self, op, operands, value, varies)
        return self._nodes[key]

    def leaf(self, op: str, row: int) -> Node:
        """Return a state (``y``), a drive (``u``) or a parameter (``p``) by its row."""
        return self._make(op, value=float(row))

    def node(self, x: Node | Number) -> Node:
        """Return a number as a node, and a node as it is."""
        return x if isinstance(x, Node) else self._make("const", value=float(x))

    def _fold(self, work: Callable[..., float], *operands: Node) -> Node | None:
        if all(operand.op == "const" for operand in operands):
            return self.node(work(*(operand.value for operand in operands)))
        return None

    def add(self, a: Node, b: Node) -> Node:
        """Return ``a + b``."""
        if _is(a, 0.0) or _is(b, 0.0):
            return b if _is(a, 0.0) else a
        if b.op == "neg":
            return self.sub(a, b.operands[0])
        return self._fold(lambda x, y: x + y, a, b) or self._make("add", a, b)

    def sub(self, a: Node, b: Node) -> Node:
        """Return ``a - b``."""
        if _is(b, 0.0):
            return a
        if _is(a, 0.0):
            return self.neg(b)
        if b.op == "neg":
            return self.add(a, b.operands[0])
        return self._fold(lambda x, y: x - y, a, b) or self._make("sub", a, b)

    def mul(self, a: Node, b: Node) -> Node:
        """Return ``a * b``; nothing times 0 is kept, as in a formula."""
        if _is(a, 1.0) or _is(b, 1.0):
            return b if _is(a, 1.0) else a
        if _is(a, 0.0) or _is(b, 0.0):
            return self.node(0.0)
        if a.op == "neg" or b.op == "neg":
            negated, other = (a, b) if a.op == "neg" else (b, a)
            return self.neg(self.mul(negated.operands[0], other))
        return self._fold(lambda x, y: x * y, a, b) or self._make("mul", a, b)

    def div(self, a: Node, b: Node) -> Node:
        """Return ``a / b``, as a product with ``1 / b`` where only that is known beforehand."""
        if _is(b, 1.0) or _is(a, 0.0):
            return a
        if a.varies and not b.varies:
            return self.mul(a, self.div(self.node(1.0), b))
        if b.op == "const" and b.value == 0.0:
            return self._make("div", a, b)
        return self._fold(lambda x, y: x / y, a, b) or self._make("div", a, b)

    def neg(self, a: Node) -> Node:
        """Return ``-a``."""
        if a.op == "neg":
            return a.operands[0]
        return self._fold(lambda x: -x, a) or self._make("neg", a)

    def exp(self, a: Node) -> Node:
        """Return the exponential function of ``a``."""
        return self._fold(math.exp, a) or self._make("exp", a)

    def log(self, a: Node) -> Node:
        """Return the natural logarithm of ``a``, which is positive where it is used."""
        return self._make("log", a)

    def where(self, x: Node, a: Node, b: Node) -> Node:
        """Return ``a`` where ``x > 0``, else ``b``."""
        if x.op == "const":
            return a if x.value > 0.0 else b
        return a if a is b else self._make("where", x, a, b)

    def slope(self, node: Node, leaf: Node) -> Node:
        """Return the derivative of a node with respect to a leaf."""
        if node is leaf:
            return self.node(1.0)
        if node.op in LEAVES:
            return self.node(0.0)
        key = (id(node), id(leaf))
        if key not in self._slopes:
            inner = [self.slope(operand, leaf) for operand in node.operands]
            self._slopes[key] = _chain(self, node, inner)
        return self._slopes[key]


def _is(node: Node, number: float) -> bool:
    return node.op == "const" and node.value == number


def _chain(graph: Graph, node: Node, inner: Sequence[Node]) -> Node:
    """Return the derivative of an operation from those of its operands."""
    if all(_is(derivative, 0.0) for derivative in inner):
        return graph.node(0.0)
    a, *more = node.operands
    match node.op:
        case "add":
            return inner[0] + inner[1]
        case "sub":
            return inner[0] - inner[1]
        case "mul":
            return inner[0] * more[0] + a * inner[1]
        case "div":
            return (inner[0] - node * inner[1]) / more[0]
        case "neg":
            return -inner[0]
        case "exp":
            return node * inner[0]
        case "log":
            return inner[0] / a
        case _:
            return graph.where(a, inner[1], inner[2])


def whole_power(x: Node, n: int) -> Node:
    """Return ``x**n`` for a whole number, by squaring."""
    if n < 0:
        return 1.0 / whole_power(x, -n)
    result, square = x.graph.node(1.0), x
    while n:
        if n % 2:
            result = result * square
        n //= 2
        if n:
            square = square * square
    return result


def _positive_power(x: Node, n: Node) -> Node:
    if n.op == "p":
        n.graph.exponents.add(int(n.value))
    if n.op == "const" and n.value == int(n.value) and abs(n.value) <= 16:
        return whole_power(x, int(n.value))
    return x.graph.exp(n * x.graph.log(x))


def twins(graph: Graph) -> dict[str, Callable[..., Node]]:
    """Return the shapes of :mod:`oihsim.model.shapes` for nodes."""

    def shape(work: Callable[..., Node]) -> Callable[..., Node]:
        return lambda *arguments: work(*(graph.node(argument) for argument in arguments))

    zero = graph.node(0.0)

    def hill(x: Node, x50: Node, n: Node) -> Node:
        y = _positive_power(x / x50, n)
        return graph.where(x, y / (1.0 + y), zero)

    def rectify(x: Node, d: Node) -> Node:
        square = x * x
        return graph.where(x, square * square / ((x + d) * (square + d * d)), zero)

    def odds(x: Node) -> Node:
        return graph.where(1.0 - x, x / (1.0 - x), graph.node(math.inf))

    return {
        "exp": shape(graph.exp),
        "power": shape(lambda x, n: graph.where(x, _positive_power(x, n), zero)),
        "hill": shape(hill),
        "hinge": shape(lambda x, d: graph.where(x, x * x / (x + d), zero)),
        "rectify": shape(rectify),
        "odds": shape(odds),
    }


@dataclass(frozen=True)
class Traced:
    """What a generated module computes: ``rates`` of the states and ``outputs``, in one graph."""

    graph: Graph
    rates: tuple[Node, ...]
    outputs: tuple[Node, ...]

    @property
    def jacobian(self) -> dict[tuple[int, int], Node]:
        """Derivatives of the rates with respect to the states, without those that are always 0."""
        slopes = {}
        for i, rate in enumerate(self.rates):
            for j in range(len(self.rates)):
                slope = self.graph.slope(rate, self.graph.leaf("y", j))
                if not _is(slope, 0.0):
                    slopes[i, j] = slope
        return slopes


def trace(
    equations: str,
    states: int,
    parameters: int,
    drives: int,
    outputs: int,
    fixed: Mapping[int, float] | None = None,
) -> Traced:
    r"""Run the equations of a generated module on nodes.

    Parameters
    ----------
    equations : text that defines ``rhs(y, p, u, dy)`` and ``outputs(y, p, u, out)``
    states, parameters, drives, outputs : lengths of ``y``, ``p``, ``u`` and ``out``
    fixed : values of parameters that are numbers here, by row

    Examples
    --------
    >>> text = "def rhs(y, p, u, dy):\n    dy[0] = -p[0] * y[0]\ndef outputs(y, p, u, out): pass"
    >>> traced = trace(text, 1, 1, 0, 0)
    >>> traced.rates[0].op, list(traced.jacobian)
    ('neg', [(0, 0)])
    """
    graph = Graph()
    space: dict[str, Any] = {
        "njit": lambda **_: lambda function: function, "INNER": {}, "COMPILE": {}, **twins(graph),
    }  # fmt: skip
    exec(equations, space)
    arrays = [
        [graph.leaf(kind, row) for row in range(size)]
        for kind, size in (("y", states), ("p", parameters), ("u", drives))
    ]
    for row, value in (fixed or {}).items():
        arrays[1][row] = graph.node(value)
    rates, values = [graph.node(0.0)] * states, [graph.node(0.0)] * outputs
    space["rhs"](*arrays, rates)
    space["outputs"](*arrays, values)
    return Traced(graph, tuple(map(graph.node, rates)), tuple(map(graph.node, values)))


def in_order(roots: Iterable[Node], known: Iterable[Node] = ()) -> Iterator[Node]:
    """Yield each node that the roots need, after its operands; not what is known.

    Examples
    --------
    >>> graph = Graph()
    >>> [node.op for node in in_order([graph.leaf("y", 0) * 2.0])]
    ['y', 'const', 'mul']
    """
    seen = set(map(id, known))
    for root in roots:
        waiting: list[tuple[Node, bool]] = [(root, False)]
        while waiting:
            node, ready = waiting.pop()
            if ready:
                yield node
            elif id(node) not in seen:
                seen.add(id(node))
                waiting.append((node, True))
                waiting.extend((operand, False) for operand in reversed(node.operands))
