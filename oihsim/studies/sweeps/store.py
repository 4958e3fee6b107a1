"""The store of a sweep: one zarr group, made complete at the start and filled chunk by chunk.

A chunk is written, and then its mark: the hash of what it follows from, and the hash of its data. A
chunk without a valid mark is simulated again and gives the same numbers. The store has zarr format
2, the one that specifies texts.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import uuid
from collections.abc import Iterable, Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import xarray as xr

from oihsim.engine.solver import INTERRUPTED
from oihsim.files.errors import InputError, Problem
from oihsim.files.yaml import refuse_unwritable, write_atomically
from oihsim.studies.sweeps.sweep_plan import Sweep
from oihsim.studies.sweeps.tiles import Chunk, Tiling, chunk_hash

LIBRARIES = ("zarr", "dask", "distributed")

FORMAT = 2
COMPRESSION = 3
"""Level of Zstandard; higher ones take longer and save little of noisy numbers."""

MARKS = Path("progress", "marks")
"""Place of the marks: below the group, so that no reader takes them for a variable."""

SUMS = Path("progress", "sums")
"""Place of the summaries of chunks, which are added up at the end."""

RECIPE, CUT = "sweep", "sweep_chunks"

Folded = Iterable[tuple[str, tuple[str, ...], Any]]
Digest = Any


class Store:
    """A sweep's store on disk.

    Parameters
    ----------
    path : of a store that :meth:`create` made

    Raises
    ------
    InputError : no sweep has such a store
    """

    def __init__(self, path: str | Path) -> None:
        import zarr

        self.path = Path(path)
        try:
            self._group = zarr.open_group(str(path), mode="r+", zarr_format=FORMAT)
            self.sweep = Sweep.from_recipe(str(self._group.attrs[RECIPE]))
            cut = json.loads(str(self._group.attrs[CUT]))
        except (FileNotFoundError, KeyError, ValueError, TypeError, NotADirectoryError):
            problem = Problem(
                str(path), None, "output", "no store of a sweep", "a store that a sweep began"
            )
            raise InputError([problem]) from None
        self.tiling = Tiling(tuple(cut["sizes"]), tuple(cut["tile"]))
        self._marks = zarr.open_array(str(self.path / MARKS), mode="r+", zarr_format=FORMAT)

    @classmethod
    def create(cls, path: str | Path, sweep: Sweep, tiling: Tiling, template: xr.Dataset) -> Store:
        """Make a store with room for the whole result, in which nothing is finished.

        Parameters
        ----------
        path : must not exist
        template : from :func:`template_of`

        Raises
        ------
        InputError : the folder cannot be written
        """
        import zarr
        from numcodecs import Zstd

        path = Path(path)
        part = path.with_name(f".{path.name}.{uuid.uuid4().hex[:8]}")
        cut = json.dumps({"sizes": tiling.sizes, "tile": tiling.tile})
        result = template.assign_attrs({RECIPE: sweep.text, CUT: cut})
        encoding = {
            str(name): {
                "chunks": [
                    _along(dim, size, sweep, tiling) for dim, size in variable.sizes.items()
                ],
                "compressors": Zstd(level=COMPRESSION),
            }
            for name, variable in result.data_vars.items()
        }
        try:
            result.to_zarr(
                part, compute=False, zarr_format=FORMAT, consolidated=True, encoding=encoding,
                safe_chunks=False,
            )  # fmt: skip
            zarr.create_group(str(part / MARKS.parent), zarr_format=FORMAT)
            zarr.create_array(
                str(part / MARKS), shape=(tiling.number, 64), chunks=(1, 64), dtype="u1",
                fill_value=0, zarr_format=FORMAT,
            )  # fmt: skip
            (part / SUMS).mkdir()
            status = zarr.open_group(str(part), mode="r+", zarr_format=FORMAT)["status"]
            dims = result["status"].dims
            for chunk in tiling:
                # a status that was never written would read as 0, which means done
                status[_region(dims, sweep, chunk)] = INTERRUPTED
            part.rename(path)
        except OSError as error:
            actual = "made by another process just now" if path.exists() else str(error)
            allowed = "a path that can be written and does not exist"
            raise InputError([Problem(str(path), None, "output", actual, allowed)]) from error
        finally:
            shutil.rmtree(part, ignore_errors=True)
        return cls(path)

    def write(self, chunk: Chunk, values: Folded, sums: bytes = b"") -> None:
        """Write the variables of a chunk, and then its mark.

        Parameters
        ----------
        values : its variables
        sums : summaries that are to be added up with those of other chunks
        """
        digest = self.put(chunk, values)
        if sums:
            write_atomically(self._sums_file(chunk.number), lambda part: part.write_bytes(sums))
            digest.update(sums)
        mark = self._expected(chunk) + digest.digest()
        self._marks[chunk.number] = np.frombuffer(mark, dtype="u1")

    def put(self, chunk: Chunk, values: Folded) -> Digest:
        """Write variables at the place of a chunk; return their common hash."""
        digest = hashlib.sha256()
        for name, dims, array in sorted(values, key=lambda variable: variable[0]):
            written = np.ascontiguousarray(array, dtype=self._group[name].dtype)
            self._group[name][_region(dims, self.sweep, chunk)] = written
            digest.update(name.encode() + written.tobytes())
        return digest

    def sums(self, number: int) -> bytes:
        """Return the summaries that a chunk wrote, empty if it wrote none."""
        file = self._sums_file(number)
        return file.read_bytes() if file.is_file() else b""

    def marked(self, chunk: Chunk) -> bool:
        """Return whether a chunk is marked as finished, without reading its data."""
        mark: bytes = self._marks[chunk.number].tobytes()
        return mark[:32] == self._expected(chunk)

    def finished(self) -> list[int]:
        """Return the numbers of the chunks that are finished and whose data are as written.

        The marks of other chunks are removed.
        """
        numbers, dims = [], self.variables()
        for chunk in self.tiling:
            mark = self._marks[chunk.number].tobytes()
            if mark[:32] == self._expected(chunk) and mark[32:] == self._readable(chunk, dims):
                numbers.append(chunk.number)
            elif any(mark):
                self._marks[chunk.number] = 0
        return numbers

    def _sums_file(self, number: int) -> Path:
        return self.path / SUMS / f"{number}.npz"

    def variables(self) -> dict[str, tuple[str, ...]]:
        """Return the variables that chunks write, each with its dimensions."""
        return {
            name: tuple(array.attrs["_ARRAY_DIMENSIONS"])
            for name, array in self._group.arrays()
            if "draw" in array.attrs["_ARRAY_DIMENSIONS"]
            and name != "draw"
            # no chunk writes what is added up at the end
            and (self.tiling.blocks == 1 or {"id", "block"} & {*array.attrs["_ARRAY_DIMENSIONS"]})
        }

    @property
    def size(self) -> int:
        """Bytes of all numbers, before they are compressed."""
        return sum(int(array.nbytes) for _, array in self._group.arrays())

    def result(self) -> xr.Dataset:
        """Return the result as it is now; numbers are read when they are used."""
        result: xr.Dataset = xr.open_zarr(self.path, chunks={}, consolidated=True)
        return result

    def _digest(self, chunk: Chunk, dims: Mapping[str, tuple[str, ...]]) -> bytes:
        digest = hashlib.sha256()
        for name in sorted(dims):
            array = self._group[name][_region(dims[name], self.sweep, chunk)]
            digest.update(name.encode() + np.ascontiguousarray(array).tobytes())
        digest.update(self.sums(chunk.number))
        return digest.digest()

    def _readable(self, chunk: Chunk, dims: Mapping[str, tuple[str, ...]]) -> bytes:
        """Return the hash of a chunk's data, empty if they cannot be read."""
        try:
            return self._digest(chunk, dims)
        except (RuntimeError, ValueError, OSError):
            # a file that was cut or is damaged: the chunk is made again
            return b""

    def _expected(self, chunk: Chunk) -> bytes:
        return bytes.fromhex(chunk_hash(self.sweep, chunk))


def refuse_output(path: Path, resume: bool) -> None:
    """Refuse a path where no store can be made.

    Raises
    ------
    InputError : the path exists and is not to be resumed, or cannot be written
    """
    problems = []
    if path.suffix != ".zarr":
        problems.append(
            Problem(str(path), None, "output", repr(path.suffix), "a folder that ends in .zarr")
        )
    if path.is_file():
        problems.append(Problem(str(path), None, "output", "a file", "the folder of a sweep"))
    if path.exists() and not resume:
        allowed = "a path that does not exist, or --resume to continue it"
        problems.append(Problem(str(path), None, "output", "a path that exists", allowed))
    if not path.exists():
        try:
            refuse_unwritable(path)
        except InputError as error:
            problems += error.problems
    elif not os.access(path, os.W_OK):
        problems.append(
            Problem(str(path), None, "output", "no permission to write", "a writable store")
        )
    if problems:
        raise InputError(problems)


def refuse_without_libraries() -> None:
    """Refuse before any work where the libraries of sweeps are not installed.

    Raises
    ------
    InputError : with what to install
    """
    lacking = [name for name in LIBRARIES if find_spec(name) is None]
    if lacking:
        allowed = "pip install 'oihsim[sweep]'"
        raise InputError(
            [Problem("sweep", None, "installation", f"no {', '.join(lacking)}", allowed)]
        )


def refuse_another(store: Store, sweep: Sweep) -> None:
    """Refuse to continue the store of another sweep, model or version.

    Raises
    ------
    InputError : with everything that differs
    """
    before, now = store.sweep.recipe, sweep.recipe
    problems = []
    for key in dict.fromkeys([*before, *now]):
        # as text: the order of arms and axes counts
        if json.dumps(before.get(key)) == json.dumps(now.get(key)):
            continue
        pairs = _pairs(before.get(key), now.get(key))
        for name, (old, new) in pairs.items():
            allowed = f"{new}, as in this run: results of the two are not mixed; begin a new store"
            field = f"{key}.{name}" if name else key
            problems.append(Problem(str(store.path), None, field, old, allowed))
    if problems:
        raise InputError(problems)


def _pairs(before: Any, now: Any) -> dict[str, tuple[str, str]]:
    """Return what differs between two values of a recipe, as short texts."""
    if isinstance(before, dict) and isinstance(now, dict):
        keys = [key for key in dict.fromkeys([*before, *now]) if before.get(key) != now.get(key)]
        if keys:
            return {str(key): (_shown(before.get(key)), _shown(now.get(key))) for key in keys}
    return {"": (_shown(before), _shown(now))}


def _shown(value: Any) -> str:
    if value is None:
        return "nothing"
    text = value if isinstance(value, str) else json.dumps(value)
    if len(text) <= 80:
        return text
    return f"content {hashlib.sha256(text.encode()).hexdigest()[:12]}"


def _along(dim: Any, size: int, sweep: Sweep, tiling: Tiling) -> int:
    """Return the size of a zarr chunk along a dimension."""
    parts = dict(zip((*sweep.dims, "draw", "id"), tiling.tile, strict=True)) | {"block": 1}
    return parts.get(str(dim), size)


def _region(dims: Iterable[Any], sweep: Sweep, chunk: Chunk) -> tuple[slice, ...]:
    """Return the place of a chunk in a variable with these dimensions."""
    spans = {name: slice(*span) for name, span in zip(sweep.dims, chunk.points, strict=True)}
    spans |= chunk.region
    return tuple(spans.get(str(dim), slice(None)) for dim in dims)
