"""Where the commands that read find the store, and a run in it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import click

from stocktake.errors import Damaged, Missing, UsageError
from stocktake.model import Run
from stocktake.settings import INVENTORY_NAME, RUN_ID, Settings
from stocktake.store import Store, find_manifest, open_store, read_manifest, read_pointer

SHOWN = ("coverage", "scope", "counts", "calls")
SHOWN_OF_RUN = ("revision", "seconds")
F = TypeVar("F", bound=Callable[..., Any])

store_option = click.option(
    "--store",
    envvar="STOCKTAKE_STORE",
    required=True,
    metavar="S3-URL|DIR",
    help="Where the snapshots are: s3://bucket/prefix or a directory. [env: STOCKTAKE_STORE]",
)
inventory_option = click.option("--inventory", default="default", show_default=True, help="The inventory's name.")
json_option = click.option("--json", "as_json", is_flag=True, help="JSON instead of text.")


def open_for_reading(location: str) -> Store:
    def s3() -> Any:
        from stocktake.aws import Aws  # an SDK session takes a moment, which a directory need not wait for

        return Aws(Settings()).s3()

    return open_store(location, s3)


def load(store: Store, inventory: str, run_id: str | None) -> tuple[dict[str, Any], str]:
    """A run's manifest and its key; the inventory's latest run where no id is given.

    Raises UsageError for what is no run id, Missing where there is no such run, Damaged where it cannot be shown.
    """
    manifest, key = _load(store, inventory, run_id)
    of_run = manifest["run"]
    lacking = [name for name in SHOWN if name not in manifest] + [name for name in SHOWN_OF_RUN if name not in of_run]
    if lacking:
        raise Damaged(f"{key} is not made as a manifest is: it has no {lacking[0]}")
    return manifest, key


def _load(store: Store, inventory: str, run_id: str | None) -> tuple[dict[str, Any], str]:
    if not INVENTORY_NAME.match(inventory):
        raise UsageError("inventory", inventory, "a name has letters, digits, - and _, at most 63")
    if run_id is None:
        pointer, _ = read_pointer(store, inventory)
        if pointer is None:
            raise Missing(f"the store has no run of the inventory {inventory!r} yet")
        return read_manifest(store, pointer["manifest"], pointer["sha256"]), pointer["manifest"]
    if not RUN_ID.match(run_id):
        raise UsageError("run", run_id, "a run's id is its time, such as 20261122T130000Z")
    key = find_manifest(store, Run(run_id, inventory, "", None, ""))
    if key is None:
        raise Missing(f"the store has no run {run_id} of the inventory {inventory!r}")
    return read_manifest(store, key), key
