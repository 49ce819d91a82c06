"""What can be chosen when deploying: every key, what it takes, and what it says of what it does not take."""

from __future__ import annotations

import inspect
import json
import re
from dataclasses import fields, replace
from typing import Any

import pytest

from infra.config import KEYS, PREFIX, StackConfig
from stocktake.errors import UsageError
from stocktake.settings import Inventory, Settings

NAMES = [field.name for field in fields(StackConfig)]
NETWORK = {"default": {}, "network": {"types": ["AWS::EC2::*"], "exclude_regions": ["us-gov-*"]}}


def key(name: str) -> str:
    return PREFIX + name.replace("_", "-")


def test_every_key_is_documented_and_read_in_the_order_of_the_fields() -> None:
    documented = re.findall(r"^([a-z_]+)  +\S", inspect.getdoc(StackConfig) or "", re.MULTILINE)
    assert documented == NAMES == list(KEYS)


def test_nothing_chosen_gives_the_defaults() -> None:
    assert StackConfig.from_context({}) == StackConfig()
    assert StackConfig.from_context({key(name): None for name in NAMES}) == StackConfig()


def test_other_peoples_context_is_left_to_them() -> None:
    context = {"cli-telemetry": False, "aws:cdk:enable-path-metadata": True, "@aws-cdk/core:flag": "x", "stocktake": 1}
    assert StackConfig.from_context(context) == StackConfig()


@pytest.mark.parametrize("name", [name for name in NAMES if name not in ("inventories", "accepted")])
def test_every_default_would_be_accepted_if_it_were_chosen(name: str) -> None:
    default = getattr(StackConfig(), name)
    assert StackConfig.from_context({key(name): default}) == StackConfig()
    assert StackConfig.from_context({key(name): str(default)}) == StackConfig()


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("stack_name", "Stocktake-eu-2"),
        ("stack_name", "s" * 128),
        ("schedule", "rate(5 minutes)"),
        ("schedule", "rate(1 day)"),
        ("schedule", "rate(12 hours)"),
        ("schedule", "cron(0 * * * ? *)"),
        ("schedule", "cron(15,45 6-20/2 ? * MON-FRI 2026)"),
        ("flexible_minutes", 0),
        ("flexible_minutes", 60),
        ("memory_mb", 512),
        ("memory_mb", 10240),
        ("timeout_seconds", 120),
        ("retries", 0),
        ("log_retention_days", 1),
        ("log_retention_days", 731),
        ("snapshot_retention_days", 1),
        ("snapshot_retention_days", 3650),
        ("role", "reader"),
        ("role", "audit/stock/reader"),
        ("external_id", "stocktake-1"),
    ],
)
def test_a_value_is_taken_as_json_and_as_the_text_of_an_option(name: str, value: int | str) -> None:
    for written in (value, str(value)):
        assert getattr(StackConfig.from_context({key(name): written}), name) == value


@pytest.mark.parametrize(
    ("name", "value", "accepted"),
    [
        ("stack_name", "", "starting with a letter"),
        ("stack_name", "1st", "starting with a letter"),
        ("stack_name", "stock_take", "letters, digits and -"),
        ("stack_name", "s" * 129, "at most 128"),
        ("stack_name", "Stocktake\n", "letters, digits and -"),
        ("stack_name", True, "letters, digits and -"),
        ("schedule", "hourly", "rate(1 hour)"),
        ("schedule", "rate(0 hours)", "5 minutes or more"),
        ("schedule", "rate(4 minutes)", "5 minutes or more"),
        ("schedule", "rate(1.5 hours)", "rate(1 hour)"),
        ("schedule", "rate(1 week)", "rate(1 hour)"),
        ("schedule", "rate(1 hour)\n", "rate(1 hour)"),
        ("schedule", "rate(" + "9" * 5000 + " hours)", "rate(1 hour)"),
        ("schedule", "cron(0 * * * *)", "six fields"),
        ("schedule", "at(2026-11-22T13:00:00)", "rate(1 hour)"),
        ("schedule", 60, "rate(1 hour)"),
        ("flexible_minutes", -1, "from 0 to 60"),
        ("flexible_minutes", 61, "from 0 to 60"),
        ("memory_mb", 128, "from 512 to 10240"),
        ("memory_mb", 10241, "from 512 to 10240"),
        ("memory_mb", "2 GB", "a whole number"),
        ("memory_mb", 1769.5, "a whole number"),
        ("memory_mb", "", "a whole number"),
        ("memory_mb", [1769], "a whole number"),
        ("timeout_seconds", 60, "from 120 to 900"),
        ("timeout_seconds", 901, "from 120 to 900"),
        ("retries", 2, "from 0 to 1"),
        ("retries", True, "a whole number"),
        ("retries", "no", "a whole number"),
        ("log_retention_days", 2, "one of 1, 3, 5, 7, 14, 30"),
        ("log_retention_days", True, "one of 1, 3, 5, 7, 14, 30"),
        ("log_retention_days", "forever", "one of 1, 3, 5, 7, 14, 30"),
        ("snapshot_retention_days", 0, "from 1 to 3650"),
        ("role", "", "the name of a role"),
        ("role", "arn:aws:iam::111122223333:role/reader", "the name of a role"),
        ("role", True, "the name of a role"),
        ("external_id", "x", "2 to 1224 letters"),
        ("external_id", ["x-1"], "2 to 1224 letters"),
    ],
)
def test_a_refusal_names_the_key_the_value_and_what_is_accepted(name: str, value: Any, accepted: str) -> None:
    written = [value] if isinstance(value, bool | list | str) else [value, str(value)]
    for one in written:
        with pytest.raises(UsageError) as refused:
            StackConfig.from_context({key(name): one})
        said = str(refused.value)
        assert said.startswith(f"{key(name)}: {one!r}"[:200])
        assert " cannot be taken; it is " in said
        assert accepted in said
        assert "\n" not in said


@pytest.mark.parametrize(
    ("unknown", "known"),
    [
        ("stocktake:memory", "stocktake:memory-mb"),
        ("stocktake:memory_mb", "stocktake:memory-mb"),
        ("stocktake:Retries", "stocktake:retries"),
        ("stocktake:inventory", "stocktake:inventories"),
        ("stocktake:retention-days", "stocktake:log-retention-days"),
        ("stocktake:", "stocktake:"),
    ],
)
def test_a_key_that_there_is_not_is_refused_with_the_nearest(unknown: str, known: str) -> None:
    with pytest.raises(UsageError) as refused:
        StackConfig.from_context({"stocktake:retries": 1, unknown: "2048"})
    said = str(refused.value)
    assert said.startswith(f"{unknown}: '2048' cannot be taken; there is no such key; ")
    assert known in said.partition("no such key")[2]


@pytest.mark.parametrize("write", [json.dumps, lambda value: value], ids=["text", "json"])
def test_inventories_are_read_as_the_function_reads_them(write: Any) -> None:
    assert StackConfig.from_context({"stocktake:inventories": write(NETWORK)}).inventories == (
        Inventory(),
        Inventory("network", types=("AWS::EC2::*",), exclude_regions=("us-gov-*",)),
    )


@pytest.mark.parametrize(
    ("value", "said_inside"),
    [
        ("", "JSON"),
        ("default", "JSON"),
        ({}, "JSON"),
        ([], "JSON"),
        ({"default": []}, "default"),
        ({"no spaces": {}}, "no spaces"),
        ({"default": {"region": ["eu-*"]}}, "regions"),
        ({"default": {"types": ["AWS::EC2::Instnace"]}}, "AWS::EC2::Instance"),
        ({"default": {"detail": "some"}}, "basic"),
        ({"default": {"accounts": ["prod"]}}, "an account's id"),
    ],
)
def test_a_refused_inventory_names_the_key_and_what_is_wrong_inside(value: Any, said_inside: str) -> None:
    for written in (value, value if isinstance(value, str) else json.dumps(value)):
        with pytest.raises(UsageError) as refused:
            StackConfig.from_context({"stocktake:inventories": written})
        said = str(refused.value)
        assert said.startswith(f"stocktake:inventories: {written!r} cannot be taken; ")
        assert said_inside in said.partition("cannot be taken")[2]


RULE = {"reasons": ["iam"], "by": "Jo", "until": "2027-01-01", "why": "sold"}


@pytest.mark.parametrize("write", [json.dumps, lambda value: value], ids=["text", "json"])
def test_accepted_gaps_are_read_as_the_function_reads_them(write: Any) -> None:
    config = StackConfig.from_context({"stocktake:accepted": write([RULE])})
    assert config.accepted == Settings.from_environment({"STOCKTAKE_ACCEPTED": json.dumps([RULE])}).accepted
    assert Settings.from_environment(config.settings.to_environment()).accepted == config.accepted
    assert StackConfig.from_context({"stocktake:accepted": write([])}) == StackConfig()


@pytest.mark.parametrize(
    ("value", "said_inside"),
    [
        ("", "it is a JSON list of rules"),
        ({}, "it is a JSON list of rules"),
        (["iam"], "rule 1: 'iam' cannot be taken"),
        ([RULE, RULE | {"until": "soon"}], "rule 2: until: 'soon' cannot be taken; it is a day or a time"),
        ([RULE | {"reason": ["iam"]}], "rule 1: 'reason' cannot be taken; there is no such key; nearest: reasons"),
        ([RULE | {"types": ["AWS::EC2::Instnace"]}], "AWS::EC2::Instance"),
    ],
)
def test_a_refused_rule_names_the_key_its_place_and_what_is_wrong_inside(value: Any, said_inside: str) -> None:
    for written in (value, value if isinstance(value, str) else json.dumps(value)):
        with pytest.raises(UsageError) as refused:
            StackConfig.from_context({"stocktake:accepted": written})
        said = str(refused.value)
        assert said.startswith(f"stocktake:accepted: {written!r} cannot be taken; ")
        assert said_inside in said.removeprefix(f"stocktake:accepted: {written!r} cannot be taken; ")
        assert "STOCKTAKE_" not in said


def measured(environment: dict[str, str]) -> int:
    """As Lambda says that it measures: the variables as one JSON object, quotes within values escaped."""
    return len(json.dumps(environment, separators=(",", ":")))


@pytest.mark.parametrize("what", ["accepted", "inventories"])
def test_no_more_is_taken_than_a_functions_environment_holds(what: str) -> None:
    def config(number: int) -> StackConfig:
        rules = [RULE | {"why": "x" * 50}] * number
        scopes = {f"inventory-{index}": {"types": ["AWS::EC2::*"]} for index in range(max(1, number))}
        return StackConfig.from_context({f"stocktake:{what}": rules if what == "accepted" else scopes})

    said = ""
    for number in range(1, 200):
        try:
            kept = config(number)
        except UsageError as refused:
            said = str(refused)
            break
    named = re.match(r"stocktake:inventories and stocktake:accepted: '(\d+) bytes' cannot be taken; .* 4096", said)
    assert named
    assert int(named[1]) > 4096
    longest = replace(kept.settings, store="s3://" + "b" * 63).to_environment()
    assert 3800 < measured(longest) <= 4096


def test_what_the_cdk_hands_over_is_read() -> None:
    import aws_cdk as cdk

    app = cdk.App(
        context={"stocktake:retries": 0, "stocktake:memory-mb": "3008", "stocktake:inventories": NETWORK, "theirs": 1}
    )
    assert StackConfig.from_context(app.node.get_all_context()) == StackConfig(
        retries=0, memory_mb=3008, inventories=StackConfig.from_context({"stocktake:inventories": NETWORK}).inventories
    )


@pytest.mark.parametrize(
    ("schedule", "minutes"),
    [
        ("rate(5 minutes)", 4),
        ("rate(30 minutes)", 25),
        ("rate(1 hour)", 50),
        ("rate(1 day)", 50),
        ("cron(0 * * * ? *)", 50),
    ],
)
def test_an_event_waits_for_less_than_the_time_until_the_next_and_never_an_hour(schedule: str, minutes: int) -> None:
    assert StackConfig(schedule=schedule).event_age_minutes == minutes
