"""`stocktake find` and `stocktake types`, on the golden run."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from stocktake.catalog import CATALOG, every_action
from stocktake.cli import cli
from stocktake.cli.find import Search
from stocktake.store import DirectoryStore, read_manifest, read_pointer, read_resources

GOLDEN = Path(__file__).parent / "golden/format-1"


def stocktake(*arguments: str) -> Result:
    """A command's result, with 120 columns."""
    return CliRunner().invoke(cli, [*arguments], standalone_mode=False)


def find(*arguments: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(stocktake("find", "--store", str(GOLDEN), "--json", *arguments).output)
    return found


def every_resource() -> list[dict[str, Any]]:
    store = DirectoryStore(GOLDEN)
    pointer, _ = read_pointer(store, "default")
    assert pointer is not None
    return list(read_resources(store, read_manifest(store, pointer["manifest"])))


def test_every_resource_is_found_by_each_of_its_names() -> None:
    for resource in every_resource():
        tags = [f"{key}={value}" for key, value in (resource["tags"] or {}).items()]
        for text in (resource["id"], resource["arn"], resource["name"], *tags):
            if text:
                assert resource["id"] in {one["id"] for one in find("--", text)}, text


def test_what_is_found_is_what_contains_the_text_and_nothing_else() -> None:
    for text in ("WEB", "orders", "env=prod", "role"):
        wanted = [
            one["id"]
            for one in every_resource()
            if any(
                text.lower() in str(part).lower()
                for part in (
                    one["id"],
                    one["arn"] or "",
                    one["name"] or "",
                    *(f"{key}={value}" for key, value in (one["tags"] or {}).items()),
                )
            )
        ]
        assert [one["id"] for one in find(text)] == wanted


def test_an_address_is_found_wherever_it_stands_private_or_public() -> None:
    instances = [one for one in every_resource() if one["data"].get("PublicIpAddress")]
    assert instances
    for instance in instances:
        for member in ("PrivateIpAddress", "PublicIpAddress"):
            (found,) = [one for one in find(instance["data"][member]) if one["id"] == instance["id"]]
            assert member in found["matched"]


@pytest.mark.parametrize(
    ("text", "member", "value"),
    [
        ("10.0.0.1", "Address", "10.0.0.1"),
        ("2001:db8::1", "Ipv6Address", "2001:0db8:0000:0000:0000:0000:0000:0001"),
        ("2001:DB8:0::1", "Ipv6Address", "2001:db8::1"),
    ],
)
def test_an_address_is_compared_as_an_address(text: str, member: str, value: str) -> None:
    resource = {"id": "x", "arn": None, "name": None, "tags": None, "data": {"Deep": [{member: value}, {member: "::"}]}}
    assert Search(text).where(resource) == [member]


@pytest.mark.parametrize("text", ["10.0.0.1", "1.2.3", "::", "fe80", "abc", "1"])
def test_an_address_is_no_part_of_another(text: str) -> None:
    resource = {"id": "", "arn": None, "name": None, "tags": {}, "data": {"A": "110.0.0.11", "B": "10.0.0.10/32"}}
    assert Search(text).where(resource) == []


def test_types_and_regions_narrow_what_is_found() -> None:
    everything = find("e")
    assert (
        {one["region"] for one in everything}
        > {one["region"] for one in find("e", "--region", "eu-*")}
        == {"eu-west-1"}
    )
    assert {one["type"] for one in find("e", "--type", "AWS::EC2::*")} <= {
        n for n in CATALOG if n.startswith("AWS::EC2")
    }


def test_an_earlier_run_can_be_searched() -> None:
    assert find("web-1", "--run", "20261122T120000Z")


def test_nothing_found_is_said_and_ends_with_one() -> None:
    result = stocktake("find", "no such thing \x1b[31m", "--store", str(GOLDEN))
    assert result.return_value == 1
    assert "nothing in run 20261122T130000Z has no such thing" in result.stderr
    assert "\x1b" not in result.output + result.stderr


def test_what_is_printed_of_hostile_names_is_inert() -> None:
    output = stocktake("find", "a", "--store", str(GOLDEN)).output
    assert output
    assert not any(ord(char) < 32 and char != "\n" for char in output)
    assert not any(char in output for char in "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


def test_types_lists_every_row_with_what_it_calls_and_needs() -> None:
    listed = json.loads(stocktake("types", "--json").output)
    assert [one["type"] for one in listed] == list(CATALOG)
    for one in listed:
        row = CATALOG[one["type"]]
        assert sorted(one) == ["actions", "calls", "doc", "scope", "service", "tier", "type"]
        assert one["actions"] == list(row.actions())
        assert len(one["calls"]) == len(row.every_call())
    for_people = stocktake("types").output
    assert all(name in for_people for name in CATALOG)


def test_the_policy_is_the_rows_and_has_no_wildcard_action() -> None:
    policies = json.loads(stocktake("types", "--iam").output)
    statements = [statement for policy in policies for statement in policy["Statement"]]
    assert sorted(action for one in statements for action in one["Action"]) == list(every_action())
    assert not any("*" in action for one in statements for action in one["Action"])


def test_the_policies_for_terraform_say_the_same() -> None:
    written = stocktake("types", "--iam", "--format", "terraform").output
    assert re.findall(r'^      "(\S+)",$', written, re.MULTILINE) == sorted(every_action())
    named = re.findall(r'^resource "aws_iam_policy" "(\w+)"', written, re.MULTILINE)
    assert re.findall(r"aws_iam_policy\.(\w+)\.arn", written) == named
    assert re.findall(r"aws_iam_policy_document\.(\w+)\.json", written) == named
    assert written.count("{") == written.count("}")
