"""What stands on the dashboard."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from infra.config import ARCHITECTURES, StackConfig
from stocktake.settings import Inventory
from tests.infra.conftest import Synthesise, Template


def widgets(template: Template) -> list[dict[str, Any]]:
    body = template.one("AWS::CloudWatch::Dashboard")[1]["DashboardBody"]
    found: list[dict[str, Any]] = json.loads(body)["widgets"]
    return found


def titled(template: Template, title: str) -> dict[str, Any]:
    (found,) = [one["properties"] for one in widgets(template) if one["properties"].get("title") == title]
    return dict(found)


def names(widget: dict[str, Any]) -> set[str]:
    return {metric[1] for metric in widget["metrics"] if isinstance(metric[0], str)}


def test_every_widget_is_of_the_region_that_the_stack_is_in(template: Template) -> None:
    regions = {one["properties"]["region"] for one in widgets(template) if one["type"] != "text"}
    assert regions == {"AWS::Region"}


def test_widgets_stand_beside_and_below_each_other(configured: Synthesise) -> None:
    made = configured(StackConfig(inventories=(Inventory("a"), Inventory("b"))))
    places = set()
    for one in widgets(made):
        assert one["x"] + one["width"] <= 24
        area = {
            (x, y) for x in range(one["x"], one["x"] + one["width"]) for y in range(one["y"], one["y"] + one["height"])
        }
        assert not places & area
        places |= area


@pytest.mark.parametrize("inventory", ["default", "a-b"])
def test_each_inventory_has_its_coverage_resources_calls_and_what_was_not_seen(
    inventory: str, configured: Synthesise
) -> None:
    made = configured(StackConfig(inventories=(Inventory(), Inventory("a-b")), function_name="other"))
    wanted = {
        "coverage, %": {"Coverage"},
        "resources": {"Resources", "Gaps"},
        "not seen, and published": {"Unseen", "NewlyLost", "Published"},
        "calls and throttles": {"Calls", "Throttles"},
    }
    for title, metrics in wanted.items():
        widget = titled(made, f"{inventory}: {title}")
        assert names(widget) == metrics
        for metric in widget["metrics"]:
            if isinstance(metric[0], str):
                assert metric[0] == "Stocktake"
                assert dict(zip(metric[2:6:2], metric[3:6:2], strict=True)) == {
                    "inventory": inventory,
                    "service": "other",
                }


def test_resources_by_service_are_read_from_the_functions_log(template: Template) -> None:
    widget = titled(template, "default: resources by service, latest")
    source, filtered, counted, *_ = widget["query"].split("\n| ")[0].split(" | ") + widget["query"].split("\n| ")[1:]
    assert source == f"SOURCE '{template.one('AWS::Logs::LogGroup')[0]}'"
    assert filtered == 'filter message = "resources of a service" and inventory = "default"'
    assert counted == "stats latest(resources) as latest_resources, latest(run) as latest_run by aws_service"


@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_the_cost_is_the_time_times_the_memory_times_the_price_and_says_whose_price(
    architecture: str, configured: Synthesise
) -> None:
    made = configured(StackConfig(architecture=architecture, memory_mb=2048))
    widget = titled(made, "Cost of the function a day")
    ((math,), duration) = widget["metrics"]
    price = {"arm64": "0.0000133334", "x86_64": "0.0000166667"}[architecture]
    assert math["expression"] == f"milliseconds / 1000 * 2.000000 * {price}"
    assert re.search(r"November 2026$", math["label"])
    assert f"${price} a GB-second" in math["label"]
    assert duration[:2] == ["AWS/Lambda", "Duration"]
    assert duration[-1]["stat"] == "Sum"
    assert math["period"] == duration[-1]["period"] == 24 * 3600


def test_how_long_runs_take_stands_beside_the_limit(configured: Synthesise) -> None:
    made = configured(StackConfig(timeout_seconds=300))
    widget = titled(made, "Duration")
    assert names(widget) == {"Duration"}
    assert [one["value"] for one in widget["annotations"]["horizontal"]] == [300_000]
    assert names(titled(made, "Failed and throttled invocations")) == {"Errors", "Throttles"}
