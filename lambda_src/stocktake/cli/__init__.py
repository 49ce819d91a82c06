"""`stocktake …`: takes a run from a laptop and reads snapshots. Not part of the function's bundle.

Exit codes of `run`: 0 complete, 3 partial, 1 failed; of `find`: 1 where there is nothing; of all: 1 for what went
wrong, 2 for what was asked in a way that cannot be taken.
"""

from __future__ import annotations

import os
import sys
from typing import NoReturn

import click

from stocktake import __version__
from stocktake.cli.find import find
from stocktake.cli.render import clean
from stocktake.cli.run import run
from stocktake.cli.show import show
from stocktake.cli.types import types
from stocktake.errors import StocktakeError, UsageError

INTERRUPTED = 130


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="stocktake")
def cli() -> None:
    """A complete, honest inventory of an AWS estate."""


for command in (run, show, find, types):
    cli.add_command(command)


def main() -> NoReturn:
    """Runs the command line and leaves at once: Python would wait for a thread that is stuck in a call."""
    try:
        code = cli.main(prog_name="stocktake", standalone_mode=False) or 0
    except click.ClickException as error:
        error.show()
        code = error.exit_code
    except (click.Abort, KeyboardInterrupt):
        click.echo("stocktake: interrupted; nothing was published", err=True)
        code = INTERRUPTED
    except StocktakeError as error:
        click.echo(f"stocktake: {clean(str(error))}", err=True)
        code = 2 if isinstance(error, UsageError) else 1
    except BrokenPipeError:
        code = 1
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except OSError:
            code = code or 1
    os._exit(code)
