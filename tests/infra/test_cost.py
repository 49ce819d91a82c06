"""The cost model is arithmetic that holds its laws, with a source for each price."""

from __future__ import annotations

import re
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from infra import cost
from infra.config import StackConfig
from infra.cost import HOURS, PRICES, Line, Stack, Sweep, aligned, bill, echo, runs_a_month, table, total, units_of
from stocktake.catalog import CATALOG
from stocktake.catalog.spec import Scope
from stocktake.errors import UsageError
from stocktake.settings import Inventory
from tests.helpers import law
from tests.infra.conftest import Template
from tools import assembly

PERFORMANCE = (Path(__file__).parents[2] / "docs/performance.md").read_text()
HOURLY = Sweep(inventory="default", runs=HOURS, calls=1000, seconds=20, bytes=300_000)
EVERYTHING = Stack(ephemeral_mb=2048, alarms=9, dashboards=1, keys=1, encrypted=True, announces=True)


def by_what(lines: list[Line]) -> dict[str, float]:
    return {line.what: line.dollars for line in lines}


# --- prices ---


@pytest.mark.parametrize("name", PRICES)
def test_every_price_is_above_nothing_and_says_where_it_is_from(name: str) -> None:
    price = PRICES[name]
    assert price.each > 0
    assert re.fullmatch(r"(AWS|Amazon) .*Pricing(, .+)?", price.page)
    assert re.fullmatch(r"20\d\d-(0[1-9]|1[0-2])|undated", price.read)
    assert price.unit


def test_every_line_is_an_amount_of_something_that_has_a_price() -> None:
    lines = [*bill(EVERYTHING, [HOURLY]), *echo([HOURLY])]
    assert {line.price for line in lines} <= set(PRICES)
    for line in lines:
        assert line.dollars == pytest.approx(line.amount * PRICES[line.price].dollars / PRICES[line.price].number)


def test_every_price_is_used() -> None:
    used = {line.price for line in [*bill(EVERYTHING, [HOURLY]), *echo([HOURLY])]}
    assert set(PRICES) - used == {"x86_64", "scanned"}  # the other architecture, and queries by hand
    assert "x86_64" in {line.price for line in bill(replace(EVERYTHING, architecture="x86_64"), [HOURLY])}


# --- laws ---

sweeps = st.builds(
    Sweep,
    inventory=st.just("default"),
    runs=st.integers(0, HOURS),
    calls=st.integers(0, 1_000_000),
    seconds=st.integers(0, 900),
    bytes=st.integers(0, 1_000_000_000),
)
stacks = st.builds(
    Stack,
    memory_mb=st.integers(512, 10240),
    architecture=st.sampled_from(["arm64", "x86_64"]),
    ephemeral_mb=st.integers(512, 10240),
    retention_days=st.integers(1, 3650),
    alarms=st.integers(0, 100),
    dashboards=st.integers(0, 1),
    keys=st.integers(0, 1),
    encrypted=st.booleans(),
    announces=st.booleans(),
)


@law
@given(stacks, sweeps)
def test_what_runs_cost_is_linear_in_the_runs(stack: Stack, sweep: Sweep) -> None:
    half = replace(sweep, runs=sweep.runs / 2)
    standing = total(bill(stack, [replace(sweep, runs=0)]))
    whole, halved = (total(bill(stack, [one])) - standing for one in (sweep, half))
    assert halved == pytest.approx(whole / 2)
    assert total(echo([half])) == pytest.approx(total(echo([sweep])) / 2)


@law
@given(stacks, st.lists(sweeps, min_size=2, max_size=4))
def test_inventories_add_up(stack: Stack, several: list[Sweep]) -> None:
    standing = total(bill(stack, []))
    apart = sum(total(bill(stack, [one])) - standing for one in several)
    assert total(bill(stack, several)) - standing == pytest.approx(apart)
    assert total(echo(several)) == pytest.approx(sum(total(echo([one])) for one in several))


@law
@given(stacks, sweeps)
def test_nothing_costs_less_than_nothing_and_what_costs_nothing_is_not_listed(stack: Stack, sweep: Sweep) -> None:
    assert all(line.dollars > 0 for line in bill(stack, [sweep]))


@law
@given(stacks, sweeps, sweeps)
def test_more_of_anything_never_costs_less(stack: Stack, one: Sweep, other: Sweep) -> None:
    names = [field.name for field in fields(Sweep) if field.type == "float"]
    more = replace(one, **{name: max(getattr(one, name), getattr(other, name)) for name in names})
    assert names == ["runs", "calls", "seconds", "bytes"]
    assert total(bill(stack, [more])) >= total(bill(stack, [one])) * (1 - 1e-9)


def test_a_shallow_run_every_hour_and_a_deep_one_every_day_cost_less_than_a_deep_one_every_hour() -> None:
    deep, shallow = Inventory("full"), Inventory("core", detail="basic")
    both = [Sweep.estimated(shallow, "rate(1 hour)"), Sweep.estimated(deep, "rate(1 day)")]
    hourly = [Sweep.estimated(deep, "rate(1 hour)")]
    for price in (lambda swept: by_what(bill(Stack(), swept))["Lambda, time"], lambda swept: total(echo(swept))):
        assert price(both) < price(hourly)


def test_arm_is_a_fifth_cheaper_for_the_same_time() -> None:
    arm, intel = (by_what(bill(Stack(architecture=one), [HOURLY]))["Lambda, time"] for one in ("arm64", "x86_64"))
    assert arm == pytest.approx(0.8 * intel, rel=1e-4)


def test_less_memory_than_a_processor_is_no_cheaper_as_it_takes_longer() -> None:
    whole, half = (by_what(bill(Stack(memory_mb=mb), [HOURLY]))["Lambda, time"] for mb in (1769, 885))
    assert half == pytest.approx(whole)
    measured = replace(HOURLY, measured=True)
    assert by_what(bill(Stack(memory_mb=885), [measured]))["Lambda, time"] < whole


def test_metrics_are_charged_for_the_hours_in_which_they_are_written() -> None:
    daily = replace(HOURLY, runs=HOURS / 24)
    often = replace(HOURLY, runs=HOURS * 4)
    each = [by_what(bill(Stack(), [one]))["CloudWatch, metrics"] for one in (daily, HOURLY, often)]
    assert each[1] == each[2] == pytest.approx(cost.METRICS * 0.30)
    assert each[0] == pytest.approx(each[1] / 24)


def test_the_arithmetic_of_a_month_by_hand() -> None:
    lines = by_what(bill(replace(EVERYTHING, retention_days=335), [HOURLY]))
    gigabytes = 1769 / 1024
    assert lines["Lambda, time"] == pytest.approx(730 * 20 * gigabytes * 0.0000133334)
    assert lines["S3, kept"] == pytest.approx(730 * 0.0003 * 12 * 0.023)
    assert lines["CloudWatch, alarms"] == pytest.approx(0.90)
    assert lines["KMS, key"] == 1
    assert lines["CloudWatch, dashboard"] == 3
    assert lines["EventBridge"] == pytest.approx(0.00073)
    assert by_what(echo([HOURLY])) == {
        "Each further trail": pytest.approx(730 * 1000 / 100_000 * 2),
        "GuardDuty": pytest.approx(730 * 1000 / 1_000_000 * 4),
    }


# --- what a run is assumed to be ---


def test_an_estimate_follows_the_catalogue() -> None:
    regional = sum(row.scope is Scope.REGIONAL for row in CATALOG.values())
    everywhere = len(CATALOG) - regional
    assert units_of(Inventory(), 17) == regional * 17 + everywhere
    assert units_of(Inventory(exclude_regions=("global",)), 17) == regional * 17
    assert units_of(Inventory(regions=("eu-*",)), 3) == regional * 3
    assert units_of(Inventory(types=("AWS::EC2::Instance",)), 5) == 5
    core = [row for row in CATALOG.values() if row.tier == "core" and row.scope is Scope.REGIONAL]
    assert units_of(Inventory(tier="core", exclude_regions=("global",)), 2) == 2 * len(core)


def test_accounts_multiply_what_is_asked_and_what_is_found() -> None:
    one, ten = (Sweep.estimated(Inventory(), "rate(1 hour)", accounts=number) for number in (1, 10))
    assert ten.calls == pytest.approx(10 * one.calls)
    assert ten.seconds - cost.START_SECONDS == pytest.approx(10 * (one.seconds - cost.START_SECONDS))


def test_a_run_by_hand_is_not_counted() -> None:
    assert bill(Stack(), [Sweep.estimated(Inventory(), None)]) == []


def test_a_run_that_was_taken_is_taken_as_it_was() -> None:
    manifest: dict[str, Any] = {
        "run": {"inventory": "core", "seconds": 12.5},
        "calls": {"ec2": {"calls": 7}, "iam": {"calls": 3}},
        "objects": [{"bytes": 100}, {"bytes": 23}],
    }
    sweep = Sweep.of_run(manifest, "rate(2 hours)")
    assert (sweep.inventory, sweep.runs, sweep.calls, sweep.seconds) == ("core", HOURS / 2, 10, 12.5)
    assert sweep.bytes == cost.BYTES_A_MANIFEST + 123


def test_the_seconds_of_a_call_are_those_that_were_measured_beside_another_client() -> None:
    """What the page of measurements says now may differ from machine to machine; the assumption is not far below."""
    (row,) = re.findall(r"^\| `stocktake` \| ([\d.]+) \| [\d.]+ \| ([\d,]+) \| 0 \| 0 \|", PERFORMANCE, re.MULTILINE)
    seconds, calls = float(row[0]), int(row[1].replace(",", ""))
    assert cost.START_SECONDS + calls * cost.SECONDS_A_CALL >= 0.9 * seconds


def test_the_example_is_no_cheaper_than_what_the_app_creates(template: Template) -> None:
    created = assembly.Template(template.written).stack
    sweep = [Sweep.estimated(one, StackConfig().schedule) for one in StackConfig().inventories]
    assert total(bill(created, sweep)) <= total(bill(cost.DEFAULT, sweep)) * (1 + 1e-9)


def test_the_readme_says_what_the_example_comes_to() -> None:
    readme = (Path(__file__).parents[2] / "README.md").read_text()
    section = readme.partition("## What it costs\n")[2].partition("\n## ")[0]
    sweep = [Sweep.estimated(Inventory(), "rate(1 hour)")]
    lines, beside = by_what(bill(cost.DEFAULT, sweep)), by_what(echo(sweep))
    named = {name: f"{lines[f'CloudWatch, {name}']:.2f}" for name in ("dashboard", "metrics", "alarms")}
    rest = sum(lines.values()) - sum(lines[f"CloudWatch, {name}"] for name in named)
    assert all(f"${dollars}" in section for dollars in named.values())
    # What follows from the number of types is said roughly: one more does not make it wrong.
    said = re.search(r"About \*\*\$(\d+) a month.*\$(\S+) for the function", section, re.DOTALL)
    echoed = re.search(r"about \*\*\$(\d+) for each further trail, \$(\d+) for GuardDuty", section)
    assert said
    assert echoed
    assert float(said[1]) == pytest.approx(sum(lines.values()), rel=0.1)
    assert float(said[2]) == pytest.approx(rest, rel=0.1)
    assert float(echoed[1]) == pytest.approx(beside["Each further trail"], rel=0.1)
    assert float(echoed[2]) == pytest.approx(beside["GuardDuty"], rel=0.1)
    assert f"${PRICES['trail'].dollars:.2f} per {PRICES['trail'].number:,} events" in section
    assert f"${PRICES['guardduty'].dollars:.2f} per million" in section


# --- schedules ---


@pytest.mark.parametrize(
    ("schedule", "runs"),
    [
        ("rate(1 hour)", 730),
        ("rate(5 minutes)", 8760),
        ("rate(2 days)", 730 / 48),
        ("cron(0 * * * ? *)", 730),
        ("cron(0/15 * * * ? *)", 2920),
        ("cron(0,30 6-18 ? * MON-FRI *)", 2 * 13 * 730 / 24 * 5 / 7),
        ("cron(0 3 1,15 * ? *)", 2),
        ("cron(0 3 L * ? *)", 1),
        ("cron(0 3 15W * ? *)", 1),
        ("cron(0 3 ? * 2#1 *)", 1),
        ("cron(0 3 ? * 6L *)", 1),
        ("cron(0 3 1 JAN-MAR ? *)", 3 / 12),
        ("cron(0 22-1 * * ? *)", 4 * 730 / 24),
        ("cron(*/20 0 * * ? 2026-2030)", 3 * 730 / 24),
        (None, 0),
    ],
)
def test_the_runs_of_a_month_follow_from_the_schedule(schedule: str | None, runs: float) -> None:
    assert runs_a_month(schedule) == pytest.approx(runs)


@pytest.mark.parametrize("schedule", ["", "hourly", "cron(0 * * *)", "cron(60 * * * ? *)", "cron(x * * * ? *)"])
def test_what_is_no_schedule_is_refused(schedule: str) -> None:
    with pytest.raises(UsageError, match=re.escape(repr(schedule))):
        runs_a_month(schedule)


# --- how it looks ---


def test_a_table_has_every_line_with_its_price_and_its_sum() -> None:
    lines = bill(EVERYTHING, [HOURLY])
    head, *rows, last = table(lines, "together")
    assert head.split()[0] == "what"
    assert len(rows) == len(lines)
    for row, line in zip(rows, lines, strict=True):
        assert row.startswith(line.what)
        assert str(PRICES[line.price]) in row
        assert row.endswith(f"{line.dollars:,.2f}")
    assert last.split() == ["together", f"{total(lines):,.2f}"]


def test_columns_stand_under_each_other() -> None:
    assert aligned([("a", "1"), ("bcd", "23")], right=(1,)) == ["a     1", "bcd  23"]
    assert aligned([]) == []
