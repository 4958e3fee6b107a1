"""The share of bound names that say nothing: ``python tests/style/vague_names.py [FOLDER ...]``.

A name is bound where a variable, argument, function, class or field gets it. It is vague if one of
its words, parted by underscores, stands in :data:`VAGUE`. Names of tests are sentences and are left
out.
"""

from __future__ import annotations

import ast
import sys
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path

VAGUE = frozenset(
    (
        *("asked", "every", "everything", "found", "given", "here", "kept", "left", "meant", "one"),
        *("own", "said", "some", "something", "such", "thing", "things", "told", "whole"),
    )
)
"""Words that say that a thing is there, and not what it is."""


DEFINITIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)


def bound_names(tree: ast.AST) -> Iterator[str]:
    """Yield every name that a syntax tree binds, once for each binding."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            yield node.id
        elif isinstance(node, ast.arg):
            yield node.arg
        elif isinstance(node, DEFINITIONS) and not node.name.startswith("test_"):
            yield node.name


def is_vague(name: str) -> bool:
    """Return whether one of the words of a name says nothing."""
    return not VAGUE.isdisjoint(name.lower().strip("_").split("_"))


def counted(trees: Iterable[ast.AST]) -> tuple[Counter[str], int]:
    """Return how often each vague name is bound, and the number of all bindings."""
    names = [name for tree in trees for name in bound_names(tree)]
    return Counter(filter(is_vague, names)), len(names)


if __name__ == "__main__":
    for folder in map(Path, sys.argv[1:] or ["oihsim"]):
        files = sorted(folder.rglob("*.py")) if folder.is_dir() else [folder]
        vague, bindings = counted(ast.parse(file.read_text(encoding="utf-8")) for file in files)
        share = vague.total() / max(bindings, 1)
        print(f"{folder}: {vague.total()} of {bindings} bound names, {share:.1%}")
        print("   ", ", ".join(f"{name} {count}" for name, count in vague.most_common(40)))
