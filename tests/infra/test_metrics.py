"""The stack looks at metrics that runs write."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from infra import cost, metrics, permissions
from stocktake import announce
from stocktake.announce import measures
from tests.infra.conftest import Template

SUMMARY = {
    **dict.fromkeys(("coverage", "resources", "gaps", "accepted", "newly_lost", "calls", "throttles"), 0),
    "verdict": "complete",
    "latest": True,
    "narrowed": False,
    "by_state": {},
}


def looked_at(value: Any) -> Iterator[str]:
    """Every metric of Stocktake's own that a template names, in alarms and in the dashboard's text."""
    if isinstance(value, dict):
        if value.get("Namespace") == "Stocktake":
            yield value["MetricName"]
        for inner in value.values():
            yield from looked_at(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from looked_at(inner)


def test_what_alarms_look_at_is_what_runs_write(template: Template) -> None:
    named = set(looked_at(list(template.all("AWS::CloudWatch::Alarm").values())))
    assert named == {"Published", "NewlyLost", "Throttles", "Calls", "AnnouncementsFailed"}
    assert named <= {name for name, _, _ in measures(SUMMARY)}


def test_the_role_may_announce_under_the_name_that_runs_announce_under() -> None:
    assert permissions.SOURCE == announce.SOURCE


def test_alarms_and_dashboard_look_where_runs_write() -> None:
    from stocktake import handler

    assert handler.metrics.namespace == metrics.NAMESPACE


def test_what_metrics_cost_is_reckoned_from_as_many_as_there_are() -> None:
    assert len(measures(SUMMARY)) == cost.METRICS
