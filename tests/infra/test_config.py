"""What can be chosen when deploying: every key, what it takes, and what it says of what it does not take."""

from __future__ import annotations

import inspect
import json
import re
from dataclasses import fields, replace
from typing import Any

import pytest

from infra.config import KEYS, PREFIX, StackConfig, pauses
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


@pytest.mark.parametrize("name", [name for name in NAMES if name not in ("inventories", "accepted", "alarm_emails")])
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
        ("schedule", "cron(15,45 6-20/2 * * ? *)"),
        ("function_name", "stocktake_2-eu"),
        ("function_name", "f" * 64),
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
        ("ephemeral_mb", 10240),
        ("architecture", "x86_64"),
        ("reserved_concurrency", 1),
        ("threads", 900),
        ("quota_share", 0.0),
        ("quota_share", 1.0),
        ("kms_key", "create"),
        ("kms_key", "arn:aws-us-gov:kms:us-gov-west-1:111122223333:key/0a1b2c3d-0a1b-0a1b-0a1b-0a1b2c3d4e5f"),
        ("kms_key", "arn:aws:kms:eu-west-1:111122223333:key/mrk-0a1b2c3d4e5f"),
        ("object_lock_days", 400),
        ("object_lock_mode", "compliance"),
        ("access_log_bucket", "the.logs-1"),
        ("alarm_topic", "arn:aws-cn:sns:cn-north-1:111122223333:alarms_1"),
        ("event_bus", ""),
        ("event_bus", "the.bus/1"),
        ("event_bus", "arn:aws:events:eu-west-1:111122223333:event-bus/the-bus"),
        ("query_scan_gb", 1),
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
        ("function_name", "", "at most 64"),
        ("function_name", "f" * 65, "at most 64"),
        ("function_name", "stocktake.eu", "letters, digits, - and _"),
        ("schedule", "cron(* * * * ? *)", "5 minutes or more"),
        ("schedule", "cron(0,58 * * * ? *)", "5 minutes or more"),
        ("schedule", "cron(60 * * * ? *)", "six fields"),
        ("schedule", "cron(0 24 * * ? *)", "six fields"),
        ("schedule", "cron(0/0 * * * ? *)", "six fields"),
        ("schedule", "cron(30-10 * * * ? *)", "six fields"),
        ("ephemeral_mb", 511, "from 512 to 10240"),
        ("ephemeral_mb", 10241, "from 512 to 10240"),
        ("architecture", "arm", "one of arm64, x86_64"),
        ("reserved_concurrency", -1, "from 0 to 1000"),
        ("threads", 0, "from 1 to 900"),
        ("threads", 901, "from 1 to 900"),
        ("quota_share", 1.1, "from 0 to 1"),
        ("quota_share", -0.1, "from 0 to 1"),
        ("quota_share", "nan", "from 0 to 1"),
        ("quota_share", "half", "from 0 to 1"),
        ("kms_key", "alias/stocktake", "the ARN of a key"),
        ("kms_key", "arn:aws:kms:eu-west-1:111122223333:alias/stocktake", "the ARN of a key"),
        ("kms_key", True, "the ARN of a key"),
        ("object_lock_days", -1, "from 0 to 3650"),
        ("object_lock_mode", "GOVERNANCE", "one of governance, compliance"),
        ("access_log_bucket", "s3://logs", "the name of a bucket"),
        ("access_log_bucket", "Logs", "the name of a bucket"),
        ("alarm_emails", "ops@example.com", "a JSON list"),
        ("alarm_emails", "[", "a JSON list"),
        ("alarm_topic", "alarms", "the ARN of an SNS topic"),
        ("alarm_topic", "arn:aws:sns:eu-west-1:111122223333:alarms.fifo", "the ARN of an SNS topic"),
        ("event_bus", "the bus", "the name of an EventBridge bus"),
        ("event_bus", "arn:aws:sns:eu-west-1:111122223333:alarms", "the name of an EventBridge bus"),
        ("dashboard", "no", "true or false"),
        ("dashboard", "", "true or false"),
        ("query", "1", "true or false"),
        ("query_scan_gb", 0, "from 1 to 10000"),
        ("schedules", "daily", "JSON such as"),
        ("schedules", ["full"], "JSON such as"),
        ("stale_minutes", "60", "JSON such as"),
        ("stale_minutes", "", "JSON such as"),
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


TWO = {"stocktake:inventories": {"core": {"tier": "core"}, "full": {}}}


@pytest.mark.parametrize("write", [json.dumps, lambda value: value], ids=["text", "json"])
def test_each_inventory_has_its_own_schedule_or_the_common_one_or_none(write: Any) -> None:
    own = {"stocktake:schedules": write({"full": "rate(1 day)"}), "stocktake:schedule": "rate(30 minutes)"}
    assert StackConfig.from_context(TWO | own).scheduled == {"core": "rate(30 minutes)", "full": "rate(1 day)"}
    by_hand = {"stocktake:schedules": write({"core": None})}
    assert StackConfig.from_context(TWO | by_hand).scheduled == {"full": "rate(1 hour)"}
    assert StackConfig.from_context(TWO).scheduled == {"core": "rate(1 hour)", "full": "rate(1 hour)"}


@pytest.mark.parametrize("key", ["stocktake:schedules", "stocktake:stale-minutes"])
def test_an_inventory_that_there_is_not_is_refused_by_name(key: str) -> None:
    with pytest.raises(UsageError) as refused:
        StackConfig.from_context(TWO | {key: {"default": None if key == "stocktake:schedules" else 60}})
    assert str(refused.value) == f"{key}: 'default' cannot be taken; the configured inventories are core, full"


@pytest.mark.parametrize(
    ("key", "value", "said"),
    [
        ("schedules", {"full": "daily"}, "full: 'daily' cannot be taken; it is a rate of 5 minutes or more"),
        ("schedules", {"full": 60}, "full: 60 cannot be taken; it is a rate of 5 minutes or more"),
        ("stale-minutes", {"full": "60"}, "full: '60' cannot be taken; it is a whole number up to 10080"),
        ("stale-minutes", {"full": True}, "full: True cannot be taken; it is a whole number up to 10080"),
        ("stale-minutes", {"full": -1}, "full: -1 cannot be taken; it is a whole number up to 10080"),
        ("stale-minutes", {"full": 10081}, "full: 10081 cannot be taken; it is a whole number up to 10080"),
        ("alarm-emails", ["ops"], "address: 'ops' cannot be taken; it is an e-mail address, once"),
        ("alarm-emails", ["a@b.eu", "a@b.eu"], "address: 'a@b.eu' cannot be taken; it is an e-mail address, once"),
        ("alarm-emails", [1], "address: 1 cannot be taken; it is an e-mail address, once"),
    ],
)
def test_what_is_wrong_inside_a_value_is_named(key: str, value: Any, said: str) -> None:
    with pytest.raises(UsageError) as refused:
        StackConfig.from_context(TWO | {f"stocktake:{key}": value})
    assert str(refused.value).startswith(f"stocktake:{key}: {value!r} cannot be taken; {said}")


@pytest.mark.parametrize(
    ("schedule", "shortest", "longest"),
    [
        ("rate(5 minutes)", 5, 5),
        ("rate(2 days)", 2880, 2880),
        ("cron(0 * * * ? *)", 60, 60),
        ("cron(0/15 * ? * * *)", 15, 15),
        ("cron(*/15 * * * ? *)", 15, 15),
        ("cron(10,40 * * * ? *)", 30, 30),
        ("cron(0,20 * * * ? *)", 20, 40),
        ("cron(0 6 * * ? *)", 1440, 1440),
        ("cron(0 6-18/6 * * ? *)", 360, 720),
        ("cron(30 22,2 * * ? *)", 240, 1200),
        ("cron(0 20/2 * * ? *)", 120, 1320),
        ("cron(0 6 ? * MON-FRI *)", 1440, None),
        ("cron(0 6,18 1 * ? *)", 720, None),
        ("cron(0 6 * * ? 2027)", 1440, None),
    ],
)
def test_how_long_a_schedule_pauses_is_derived_where_every_day_is_alike(
    schedule: str, shortest: int, longest: int | None
) -> None:
    assert pauses(schedule) == (shortest, longest)


def test_a_snapshot_is_late_after_two_of_the_longest_pauses_or_when_it_is_said() -> None:
    def late(schedule: str, **said: int) -> int | None:
        context = {"stocktake:schedule": schedule, "stocktake:stale-minutes": said}
        return StackConfig.from_context(context).stale_after("default")

    assert (late("rate(1 hour)"), late("cron(0,20 * * * ? *)"), late("rate(1 day)")) == (120, 80, 2880)
    assert (late("rate(1 hour)", default=60), late("rate(1 hour)", default=0)) == (60, 0)
    assert late("cron(0 6 ? * MON-FRI *)", default=4400) == 4400


@pytest.mark.parametrize("schedule", ["cron(0 6 ? * MON-FRI *)", "rate(4 days)"])
def test_where_nobody_can_say_when_a_snapshot_is_late_it_has_to_be_said(schedule: str) -> None:
    with pytest.raises(UsageError) as refused:
        StackConfig.from_context({"stocktake:schedules": {"default": schedule}})
    assert str(refused.value) == (
        f"stocktake:schedules: {schedule!r} cannot be taken; stocktake:stale-minutes has to say after how many minutes "
        "without a snapshot of default somebody is to be told, at most 10080; 0 for never"
    )
    assert StackConfig.from_context({"stocktake:schedule": schedule, "stocktake:stale-minutes": {"default": 0}})


def test_a_snapshot_cannot_be_late_before_the_next_one_is_due() -> None:
    with pytest.raises(UsageError) as refused:
        StackConfig.from_context({"stocktake:stale-minutes": {"default": 59}})
    assert str(refused.value) == (
        "stocktake:stale-minutes: 'default: 59' cannot be taken; it is 60 or more, its longest pause"
    )


def test_nothing_is_locked_for_longer_than_it_is_kept() -> None:
    StackConfig.from_context({"stocktake:object-lock-days": 90, "stocktake:snapshot-retention-days": 90})
    with pytest.raises(UsageError) as refused:
        StackConfig.from_context({"stocktake:object-lock-days": 91, "stocktake:snapshot-retention-days": 90})
    assert str(refused.value) == (
        "stocktake:object-lock-days: 91 cannot be taken; it is at most 90, what stocktake:snapshot-retention-days says"
    )


def test_nobody_is_subscribed_to_a_topic_of_somebody_elses() -> None:
    topic = "arn:aws:sns:eu-west-1:111122223333:alarms"
    with pytest.raises(UsageError, match=r"stocktake:alarm-emails: 'ops@example\.com' cannot be taken; "):
        StackConfig.from_context({"stocktake:alarm-emails": ["ops@example.com"], "stocktake:alarm-topic": topic})


@pytest.mark.parametrize("write", [json.dumps, lambda value: value], ids=["text", "json"])
def test_addresses_are_a_list(write: Any) -> None:
    two = ["ops@example.com", "oncall+aws@example.co.uk"]
    assert StackConfig.from_context({"stocktake:alarm-emails": write(two)}).alarm_emails == tuple(two)
    assert StackConfig.from_context({"stocktake:alarm-emails": write([])}) == StackConfig()


@pytest.mark.parametrize("name", ["dashboard", "query"])
@pytest.mark.parametrize("written", [False, "false", "False"])
def test_what_is_not_wanted_is_switched_off(name: str, written: Any) -> None:
    assert getattr(StackConfig.from_context({key(name): written}), name) is False


def test_events_wait_for_less_than_the_shortest_pause_of_any_inventory() -> None:
    own = TWO | {"stocktake:schedules": {"full": "rate(1 day)", "core": "rate(10 minutes)"}}
    assert StackConfig.from_context(own).event_age_minutes == 8
    none = TWO | {"stocktake:schedules": {"full": None, "core": None}}
    assert StackConfig.from_context(none).event_age_minutes == 50


@pytest.mark.parametrize(
    ("schedule", "minutes"),
    [
        ("cron(0,20 * * * ? *)", 16),
        ("rate(5 minutes)", 4),
        ("rate(30 minutes)", 25),
        ("rate(1 hour)", 50),
        ("rate(1 day)", 50),
        ("cron(0 * * * ? *)", 50),
    ],
)
def test_an_event_waits_for_less_than_the_time_until_the_next_and_never_an_hour(schedule: str, minutes: int) -> None:
    assert StackConfig(schedule=schedule).event_age_minutes == minutes
