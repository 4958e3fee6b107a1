"""The permitted subset of Python in which equations are written, and a reader of it.

An equation is a plain function at the top of a module:

- arguments are positional, without defaults; their names are symbols;
- the body is assignments to fresh names, then one ``return`` of a value or a tuple of values;
- values are built from numbers, names, ``+ - * /``, unary minus, ``**`` with a whole number,
  and calls to functions of :mod:`oihsim.model.shapes` or of the same module that obey these rules.

Not allowed are branches, loops, comparisons, attributes, subscripts, keywords and decorators.
So Python runs the same text that numba compiles and that pint and SymPy read.
"""

from __future__ import annotations

import ast
import copy
import inspect
import textwrap
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from oihsim.files.errors import ModelError
from oihsim.model import shapes as functions

SHAPES: tuple[str, ...] = tuple(functions.__all__)
"""Names an equation may call from :mod:`oihsim.model.shapes`."""

_OPERATORS = (ast.Add, ast.Sub, ast.Mult, ast.Div)


@dataclass(frozen=True)
class Equation:
    """An equation as read from its source.

    Attributes
    ----------
    name : name of the function
    arguments : symbols that it reads
    values : number of values that it returns
    calls : names that it calls
    tree : the syntax tree of the function, without its docstring
    """

    name: str
    arguments: tuple[str, ...]
    values: int
    calls: tuple[str, ...]
    tree: ast.FunctionDef


def _fault(node: ast.AST, known: set[str], callable_: Mapping[str, Any]) -> str | None:
    """Return the part of an expression that is not allowed, or None."""
    if isinstance(node, ast.Constant):
        number = isinstance(node.value, (int, float)) and not isinstance(node.value, bool)
        return None if number else f"the constant {node.value!r}"
    if isinstance(node, ast.Name):
        return None if node.id in known else f"the name {node.id!r}, which is not an argument"
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        return _fault(node.operand, known, callable_)
    if isinstance(node, ast.BinOp):
        if isinstance(node.op, ast.Pow):
            if not (isinstance(node.right, ast.Constant) and isinstance(node.right.value, int)):
                return "'**' with anything but a whole number; use power(x, n)"
        elif not isinstance(node.op, _OPERATORS):
            return f"the operator {type(node.op).__name__}"
        fault = _fault(node.left, known, callable_)
        return fault or _fault(node.right, known, callable_)
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and not node.keywords:
        if node.func.id not in SHAPES and not inspect.isfunction(callable_.get(node.func.id)):
            return f"a call of {node.func.id!r}, which is not one of {', '.join(SHAPES)}"
        faults = (_fault(argument, known, callable_) for argument in node.args)
        return next((fault for fault in faults if fault), None)
    return f"{type(node).__name__} ({ast.unparse(node)})"


def _body(tree: ast.FunctionDef) -> list[ast.stmt]:
    first = tree.body[0]
    documented = isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant)
    return tree.body[1:] if documented else tree.body


def read(function: Callable[..., Any]) -> Equation:
    """Read a function and check that it stays within the subset.

    Parameters
    ----------
    function : a plain function defined in a file or a notebook cell

    Returns
    -------
    Equation

    Raises
    ------
    ModelError : the source cannot be found or leaves the subset; the text says where and how

    Examples
    --------
    >>> from oihsim.model.shapes import power
    >>> read(power)  # doctest: +ELLIPSIS
    Traceback (most recent call last):
    oihsim.files.errors.ModelError: equation 'power', line 9: If is not allowed; see ...
    """
    name = function.__name__
    try:
        source = textwrap.dedent(inspect.getsource(function))
        tree = ast.parse(source).body[0]
    except (OSError, SyntaxError, TypeError) as error:
        raise ModelError(
            f"equation {name!r}: its source cannot be read; define it with 'def' in a file or cell"
        ) from error
    if not isinstance(tree, ast.FunctionDef):
        raise ModelError(f"equation {name!r}: must be a function written with 'def'")
    spec = tree.args
    if spec.vararg or spec.kwarg or spec.kwonlyargs or spec.defaults or tree.decorator_list:
        raise ModelError(f"equation {name!r}: takes plain arguments only, and no decorator")
    arguments = tuple(argument.arg for argument in spec.posonlyargs + spec.args)
    known = set(arguments)
    body = _body(tree)

    def refuse(node: ast.AST, what: str) -> ModelError:
        line = getattr(node, "lineno", "?")
        return ModelError(
            f"equation {name!r}, line {line}: {what} is not allowed; see oihsim.model.equations"
        )

    for statement in body[:-1]:
        target = statement.targets[0] if isinstance(statement, ast.Assign) else None
        if not isinstance(target, ast.Name) or len(statement.targets) != 1:  # type: ignore[attr-defined]
            raise refuse(statement, type(statement).__name__)
        fault = _fault(statement.value, known, function.__globals__)  # type: ignore[attr-defined]
        if fault is None and target.id in known:
            fault = f"a second assignment to {target.id!r}"
        if fault:
            raise refuse(statement, fault)
        known.add(target.id)
    last = body[-1]
    if not isinstance(last, ast.Return) or last.value is None:
        raise refuse(last, f"{type(last).__name__} as the last statement")
    returned = last.value.elts if isinstance(last.value, ast.Tuple) else [last.value]
    for value in returned:
        fault = _fault(value, known, function.__globals__)
        if fault:
            raise refuse(last, fault)
    calls = tuple(
        dict.fromkeys(
            node.func.id
            for node in ast.walk(tree)
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)
        )
    )
    plain = copy.copy(tree)
    plain.body, plain.decorator_list, plain.returns = body, [], None
    return Equation(name, arguments, len(returned), calls, plain)
