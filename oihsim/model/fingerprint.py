"""The text of code that decides what is computed: without imports, docstrings and comments."""

from __future__ import annotations

import ast


def deciding_text(source: str) -> str:
    """Return the lines of a module that decide what it computes.

    Imports, docstrings, comments and blank lines are skipped: a module that moves, or that other
    words describe, keeps its text.

    Raises
    ------
    SyntaxError : the source is not Python

    Examples
    --------
    >>> deciding_text("import math; from a import b")
    ''
    """
    tree = ast.parse(source)
    skipped: set[int] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import | ast.ImportFrom):
            skipped.update(range(node.lineno, (node.end_lineno or node.lineno) + 1))
        if isinstance(node, ast.Expr) and _is_text(node.value):
            skipped.update(range(node.lineno, (node.end_lineno or node.lineno) + 1))
    return "\n".join(
        line
        for number, line in enumerate(source.splitlines(), 1)
        if number not in skipped and line.strip() and not line.lstrip().startswith("#")
    )


def _is_text(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and isinstance(node.value, str)
