"""`stocktake …`: takes a run from a laptop and reads snapshots. Not part of the function's bundle.

Exit codes of `run`: 0 complete, 3 partial, 1 failed; of `find`: 1 where there is nothing; of all: 1 for what went
wrong, 2 for what was asked in a way that cannot be taken.
"""

from __future__ import annotations

import io
import os
import sys
from importlib import import_module
from typing import NoReturn

import click

from stocktake import __version__
from stocktake.errors import StocktakeError, UsageError

COMMANDS = ("run", "show", "find", "verify", "types")
INTERRUPTED = 130
ERROR_LENGTH = 1500


class _Commands(click.Group):
    """Each command is a module's function of the same name, loaded when it is asked for."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        command: click.Command = getattr(import_module(f"stocktake.cli.{cmd_name}"), cmd_name)
        return command


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="stocktake")
def cli() -> None:
    """A complete, honest inventory of an AWS estate."""


def main() -> NoReturn:
    """Runs the command line and leaves at once: Python would wait for a thread that is stuck in a call."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")  # a terminal need not have every character
    try:
        code = cli.main(prog_name="stocktake", standalone_mode=False) or 0
    except click.ClickException as error:
        error.message = _sentence(error.message)  # type: ignore[misc]
        error.show()
        code = error.exit_code
    except (click.Abort, KeyboardInterrupt):
        click.echo("stocktake: interrupted; nothing was published", err=True)
        code = INTERRUPTED
    except StocktakeError as error:
        click.echo(f"stocktake: {_sentence(str(error))}", err=True)
        code = 2 if isinstance(error, UsageError) else 1
    except MemoryError:
        click.echo("stocktake: there is not enough memory for what the store holds", err=True)
        code = 1
    except BrokenPipeError:
        code = 1
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except OSError:
            code = code or 1
    os._exit(code)


def _sentence(text: str) -> str:
    """What an error says, inert and of a length that can be read: it may quote what AWS, a store or an event said."""
    from stocktake.cli.render import shown  # which a command that ends well may not need

    return shown(text, ERROR_LENGTH)
