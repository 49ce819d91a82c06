"""What can be chosen when deploying: one frozen, wholly validated object, from CDK's context.

    cdk deploy -c stocktake:memory-mb=3008 -c 'stocktake:inventories={"default": {"exclude_regions": ["us-gov-*"]}}'

or, for good, under "context" in cdk.json.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields, replace
from typing import Any

from stocktake.errors import UsageError, nearest
from stocktake.settings import (
    EXTERNAL_ID,
    EXTERNAL_ID_ACCEPTED,
    ROLE,
    ROLE_ACCEPTED,
    Acceptance,
    Inventory,
    Settings,
)

PREFIX = "stocktake:"
INVENTORIES = "STOCKTAKE_INVENTORIES"
ACCEPTED = "STOCKTAKE_ACCEPTED"
ENVIRONMENT_BYTES = 4096
"""Of a function's variables together, as JSON (AWS Lambda quotas; what UpdateFunctionConfiguration measures)."""

LONGEST_BUCKET_NAME = 63
RATE = re.compile(r"rate\((\d{1,4}) (minute|hour|day)s?\)", re.ASCII)
VARIABLE = re.compile(r"\ASTOCKTAKE_[A-Z]+: ")
CRON = re.compile(r"cron\([^\s()]+( [^\s()]+){5}\)", re.ASCII)
MINUTES = {"minute": 1, "hour": 60, "day": 24 * 60}
LEAST_MINUTES = 5
STACK_NAME = re.compile(r"[A-Za-z][A-Za-z0-9-]{0,127}")
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


def text(check: Callable[[str], bool], accepted: str) -> Key:
    return Key(accepted=accepted, check=lambda value: isinstance(value, str) and check(value), read=lambda value: value)


def period(schedule: str) -> int:
    """The minutes from one run to the next. Of a cron expression, which may have many: an hour."""
    rate = RATE.fullmatch(schedule)
    return int(rate[1]) * MINUTES[rate[2]] if rate else 60


def is_schedule(value: str) -> bool:
    return bool(CRON.fullmatch(value) or RATE.fullmatch(value)) and period(value) >= LEAST_MINUTES


def inventories(value: Any) -> tuple[Inventory, ...]:
    written = value if isinstance(value, str) else json.dumps(value)
    return Settings.from_environment({INVENTORIES: written}).inventories


def accepted(value: Any) -> tuple[Acceptance, ...]:
    written = value if isinstance(value, str) else json.dumps(value)
    return Settings.from_environment({ACCEPTED: written}).accepted


KEYS = {
    "stack_name": text(
        lambda value: bool(STACK_NAME.fullmatch(value)), "letters, digits and -, starting with a letter, at most 128"
    ),
    "schedule": text(
        is_schedule,
        f"a rate of {LEAST_MINUTES} minutes or more, such as rate(1 hour), or six fields of cron, "
        "such as cron(0 * * * ? *)",
    ),
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
    "role": text(lambda value: bool(ROLE.match(value)), ROLE_ACCEPTED),
    "external_id": text(lambda value: bool(EXTERNAL_ID.match(value)), EXTERNAL_ID_ACCEPTED),
    "inventories": Key(
        accepted='JSON such as {"default": {"exclude_regions": ["us-gov-*"]}}', check=bool, read=inventories
    ),
    "accepted": Key(accepted="a JSON list of rules", check=lambda _: True, read=accepted),
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
    role                     assumed in other accounts, where an inventory asks for accounts
    external_id              said when it is assumed; empty: none
    inventories              what STOCKTAKE_INVENTORIES takes: names and their scopes
    accepted                 what STOCKTAKE_ACCEPTED takes: rules that accept that some units are not seen
    """

    stack_name: str = "Stocktake"
    schedule: str = "rate(1 hour)"
    flexible_minutes: int = 10
    memory_mb: int = 1769
    timeout_seconds: int = 900
    retries: int = 1
    log_retention_days: int = 30
    snapshot_retention_days: int = 400
    role: str = Settings().role
    external_id: str = Settings().external_id
    inventories: tuple[Inventory, ...] = field(default=Settings().inventories)
    accepted: tuple[Acceptance, ...] = Settings().accepted

    @property
    def settings(self) -> Settings:
        """What the function is told, but for its store."""
        return Settings(
            role=self.role, external_id=self.external_id, inventories=self.inventories, accepted=self.accepted
        )

    @property
    def event_age_minutes(self) -> int:
        """How long an event may wait: less than until the next one, as it would describe a time that is over."""
        return min(50, period(self.schedule) * 5 // 6)

    @classmethod
    def from_context(cls, context: Mapping[str, Any]) -> StackConfig:
        """Reads the context. Raises UsageError, naming key, value and what would be accepted."""
        known = {PREFIX + one.name.replace("_", "-"): one.name for one in fields(cls)}
        values: dict[str, Any] = {}
        for name, raw in context.items():
            if not name.startswith(PREFIX) or raw is None:
                continue
            if name not in known:
                raise UsageError(name, raw, f"there is no such key; {nearest(name, known)}")
            values[known[name]] = _read(name, KEYS[known[name]], raw)
        config = cls(**values)
        _check_length(config.settings)
        return config


def _check_length(settings: Settings) -> None:
    """Raises UsageError for more than a function's environment holds, which a deployment would only then be told."""
    environment = replace(settings, store="s3://" + "b" * LONGEST_BUCKET_NAME).to_environment()
    length = len(json.dumps(environment, separators=(",", ":")))
    if length > ENVIRONMENT_BYTES:
        raise UsageError(
            f"{PREFIX}inventories and {PREFIX}accepted",
            f"{length} bytes",
            f"a function's environment holds {ENVIRONMENT_BYTES}, quotes within quotes and all; "
            "use globs instead of lists, and fewer words",
        )


def _read(name: str, key: Key, raw: Any) -> Any:
    try:
        value = key.read(raw)
        taken = key.check(value)
    except ValueError:
        taken = False
    except UsageError as refusal:  # by the settings' own reading, which says what is wrong inside
        raise UsageError(name, raw, VARIABLE.sub("", str(refusal), count=1)) from None
    if not taken:
        raise UsageError(name, raw, f"it is {key.accepted}")
    return value
