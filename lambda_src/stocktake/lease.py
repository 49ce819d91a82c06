"""Who is taking a run of an inventory, so that two invocations do not ask AWS for the same at the same time.

A lease is about the load on AWS's APIs and not about safety: whoever publishes, the store keeps one line of runs. So
nothing that stands in a lease can keep a run from being taken for longer than a function may run: one that has expired,
that cannot be read, or that holds for longer than any function runs, is taken over. Nothing is ever deleted: a lease is
given back by writing when that was.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from stocktake.errors import Damaged, Missing, Overlap, StoreError
from stocktake.model import Run
from stocktake.snapshot import FORMAT, POINTER_BYTES, TIME, canonical, lease_in, lease_key
from stocktake.store import Store

LONGEST_SECONDS = 900.0
"""A function's time (AWS Lambda quotas, "Function timeout")."""

MARGIN_SECONDS = 30.0
"""For a function that is killed at its last moment, and for clocks that differ."""

TRIES = 3

Clock = Callable[[], datetime]
logger = logging.getLogger(__name__)


def utc_now() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class Lease:
    """A lease that was taken: its key and its content, and the run that the one before it was for."""

    key: str
    content: dict[str, Any]
    before: str = ""


def take(store: Store, run: Run, invocation: str, attempt: str, seconds: float | None, clock: Clock = utc_now) -> Lease:
    """Takes the lease of a run's inventory for `seconds`, which is what the function has.

    `invocation` is the same for an invocation that is tried again, which takes over its own lease at once; `attempt` is
    never the same, so that no two contents are. Raises Overlap where another invocation has it, and StoreError.
    """
    key = lease_key(run.inventory)
    for _ in range(TRIES):
        now = clock()
        found, tag = _read(store, key)
        if found is not None and found["invocation"] != invocation and _holds(found, now):
            raise Overlap(run.inventory, run.id, {name: found[name] for name in ("run", "invocation", "until")})
        until = now + timedelta(seconds=min(seconds or LONGEST_SECONDS, LONGEST_SECONDS) + MARGIN_SECONDS)
        content = {
            "format": FORMAT,
            "run": run.id,
            "invocation": invocation,
            "attempt": attempt,
            "taken": now.strftime(TIME),
            "until": until.strftime(TIME),
            "released": None,
        }
        if store.swap(key, canonical(content), tag):
            return Lease(key, content, found["run"] if found else "")
    raise StoreError(f"{key} cannot be taken: others write it at the same moment")


def give_back(store: Store, lease: Lease, clock: Clock = utc_now) -> None:
    """Gives a lease back, if it is still the same. What cannot be given back ends by itself, which is said."""
    try:
        data, tag = store.peek(lease.key, POINTER_BYTES)
        if data == canonical(lease.content):
            store.swap(lease.key, canonical({**lease.content, "released": clock().strftime(TIME)}), tag)
    except StoreError as error:
        logger.warning("%s could not be given back, and ends at %s: %s", lease.key, lease.content["until"], error)


def _read(store: Store, key: str) -> tuple[dict[str, Any] | None, str | None]:
    """The lease that is there and its tag; None for one that is no lease, or is not there."""
    try:
        data, tag = store.peek(key, POINTER_BYTES + 1)
    except Missing:
        return None, None
    try:
        if len(data) > POINTER_BYTES:
            raise Damaged(f"{key} has more than {POINTER_BYTES:,} bytes")
        return lease_in(data, key), tag
    except Damaged as error:
        logger.warning("%s; it is taken over", error)
        return None, tag


def _holds(found: dict[str, Any], now: datetime) -> bool:
    """Whether a lease is neither given back nor expired, and can be true at all."""
    until = datetime.fromisoformat(found["until"])
    latest = now + timedelta(seconds=LONGEST_SECONDS + 2 * MARGIN_SECONDS)
    return found["released"] is None and now < until <= latest
