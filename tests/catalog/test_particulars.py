"""What single rows make of answers that are out of the ordinary, and that no law over every row looks at."""

from __future__ import annotations

from typing import Any

import pytest

from stocktake.catalog import CATALOG
from stocktake.collect import collect
from stocktake.errors import MalformedAnswer
from stocktake.model import Found, Page, Resource, Target
from stocktake.normalise import normalise
from tests.catalog.drive import drive
from tests.helpers import ACCOUNT

HERE = Target(ACCOUNT, "us-east-1", home="us-east-1")


def resource(name: str, item: dict[str, Any]) -> Resource:
    return normalise(CATALOG[name], HERE, Found(item, (), frozenset()))


def listed(name: str, answer: dict[str, Any]) -> list[Found]:
    found: list[Found] = []
    drive(collect(CATALOG[name], HERE, found.extend, enriched=False), lambda request: Page(answer, None))
    return found


def test_an_instance_was_created_when_it_was_first_launched_however_often_it_was_started_since() -> None:
    interfaces = [
        {"Attachment": {"DeviceIndex": 1, "AttachTime": "2024-05-05T00:00:00Z"}},
        {"Attachment": {"DeviceIndex": 0, "AttachTime": "2024-01-01T00:00:00Z"}},
    ]
    item = {"InstanceId": "i-1", "LaunchTime": "2026-06-06T00:00:00Z", "NetworkInterfaces": interfaces}
    assert resource("AWS::EC2::Instance", item).created == "2024-01-01T00:00:00Z"


def test_a_terminated_instance_has_only_its_last_launch_left() -> None:
    item = {"InstanceId": "i-1", "LaunchTime": "2026-06-06T00:00:00Z", "NetworkInterfaces": []}
    assert resource("AWS::EC2::Instance", item).created == "2026-06-06T00:00:00Z"


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (("a/b", "c"), ("a", "b/c")),
        (("a", "b/c"), ('["a', 'b/c"]')),
        (("a/b", "c"), ('["a', 'b","c"]')),
    ],
)
def test_tables_of_two_names_never_have_one_id(one: tuple[str, str], other: tuple[str, str]) -> None:
    ids = [
        resource("AWS::Glue::Table", {"DatabaseName": database, "Name": table}).id for database, table in (one, other)
    ]
    assert ids[0] != ids[1]


def test_a_table_of_an_ordinary_name_has_an_ordinary_id() -> None:
    assert resource("AWS::Glue::Table", {"DatabaseName": "sales", "Name": "orders"}).id == "sales/orders"


def test_a_table_without_a_database_has_no_id() -> None:
    with pytest.raises(MalformedAnswer):
        resource("AWS::Glue::Table", {"Name": "orders"})


def test_the_organizations_trails_are_those_that_the_account_does_not_own_too() -> None:
    theirs = {"TrailARN": "arn:aws:cloudtrail:us-west-2:999999999999:trail/all", "IsOrganizationTrail": True}
    own = {"TrailARN": f"arn:aws:cloudtrail:us-west-2:{ACCOUNT}:trail/own", "IsOrganizationTrail": False}
    found = listed("AWS::CloudTrail::OrganizationTrail", {"trailList": [own, theirs]})
    assert [one.item["TrailARN"] for one in found] == [theirs["TrailARN"]]
