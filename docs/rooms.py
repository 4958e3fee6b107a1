"""The rooms of the package and who imports whom, for the page on architecture."""

from __future__ import annotations

import ast
import tomllib
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[1]
BEGIN, END = "<!-- rooms: begin, from the imports -->", "<!-- rooms: end -->"


def layers() -> list[list[str]]:
    """Return the rooms by layer, from the top, as the contract in ``pyproject.toml`` has them."""
    table = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    contracts = table["tool"]["importlinter"]["contracts"]
    lines = next(contract["layers"] for contract in contracts if contract["type"] == "layers")
    return [[name.strip().removeprefix("oihsim.") for name in line.split("|")] for line in lines]


def sources(room: str) -> list[Path]:
    """Return the modules of a room."""
    folder = ROOT / "oihsim" / room
    return sorted(folder.rglob("*.py")) if folder.is_dir() else [folder.with_suffix(".py")]


@cache
def imported_rooms(room: str) -> list[str]:
    """Return the other rooms that the modules of a room import, type-checking imports included."""
    rooms = set()
    for path in sources(room):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ImportFrom) and node.module:
                names = [f"{node.module}.{alias.name}" for alias in node.names]
            elif isinstance(node, ast.Import):
                names = [alias.name for alias in node.names]
            else:
                continue
            rooms |= {name.split(".")[1] for name in names if name.startswith("oihsim.")}
    return sorted(rooms & {other for layer in layers() for other in layer if other != room})


def meaning(room: str) -> str:
    """Return the first sentence of a room's docstring."""
    path = ROOT / "oihsim" / room / "__init__.py"
    text = ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))) or ""
    return text.split("\n")[0].rstrip(".")


def rooms_table() -> str:
    """Return the table of rooms, from the command line down to the files."""
    lines = ["| layer | room | holds | imports |", "| --- | --- | --- | --- |"]
    rows = [row for row in layers() if row != ["__main__"]]
    for number, layer in zip(range(len(rows), 0, -1), rows, strict=True):
        for room in layer:
            below = ", ".join(f"`{name}`" for name in imported_rooms(room)) or "–"
            cells = (number, f"`{room}`", meaning(room), below)
            lines.append("| " + " | ".join(map(str, cells)) + " |")
    return "\n".join(lines)


def architecture_page() -> str:
    """Return the page on architecture with its table made anew."""
    page = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    before, rest = page.split(BEGIN)
    return f"{before}{BEGIN}\n{rooms_table()}\n{END}{rest.split(END)[1]}"
