"""The command line. Exit codes: 0 done, 1 a run failed, 2 usage or a bad file.

Results go to files and standard output, all else to standard error; a command imports what it
needs when it is called.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from io import TextIOWrapper
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from oihsim.commands.bench_command import bench
from oihsim.commands.check_command import check
from oihsim.commands.compare_command import compare
from oihsim.commands.doctor_command import doctor
from oihsim.commands.events_command import events_app
from oihsim.commands.list_command import list_names
from oihsim.commands.regimen_command import regimen
from oihsim.commands.replay_command import replay
from oihsim.commands.run_command import run
from oihsim.commands.schema_command import schema
from oihsim.commands.sensitivity_command import sensitivity
from oihsim.commands.show_command import show
from oihsim.commands.steady_command import steady
from oihsim.commands.summarise_command import summarise
from oihsim.commands.sweep_command import sweep
from oihsim.commands.terminal import print_error
from oihsim.commands.validate_command import validate
from oihsim.commands.washout_command import washout
from oihsim.files.caution import CAUTION
from oihsim.files.errors import InputError, ModelError, OihsimError

COMMANDS: dict[str, tuple[Callable[..., Any], str]] = {
    "check": (check, "oihsim check my.yaml"),
    "list": (list_names, "oihsim list scenarios"),
    "show": (show, "oihsim show morphine"),
    "regimen": (regimen, "oihsim regimen 'morphine 30 mg PO q12h x 28 d'"),
    "schema": (schema, "oihsim schema"),
    "run": (run, "oihsim run morphine_month --count 20 -o month.nc"),
    "compare": (compare, "oihsim compare flagship --count 20"),
    "summarise": (summarise, "oihsim summarise flagship --count 10000"),
    "sweep": (sweep, "oihsim sweep dose_and_nmda --estimate"),
    "sensitivity": (
        sensitivity,
        "oihsim sensitivity morphine_month --endpoint pain_mean --arm morphine",
    ),
    "steady": (steady, "oihsim steady morphine_month --count 5"),
    "washout": (washout, "oihsim washout morphine_month --at '30 d' --after '72 h'"),
    "validate": (validate, "oihsim validate comelon2016"),
    "replay": (replay, "oihsim replay month.nc"),
    "doctor": (doctor, "oihsim doctor"),
    "bench": (bench, "oihsim bench table --quick"),
}
"""Each command with an example, in the order of a user's day."""

ORDER = (*(name for name in COMMANDS if name not in ("replay", "doctor", "bench")),
         "events", "replay", "doctor", "bench")  # fmt: skip
INTERRUPTED_BY_TYPER = 130
"""Typer turns Ctrl-C outside a simulation into this exit code."""


class Ordered(TyperGroup):
    """The commands in the order of :data:`ORDER`; Typer would put groups last."""

    def list_commands(self, ctx: Any) -> list[str]:
        """Return the names in the order of ``--help``."""
        del ctx
        return list(ORDER)


app = typer.Typer(
    cls=Ordered,
    help=f"Simulate opioid tolerance and opioid-induced hyperalgesia. {CAUTION}",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
app.add_typer(events_app, name="events")
for name, (command, example) in COMMANDS.items():
    app.command(name, epilog=f"\b\nExample: {example}")(command)


def _print_version(wanted: bool) -> None:
    if wanted:
        from importlib.metadata import version

        typer.echo(f"oihsim {version('oihsim')}")
        raise typer.Exit


@app.callback()
def _options(
    version: Annotated[
        bool,
        typer.Option(
            "--version", callback=_print_version, is_eager=True, help="Print the version."
        ),
    ] = False,
) -> None:
    del version


def main() -> None:
    """Run the command line; no traceback reaches the user."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            # a screen without a letter of the question shows its number instead
            stream.reconfigure(errors="backslashreplace")
    try:
        app()
    except (InputError, ModelError) as error:
        # a model error here comes from values that a file gives: no such body or drug
        print_error(str(error))
        sys.exit(2)
    except OihsimError as error:
        print_error(str(error))
        sys.exit(1)
    except SystemExit as end:
        if end.code == INTERRUPTED_BY_TYPER:
            print_error("interrupted; nothing was written")
            sys.exit(1)
        raise
    except Exception as error:  # the last guard of the command line
        print_error(
            f"internal error: {type(error).__name__}: {error}\n"
            "This is a defect of oihsim; please report it with the command and the file."
        )
        sys.exit(1)
