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


def _write_page(name: str, source: str) -> Path:
    """Write the page once, atomically; without a cache, into a folder for this process."""
    for folder in (cache_directory(), None):
        try:
            if folder is None:
                folder = Path(tempfile.mkdtemp(prefix="oihsim-"))
                atexit.register(shutil.rmtree, folder, ignore_errors=True)
            path = folder / f"{name}.py"
            if not path.exists() or path.read_text(encoding="utf-8") != source:
                folder.mkdir(parents=True, exist_ok=True)
                handle, temporary = tempfile.mkstemp(dir=folder, suffix=".part")
                with os.fdopen(handle, "w", encoding="utf-8") as stream:
                    stream.write(source)
                Path(temporary).replace(path)
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
