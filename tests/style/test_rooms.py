"""The page on architecture: every file that it names exists, and its table is that of the code."""

import re
import runpy
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
ROOMS = runpy.run_path(str(ROOT / "docs" / "rooms.py"))


def named_files():
    """Return the files that the page names, those of a folder by the folder's last full path."""
    files, folder = [], Path()
    for text in re.findall(r"`([\w/]+(?:\.py|/))`", PAGE):
        path = Path(text)
        if path.suffix and path.parent == Path():
            path = folder / path
        folder = path.parent if path.suffix else path
        files.append(path)
    return files


@pytest.mark.parametrize("path", named_files(), ids=str)
def test_what_the_page_names_exists(path):
    assert (ROOT / "oihsim" / path).exists()


def test_the_table_is_that_of_the_imports():
    assert ROOMS["architecture_page"]() == PAGE


def test_the_page_is_one_page():
    assert len(PAGE.splitlines()) <= 70


def test_each_room_imports_only_lower_layers():
    layers = ROOMS["layers"]()
    floor = {room: -number for number, layer in enumerate(layers) for room in layer}
    upward = [
        (room, other)
        for room in floor
        for other in ROOMS["imported_rooms"](room)
        if floor[other] >= floor[room]
    ]
    assert upward == []


def test_every_room_is_in_the_contract_and_has_a_sentence():
    folders = {path.parent.name for path in (ROOT / "oihsim").glob("*/__init__.py")}
    rooms = {room for layer in ROOMS["layers"]() for room in layer} - {"__main__"}
    assert rooms == folders
    assert all(len(ROOMS["meaning"](room)) > 20 for room in rooms)
