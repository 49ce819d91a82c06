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
    EVENT_BUS,
    EVENT_BUS_ACCEPTED,
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
VARIABLE = re.compile(r"\ASTOCKTAKE_[A-Z]+: ")
RATE = re.compile(r"rate\((\d{1,4}) (minute|hour|day)s?\)", re.ASCII)
CRON = re.compile(r"cron\((\S+) (\S+) (\S+) (\S+) (\S+) (\S+)\)", re.ASCII)
CRON_PART = re.compile(r"(?:\*|(\d{1,2})(?:-(\d{1,2}))?)(?:/(\d{1,2}))?", re.ASCII)
MINUTES = {"minute": 1, "hour": 60, "day": 24 * 60}
DAY = 24 * 60
LEAST_MINUTES = 5
LONGEST_ALARM = 7 * DAY
"""Minutes: what an alarm can look back on (CloudWatch API reference, PutMetricAlarm: EvaluationPeriods)."""

STACK_NAME = re.compile(r"[A-Za-z][A-Za-z0-9-]{0,127}")
FUNCTION_NAME = re.compile(r"[A-Za-z0-9_-]{1,64}")
KMS_KEY = re.compile(r"(create|arn:[a-z-]+:kms:[a-z0-9-]+:\d{12}:key/[A-Za-z0-9-]+|)", re.ASCII)
BUCKET = re.compile(r"([a-z0-9][a-z0-9.-]{1,61}[a-z0-9]|)")
TOPIC = re.compile(r"(arn:[a-z-]+:sns:[a-z0-9-]+:\d{12}:[A-Za-z0-9_-]{1,256}|)", re.ASCII)
EMAIL = re.compile(r"[^\s@]+@[^\s@]+\.[^\s@]+")
# The retention periods that CloudWatch Logs takes (API reference, PutRetentionPolicy), up to two years.
LOG_RETENTION_DAYS = (1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731)
ARCHITECTURES = ("arm64", "x86_64")
LOCK_MODES = ("governance", "compliance")


@dataclass(frozen=True, kw_only=True)
class Key:
    """What one context key takes: a sentence for people, how it is read, and a check."""

    accepted: str
    read: Callable[[Any], Any]
    check: Callable[[Any], bool] = lambda _: True


def whole(low: int, high: int) -> Key:
    return Key(
        accepted=f"a whole number from {low} to {high}",
        check=lambda value: low <= value <= high,
        read=lambda value: value if isinstance(value, int) and not isinstance(value, bool) else int(str(value)),
    )


def text(check: Callable[[str], bool], accepted: str) -> Key:
    return Key(accepted=accepted, check=lambda value: isinstance(value, str) and check(value), read=lambda value: value)


def number(low: float, high: float) -> Key:
    return Key(
        accepted=f"a number from {low:g} to {high:g}",
        check=lambda value: low <= value <= high,
        read=lambda value: float(str(value)),
    )


def matching(pattern: re.Pattern[str], accepted: str) -> Key:
    return text(lambda value: bool(pattern.fullmatch(value)), accepted)


def one_of(*values: str) -> Key:
    return text(lambda value: value in values, f"one of {', '.join(values)}")


def yes_or_no() -> Key:
    return Key(accepted="true or false", read=_truth)


def _truth(value: Any) -> bool:
    written = str(value).lower()
    if written not in ("true", "false"):
        raise ValueError(value)
    return written == "true"


def moments(minute: str, hour: str) -> list[int]:
    """The minutes of the day that two fields of a cron expression name. Raises ValueError for what is no such field."""
    return sorted(60 * at + past for at in _named(hour, 24) for past in _named(minute, 60))


def _named(written: str, end: int) -> set[int]:
    named: set[int] = set()
    for part in written.split(","):
        found = CRON_PART.fullmatch(part)
        if found is None:
            raise ValueError(part)
        first, last, step = found.groups()
        low = int(first or 0)
        high = int(last) if last else low if first and not step else end - 1
        if not low <= high < end or step == "0" * len(step or "-"):
            raise ValueError(part)
        named |= set(range(low, high + 1, int(step or 1)))
    return named


def pauses(schedule: str) -> tuple[int, int | None]:
    """The minutes from one run to the next: the shortest, and the longest, None where not every day has the same runs.

    Raises ValueError for what is no schedule."""
    rate, cron = RATE.fullmatch(schedule), CRON.fullmatch(schedule)
    if rate:
        minutes = int(rate[1]) * MINUTES[rate[2]]
        return minutes, minutes
    if not cron:
        raise ValueError(schedule)
    times = moments(cron[1], cron[2])
    gaps = [later - earlier for earlier, later in zip(times, [*times[1:], times[0] + DAY], strict=True)]
    return min(gaps), max(gaps) if {*cron.groups()[2:]} <= {"*", "?"} else None


def is_schedule(value: str) -> bool:
    try:
        return pauses(value)[0] >= LEAST_MINUTES
    except ValueError:
        return False


def an_object(value: Any) -> dict[str, Any]:
    """A JSON object, or the text of one. Raises ValueError."""
    read = json.loads(value) if isinstance(value, str) else value
    if not isinstance(read, dict):
        raise ValueError(value)
    return read


def schedules(value: Any) -> dict[str, str | None]:
    read = an_object(value)
    for name, written in read.items():
        if written is not None and not (isinstance(written, str) and is_schedule(written)):
            raise UsageError(name, written, f"it is {SCHEDULE}, or null for by hand only")
    return read


def stale_minutes(value: Any) -> dict[str, int]:
    read = an_object(value)
    for name, minutes in read.items():
        if isinstance(minutes, bool) or not isinstance(minutes, int) or not 0 <= minutes <= LONGEST_ALARM:
            raise UsageError(name, minutes, f"it is a whole number up to {LONGEST_ALARM}, a week; 0 for no alarm")
    return read


def emails(value: Any) -> tuple[str, ...]:
    read = json.loads(value) if isinstance(value, str) else value
    if not isinstance(read, list | tuple):
        raise ValueError(value)
    for one in read:
        if not (isinstance(one, str) and EMAIL.fullmatch(one)) or read.count(one) > 1:
            raise UsageError("address", one, "it is an e-mail address, once")
    return tuple(read)


def inventories(value: Any) -> tuple[Inventory, ...]:
    written = value if isinstance(value, str) else json.dumps(value)
    return Settings.from_environment({INVENTORIES: written}).inventories


def accepted(value: Any) -> tuple[Acceptance, ...]:
    written = value if isinstance(value, str) else json.dumps(value)
    return Settings.from_environment({ACCEPTED: written}).accepted


SCHEDULE = (
    f"a rate of {LEAST_MINUTES} minutes or more, such as rate(1 hour), or six fields of cron, such as cron(0 * * * ? *)"
)

KEYS = {
    "stack_name": matching(STACK_NAME, "letters, digits and -, starting with a letter, at most 128"),
    "function_name": matching(FUNCTION_NAME, "letters, digits, - and _, at most 64"),
    "inventories": Key(
        accepted='JSON such as {"default": {"exclude_regions": ["us-gov-*"]}}', check=bool, read=inventories
    ),
    "accepted": Key(accepted="a JSON list of rules", read=accepted),
    "schedule": text(is_schedule, SCHEDULE),
    "schedules": Key(accepted='JSON such as {"full": "rate(1 day)", "network": null}', read=schedules),
    "stale_minutes": Key(accepted='JSON such as {"full": 2880}', read=stale_minutes),
    "flexible_minutes": whole(0, 60),
    "role": text(lambda value: bool(ROLE.match(value)), ROLE_ACCEPTED),
    "external_id": text(lambda value: bool(EXTERNAL_ID.match(value)), EXTERNAL_ID_ACCEPTED),
    "memory_mb": whole(512, 10240),
    "ephemeral_mb": whole(512, 10240),
    "architecture": one_of(*ARCHITECTURES),
    "timeout_seconds": whole(120, 900),
    "retries": whole(0, 1),
    "reserved_concurrency": whole(0, 1000),
    "threads": whole(1, 900),
    "quota_share": number(0, 1),
    "log_retention_days": Key(
        accepted=f"one of {', '.join(map(str, LOG_RETENTION_DAYS))}",
        check=lambda value: value in LOG_RETENTION_DAYS,
        read=lambda value: int(str(value)),
    ),
    "snapshot_retention_days": whole(1, 3650),
    "kms_key": matching(KMS_KEY, "nothing, create, or the ARN of a key"),
    "object_lock_days": whole(0, 3650),
    "object_lock_mode": one_of(*LOCK_MODES),
    "access_log_bucket": matching(BUCKET, "the name of a bucket, or nothing"),
    "alarm_emails": Key(accepted='a JSON list such as ["ops@example.com"]', read=emails),
    "alarm_topic": matching(TOPIC, "the ARN of an SNS topic, or nothing"),
    "event_bus": text(lambda value: bool(EVENT_BUS.match(value)), EVENT_BUS_ACCEPTED),
    "dashboard": yes_or_no(),
    "query": yes_or_no(),
    "query_scan_gb": whole(1, 10_000),
}


@dataclass(frozen=True, kw_only=True)
class StackConfig:
    """Each field is the context key `stocktake:` and its name with hyphens, `stocktake:memory-mb`.

    stack_name               the CloudFormation stack's
    function_name            the function's; the dimension `service` of its metrics too
    inventories              what STOCKTAKE_INVENTORIES takes: names and their scopes
    accepted                 what STOCKTAKE_ACCEPTED takes: rules that accept that some units are not seen
    schedule                 when: a rate or cron expression of EventBridge Scheduler (cron in UTC)
    schedules                inventory → its own schedule, or None: by hand only; those not named have `schedule`
    stale_minutes            inventory → minutes that may pass without a publishable snapshot, 0: no such alarm; two
                             periods of the schedule where it is not named
    flexible_minutes         how much later than scheduled a run may start, so that not all the world starts at once; 0:
                             not
    role                     assumed in other accounts, where an inventory asks for accounts
    external_id              said when it is assumed; empty: none
    memory_mb                of the function; 1,769 MB are one full CPU, less memory is less CPU
    ephemeral_mb             of the function's /tmp, where the snapshot is put together
    architecture             of the function: arm64 or x86_64; its code is the same
    timeout_seconds          of the function; the last 60 s are kept for publishing
    retries                  of an invocation that failed; a run that failed has called everything already
    reserved_concurrency     of the account's concurrency, kept for the function; 0: none, as a new account has little
    threads                  calls in flight, all told
    quota_share              of each request quota that AWS publishes, what a run may spend; 0: no limits
    log_retention_days       of the function's log
    snapshot_retention_days  after which snapshots, units and manifests are deleted
    kms_key                  of the bucket: empty, keys that S3 manages; create, a key of its own; or a key's ARN
    object_lock_days         for which nobody can delete what was written; 0: no Object Lock
    object_lock_mode         governance, which some may bypass, or compliance, which nobody may
    access_log_bucket        where S3 puts the bucket's access log; empty: none
    alarm_emails             who is written to when an alarm goes off, once they have confirmed
    alarm_topic              an SNS topic of yours to tell instead; empty: one of the stack's own
    event_bus                where a published run is announced: an EventBridge bus's name or ARN; empty: nowhere
    dashboard                whether there is one
    query                    whether there are tables, saved queries and a workgroup for Athena
    query_scan_gb            at which Athena ends a query, so that none costs more than that
    """

    stack_name: str = "Stocktake"
    function_name: str = "stocktake"
    inventories: tuple[Inventory, ...] = field(default=Settings().inventories)
    accepted: tuple[Acceptance, ...] = Settings().accepted
    schedule: str = "rate(1 hour)"
    schedules: Mapping[str, str | None] = field(default_factory=dict)
    stale_minutes: Mapping[str, int] = field(default_factory=dict)
    flexible_minutes: int = 10
    role: str = Settings().role
    external_id: str = Settings().external_id
    memory_mb: int = 1769
    ephemeral_mb: int = 512
    architecture: str = "arm64"
    timeout_seconds: int = 900
    retries: int = 1
    reserved_concurrency: int = 0
    threads: int = Settings().threads
    quota_share: float = Settings().quota_share
    log_retention_days: int = 30
    snapshot_retention_days: int = 400
    kms_key: str = ""
    object_lock_days: int = 0
    object_lock_mode: str = "governance"
    access_log_bucket: str = ""
    alarm_emails: tuple[str, ...] = ()
    alarm_topic: str = ""
    event_bus: str = "default"
    dashboard: bool = True
    query: bool = True
    query_scan_gb: int = 10

    @property
    def settings(self) -> Settings:
        """What the function is told, but for its store."""
        return Settings(
            threads=self.threads,
            quota_share=self.quota_share,
            role=self.role,
            external_id=self.external_id,
            event_bus=self.event_bus,
            inventories=self.inventories,
            accepted=self.accepted,
        )

    @property
    def scheduled(self) -> dict[str, str]:
        """Inventory → its schedule, of those that have one."""
        expressions = {one.name: self.schedules.get(one.name, self.schedule) for one in self.inventories}
        return {name: expression for name, expression in expressions.items() if expression is not None}

    @property
    def event_age_minutes(self) -> int:
        """How long an event may wait: less than until the next one, of whatever inventory has the next one soonest."""
        return min(map(event_age, self.scheduled.values()), default=event_age(self.schedule))

    def stale_after(self, inventory: str) -> int | None:
        """The minutes that may pass without a publishable snapshot of a scheduled inventory. None where it is not known
        and has to be said; 0 where nobody wants to be told."""
        if inventory in self.stale_minutes:
            return self.stale_minutes[inventory]
        longest = pauses(self.scheduled[inventory])[1]
        return None if longest is None or 2 * longest > LONGEST_ALARM else 2 * longest

    @classmethod
    def from_context(cls, context: Mapping[str, Any]) -> StackConfig:
        """Reads the context. Raises UsageError, naming key, value and what would be accepted."""
        known = {_key(one.name): one.name for one in fields(cls)}
        values: dict[str, Any] = {}
        for name, raw in context.items():
            if not name.startswith(PREFIX) or raw is None:
                continue
            if name not in known:
                raise UsageError(name, raw, f"there is no such key; {nearest(name, known)}")
            values[known[name]] = _read(name, KEYS[known[name]], raw)
        config = cls(**values)
        _check_length(config.settings)
        _check_names(config)
        _check_pauses(config)
        _check_together(config)
        return config


def event_age(schedule: str) -> int:
    """The minutes that an event may wait: less than until the next one, as it would describe a time that is over."""
    return min(50, pauses(schedule)[0] * 5 // 6)


def _check_names(config: StackConfig) -> None:
    """Raises UsageError for a schedule or a limit of an inventory that there is not."""
    names = [inventory.name for inventory in config.inventories]
    for field_name, given in (("schedules", config.schedules), ("stale_minutes", config.stale_minutes)):
        for name in given:
            if name not in names:
                raise UsageError(_key(field_name), name, f"the configured inventories are {', '.join(names)}")


def _check_pauses(config: StackConfig) -> None:
    """Raises UsageError where nobody can say when a snapshot is late, or where one would always be late."""
    for name, schedule in config.scheduled.items():
        minutes = config.stale_after(name)
        longest = pauses(schedule)[1]
        if minutes is None:
            raise UsageError(
                _key("schedules" if name in config.schedules else "schedule"),
                schedule,
                f"{_key('stale_minutes')} has to say after how many minutes without a snapshot of {name} somebody is "
                f"to be told, at most {LONGEST_ALARM}; 0 for never",
            )
        if minutes and minutes < (longest or LEAST_MINUTES):
            raise UsageError(
                _key("stale_minutes"),
                f"{name}: {minutes}",
                f"it is {longest or LEAST_MINUTES} or more, its longest pause",
            )


def _check_together(config: StackConfig) -> None:
    if config.alarm_topic and config.alarm_emails:
        raise UsageError(
            _key("alarm_emails"),
            ", ".join(config.alarm_emails),
            f"{_key('alarm_topic')} is a topic of yours: subscribe them there, or leave it out",
        )
    if config.object_lock_days > config.snapshot_retention_days:
        raise UsageError(
            _key("object_lock_days"),
            config.object_lock_days,
            f"it is at most {config.snapshot_retention_days}, what {_key('snapshot_retention_days')} says",
        )


def _key(name: str) -> str:
    return PREFIX + name.replace("_", "-")


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
