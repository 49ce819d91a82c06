"""What the alarms look at, when they go off, and whom they tell."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from infra.config import StackConfig
from stocktake.settings import Inventory, Settings
from tests.infra.conftest import Synthesise, Template
from tools.docs import anchor

THREE = (Inventory("a"), Inventory("b"), Inventory("by-hand"))
SECTIONS = {
    "no-publishable-snapshot",
    "newly-lost-coverage",
    "failed-runs",
    "duration-near-the-limit",
    "dead-letters",
    "function-throttled",
    "calls-throttled",
    "announcements-failed",
}
OPERATIONS = Path(__file__).parents[2] / "docs/operations.md"
DAY, WEEK = 24 * 3600, 7 * 24 * 3600


def alarms(template: Template) -> dict[tuple[str, str | None], dict[str, Any]]:
    """Each alarm by the section of docs/operations.md that it names, and its inventory, where it is of one."""
    found: dict[tuple[str, str | None], dict[str, Any]] = {}
    for alarm in template.all("AWS::CloudWatch::Alarm").values():
        (section,) = re.findall(r"What to do: docs/operations\.md#([a-z-]+)$", alarm["AlarmDescription"])
        inventories = {dimensions["inventory"] for _, dimensions in looked_at(alarm) if "inventory" in dimensions}
        key = (section, inventories.pop() if inventories else None)
        assert inventories == set()
        assert key not in found
        found[key] = alarm
    return found


def looked_at(alarm: dict[str, Any]) -> list[tuple[str, dict[str, str]]]:
    """(namespace and name, dimensions) of each metric."""
    metrics = [one["MetricStat"]["Metric"] for one in alarm.get("Metrics", []) if "MetricStat" in one] or [alarm]
    return [
        (f"{one['Namespace']} {one['MetricName']}", {d["Name"]: d["Value"] for d in one["Dimensions"]})
        for one in metrics
    ]


@pytest.fixture
def three(configured: Synthesise) -> Template:
    return configured(StackConfig(inventories=THREE, schedules={"b": "rate(1 day)", "by-hand": None}))


def test_there_is_an_alarm_for_all_that_can_go_wrong_and_one_for_each_inventory(three: Template) -> None:
    of_the_function = {"failed-runs", "duration-near-the-limit", "dead-letters", "function-throttled"}
    of_an_inventory = SECTIONS - of_the_function - {"no-publishable-snapshot"}
    assert alarms(three).keys() == (
        {(section, None) for section in of_the_function}
        | {(section, one.name) for section in of_an_inventory for one in THREE}
        | {("no-publishable-snapshot", "a"), ("no-publishable-snapshot", "b")}
    )


def test_each_alarm_tells_the_topic_and_says_what_it_means(template: Template) -> None:
    topic, _ = template.one("AWS::SNS::Topic")
    for (section, _), alarm in alarms(template).items():
        assert alarm["AlarmActions"] == [topic]
        assert alarm.get("OKActions", []) == ([topic] if section in ("no-publishable-snapshot", "dead-letters") else [])
        assert len(alarm["AlarmDescription"].partition(" What to do: ")[0]) > 40


def test_no_alarm_looks_back_on_more_than_cloudwatch_lets_it(three: Template, configured: Synthesise) -> None:
    longest = configured(StackConfig(schedule="rate(3 days)", stale_minutes={"default": 10080}))
    for alarm in [*alarms(three).values(), *alarms(longest).values()]:
        periods = {one["MetricStat"]["Period"] for one in alarm.get("Metrics", []) if "MetricStat" in one}
        (period,) = periods or {alarm["Period"]}
        assert period % 60 == 0
        assert period * alarm["EvaluationPeriods"] <= (DAY if period < 3600 else WEEK)


@pytest.mark.parametrize(
    ("schedule", "stale", "minutes"),
    [
        ("rate(1 hour)", {}, 120),
        ("rate(5 minutes)", {}, 10),
        ("rate(12 hours)", {}, 1440),
        ("rate(1 day)", {}, 2880),
        ("cron(0,20 * * * ? *)", {}, 80),
        ("cron(0 6 ? * MON-FRI *)", {"default": 4400}, 4440),  # whole hours
        ("rate(1 hour)", {"default": 62}, 65),  # whole five minutes
        ("rate(4 days)", {"default": 10080}, 10080),
    ],
)
def test_a_snapshot_that_is_late_is_told_when_all_of_that_time_brought_none(
    schedule: str, stale: dict[str, int], minutes: int, configured: Synthesise
) -> None:
    made = configured(StackConfig(schedule=schedule, stale_minutes=stale))
    alarm = alarms(made)["no-publishable-snapshot", "default"]
    assert looked_at(alarm) == [("Stocktake Published", {"service": "stocktake", "inventory": "default"})]
    assert alarm["Period"] * alarm["EvaluationPeriods"] == 60 * minutes
    assert "DatapointsToAlarm" not in alarm  # all of them
    assert (alarm["Statistic"], alarm["ComparisonOperator"], alarm["Threshold"]) == ("Sum", "LessThanThreshold", 1)
    assert alarm["TreatMissingData"] == "breaching"


def test_nobody_is_told_of_a_late_snapshot_where_nobody_wants_to_be(configured: Synthesise) -> None:
    made = configured(StackConfig(stale_minutes={"default": 0}))
    assert ("no-publishable-snapshot", "default") not in alarms(made)


@pytest.mark.parametrize(
    ("section", "metric", "statistic"),
    [
        ("newly-lost-coverage", "Stocktake NewlyLost", "Sum"),
        ("announcements-failed", "Stocktake AnnouncementsFailed", "Sum"),
        ("failed-runs", "AWS/Lambda Errors", "Sum"),
        ("function-throttled", "AWS/Lambda Throttles", "Sum"),
        ("dead-letters", "AWS/SQS ApproximateNumberOfMessagesVisible", "Maximum"),
    ],
)
def test_one_is_enough(section: str, metric: str, statistic: str, template: Template) -> None:
    (alarm,) = [alarm for (named, _), alarm in alarms(template).items() if named == section]
    (looked,) = looked_at(alarm)
    assert looked[0] == metric
    function, _ = template.one("AWS::Lambda::Function")
    queue, _ = template.one("AWS::SQS::Queue")
    assert looked[1] in (
        {"service": "stocktake", "inventory": "default"},
        {"FunctionName": function},
        {"QueueName": {"Fn::GetAtt": [queue, "QueueName"]}},
    )
    assert (alarm["Statistic"], alarm["ComparisonOperator"]) == (statistic, "GreaterThanOrEqualToThreshold")
    assert (alarm["Threshold"], alarm["EvaluationPeriods"], alarm["TreatMissingData"]) == (1, 1, "notBreaching")


@pytest.mark.parametrize("seconds", [120, 900])
def test_a_run_is_long_at_four_fifths_of_the_time_before_publishing(seconds: int, configured: Synthesise) -> None:
    alarm = alarms(configured(StackConfig(timeout_seconds=seconds)))["duration-near-the-limit", None]
    assert (alarm["MetricName"], alarm["Statistic"]) == ("Duration", "Maximum")
    assert alarm["Threshold"] == 800 * (seconds - Settings().reserve_seconds)
    assert alarm["ComparisonOperator"] == "GreaterThanOrEqualToThreshold"


def test_calls_are_throttled_at_more_than_one_in_twenty_and_where_there_are_none_they_are_not(
    template: Template,
) -> None:
    alarm = alarms(template)["calls-throttled", "default"]
    metrics = {one["Id"]: one for one in alarm["Metrics"]}
    (share,) = [one for one in metrics.values() if one["ReturnData"]]
    assert share["Expression"] == "IF(calls > 0, 100 * throttles / calls, 0)"
    for name in ("Calls", "Throttles"):
        stat = metrics[name.lower()]["MetricStat"]
        assert (stat["Metric"]["MetricName"], stat["Stat"]) == (name, "Sum")
    assert (alarm["Threshold"], alarm["ComparisonOperator"]) == (5, "GreaterThanThreshold")


def test_where_nothing_is_announced_nothing_can_fail_to_be(configured: Synthesise) -> None:
    assert {section for section, _ in alarms(configured(StackConfig(event_bus="")))} == SECTIONS - {
        "announcements-failed"
    }


def test_each_section_that_an_alarm_names_is_in_the_operators_page() -> None:
    headings = re.findall(r"^#+ (.+)$", OPERATIONS.read_text(), re.MULTILINE)
    assert SECTIONS - set(map(anchor, headings)) == set()


# --- the topic ---


def test_the_topic_takes_this_accounts_alarms_and_nothing_without_tls(template: Template) -> None:
    topic, _ = template.one("AWS::SNS::Topic")
    policy = template.one("AWS::SNS::TopicPolicy")[1]
    assert policy["Topics"] == [topic]
    tls, ours = policy["PolicyDocument"]["Statement"]
    assert (tls["Effect"], tls["Condition"]) == ("Deny", {"Bool": {"aws:SecureTransport": "false"}})
    assert (tls["Principal"], tls["Resource"]) == ("*", topic)
    assert (ours["Effect"], ours["Action"], ours["Resource"]) == ("Allow", "sns:Publish", topic)
    assert ours["Principal"] == {"Service": "cloudwatch.amazonaws.com"}
    assert ours["Condition"] == {"StringEquals": {"aws:SourceAccount": "AWS::AccountId"}}


def test_each_address_is_subscribed(template: Template, configured: Synthesise) -> None:
    assert template.all("AWS::SNS::Subscription") == {}
    made = configured(StackConfig(alarm_emails=("a@example.com", "b@example.com")))
    topic, _ = made.one("AWS::SNS::Topic")
    subscribed = made.all("AWS::SNS::Subscription").values()
    assert {(one["Protocol"], one["Endpoint"], one["TopicArn"]) for one in subscribed} == {
        ("email", "a@example.com", topic),
        ("email", "b@example.com", topic),
    }


def test_a_topic_of_yours_is_told_instead(configured: Synthesise) -> None:
    theirs = "arn:aws:sns:eu-west-1:111122223333:alarms"
    made = configured(StackConfig(alarm_topic=theirs))
    assert made.all("AWS::SNS::Topic") == made.all("AWS::SNS::TopicPolicy") == {}
    assert all(alarm["AlarmActions"] == [theirs] for alarm in alarms(made).values())
    assert made.outputs["AlarmTopicArn"]["Value"] == theirs
