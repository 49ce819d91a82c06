"""The nouns of Stocktake. Frozen, without I/O; every stage is a function from some of them to others."""

from __future__ import annotations

from collections.abc import Generator, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any

from stocktake.catalog.spec import Item, Paging

GLOBAL = "global"
"""The region of a target for what belongs to no region."""

GLOBAL_HOME = {"aws": "us-east-1", "aws-cn": "cn-north-1", "aws-us-gov": "us-gov-west-1"}
"""The region that a partition's global services are called in (AWS general reference, endpoints of IAM)."""


class State(StrEnum):
    """What became of a unit: exactly one of these."""

    COLLECTED = "collected"
    PARTIAL = "partial"
    UNAVAILABLE = "unavailable"
    DENIED = "denied"
    FAILED = "failed"
    NOT_REACHED = "not_reached"


class Verdict(StrEnum):
    COMPLETE = "complete"
    PARTIAL = "partial"
    FAILED = "failed"


class ReasonCode(StrEnum):
    IAM = "iam"
    SCP = "scp"
    REGION_DISABLED = "region_disabled"
    NOT_OFFERED = "not_offered"
    NOT_ENABLED = "not_enabled"
    THROTTLED = "throttled"
    TIMEOUT = "timeout"
    NETWORK = "network"
    MALFORMED = "malformed"
    TOKEN_LOOP = "token_loop"
    PAGE_TOKEN = "page_token"
    AUTH = "auth"
    CLOCK_SKEW = "clock_skew"
    DEADLINE = "deadline"
    UNEXPECTED = "unexpected"


@dataclass(frozen=True, slots=True)
class Reason:
    code: ReasonCode
    message: str

    def as_json(self) -> dict[str, str]:
        return {"code": self.code, "message": self.message}


@dataclass(frozen=True, slots=True)
class Problem:
    """Why a call, or a unit, did not give what was asked for: the state that follows and how to go on.

    error      AWS's own error code, empty where there is none
    retry      the same call may succeed later
    throttled  it was refused for its rate
    account    it holds for every call of this account
    """

    state: State
    reason: Reason
    error: str = ""
    retry: bool = False
    throttled: bool = False
    account: bool = False


@dataclass(frozen=True, slots=True)
class Target:
    """One account in one region. `region` is GLOBAL for what belongs to none; `home` is the region that is called."""

    account: str
    region: str
    home: str
    partition: str = "aws"


@dataclass(frozen=True, slots=True)
class Unit:
    """One resource type at one target: the smallest thing that is collected, or not."""

    type: str
    target: Target

    @property
    def key(self) -> tuple[str, str, str]:
        """Where it stands in every list of units and in the snapshot: account, region, type."""
        return (self.target.account, self.target.region, self.type)


@dataclass(frozen=True, eq=False, slots=True)
class Request:
    """One API call to make. Compared by identity: the request for a next page is one object, whoever asks for it.

    paging  overrides botocore's paginator data
    root    the root element that a rest-xml answer must have, where the model does not say it
    needs   what a whole answer has (`catalog.spec.has`)
    token   of the page asked for; None for the first
    """

    service: str
    operation: str
    parameters: Mapping[str, Any]
    account: str
    region: str
    paging: Paging | None = None
    root: str = ""
    needs: tuple[str, ...] = ()
    token: tuple[Any, ...] | None = None

    def at(self, token: tuple[Any, ...]) -> Request:
        return replace(self, token=token)


@dataclass(frozen=True, eq=False, slots=True)
class Page:
    """A parsed answer, redacted, and the request for the page after it."""

    answer: Mapping[str, Any]
    next: Request | None = None


Answer = Page | Problem


@dataclass(frozen=True, slots=True)
class Gap:
    """A part of one resource that could not be read."""

    path: str
    reason: Reason

    def as_json(self) -> dict[str, Any]:
        return {"path": self.path, "reason": self.reason.as_json()}


@dataclass(frozen=True, slots=True)
class Found:
    """One item as AWS described it. `unread` names the members that were not asked for or not answered."""

    item: Item
    gaps: tuple[Gap, ...] = ()
    unread: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Collection:
    """What a collector says at its end: the first problem, how many more there were, and how much was read.

    pages  answers read; `listed` counts those of the chain's last call, which bear resources
    """

    problem: Problem | None = None
    more_problems: int = 0
    pages: int = 0
    listed: int = 0

    @property
    def state(self) -> State:
        """Partial where something was listed before it broke; otherwise what the first problem means."""
        if self.problem is None:
            return State.COLLECTED
        return State.PARTIAL if self.listed else self.problem.state

    @property
    def reason(self) -> Reason | None:
        if self.problem is None:
            return None
        reason = self.problem.reason
        if not self.more_problems:
            return reason
        return Reason(reason.code, f"{reason.message} (and {self.more_problems} more)")


Steps = Generator[list[Request], list[Answer], Collection]
"""A collector: yields independent requests and receives their answers in that order."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a unit, as far as the fan-out knows it; `seconds` from its first call to its end."""

    unit: Unit
    state: State
    reason: Reason | None = None
    pages: int = 0
    calls: int = 0
    retries: int = 0
    throttles: int = 0
    seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class Resource:
    """One resource, in the one form that every type has. `data` is as described, redacted."""

    account: str
    region: str
    type: str
    id: str
    arn: str | None
    name: str | None
    tags: Mapping[str, str] | None
    created: str | None
    data: Mapping[str, Any]
    gaps: tuple[Gap, ...] = ()


@dataclass(frozen=True, slots=True)
class AccountScope:
    """An account, its regions, and who said so.

    enabled    regions that the account can use; `disabled` the partition's others, where that is known
    changing   those of the enabled that are being enabled or disabled: they answer some calls, and not others
    source     the operation that named them; "botocore" where both were refused (`refused` says why); "other accounts"
    problem    why the account could not be entered; its regions are then a guess, and none of them is called
    """

    account: str
    enabled: tuple[str, ...]
    disabled: tuple[str, ...] = ()
    changing: tuple[str, ...] = ()
    source: str = ""
    refused: tuple[str, ...] = ()
    problem: Problem | None = None


@dataclass(frozen=True, slots=True)
class Scope:
    """Which accounts and regions there are to look at, and who said so.

    elsewhere         regions of other partitions: what may be excluded for the sake of other accounts
    accounts_from     the operation that named the accounts; "inventory" where it was refused (`accounts_refused` says
                      why) and the inventory names each by its id
    accounts_skipped  accounts that are not active, with their status
    """

    partition: str
    home: str
    accounts: tuple[AccountScope, ...]
    elsewhere: tuple[str, ...] = ()
    accounts_from: str = ""
    accounts_refused: tuple[str, ...] = ()
    accounts_skipped: tuple[tuple[str, str], ...] = ()

    @property
    def ids(self) -> tuple[str, ...]:
        return tuple(one.account for one in self.accounts)

    @property
    def source(self) -> str:
        """Who named the regions: of several accounts, all who did for those that could be entered."""
        entered = [one for one in self.accounts if one.problem is None]
        return ", ".join(sorted({one.source for one in entered or self.accounts}))


@dataclass(frozen=True, slots=True)
class Run:
    """One run of one inventory. `id` is its scheduled (or start) time, `YYYYMMDDTHHMMSSZ`."""

    id: str
    inventory: str
    trigger: str
    scheduled: str | None
    started: str


@dataclass(frozen=True, slots=True)
class Progress:
    """Where a run stands, for the terminal."""

    units: int
    done: int
    calls: int
    troubled: int


@dataclass(slots=True)
class ServiceCalls:
    """Calls made to one service in one run. `peak_rate` is the most that spent one of its quotas within a second."""

    calls: int = 0
    retries: int = 0
    throttles: int = 0
    peak_rate: int = 0


@dataclass(frozen=True, slots=True)
class FanOutReport:
    """`closed` are the accounts whose credentials were refused on the way, each with the problem."""

    outcomes: tuple[Outcome, ...]
    services: Mapping[str, ServiceCalls] = field(default_factory=dict)
    closed: Mapping[str, Problem] = field(default_factory=dict)
