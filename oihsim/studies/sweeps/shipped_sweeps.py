"""The shipped sweeps by name, in a checkout and in an installed package."""

from __future__ import annotations

from pathlib import Path

from oihsim.files.yaml import read_yaml


def shipped_sweeps() -> dict[str, str]:
    """Return the names of the shipped sweeps with their questions.

    Examples
    --------
    >>> "dose_and_nmda" in shipped_sweeps()
    True
    """
    files = shipped_sweep_files()
    return {name: str(read_yaml(path).data["question"]) for name, path in files.items()}


def shipped_sweep_files() -> dict[str, Path]:
    """Return the file of each shipped sweep by name."""
    package = Path(__file__).parent
    # installed, the files lie inside the package; in a checkout, beside it
    folders = (package / "shipped", package.parents[2] / "sweeps")
    folder = next((folder for folder in folders if folder.is_dir()), folders[0])
    return {path.stem: path for path in sorted(folder.glob("*.yaml"))}
