"""What can be chosen when deploying: one frozen, wholly validated object, from CDK's context.

    cdk deploy -c stocktake:memory-mb=3008 -c 'stocktake:inventories={"default": {"exclude_regions": ["us-gov-*"]}}'

or, for good, under "context" in cdk.json.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass, field, fields
from typing import Any

from stocktake.errors import UsageError
from stocktake.settings import Inventory, Settings

PREFIX = "stocktake:"
SCHEDULE = re.compile(r"^(rate\(\d+ (minutes?|hours?|days?)\)|cron\([^)]+\))$")
STACK_NAME = re.compile(r"^[A-Za-z][A-Za-z0-9-]{0,127}$")
# The retention periods that CloudWatch Logs takes (API reference, PutRetentionPolicy), up to two years.
LOG_RETENTION_DAYS = (1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731)


@dataclass(frozen=True, kw_only=True)
class Key:
    """What one context key takes: a sentence for people, how it is read, and a check."""

    accepted: str
    read: Callable[[Any], Any]
    check: Callable[[Any], bool]


def whole(low: int, high: int) -> Key:
    return Key(
        accepted=f"a whole number from {low} to {high}",
        check=lambda value: low <= value <= high,
        read=lambda value: value if isinstance(value, int) and not isinstance(value, bool) else int(str(value)),
    )


def text(pattern: re.Pattern[str], accepted: str) -> Key:
    return Key(accepted=accepted, check=lambda value: bool(pattern.match(value)), read=str)


def inventories(value: Any) -> tuple[Inventory, ...]:
    return Settings.from_environment(
        {"STOCKTAKE_INVENTORIES": value if isinstance(value, str) else json.dumps(value)}
    ).inventories


KEYS = {
    "stack_name": text(STACK_NAME, "letters, digits and -, starting with a letter, at most 128"),
    "schedule": text(SCHEDULE, "a rate or cron expression of EventBridge Scheduler, such as rate(1 hour)"),
    "flexible_minutes": whole(0, 60),
    "memory_mb": whole(512, 10240),
    "timeout_seconds": whole(120, 900),
    "retries": whole(0, 1),
    "log_retention_days": Key(
        accepted=f"one of {', '.join(map(str, LOG_RETENTION_DAYS))}",
        check=lambda value: value in LOG_RETENTION_DAYS,
        read=lambda value: int(str(value)),
    ),
    "snapshot_retention_days": whole(1, 3650),
    "inventories": Key(
        accepted='JSON such as {"default": {"exclude_regions": ["us-gov-*"]}}', check=bool, read=inventories
    ),
}


@dataclass(frozen=True, kw_only=True)
class StackConfig:
    """Each field is the context key `stocktake:` and its name with hyphens, `stocktake:memory-mb`.

    stack_name               the CloudFormation stack's
    schedule                 when: a rate or cron expression of EventBridge Scheduler (cron in UTC)
    flexible_minutes         how much later than that a run may start, so that not all the world starts at once; 0: not
    memory_mb                of the function; 1,769 MB are one full CPU, less memory is less CPU
    timeout_seconds          of the function; the last 60 s are kept for publishing
    retries                  of an invocation that failed; a run that failed has called everything already
    log_retention_days       of the function's log
    snapshot_retention_days  after which snapshots, units and manifests are deleted
    inventories              what STOCKTAKE_INVENTORIES takes: names and their scopes
    """

    stack_name: str = "Stocktake"
    schedule: str = "rate(1 hour)"
    flexible_minutes: int = 10
    memory_mb: int = 1769
    timeout_seconds: int = 900
    retries: int = 1
    log_retention_days: int = 30
    snapshot_retention_days: int = 400
    inventories: tuple[Inventory, ...] = field(default=Settings().inventories)

    @classmethod
    def from_context(cls, context: Callable[[str], Any]) -> StackConfig:
        """Reads the context. Raises UsageError, naming key, value and what would be accepted."""
        values: dict[str, Any] = {}
        for one in fields(cls):
            name = PREFIX + one.name.replace("_", "-")
            raw = context(name)
            if raw is None:
                continue
            key = KEYS[one.name]
            try:
                value = key.read(raw)
            except ValueError:
                raise UsageError(name, raw, f"it is {key.accepted}") from None
            if not key.check(value):
                raise UsageError(name, raw, f"it is {key.accepted}")
            values[one.name] = value
        return cls(**values)
