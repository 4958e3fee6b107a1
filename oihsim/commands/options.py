"""Options and arguments that several commands share."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON for machines.")]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="No progress, no summary.")]
Threads = Annotated[int | None, typer.Option(min=1, help="Threads.", show_default="all cores")]
Count = Annotated[
    int | None, typer.Option(min=1, help="Subjects.", show_default="as the scenario says")
]
Seed = Annotated[
    int | None,
    typer.Option(min=0, help="Seed of everything random.", show_default="as the scenario says"),
]
Output = Annotated[Path | None, typer.Option("--output", "-o", help="netCDF file to write.")]
Figure = Annotated[
    Path | None, typer.Option(help="Figure to write (png, svg, pdf).", show_default=False)
]
ScenarioName = Annotated[str, typer.Argument(help="A scenario file, or a shipped name.")]
