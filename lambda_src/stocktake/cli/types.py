"""`stocktake types`: what the catalogue knows, and what that needs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import click

from stocktake.catalog import CATALOG, every_action
from stocktake.catalog.policies import policies
from stocktake.catalog.spec import ResourceType
from stocktake.cli.render import console, print_json, table
from stocktake.cli.stores import json_option


@click.command()
@click.option("--iam", is_flag=True, help="The IAM policies that a full run needs, each as long as IAM allows.")
@click.option("--format", "written", type=click.Choice(["json", "terraform"]), default="json", help="Of --iam.")
@json_option
def types(iam: bool, written: str, as_json: bool) -> None:
    """List the resource types that can be collected, with their calls and IAM actions."""
    if iam and written == "terraform":
        print(terraform(policies(every_action())), end="")
        return
    if iam:
        print_json(policies(every_action()))
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


def terraform(documents: Sequence[Mapping[str, Any]]) -> str:
    """The policies for Terraform: a document and a managed policy each, and the list of their ARNs to attach."""
    parts = []
    for number, document in enumerate(documents, 1):
        (statement,) = document["Statement"]
        actions = "".join(f'      "{action}",\n' for action in statement["Action"])
        parts.append(
            f"""data "aws_iam_policy_document" "stocktake_{number}" {{
  statement {{
    sid       = "{statement["Sid"]}"
    effect    = "{statement["Effect"]}"
    resources = ["{statement["Resource"]}"]
    actions = [
{actions}    ]
  }}
}}

resource "aws_iam_policy" "stocktake_{number}" {{
  name   = "stocktake-list-and-describe-{number}"
  policy = data.aws_iam_policy_document.stocktake_{number}.json
}}
"""
        )
    arns = ", ".join(f"aws_iam_policy.stocktake_{number}.arn" for number in range(1, len(parts) + 1))
    parts.append(f"""output "stocktake_policy_arns" {{
  value = [{arns}]
}}
""")
    return "\n".join(parts)
