"""The stack looks at metrics that runs write."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

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
