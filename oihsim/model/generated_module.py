"""A generated module: its file in the cache, and its import."""

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
    """Return the folder of generated modules and kernels: ``OIHSIM_CACHE``, else the user's."""
    chosen = os.environ.get("OIHSIM_CACHE")
    if chosen:
        return Path(chosen)
    if sys.platform == "win32":
        base = Path(os.environ.get("LOCALAPPDATA", Path.home() / "AppData" / "Local"))
    else:
        base = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache"))
    return base / "oihsim"


def write_bytes_atomically(path: Path, content: bytes) -> None:
    """Write a file in one step, and the folder that holds it; a failure leaves no part behind.

    Raises
    ------
    OSError : the file cannot be written
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, temporary = tempfile.mkstemp(dir=path.parent, suffix=".part")
    try:
        with os.fdopen(handle, "wb") as stream:
            stream.write(content)
        Path(temporary).replace(path)
    except OSError:
        # a full disk, or a folder in the place of the file
        Path(temporary).unlink(missing_ok=True)
        raise


def _write_module(name: str, source: str) -> Path:
    """Return the module's file, written once; without a cache, in a folder for this process."""
    for folder in (cache_directory(), None):
        try:
            if folder is None:
                folder = Path(tempfile.mkdtemp(prefix="oihsim-"))
                atexit.register(shutil.rmtree, folder, ignore_errors=True)
            path = folder / f"{name}.py"
            if not path.exists() or path.read_text(encoding="utf-8") != source:
                write_bytes_atomically(path, source.encode())
        except OSError:
            continue
        return path
    raise OSError("no folder for compiled models can be written; set OIHSIM_CACHE")


def import_generated(name: str, source: str) -> ModuleType:
    """Return the module with this source, written and imported once per process.

    Raises
    ------
    OSError : no folder can be written
    """
    if name in sys.modules:
        return sys.modules[name]
    spec = importlib.util.spec_from_file_location(name, _write_module(name, source))
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module
