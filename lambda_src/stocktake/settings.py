"""One frozen, wholly validated Settings: from the environment, from an event, and to the environment.

`infra` writes the function's environment with `to_environment`, whose inverse, `from_environment`, the function reads
it with.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, fields, replace
from datetime import UTC, date, datetime
from fnmatch import fnmatchcase
from typing import Any

from stocktake.catalog import CATALOG
from stocktake.errors import UsageError, listed, nearest
from stocktake.model import ReasonCode

PREFIX = "STOCKTAKE_"
INVENTORY_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,62}\Z")
RUN_ID = re.compile(r"\d{8}T\d{6}Z\Z", re.ASCII)
ACCOUNT = re.compile(r"\d{12}\Z", re.ASCII)
ACCOUNT_GLOB = re.compile(r"[0-9*?\[\]!-]+\Z")
ROLE = re.compile(r"([\w+=,.@-]+/)*[\w+=,.@-]{1,64}\Z", re.ASCII)
ROLE_ACCEPTED = "the name of a role, with its path where it has one, such as stocktake-reader or audit/stocktake-reader"
EXTERNAL_ID = re.compile(r"([\w+=,.@:/-]{2,1224})?\Z", re.ASCII)
EVENT_BUS = re.compile(r"((arn:aws[a-z-]*:events:[a-z0-9-]+:\d{12}:event-bus/)?[/.\-_A-Za-z0-9]{1,256})?\Z", re.ASCII)
EVENT_BUS_ACCEPTED = (
    "the name of an EventBridge bus, 1 to 256 letters, digits and /.-_, or its ARN, such as default or "
    "arn:aws:events:eu-west-1:111122223333:event-bus/inventory, or nothing"
)
EXTERNAL_ID_ACCEPTED = "2 to 1224 letters, digits and +=,.@:/_-, or nothing"
DETAILS = ("basic", "full")
TIERS = ("core", "full")

FORESEEN = (
    ReasonCode.IAM,
    ReasonCode.SCP,
    ReasonCode.REGION_DISABLED,
    ReasonCode.NOT_OFFERED,
    ReasonCode.NOT_ENABLED,
    ReasonCode.THROTTLED,
    ReasonCode.TIMEOUT,
    ReasonCode.NETWORK,
)
"""Reasons that a glob may stand for: lasting properties of an account, a region or a service."""

NEVER_ACCEPTED = (ReasonCode.AUTH, ReasonCode.CLOCK_SKEW)
"""The run itself was broken, so that nobody knows what there was to see."""

ACCEPTABLE = tuple(code for code in ReasonCode if code not in NEVER_ACCEPTED)
"""Those that are not foreseen are taken by name alone: whoever writes "*" does not think of them."""

BY_CHARACTERS = 60
WHY_CHARACTERS = 200


@dataclass(frozen=True, slots=True)
class Inventory:
    """A name and a scope: which accounts, regions and types it covers, and how deep.

    accounts         globs over the ids of the organization's accounts; empty: the caller's own account
    regions          globs over region names and `global`; `exclude_regions` takes some out again
    types            globs over resource types
    tier             `core` leaves out the types of tier full
    detail           `basic` makes no call per resource, so that what those would say is unknown
    """

    name: str = "default"
    accounts: tuple[str, ...] = ()
    regions: tuple[str, ...] = ("*",)
    exclude_regions: tuple[str, ...] = ()
    types: tuple[str, ...] = ("*",)
    tier: str = "full"
    detail: str = "full"


@dataclass(frozen=True, slots=True)
class Filters:
    """What an event leaves of its inventory; empty: all."""

    accounts: tuple[str, ...] = ()
    regions: tuple[str, ...] = ()
    exclude_regions: tuple[str, ...] = ()
    types: tuple[str, ...] = ()

    def narrow(self, inventory: Inventory) -> bool:
        """Whether they may take something away from an inventory."""
        return (
            self.accounts not in ((), ("*",), inventory.accounts)
            or self.regions not in ((), ("*",), inventory.regions)
            or self.types not in ((), ("*",), inventory.types)
            or not set(self.exclude_regions) <= set(inventory.exclude_regions)
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Acceptance:
    """A rule: somebody accepts, until a time, that some units are not seen.

    accounts, regions, types   globs, of which at least one of each must match a unit
    reasons   codes, of which one must be the unit's
    by        who accepts it
    until     from then on the rule does not hold
    why       in that person's words
    """

    accounts: tuple[str, ...] = ("*",)
    regions: tuple[str, ...] = ("*",)
    types: tuple[str, ...] = ("*",)
    reasons: tuple[str, ...]
    by: str
    until: datetime
    why: str

    def fits(self, account: str, region: str, of_type: str, reason: str) -> bool:
        names = ((account, self.accounts), (region, self.regions), (of_type, self.types))
        return reason in self.reasons and all(any(fnmatchcase(name, glob) for glob in globs) for name, globs in names)

    def expired(self, at: datetime) -> bool:
        return at >= self.until

    def word(self) -> dict[str, str]:
        """Who accepts, until when and why."""
        return {"by": self.by, "until": self.until.isoformat().replace("+00:00", "Z"), "why": self.why}

    def as_json(self) -> dict[str, Any]:
        globs = {name: list(getattr(self, name)) for name in (*_ACCEPTED_GLOBS, "reasons")}
        return {**globs, **self.word()}

    @classmethod
    def stored(cls, rule: Mapping[str, Any]) -> Acceptance:
        """The rule that `as_json` wrote. Raises KeyError, TypeError or ValueError for what it did not write."""
        globs = {name: tuple(rule[name]) for name in (*_ACCEPTED_GLOBS, "reasons")}
        return cls(**globs, by=rule["by"], until=datetime.fromisoformat(rule["until"]), why=rule["why"])


@dataclass(frozen=True, slots=True)
class Settings:
    """Everything that a run can be told. Each field but the last five is also an environment variable,
    STOCKTAKE_ and its name.

    store            `s3://bucket/prefix`, or a directory
    threads          calls in flight, all told; each is a thread and, on a new host, a socket
    unit_requests    calls in flight for one unit at most, so that one with many resources leaves room for the others
    attempts         sends of one call
    backoff_seconds, backoff_limit_seconds   a retry waits at random up to the first, doubled each time, at most the
                     second
    connect_timeout, read_timeout   seconds; both must fit into the reserve, as a thread cannot be stopped
    quota_share      of each request quota that AWS publishes, what a run may spend; 0: no limits, published or not
    unpublished_rate  requests a second to a host, of one account in one region, whose quotas AWS does not publish
    reserve_seconds  kept of the time that the function has, for publishing; one request of the store has at most two
                     thirds of it
    role             assumed in every account but the caller's own: a role's name, with its path where it has one
    external_id      said when it is assumed; empty: none
    event_bus        where each run is announced: the name or the ARN of an EventBridge bus; empty: nowhere
    inventories      the configured ones; JSON in the environment: {"core": {"tier": "core"}}
    accepted         rules that accept that some units are not seen; a JSON list in the environment
    inventory        the one to take now
    filters          what an event leaves of it
    narrowed         whether this run sees less than its inventory, and so must not move its pointer
    scheduled        the time that this run is for, ISO 8601; None: now
    resume           the id of a run whose missing units are to be collected; empty: a run of its own
    """

    store: str = ""
    threads: int = 256
    unit_requests: int = 32
    attempts: int = 4
    backoff_seconds: float = 0.5
    backoff_limit_seconds: float = 20.0
    connect_timeout: float = 4.0
    read_timeout: float = 25.0
    quota_share: float = 0.25
    unpublished_rate: float = 10.0
    reserve_seconds: float = 60.0
    role: str = "stocktake-reader"
    external_id: str = ""
    event_bus: str = ""
    inventories: tuple[Inventory, ...] = (Inventory(),)
    accepted: tuple[Acceptance, ...] = ()
    inventory: Inventory = field(default_factory=Inventory)
    filters: Filters = field(default_factory=Filters)
    narrowed: bool = False
    scheduled: datetime | None = None
    resume: str = ""

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> Settings:
        """Reads STOCKTAKE_*. Raises UsageError, naming the variable, for one that is unknown or cannot be read."""
        known = {PREFIX + name.upper(): name for name in _FROM_ENVIRONMENT}
        values: dict[str, Any] = {}
        for variable, text in environment.items():
            if not variable.startswith(PREFIX):
                continue
            if variable not in known:
                raise UsageError(variable, text, f"there is no such setting; {nearest(variable, known)}")
            values[known[variable]] = _read(variable, known[variable], text)
        settings = cls(**values)
        if settings.connect_timeout + settings.read_timeout > settings.reserve_seconds:
            raise UsageError(
                PREFIX + "RESERVE_SECONDS",
                settings.reserve_seconds,
                f"it is at least the two time-outs together, {settings.connect_timeout + settings.read_timeout:g}",
            )
        return replace(settings, inventory=settings.inventories[0])

    def to_environment(self) -> dict[str, str]:
        """The environment that `from_environment` reads the same settings from; defaults are left out."""
        written: dict[str, str] = {}
        for name in _FROM_ENVIRONMENT:
            value = getattr(self, name)
            if value == getattr(Settings(), name):
                continue
            written[PREFIX + name.upper()] = _WRITTEN.get(name, str)(value)
        return written

    def for_event(self, event: object) -> Settings:
        """These settings with what an event asks for:
        `{"inventory"?, "accounts"?: [globs], "regions"?: [globs], "exclude_regions"?, "types"?: [globs], "detail"?,
        "scheduled"?: time}`, or `{"resume": a run's id, "inventory"?}`.

        Raises UsageError, naming the key, the value and what would be accepted. Globs over accounts and regions are
        matched later, when those are known.
        """
        if event is None:
            event = {}
        if not isinstance(event, dict):
            raise UsageError("event", event, f"it is an object with the keys {', '.join(_EVENT)}")
        for key in event:
            if key not in _EVENT:
                raise UsageError("event", key, f"there is no such key; {nearest(str(key), _EVENT)}")
        inventory = self._named(event.get("inventory", self.inventory.name))
        if "resume" in event:
            return replace(self, inventory=inventory, resume=_resumed(event))
        filters = Filters(
            **{
                one.name: _globs(one.name, event[one.name])
                for one in fields(Filters)
                if event.get(one.name) is not None
            }
        )
        _check_types("types", filters.types)
        detail = event.get("detail", inventory.detail)
        if detail not in DETAILS:
            raise UsageError("detail", detail, f"it is one of {', '.join(DETAILS)}")
        return replace(
            self,
            inventory=replace(inventory, detail=detail),
            filters=filters,
            narrowed=detail != inventory.detail or filters.narrow(inventory),
            scheduled=_scheduled(event.get("scheduled")),
        )

    def _named(self, name: object) -> Inventory:
        for inventory in self.inventories:
            if inventory.name == name:
                return inventory
        names = [inventory.name for inventory in self.inventories]
        raise UsageError("inventory", name, f"the configured inventories are {', '.join(names)}")


_ACCEPTED_GLOBS = ("accounts", "regions", "types")
_EVENT = ("inventory", "accounts", "regions", "exclude_regions", "types", "detail", "scheduled", "resume")
_FROM_ENVIRONMENT = tuple(
    field.name
    for field in fields(Settings)
    if field.name not in ("inventory", "filters", "narrowed", "scheduled", "resume")
)
_BOUNDS: dict[str, tuple[float, float]] = {
    "threads": (1, 900),
    "unit_requests": (1, 900),
    "attempts": (1, 10),
    "backoff_seconds": (0, 60),
    "backoff_limit_seconds": (0, 300),
    "connect_timeout": (0.05, 60),
    "read_timeout": (0.05, 300),
    "quota_share": (0, 1),
    "unpublished_rate": (0.1, 1000),
    "reserve_seconds": (1, 600),
}
_TEXTS = {
    "role": (ROLE, ROLE_ACCEPTED),
    "external_id": (EXTERNAL_ID, EXTERNAL_ID_ACCEPTED),
    "event_bus": (EVENT_BUS, EVENT_BUS_ACCEPTED),
}


def _read(variable: str, name: str, text: str) -> Any:
    if name == "store":
        return text
    if name == "inventories":
        return _read_inventories(variable, text)
    if name == "accepted":
        return _read_accepted(variable, text)
    if name in _TEXTS:
        pattern, accepted = _TEXTS[name]
        if not pattern.match(text):
            raise UsageError(variable, text, f"it is {accepted}")
        return text
    low, high = _BOUNDS[name]
    kind = int if isinstance(getattr(Settings(), name), int) else float
    try:
        value = kind(text)
    except ValueError:
        value = None
    if value is None or not low <= value <= high:
        raise UsageError(variable, text, f"it is a number from {low:g} to {high:g}")
    return value


def _read_inventories(variable: str, text: str) -> tuple[Inventory, ...]:
    try:
        read = json.loads(text)
    except ValueError:
        read = None
    if not isinstance(read, dict) or not read:
        raise UsageError(variable, text, 'it is JSON, such as {"default": {}, "network": {"types": ["AWS::EC2::*"]}}')
    return tuple(_read_inventory(f"{variable}: {name}", name, scope) for name, scope in read.items())


def _read_inventory(where: str, name: str, scope: object) -> Inventory:
    if not INVENTORY_NAME.match(name):
        raise UsageError(where, name, "a name has letters, digits, - and _, at most 63")
    allowed = [field.name for field in fields(Inventory) if field.name != "name"]
    if not isinstance(scope, dict):
        raise UsageError(where, scope, f"it is an object with the keys {', '.join(allowed)}")
    values: dict[str, Any] = {}
    for key, value in scope.items():
        if key not in allowed:
            raise UsageError(where, key, f"there is no such key; {nearest(key, allowed)}")
        choices = {"detail": DETAILS, "tier": TIERS}.get(key)
        if choices is None:
            values[key] = _globs(f"{where}: {key}", value)
        elif value not in choices:
            raise UsageError(f"{where}: {key}", value, f"it is one of {', '.join(choices)}")
        else:
            values[key] = value
    _check_types(f"{where}: types", values.get("types", ()))
    return Inventory(name, **values)


def _differences(inventory: Inventory) -> dict[str, Any]:
    default = Inventory(inventory.name)
    return {
        field.name: list(value) if isinstance(value, tuple) else value
        for field in fields(Inventory)
        if (value := getattr(inventory, field.name)) != getattr(default, field.name)
    }


def _read_accepted(variable: str, text: str) -> tuple[Acceptance, ...]:
    try:
        read = json.loads(text)
    except ValueError:
        read = None
    if not isinstance(read, list):
        example = '[{"regions": ["eu-*"], "reasons": ["scp"], "by": "Jo", "until": "2027-01-01", "why": "not in use"}]'
        raise UsageError(variable, text, f"it is a JSON list of rules, such as {example}")
    return tuple(_read_acceptance(f"{variable}: rule {number}", rule) for number, rule in enumerate(read, 1))


def _read_acceptance(where: str, rule: object) -> Acceptance:
    allowed = [field.name for field in fields(Acceptance)]
    if not isinstance(rule, dict):
        raise UsageError(where, rule, f"it is an object with the keys {', '.join(allowed)}")
    for key in rule:
        if key not in allowed:
            raise UsageError(where, key, f"there is no such key; {nearest(key, allowed)}")
    globs = {name: _globs(f"{where}: {name}", rule[name]) for name in _ACCEPTED_GLOBS if name in rule}
    _check_types(f"{where}: types", globs.get("types", ()))
    return Acceptance(
        **globs,
        reasons=_read_reasons(f"{where}: reasons", rule.get("reasons")),
        by=_read_words(f"{where}: by", rule.get("by"), BY_CHARACTERS),
        until=_read_until(f"{where}: until", rule.get("until")),
        why=_read_words(f"{where}: why", rule.get("why"), WHY_CHARACTERS),
    )


def _read_reasons(where: str, value: object) -> tuple[str, ...]:
    """The codes that the globs stand for, so that a stored rule needs no reading."""
    chosen: set[str] = set()
    for glob in _globs(where, value, example="scp"):
        if glob in NEVER_ACCEPTED:
            raise UsageError(where, glob, "what is wrong with a run's own credentials or clock cannot be accepted")
        codes = {glob} if glob in ACCEPTABLE else {code for code in FORESEEN if fnmatchcase(code, glob)}
        if not codes:
            accepted = f"it is a reason's code, {nearest(glob, ACCEPTABLE)}; a glob stands for {listed(FORESEEN)} alone"
            raise UsageError(where, glob, accepted)
        chosen |= codes
    return tuple(code.value for code in ReasonCode if code in chosen)


def _read_words(where: str, value: object, most: int) -> str:
    if not isinstance(value, str) or not value.strip() or not value.isprintable() or len(value) > most:
        raise UsageError(where, value, f"it is a text of 1 to {most} printable characters")
    return value


def _read_until(where: str, value: object) -> datetime:
    if isinstance(value, str):
        with suppress(ValueError):
            day = date.fromisoformat(value)
            return datetime(day.year, day.month, day.day, tzinfo=UTC)
    time = _time(value)
    if time is None:
        accepted = 'it is a day or a time with its zone, such as "2027-01-01" or "2027-01-01T09:00:00+01:00"'
        raise UsageError(where, value, accepted)
    return time


def _write_inventories(inventories: Iterable[Inventory]) -> str:
    return json.dumps({one.name: _differences(one) for one in inventories})


def _write_accepted(rules: Iterable[Acceptance]) -> str:
    """Short, as a function's environment holds little."""
    written = [
        {name: value for name, value in rule.as_json().items() if name not in _ACCEPTED_GLOBS or value != ["*"]}
        for rule in rules
    ]
    return json.dumps(written, separators=(",", ":"))


_WRITTEN: dict[str, Callable[[Any], str]] = {"inventories": _write_inventories, "accepted": _write_accepted}


def _globs(name: str, value: object, example: str = "eu-*") -> tuple[str, ...]:
    if (
        not isinstance(value, list | tuple)
        or not all(isinstance(glob, str) and glob for glob in value)
        or (not value and not name.endswith("exclude_regions"))
    ):
        raise UsageError(name, value, f'it is a list of names or globs, such as ["{example}"]')
    for glob in value if name.endswith("accounts") else ():
        if not ACCOUNT_GLOB.match(glob):
            raise UsageError(name, glob, 'it is an account\'s id or a glob over ids, such as "111122223333" or "*"')
    return tuple(value)


def _check_types(name: str, globs: Iterable[str]) -> None:
    for glob in globs:
        if not any(fnmatchcase(known, glob) for known in CATALOG):
            raise UsageError(name, glob, f"it matches no resource type; {nearest(glob, CATALOG)}")


def _resumed(event: Mapping[str, object]) -> str:
    run = event["resume"]
    if not isinstance(run, str) or not RUN_ID.match(run):
        raise UsageError("resume", run, 'it is the id of a run, such as "20261122T130000Z"')
    for key in event:
        if key not in ("resume", "inventory"):
            raise UsageError("event", key, "a run is resumed as it was planned: beside resume there is only inventory")
    return run


def _scheduled(value: object) -> datetime | None:
    if value is None:
        return None
    time = _time(value)
    if time is None:
        raise UsageError("scheduled", value, 'it is a time with its zone, such as "2026-11-22T13:00:00Z"')
    return time


def _time(value: object) -> datetime | None:
    """A time with its zone as a whole second of UTC; None for anything else."""
    with suppress(ValueError, OverflowError):
        time = datetime.fromisoformat(value) if isinstance(value, str) else None
        if time is not None and time.tzinfo is not None:
            return time.astimezone(UTC).replace(microsecond=0)
    return None
