"""Tables of a result: doses, decisions and spans, groups on disk, joined across results."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import xarray as xr

if TYPE_CHECKING:
    from numpy.typing import NDArray

TABLES = {
    "doses": ("dose",),
    "decisions": ("decision", "observation"),
    "spans": ("span",),
}
"""Group -> the dimensions that only its variables have."""

PADDING = -1
ENGINE: Any = "h5netcdf"
LEAST_COMPRESSED = 4
"""Variables of fewer dimensions are small and stored as they are."""


def parts(ds: xr.Dataset) -> tuple[xr.Dataset, dict[str, xr.Dataset]]:
    """Return a result without its tables, and its tables by group."""
    tables = {}
    for group, dims in TABLES.items():
        columns = {
            name
            for name, variable in ds.variables.items()
            if not set(dims).isdisjoint(variable.dims)
        }
        if columns:
            tables[group] = ds.drop_vars([name for name in ds.variables if name not in columns])
            tables[group].attrs = {}
    table_dims = [dim for dims in TABLES.values() for dim in dims]
    return ds.drop_dims(table_dims, errors="ignore"), tables


def groups(ds: xr.Dataset) -> xr.DataTree:
    """Return a result as a tree: dose ledger and decision log are its groups.

    Parameters
    ----------
    ds : result, whole or a part of it

    Returns
    -------
    xarray.DataTree
        its root has the time courses and the recipe, ``doses`` the variables ``dose_*``,
        ``decisions``, where an arm has rules, the variables ``decision_*``, and ``spans`` the
        variables ``span_*`` on which endpoints rest. Coordinates are those of the root. A stored
        file has the same groups

    Examples
    --------
    >>> import oihsim
    >>> typical = {"population.count": 1, "population.typical": True, "duration": "1 d"}
    >>> tree = groups(oihsim.simulate(oihsim.load("morphine_month").change(typical)))
    >>> list(tree.children), tree["doses"]["dose_amount"].dims
    (['doses', 'spans'], ('scenario', 'draw', 'id', 'dose'))
    """
    root, tables = parts(ds)
    return xr.DataTree.from_dict(
        {"/": root, **{f"/{group}": table for group, table in tables.items()}}
    )


def save(ds: xr.Dataset, path: Path) -> None:
    """Write a result with its groups as netCDF-4, compressed."""
    root, tables = parts(ds)
    root.to_netcdf(path, mode="w", engine=ENGINE, encoding=_encoding(root))
    for group, table in tables.items():
        table.to_netcdf(path, mode="a", group=group, engine=ENGINE, encoding=_encoding(table))


def _encoding(ds: xr.Dataset) -> dict[Any, dict[str, Any]]:
    return {
        name: {"zlib": True, "complevel": 1, "shuffle": True}
        for name, variable in ds.data_vars.items()
        if variable.ndim >= LEAST_COMPRESSED
    }


def read(path: Path | str) -> xr.Dataset:
    """Return a stored result with its tables joined, in memory; older files have none."""
    stored = xr.open_groups(path, engine=ENGINE)
    try:
        ds = stored["/"].load()
        for group in TABLES:
            if f"/{group}" in stored:
                table = stored[f"/{group}"].load()
                ds = ds.assign_coords(table.coords).assign(table.data_vars)
    finally:
        for part in stored.values():
            part.close()
    return ds


def alike(results: Sequence[xr.Dataset]) -> list[xr.Dataset]:
    """Return the results with tables of the same length, codes and observations.

    The returned results can be joined along ``scenario``, ``draw`` or ``id``. Their flag meanings
    are the union of all, in order of appearance; a result without a decision log gets an empty one.

    Examples
    --------
    >>> first = xr.Dataset({"dose_drug": ("dose", np.array([0], dtype=np.int16),
    ...     {"flag_values": np.array([0]), "flag_meanings": "morphine"})}, {"dose": [0]})
    >>> second = xr.Dataset({"dose_drug": ("dose", np.array([0, 1], dtype=np.int16),
    ...     {"flag_values": np.array([0, 1]), "flag_meanings": "ketamine morphine"})},
    ...     {"dose": [0, 1]})
    >>> [part.dose_drug.values.tolist() for part in alike([first, second])]
    [[0, -1], [1, 0]]
    """
    tables = [parts(ds)[1] for ds in results]
    first = {group: table for of_result in reversed(tables) for group, table in of_result.items()}
    completed = [
        _with_empty_tables(
            ds,
            {group: first[group] for group in TABLES if group in first and group not in of_result},
        )
        for ds, of_result in zip(results, tables, strict=True)
    ]
    table_dims = {dim for dims in TABLES.values() for dim in dims}
    for name, variable in completed[0].data_vars.items():
        if "flag_meanings" in variable.attrs and not table_dims.isdisjoint(variable.dims):
            completed = _same_codes(completed, str(name))
    for row_dim in ("dose", "decision"):
        if row_dim in completed[0].dims:
            rows = np.arange(max(ds.sizes[row_dim] for ds in completed))
            completed = [_padded(ds, {row_dim: rows}) for ds in completed]
    if "observation" in completed[0].dims:
        completed = _same_observations(completed)
    if "dose_amount" in completed[0]:
        units = {unit for ds in completed for unit in _words(ds["dose_drug"], "flag_units")}
        unit = units.pop() if len(units) == 1 else "1"
        for ds in completed:
            ds["dose_amount"].attrs["units"] = unit
    return completed


def _with_empty_tables(ds: xr.Dataset, lacking: Mapping[str, xr.Dataset]) -> xr.Dataset:
    """Return a copy of a result with an empty table for each that only other results have.

    Parameters
    ----------
    ds : result
    lacking : group -> such a table of another result
    """
    ds = ds.copy()
    for table in lacking.values():
        for name, variable in table.data_vars.items():
            shape = [ds.sizes.get(str(dim), table.sizes[dim]) for dim in variable.dims]
            empty = np.full(shape, _blank(variable), dtype=variable.dtype)
            ds[name] = (variable.dims, empty, variable.attrs)
        ds = ds.assign_coords(table.coords)
    return ds


def _blank(variable: xr.DataArray) -> Any:
    return PADDING if "flag_meanings" in variable.attrs else np.nan


def _words(variable: xr.DataArray, key: str) -> list[str]:
    return str(variable.attrs.get(key, "")).split()


def _same_codes(results: Sequence[xr.Dataset], name: str) -> list[xr.Dataset]:
    """Return the results with one numbering of a variable of codes."""
    meanings = [_words(ds[name], "flag_meanings") for ds in results]
    merged = list(dict.fromkeys(word for words in meanings for word in words))
    attrs = dict(results[0][name].attrs)
    attrs["flag_values"] = np.arange(len(merged), dtype=np.int16)
    attrs["flag_meanings"] = " ".join(merged)
    if "flag_units" in attrs:
        units = [_words(ds[name], "flag_units") for ds in results]
        unit_of = {word: unit for pair in zip(meanings, units, strict=True) for word, unit in
                   zip(*pair, strict=True)}  # fmt: skip
        attrs["flag_units"] = " ".join(unit_of[word] for word in merged)
    recoded = []
    for ds, words in zip(results, meanings, strict=True):
        new_codes = np.array([*(merged.index(word) for word in words), PADDING], dtype=np.int16)
        codes: NDArray[np.int16] = new_codes[ds[name].values]
        recoded.append(ds.assign({name: (ds[name].dims, codes, attrs)}))
    return recoded


def _padded(ds: xr.Dataset, index: Mapping[str, Any]) -> xr.Dataset:
    """Return a result reindexed along dimensions of its tables; new entries are blank."""
    if all(np.array_equal(ds[dim].values, values) for dim, values in index.items()):
        return ds
    root, tables = parts(ds)
    for group, table in tables.items():
        if set(index) & set(TABLES[group]):
            blanks = {name: _blank(variable) for name, variable in table.data_vars.items()}
            table = table.reindex(index, fill_value=blanks)
        root = root.assign_coords(table.coords).assign(table.data_vars)
    return root


def _same_observations(results: Sequence[xr.Dataset]) -> list[xr.Dataset]:
    """Return the results with the observations of all of them."""
    units: dict[str, str] = {}
    for ds in results:
        names = ds["observation"].values, ds["observation_units"].values
        units |= {str(name): str(unit) for name, unit in zip(*names, strict=True)}
    labels = ("observation", list(units.values()), results[0]["observation_units"].attrs)
    without_units = [ds.drop_vars("observation_units") for ds in results]
    return [
        _padded(ds, {"observation": list(units)}).assign_coords(observation_units=labels)
        for ds in without_units
    ]
