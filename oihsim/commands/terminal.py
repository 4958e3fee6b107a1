"""What the commands print, folded to the width of the terminal."""

from __future__ import annotations

import os
import shutil
import sys
from typing import TextIO

import typer

from oihsim.files.text_table import WIDTH, folded_page

NARROWEST = 40
"""Columns that a narrower terminal is taken to have."""


def terminal_width(stream: TextIO | None = None) -> int | None:
    """Return the columns of the terminal; None where a stream goes to a file or a pipe.

    The variable COLUMNS, where it is a number, stands for the terminal.

    Parameters
    ----------
    stream : standard output if left out
    """
    named = os.environ.get("COLUMNS", "")
    if named.isdigit() and int(named):
        return max(int(named), NARROWEST)
    if not (stream or sys.stdout).isatty():
        return None
    return max(shutil.get_terminal_size((WIDTH, 24)).columns, NARROWEST)


def print_page(text: str) -> None:
    """Print text, folded between words where it is wider than the terminal."""
    typer.echo(folded_page(text, terminal_width()))


def print_error(text: str) -> None:
    """Print a message on standard error; a message in a file keeps its lines."""
    width = terminal_width(sys.stderr) if sys.stderr.isatty() else None
    typer.echo(folded_page(text, width), err=True)
