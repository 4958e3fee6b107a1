"""A linked page as a file in the cache, and as the module that numba compiles."""

from __future__ import annotations

import atexit
import importlib.util
import os
import shutil
import sys
import tempfile
from pathlib import Path
from types import ModuleType


def cache_directory() -> Path:
    """Return the folder of compiled pages: ``OIHSIM_CACHE``, else the user's cache folder."""
    chosen = os.environ.get("OIHSIM_CACHE")
    if chosen:
        return Path(chosen)
    if sys.platform == "win32":
        base = Path(os.environ.get("LOCALAPPDATA", Path.home() / "AppData" / "Local"))
    else:
        base = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache"))
    return base / "oihsim"


def write_whole(path: Path, content: bytes) -> None:
    """Write a file whole or not at all, with the folder that it is in.

    Raises
    ------
    OSError : it cannot be written; nothing is left behind
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, temporary = tempfile.mkstemp(dir=path.parent, suffix=".part")
    try:
        with os.fdopen(handle, "wb") as stream:
            stream.write(content)
        Path(temporary).replace(path)
    except OSError:
        # a full disk, or something else in the place of the file
        Path(temporary).unlink(missing_ok=True)
        raise


def _write_page(name: str, source: str) -> Path:
    """Write the page once, atomically; without a cache, into a folder for this process."""
    for folder in (cache_directory(), None):
        try:
            if folder is None:
                folder = Path(tempfile.mkdtemp(prefix="oihsim-"))
                atexit.register(shutil.rmtree, folder, ignore_errors=True)
            path = folder / f"{name}.py"
            if not path.exists() or path.read_text(encoding="utf-8") != source:
                write_whole(path, source.encode())
        except OSError:
            continue
        return path
    raise OSError("no folder for compiled models can be written; set OIHSIM_CACHE")


def import_page(name: str, source: str) -> ModuleType:
    """Return the module of a page, written and imported once a process.

    Raises
    ------
    OSError : no folder can be written
    """
    if name in sys.modules:
        return sys.modules[name]
    spec = importlib.util.spec_from_file_location(name, _write_page(name, source))
    assert spec is not None
    assert spec.loader is not None
    page = importlib.util.module_from_spec(spec)
    sys.modules[name] = page
    spec.loader.exec_module(page)
    return page
