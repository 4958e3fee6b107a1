"""From the graph of a model to functions in the language of LLVM, for lanes of any width."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from llvmlite import ir

from oihsim.engine.lanes.arithmetic import DOUBLE, Lanes
from oihsim.engine.lanes.graph import LEAVES, Node, in_order

Load = Callable[[Node], ir.Value]


def constants_of(roots: Iterable[Node]) -> tuple[Node, ...]:
    """Return what the roots need of each subject: the largest parts without states or drives.

    Examples
    --------
    >>> from oihsim.engine.lanes.graph import Graph
    >>> graph = Graph()
    >>> k, y = graph.leaf("p", 0), graph.leaf("y", 0)
    >>> [node.op for node in constants_of([y * (k * k)])]
    ['mul']
    """
    constants: dict[int, Node] = {}
    for node in in_order(roots):
        if node.varies:
            for operand in node.operands:
                if not operand.varies and operand.op != "const":
                    constants.setdefault(id(operand), operand)
    for root in roots:
        if not root.varies and root.op != "const":
            constants.setdefault(id(root), root)
    return tuple(constants.values())


def emit(lanes: Lanes, roots: Sequence[Node], load: Load, known: Iterable[Node]) -> list[ir.Value]:
    """Write the operations that the roots need; return their values.

    Parameters
    ----------
    load : gives the value of a leaf or of a known node
    known : nodes that are loaded, not computed
    """
    known_nodes = {id(node): node for node in known}
    values: dict[int, ir.Value] = {}

    def value(node: Node) -> ir.Value:
        if id(node) not in values:
            if id(node) in known_nodes or node.op in LEAVES[1:]:
                values[id(node)] = load(node)
            else:
                values[id(node)] = lanes.number(node.value)
        return values[id(node)]

    order = [n for n in in_order(roots, known_nodes.values()) if n.op not in LEAVES]
    uses = Counter(id(operand) for node in order for operand in node.operands)
    uses.update(map(id, roots))
    # a product that only one sum reads is fused into it
    fused: set[int] = set()
    for node in order:
        if node.op in ("add", "sub"):
            product = _product(node, uses, known_nodes)
            if product is not None:
                fused.add(id(product))
    for node in order:
        if id(node) not in fused:
            values[id(node)] = _operation(lanes, node, value, fused)
    return [value(root) for root in roots]


def _product(node: Node, uses: Counter[int], known_nodes: dict[int, Node]) -> Node | None:
    for operand in reversed(node.operands):
        if operand.op == "mul" and uses[id(operand)] == 1 and id(operand) not in known_nodes:
            return operand
    return None


def _operation(lanes: Lanes, node: Node, value: Load, fused: set[int]) -> ir.Value:
    a, *more = node.operands
    if node.op in ("add", "sub"):
        return _sum(lanes, node, value, fused)
    if node.op == "where":
        chosen = lanes.compare(">", value(a), lanes.number(0.0))
        return lanes.select(chosen, value(more[0]), value(more[1]))
    if more:
        return getattr(lanes, node.op)(value(a), value(more[0]))
    return getattr(lanes, node.op)(value(a))


def _sum(lanes: Lanes, node: Node, value: Load, fused: set[int]) -> ir.Value:
    a, b = node.operands
    minus = node.op == "sub"
    if id(b) in fused:
        x, y = map(value, b.operands)
        return lanes.fma(lanes.neg(x) if minus else x, y, value(a))
    if id(a) in fused:
        x, y = map(value, a.operands)
        return lanes.fma(x, y, lanes.neg(value(b)) if minus else value(b))
    return (lanes.sub if minus else lanes.add)(value(a), value(b))


@dataclass(frozen=True)
class LaneRows:
    """An array in memory whose rows are values of all lanes."""

    lanes: Lanes
    pointer: ir.Value

    def _at(self, row: int | ir.Value) -> ir.Value:
        builder, width = self.lanes.builder, self.lanes.width
        if isinstance(row, int):
            offset: ir.Value = ir.Constant(ir.IntType(64), row * width)
        else:
            offset = builder.mul(row, ir.Constant(ir.IntType(64), width))
        place = builder.gep(self.pointer, [offset])
        return builder.bitcast(place, ir.PointerType(self.lanes.type))

    def load(self, row: int | ir.Value) -> ir.Value:
        """Return a row."""
        value = self.lanes.builder.load(self._at(row))
        value.align = 8 if self.lanes.width == 1 else 8 * self.lanes.width
        return value

    def store(self, row: int | ir.Value, value: ir.Value) -> None:
        """Write a row."""
        done = self.lanes.builder.store(value, self._at(row))
        done.align = 8 if self.lanes.width == 1 else 8 * self.lanes.width


def function(module: ir.Module, name: str, arguments: int, inner: bool = False) -> ir.Function:
    """Return a new function of pointers to doubles; an inner one is not seen from outside."""
    pointer = ir.PointerType(DOUBLE)
    made = ir.Function(module, ir.FunctionType(ir.VoidType(), [pointer] * arguments), name)
    if inner:
        made.linkage = "internal"
    for argument in made.args:
        # no two of the arrays overlap
        argument.add_attribute("noalias")
    return made


def write_function(
    module: ir.Module,
    name: str,
    width: int,
    roots: Sequence[Node],
    known: Sequence[Node],
    *,
    inner: bool = False,
    masked: bool = False,
) -> ir.Function:
    """Write ``name(y, u, c, out)``: the roots from states, drives and a subject's constants.

    With ``masked`` there is a fifth array, by which each result is multiplied. If nothing is known
    ``c`` holds the parameters themselves.
    """
    made = function(module, name, 5 if masked else 4, inner)
    builder = ir.IRBuilder(made.append_basic_block())
    lanes = Lanes(builder, width)
    y, u, c, out = (LaneRows(lanes, pointer) for pointer in made.args[:4])
    place = {id(node): row for row, node in enumerate(known)}

    def load(node: Node) -> ir.Value:
        if id(node) in place:
            return c.load(place[id(node)])
        return {"y": y, "u": u, "p": c}[node.op].load(int(node.value))

    results = emit(lanes, roots, load, known)
    for row, result in enumerate(results):
        if masked:
            result = lanes.mul(result, LaneRows(lanes, made.args[4]).load(row))
        out.store(row, result)
    builder.ret_void()
    return made
