"""`stocktake types`: what the catalogue knows, and what that needs."""

from __future__ import annotations

from typing import Any

import click

from stocktake.catalog import CATALOG, every_action
from stocktake.catalog.spec import ResourceType
from stocktake.cli.render import console, print_json, table
from stocktake.cli.stores import json_option


@click.command()
@click.option("--iam", is_flag=True, help="The IAM policy that a full run needs, as JSON.")
@json_option
def types(iam: bool, as_json: bool) -> None:
    """List the resource types that can be collected, with their calls and IAM actions."""
    if iam:
        print_json(policy())
        return
    rows = [as_row(row) for row in CATALOG.values()]
    if as_json:
        print_json(rows)
        return
    columns = ("type", "scope", "tier", "calls")
    console().print(table(columns, ((row["type"], row["scope"], row["tier"], ", ".join(row["calls"])) for row in rows)))


def as_row(row: ResourceType) -> dict[str, Any]:
    return {
        "type": row.name,
        "service": row.service,
        "scope": row.scope,
        "tier": row.tier,
        "calls": [f"{row.service_of(call)}:{call.operation}" for call in row.every_call()],
        "actions": list(row.actions()),
        "doc": row.doc,
    }


def policy() -> dict[str, Any]:
    """The identity policy that lets a full run see everything; the store's own bucket comes on top."""
    statement = {"Sid": "ListAndDescribe", "Effect": "Allow", "Action": list(every_action()), "Resource": "*"}
    return {"Version": "2012-10-17", "Statement": [statement]}
