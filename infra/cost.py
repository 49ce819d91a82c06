"""What a deployment costs a month, as arithmetic that can be read: every line says what, how much and at which price.

List prices of us-east-1, in US dollars, before taxes. No free tier is taken off, as an account has each of them once
and may have spent it: the sum is what is paid at most, for the runs that are assumed. What a run is assumed to be comes
from docs/performance.md (`Sweep.estimated`), or from the manifest of one that was taken (`Sweep.of_run`).

Pure: reads no clock, no network and no account.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any

from stocktake.catalog import CATALOG
from stocktake.catalog.spec import Scope
from stocktake.errors import UsageError
from stocktake.settings import Inventory

HOURS = 730
"""Of a month, as AWS counts them in its own examples."""
DAYS = HOURS / 24


@dataclass(frozen=True, kw_only=True)
class Price:
    """dollars for so many units; the AWS page that says so, and when what was read is from: that page, or another that
    quotes it."""

    dollars: float
    unit: str
    page: str
    read: str
    number: int = 1

    @property
    def each(self) -> float:
        return self.dollars / self.number

    def __str__(self) -> str:
        dollars = f"{self.dollars:.2f}" if self.dollars >= 0.1 else f"{self.dollars:.10f}".rstrip("0")
        words = {1: "", 1000: "thousand ", 10_000: "10,000 ", 100_000: "100,000 ", 1_000_000: "million "}
        return f"{dollars} per {words[self.number]}{self.unit}"


MILLION = 1_000_000
LAMBDA = "AWS Lambda Pricing"
CLOUDWATCH = "Amazon CloudWatch Pricing"
EVENTBRIDGE = "Amazon EventBridge Pricing"
S3 = "Amazon S3 Pricing"
KMS = "AWS Key Management Service Pricing"
PRICES = {
    "arm64": Price(dollars=0.0000133334, unit="GB-second", page=LAMBDA, read="2026-05"),
    "x86_64": Price(dollars=0.0000166667, unit="GB-second", page=LAMBDA, read="2026-08"),
    "invocation": Price(dollars=0.20, number=MILLION, unit="invocations", page=LAMBDA, read="2026-08"),
    "ephemeral": Price(dollars=0.0000000309, unit="GB-second over 512 MB", page=LAMBDA, read="2026-08"),
    "schedule": Price(dollars=1.00, number=MILLION, unit="invocations", page=EVENTBRIDGE, read="2026-03"),
    "event": Price(dollars=1.00, number=MILLION, unit="events", page=EVENTBRIDGE, read="2026-03"),
    "put": Price(dollars=0.005, number=1000, unit="puts or lists", page=S3, read="2026-03"),
    "get": Price(dollars=0.0004, number=1000, unit="gets", page=S3, read="2026-03"),
    "stored": Price(dollars=0.023, unit="GB-month", page=S3, read="2026-03"),
    "logged": Price(dollars=0.50, unit="GB", page=CLOUDWATCH, read="2026-06"),
    "metric": Price(dollars=0.30, unit="metric-month", page=CLOUDWATCH, read="2026-02"),
    "alarm": Price(dollars=0.10, unit="metric of an alarm", page=CLOUDWATCH, read="2026-02"),
    "dashboard": Price(dollars=3.00, unit="dashboard", page=CLOUDWATCH, read="2026-06"),
    "key": Price(dollars=1.00, unit="key", page=KMS, read="2026-03"),
    "key-request": Price(dollars=0.03, number=10_000, unit="requests", page=KMS, read="2026-03"),
    "sent": Price(dollars=0.02, unit="GB", page="Amazon EC2 On-Demand Pricing, Data Transfer", read="2026-06"),
    "trail": Price(dollars=2.00, number=100_000, unit="events", page="AWS CloudTrail Pricing", read="undated"),
    "guardduty": Price(dollars=4.00, number=MILLION, unit="events", page="Amazon GuardDuty Pricing", read="2026-06"),
    "scanned": Price(dollars=5.00, unit="TB", page="Amazon Athena Pricing", read="undated"),
}

# What a run of the function is assumed to be. Estimates, from docs/performance.md and the estate of `make demo`, not
# from AWS: the manifest of a run has what it really was.
START_SECONDS = 2.0
"""Start, looking around, publishing: W4 has 1.2 to 1.6 s of processor time that every run spends once."""
SECONDS_A_CALL = 0.0097
"""The row "Beside another client": 31.6 s for 3,280 calls, with quotas enforced. Without, W4 has 4 ms."""
FULL_CPU_MB = 1769
CALLS_A_RESOURCE = {"full": 0.55, "basic": 0.06}
"""Beyond the first call of each unit: further pages, descriptions, tags, policies. `make demo`: 1,196 calls for 544
units and 1,182 resources, of which 35 tables and 69 services are described one by one whatever the detail."""
BYTES_A_RESOURCE = 250
"""Compressed. The demo's, which are much alike, take 160."""
BYTES_A_UNIT = 60
BYTES_A_MANIFEST = 6_000
BYTES_A_CALL = 3_000
"""Sent: the signed request, and its share of a TLS handshake."""
LOOKING_AROUND = 3
"""Calls of a run that belong to no unit: whose the credentials are, which regions there are."""
PUTS = 8
"""Of a run: the lease twice, snapshot, what is partial, units, manifest, pointer, and a list."""
GETS = 8
OLD_VERSIONS_DAYS = 30
"""For which the bucket keeps what has expired (infra/storage.py)."""
LOG_BYTES = 20_000
"""Of a run: its lines in CloudWatch Logs, metrics among them."""
METRICS = 9
"""Of an inventory (docs/operations.md names them)."""
GLOBAL = "global"
REGIONS = 17
"""Of an account that has enabled no other (AWS Account Management, Enable or disable AWS Regions)."""
RESOURCES = 1_000


@dataclass(frozen=True, kw_only=True)
class Sweep:
    """What one inventory does: its runs a month; and of one run the seconds (of an estimated one, at a full processor),
    the calls and the bytes that it keeps."""

    inventory: str
    runs: float
    calls: float
    seconds: float
    bytes: float
    measured: bool = False

    @classmethod
    def estimated(
        cls,
        inventory: Inventory,
        schedule: str | None,
        *,
        regions: int = REGIONS,
        accounts: int = 1,
        resources: int = RESOURCES,
    ) -> Sweep:
        """From the catalogue. `regions` and `resources` are of each account."""
        units = accounts * units_of(inventory, regions)
        found = accounts * resources if units else 0
        calls = accounts * LOOKING_AROUND + units + found * CALLS_A_RESOURCE[inventory.detail]
        return cls(
            inventory=inventory.name,
            runs=runs_a_month(schedule),
            calls=calls,
            seconds=START_SECONDS + calls * SECONDS_A_CALL,
            bytes=BYTES_A_MANIFEST + units * BYTES_A_UNIT + found * BYTES_A_RESOURCE,
        )

    @classmethod
    def of_run(cls, manifest: Mapping[str, Any], schedule: str | None) -> Sweep:
        """From the manifest of a run that was taken."""
        return cls(
            inventory=manifest["run"]["inventory"],
            runs=runs_a_month(schedule),
            calls=sum(service["calls"] for service in manifest["calls"].values()),
            seconds=manifest["run"]["seconds"],
            bytes=BYTES_A_MANIFEST + sum(one["bytes"] for one in manifest["objects"]),
            measured=True,
        )


@dataclass(frozen=True, kw_only=True)
class Stack:
    """What of a stack costs something. `alarms` counts the metrics that alarms look at, as AWS does."""

    memory_mb: int = FULL_CPU_MB
    architecture: str = "arm64"
    ephemeral_mb: int = 512
    retention_days: int = 400
    alarms: int = 0
    dashboards: int = 0
    keys: int = 0
    encrypted: bool = False
    announces: bool = False


@dataclass(frozen=True)
class Line:
    """One line of the bill: `amount` of the unit of a price."""

    what: str
    how: str
    amount: float
    price: str

    @property
    def dollars(self) -> float:
        return self.amount * PRICES[self.price].each


def units_of(inventory: Inventory, regions: int) -> int:
    """Units of an account: one for each global type, one for each other type in each of so many regions."""
    rows = [
        row
        for row in CATALOG.values()
        if any(fnmatchcase(row.name, glob) for glob in inventory.types)
        and (inventory.tier == "full" or row.tier == inventory.tier)
    ]
    regional = sum(row.scope is Scope.REGIONAL for row in rows)
    everywhere = included(GLOBAL, inventory) * (len(rows) - regional)
    return regional * regions + everywhere


def included(region: str, inventory: Inventory) -> bool:
    return any(fnmatchcase(region, glob) for glob in inventory.regions) and not any(
        fnmatchcase(region, glob) for glob in inventory.exclude_regions
    )


def bill(stack: Stack, sweeps: Iterable[Sweep]) -> list[Line]:
    """What the account that the stack is in pays for it, without what others charge for the calls (`echo`)."""
    swept = list(sweeps)
    runs = sum(one.runs for one in swept)
    slower = max(1.0, FULL_CPU_MB / stack.memory_mb)
    seconds = sum(one.runs * one.seconds * (1 if one.measured else slower) for one in swept)
    gigabytes = stack.memory_mb / 1024
    kept = (stack.retention_days + OLD_VERSIONS_DAYS) / DAYS
    beyond = max(0, stack.ephemeral_mb - 512) / 1024
    hours = sum(min(one.runs, HOURS) for one in swept)
    sizes = sum(one.runs * one.bytes for one in swept) / 1e9
    sent = sum(one.runs * one.calls for one in swept) * BYTES_A_CALL / 1e9
    lines = [
        Line("Lambda, time", f"{seconds:,.0f} s × {gigabytes:.2f} GB", seconds * gigabytes, stack.architecture),
        Line("Lambda, invocations", f"{runs:,.0f} runs", runs, "invocation"),
        Line("Lambda, disk", f"{seconds:,.0f} s × {beyond:.2f} GB over 512 MB", seconds * beyond, "ephemeral"),
        Line("Scheduler", f"{runs:,.0f} runs", runs, "schedule"),
        Line("S3, puts", f"{runs:,.0f} runs × {PUTS}", runs * PUTS, "put"),
        Line("S3, gets", f"{runs:,.0f} runs × {GETS}", runs * GETS, "get"),
        Line("S3, kept", f"{sizes:.2f} GB a month × {kept:.1f} months", sizes * kept, "stored"),
        Line("CloudWatch Logs", f"{runs:,.0f} runs × {LOG_BYTES / 1000:.0f} kB", runs * LOG_BYTES / 1e9, "logged"),
        Line(
            "CloudWatch, metrics",
            f"{len(swept)} × {METRICS}, each hour with a run",
            METRICS * hours / HOURS,
            "metric",
        ),
        Line("CloudWatch, alarms", f"{stack.alarms}", stack.alarms, "alarm"),
        Line("CloudWatch, dashboard", f"{stack.dashboards}", stack.dashboards, "dashboard"),
        Line("KMS, key", f"{stack.keys}", stack.keys, "key"),
        Line("KMS, requests", f"{runs:,.0f} runs × {PUTS + GETS}", runs * (PUTS + GETS), "key-request")
        if stack.encrypted
        else Line("KMS, requests", "none", 0, "key-request"),
        Line("EventBridge", f"{runs:,.0f} events", runs, "event")
        if stack.announces
        else Line("EventBridge", "none", 0, "event"),
        Line("Data to other regions", f"{_calls(swept):,.0f} calls × {BYTES_A_CALL / 1000:.0f} kB", sent, "sent"),
    ]
    return [line for line in lines if line.amount]


def echo(sweeps: Iterable[Sweep]) -> list[Line]:
    """What the calls cost in what records and watches them, in the accounts that are swept; only where that is switched
    on. The first copy of management events in a trail is free."""
    calls = _calls(sweeps)
    said = f"{calls:,.0f} calls"
    return [
        Line("Each further trail", said, calls, "trail"),
        Line("GuardDuty", said, calls, "guardduty"),
    ]


def _calls(sweeps: Iterable[Sweep]) -> float:
    return sum(one.runs * one.calls for one in sweeps)


def total(lines: Iterable[Line]) -> float:
    return sum(line.dollars for line in lines)


def table(lines: Sequence[Line], summed: str = "") -> list[str]:
    """What, how much, at which price, dollars a month; with a last line for the sum where that has a name."""
    rows = [(one.what, one.how, str(PRICES[one.price]), f"{one.dollars:,.2f}") for one in lines]
    if summed:
        rows.append((summed, "", "", f"{total(lines):,.2f}"))
    return aligned([("what", "how much a month", "price, $", "$ a month"), *rows], right=(3,))


def aligned(rows: Sequence[Sequence[str]], right: Sequence[int] = ()) -> list[str]:
    """Lines whose columns stand under each other, those that are named to the right."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return [
        "  ".join(
            cell.rjust(width) if number in right else cell.ljust(width)
            for number, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in rows
    ]


# --- schedules ---

RATE = re.compile(r"rate\((\d+) (minute|hour|day)s?\)", re.ASCII)
CRON = re.compile(r"cron\((\S+) (\S+) (\S+) (\S+) (\S+) (\S+)\)", re.ASCII)
MINUTES = {"minute": 1, "hour": 60, "day": 24 * 60}
MONTH_NAMES = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")
DAY_NAMES = ("SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT")


def runs_a_month(schedule: str | None) -> float:
    """Of a rate or cron expression of EventBridge Scheduler; None: by hand only, which is not counted.

    Raises UsageError for anything else. The year of a cron expression is not looked at.
    """
    if schedule is None:
        return 0.0
    if match := RATE.fullmatch(schedule):
        return HOURS * 60 / (int(match[1]) * MINUTES[match[2]])
    match = CRON.fullmatch(schedule)
    if match is None:
        raise UsageError("schedule", schedule, "it is a rate or cron expression of EventBridge Scheduler")
    try:
        minutes, hours = _count(match[1], 0, 59), _count(match[2], 0, 23)
        months = _count(match[4], 1, 12, MONTH_NAMES) / 12
        return minutes * hours * months * _days(match[3], match[5])
    except ValueError:
        raise UsageError("schedule", schedule, "it is a cron expression of EventBridge Scheduler") from None


def _days(of_month: str, of_week: str) -> float:
    """How many days of a month are meant; of the two fields one says so, and the other is `?` or `*`."""
    if of_month not in ("*", "?"):
        return sum(1 if re.search("[LW]", one) else _count(one, 1, 31) for one in of_month.split(","))
    if of_week in ("*", "?"):
        return DAYS
    return sum(
        1 if "#" in one or one.endswith("L") else _count(one, 1, 7, DAY_NAMES) * DAYS / 7 for one in of_week.split(",")
    )


def _count(field: str, low: int, high: int, names: Sequence[str] = ()) -> int:
    """How many values a field of a cron expression has. Raises ValueError for one that is none."""

    def number(text: str) -> int:
        value = names.index(text.upper()) + low if text.upper() in names else int(text)
        if not low <= value <= high:
            raise ValueError(text)
        return value

    values: set[int] = set()
    for one in field.split(","):
        span, _, step = one.partition("/")
        first, _, last = span.partition("-")
        start = low if first in ("*", "?") else number(first)
        end = number(last) if last else high if step or first in ("*", "?") else start
        if end < start:
            end += high - low + 1
        values.update((value - low) % (high - low + 1) for value in range(start, end + 1, int(step or 1)))
    return len(values)


# --- as it stands in docs/operations.md ---

DEFAULT = Stack(alarms=9, dashboards=1, announces=True)
"""What the app creates where nothing is chosen."""


def example() -> str:
    """The default stack, every hour, over an account as it is assumed to be."""
    sweeps = [Sweep.estimated(Inventory(), "rate(1 hour)")]
    return "\n".join([*table(bill(DEFAULT, sweeps), "together"), "", *table(echo(sweeps))])


def assumptions() -> str:
    """What the example takes a run to be."""
    sweep = Sweep.estimated(Inventory(), "rate(1 hour)")
    units = units_of(Inventory(), REGIONS)
    rows = [
        ("units", f"{len(CATALOG)} types in {REGIONS} regions", f"{units:,}"),
        (
            "calls",
            f"{LOOKING_AROUND} + {units} + {CALLS_A_RESOURCE['full']} × {RESOURCES:,} resources",
            f"{sweep.calls:,.0f}",
        ),
        ("seconds", f"{START_SECONDS:g} + {SECONDS_A_CALL} × {sweep.calls:,.0f} calls", f"{sweep.seconds:,.1f}"),
        (
            "kB kept",
            f"{BYTES_A_MANIFEST / 1000:g} + {BYTES_A_UNIT / 1000} × {units} units + {BYTES_A_RESOURCE / 1000} × "
            f"{RESOURCES:,} resources",
            f"{sweep.bytes / 1000:,.0f}",
        ),
    ]
    return "\n".join(aligned(rows, right=(2,)))


def sources() -> str:
    """Each price, the page that has it, and when what was read is from."""
    rows = [(str(price), price.page, price.read) for price in PRICES.values()]
    return "\n".join(aligned([("price, $", "AWS's page", "read"), *rows]))


PAGES = {"example": example, "assumptions": assumptions, "sources": sources}
"""What docs/operations.md has of it."""
