"""The formulas of drug files: parsed into a tree of a few permitted nodes, never run as Python.

Permitted are numbers, names, ``+ - * / **``, a leading ``-``, ``a if x < y else b`` and calls of
:data:`FUNCTIONS`. Everything else (attributes, subscripts, strings, lambdas …) is refused when
the file is read. All arithmetic is in float64, so a formula can neither hang nor grow without end.
"""

from __future__ import annotations

import ast
import math
import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import reduce
from typing import Any

import numpy as np

LONGEST = 500
"""Characters; a longer formula is refused before it is parsed."""

DEEPEST = 40
"""Levels of nesting."""

FUNCTIONS: dict[str, tuple[Callable[..., Any], int, int]] = {
    "exp": (np.exp, 1, 1),
    "log": (np.log, 1, 1),
    "log10": (np.log10, 1, 1),
    "sqrt": (np.sqrt, 1, 1),
    "min": (lambda *a: reduce(np.minimum, a), 2, 8),
    "max": (lambda *a: reduce(np.maximum, a), 2, 8),
}
"""Name -> (function of arrays, fewest and most arguments)."""

OPERATORS: dict[type, Callable[..., Any]] = {
    ast.Add: np.add,
    ast.Sub: np.subtract,
    ast.Mult: np.multiply,
    ast.Div: np.divide,
    ast.Pow: np.power,
    ast.Eq: np.equal,
    ast.Lt: np.less,
    ast.Gt: np.greater,
    ast.LtE: np.less_equal,
    ast.GtE: np.greater_equal,
}


@dataclass(frozen=True)
class Expression:
    """A checked formula.

    Attributes
    ----------
    text : as written
    names : the symbols it reads
    tree : its syntax tree, permitted nodes only
    """

    text: str
    names: frozenset[str]
    tree: ast.expr = field(repr=False, compare=False)

    def value(self, namespace: Mapping[str, Any]) -> Any:
        """Return the value, a float or an array of the shape of the names' values.

        A division by zero gives an infinity and a root of a negative number gives NaN; the caller
        refuses both.

        Raises
        ------
        KeyError
            a name is not in ``namespace``

        Examples
        --------
        >>> parse("V*(WT/70)**0.75").value({"V": 10.0, "WT": np.array([70.0, 1120.0])})
        array([10., 80.])
        """
        with np.errstate(all="ignore"):
            return _value(self.tree, namespace)


def parse(text: str | float) -> Expression:
    """Return the checked formula in ``text``; a number is a formula too.

    Raises
    ------
    ValueError
        not a formula, or a word that is not permitted; the text points at it

    Examples
    --------
    >>> sorted(parse("CL/V1 if SEX == 1 else 0.5*CL/V1").names)
    ['CL', 'SEX', 'V1']
    >>> parse("__import__('os')")
    Traceback (most recent call last):
    ValueError: '__import__' is no function here; exp, log, log10, sqrt, min, max are
    """
    if isinstance(text, bool) or not isinstance(text, str | int | float):
        raise ValueError("no formula; write text such as 'CL/V1'")  # noqa: TRY004
    if isinstance(text, float) and not math.isfinite(text):
        raise ValueError("no finite number")
    text = text if isinstance(text, str) else repr(float(text))
    if len(text) > LONGEST:
        raise ValueError(f"{len(text)} characters, more than {LONGEST}")
    try:
        with warnings.catch_warnings():
            # Python warns of "1if x>1else 2"; here it is no formula
            warnings.simplefilter("error")
            tree = ast.parse(text.strip(), mode="eval").body
    except SyntaxError as error:
        place = f" near character {error.offset}" if error.offset else ""
        raise ValueError(f"no formula{place}") from None
    except (ValueError, RecursionError, MemoryError, OverflowError):
        raise ValueError("no formula") from None
    names: set[str] = set()
    _check(tree, text.strip(), names)
    return Expression(text.strip(), frozenset(names), tree)


def _check(tree: ast.expr, text: str, names: set[str]) -> None:
    """Refuse a node that is not permitted; walks without recursion, as the depth is unknown."""
    waiting: list[tuple[ast.expr, int]] = [(tree, 1)]
    while waiting:
        node, depth = waiting.pop()
        if depth > DEEPEST:
            raise ValueError(f"nested deeper than {DEEPEST} levels")
        waiting.extend((part, depth + 1) for part in _parts(node, text, names))


def _parts(node: ast.expr, text: str, names: set[str]) -> list[ast.expr]:
    """Return the permitted parts of a permitted node."""
    match node:
        case ast.Constant(value=int() | float() as value) if not isinstance(value, bool):
            try:
                finite = math.isfinite(float(value))
            except OverflowError:
                finite = False
            if not finite:
                raise ValueError("a number too large")
            return []
        case ast.Name(id=name):
            if name in FUNCTIONS:
                raise ValueError(f"'{name}' is a function and needs arguments: {name}(…)")
            names.add(name)
            return []
        case ast.UnaryOp(op=ast.USub(), operand=operand):
            return [operand]
        case ast.BinOp(left=left, op=op, right=right) if type(op) in OPERATORS:
            return [left, right]
        case ast.IfExp(test=ast.Compare(left=left, ops=[op], comparators=[right])):
            if type(op) not in OPERATORS:
                piece = ast.get_source_segment(text, node.test) or text
                raise ValueError(f"'{piece}' is no comparison with ==, <, >, <= or >=")
            return [left, right, node.body, node.orelse]
        case ast.Call(func=ast.Name(id=name), args=args, keywords=[]) if name in FUNCTIONS:
            _, fewest, most = FUNCTIONS[name]
            if not fewest <= len(args) <= most:
                count = str(fewest) if fewest == most else f"{fewest} to {most}"
                raise ValueError(f"'{name}' with {len(args)} arguments; it takes {count}")
            return args
        case ast.Call(func=func):
            called = (ast.get_source_segment(text, func) or "?")[:40]
            raise ValueError(f"'{called}' is no function here; {', '.join(FUNCTIONS)} are")
        case _:
            piece = (ast.get_source_segment(text, node) or text)[:40]
            allowed = "numbers, names, + - * / **, 'a if x < y else b' and functions are"
            raise ValueError(f"'{piece}' is not permitted; {allowed}")


def _value(node: ast.expr, namespace: Mapping[str, Any]) -> Any:
    match node:
        case ast.Constant(value=int() | float() as value):
            return np.float64(value)
        case ast.Name(id=name):
            return np.asarray(namespace[name], dtype=np.float64)[()]
        case ast.UnaryOp(operand=operand):
            return np.negative(_value(operand, namespace))
        case ast.BinOp(left=left, op=op, right=right):
            return OPERATORS[type(op)](_value(left, namespace), _value(right, namespace))
        case ast.Compare(left=left, ops=[op], comparators=[right]):
            return OPERATORS[type(op)](_value(left, namespace), _value(right, namespace))
        case ast.IfExp(test=test, body=body, orelse=orelse):
            chosen = np.where(
                _value(test, namespace), _value(body, namespace), _value(orelse, namespace)
            )
            return chosen[()]
        case ast.Call(func=ast.Name(id=name), args=args):
            return FUNCTIONS[name][0](*(_value(arg, namespace) for arg in args))
    raise AssertionError(node)  # _check has let nothing else through
