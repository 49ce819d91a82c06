"""`stocktake run`: the function's own pipeline, from a laptop."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from types import ModuleType
from typing import Any

import click

from stocktake.aws import Aws
from stocktake.cli.stores import json_option, store_option
from stocktake.fanout import OnProgress
from stocktake.model import Progress
from stocktake.pipeline import plan_run, preflight, take_snapshot
from stocktake.settings import Settings

PREFLIGHT_SECONDS = 50.0
EXIT = {"complete": 0, "partial": 3, "failed": 1}


@click.command()
@store_option
@click.option("--inventory", help="A configured inventory (STOCKTAKE_INVENTORIES); the first if none is given.")
@click.option("--accounts", multiple=True, metavar="GLOBS", help="Only these of the inventory's. Repeatable.")
@click.option("--regions", multiple=True, metavar="GLOBS", help="Only these: 'eu-*,global'. Repeatable.")
@click.option("--exclude-regions", multiple=True, metavar="GLOBS", help="Not these.")
@click.option("--types", multiple=True, metavar="GLOBS", help="Only these: 'AWS::EC2::*'. Repeatable.")
@click.option("--resume", metavar="RUN", help="Collect what this run has not seen, and publish its next revision.")
@click.option("--detail", type=click.Choice(["basic", "full"]), help="basic: no call per resource.")
@click.option(
    "--deadline",
    type=click.FloatRange(min=1),
    default=3600.0,
    show_default=True,
    metavar="SECONDS",
    help="Collect no longer than this, then publish what there is.",
)
@click.option("--plan", "only_plan", is_flag=True, help="Print what would be called, and exit.")
@click.option(
    "--preflight",
    "only_ask",
    is_flag=True,
    help="Say within a minute what cannot be listed, collect nothing, and exit.",
)
@json_option
def run(store: str, deadline: float, only_plan: bool, only_ask: bool, as_json: bool, **filters: Any) -> int:
    """Take a run now and publish it to the store.

    Credentials and region are the AWS environment's: AWS_PROFILE, AWS_REGION, AWS_ENDPOINT_URL, AWS_CA_BUNDLE.
    A run with filters is published, but is not the latest unless the store has no other.
    """
    settings = Settings.from_environment({**os.environ, "STOCKTAKE_STORE": store}).for_event(_event(filters))
    aws = Aws(settings)
    if only_plan:
        scope, units = asyncio.run(plan_run(settings, aws))
        _view().show_plan(scope, units, settings.inventory.detail == "full", as_json=as_json)
        return 0
    if only_ask:
        scope, outcomes = asyncio.run(preflight(settings, aws, PREFLIGHT_SECONDS))
        return int(_view().show_preflight(scope, outcomes, as_json=as_json))
    with _progress() as on_progress:
        seconds = deadline + settings.reserve_seconds
        summary = asyncio.run(take_snapshot(settings, aws, trigger="cli", seconds=seconds, on_progress=on_progress))
    _view().show_summary(summary, as_json=as_json)
    return EXIT[summary["verdict"]]


def _event(filters: dict[str, Any]) -> dict[str, Any]:
    """The options as the event that the function would get, so that both are checked in one place."""
    event: dict[str, Any] = {name: filters[name] for name in ("inventory", "detail", "resume") if filters[name]}
    for name in ("accounts", "regions", "exclude_regions", "types"):
        globs = [glob.strip() for value in filters[name] for glob in value.split(",") if glob.strip()]
        if globs:
            event[name] = globs
    return event


def _view() -> ModuleType:
    return import_module("stocktake.cli.running")


@contextmanager
def _progress() -> Iterator[OnProgress]:
    """A moving line on a terminal; elsewhere a line for every tenth of the way."""
    if not sys.stderr.isatty():
        yield _plain_progress()
        return
    with _view().bar() as moved:
        yield moved


def _plain_progress() -> OnProgress:
    tenth = 0

    def moved(progress: Progress) -> None:
        nonlocal tenth
        if progress.done * 10 // progress.units > tenth:
            tenth = progress.done * 10 // progress.units
            trouble = f", {progress.troubled:,} in trouble" if progress.troubled else ""
            click.echo(f"{progress.done:,} of {progress.units:,} units, {progress.calls:,} calls{trouble}", err=True)
            _view()  # now, while answers are awaited, and not when the last of them is there

    return moved
