"""The shape of the code: import contracts, sizes, names."""

import ast
import runpy
import subprocess
import sys
import tomllib
from collections import Counter
from functools import cache
from graphlib import TopologicalSorter
from pathlib import Path

import grimp
import pytest

ROOT = Path(__file__).parents[1]
SOURCES = sorted((ROOT / "oihsim").rglob("*.py"))
ALL = [
    *SOURCES,
    *sorted((ROOT / "tests").rglob("*.py")),
    *sorted((ROOT / "benchmarks").rglob("*.py")),
]


@cache
def tree_of(path):
    return ast.parse(path.read_text(encoding="utf-8"))


def test_import_contracts_hold():
    done = subprocess.run(
        [sys.executable, "-c", "from importlinter.cli import lint_imports_command as c; c()"],
        cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    assert "0 broken" in done.stdout


ROOMS = {
    *(
        "commands",
        "drugs",
        "engine",
        "events",
        "evidence",
        "files",
        "kinetics",
        "model",
        "neuroplasticity",
    ),
    *("results", "scenario", "simulation", "studies", "treatment"),
}


def test_the_top_of_the_package_holds_rooms_alone():
    names = {path.name for path in (ROOT / "oihsim").iterdir()} - {"__pycache__"}
    assert names == {*ROOMS, "__init__.py", "__main__.py", "py.typed"}


def test_the_layers_are_one_short_list():
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    contracts = settings["tool"]["importlinter"]["contracts"]
    (layers,) = [contract["layers"] for contract in contracts if contract["type"] == "layers"]
    assert len(layers) <= 12


def test_no_modules_import_each_other_in_a_circle():
    """Imports for type checking and within functions count too."""
    graph = grimp.build_graph("oihsim", exclude_type_checking_imports=False, cache_dir=None)
    imports = {module: graph.find_modules_directly_imported_by(module) for module in graph.modules}
    assert len(imports) > 200
    TopologicalSorter(imports).prepare()  # raises CycleError, which names the circle


def test_no_file_is_longer_than_400_lines():
    lines = {str(path): len(path.read_text(encoding="utf-8").splitlines()) for path in ALL}
    assert {path: number for path, number in lines.items() if number > 400} == {}


def test_no_function_is_longer_than_60_statement_lines():
    long = []
    for path in SOURCES:
        for node in ast.walk(tree_of(path)):
            if isinstance(node, ast.FunctionDef):
                body = node.body[1:] if ast.get_docstring(node) else node.body
                lines = node.body[-1].end_lineno - body[0].lineno + 1 if body else 0
                if lines > 60:
                    long.append(f"{path.name}:{node.name} {lines}")
    # one subject's loop over its stops, and one step, read best in one piece
    assert [name for name in long if "run_subject" not in name and "advance" not in name] == []


def test_no_module_is_called_by_what_it_is_not():
    vague = {"utils", "helpers", "common", "core", "base", "misc"}
    assert not [path for path in SOURCES if path.stem in vague]


def test_no_two_modules_or_classes_bear_one_name():
    modules = Counter(p.parent.name if p.stem == "__init__" else p.stem for p in SOURCES)
    classes = Counter(
        node.name
        for path in SOURCES
        for node in ast.walk(tree_of(path))
        if isinstance(node, ast.ClassDef)
    )
    assert [name for names in (modules, classes) for name, n in names.items() if n > 1] == []


@pytest.mark.parametrize("folder", ["oihsim", "tests", "benchmarks", "docs"])
def test_few_names_say_nothing(folder):
    counted = runpy.run_path(str(ROOT / "tests" / "style" / "vague_names.py"))["counted"]
    vague, bindings = counted(map(tree_of, sorted((ROOT / folder).rglob("*.py"))))
    assert vague.total() <= 0.02 * bindings, vague.most_common(20)
