from __future__ import annotations

import json

from tests.catalog.made.account import KEY_VALUE, SECRET, Account, Maker

TEMPLATE = json.dumps(
    {
        "Parameters": {"Token": {"Type": "String", "Default": SECRET}},
        "Resources": {"Orders": {"Type": "AWS::SQS::Queue"}},
        "Outputs": {"Token": {"Value": SECRET}},
    }
)


def stack(account: Account) -> str:
    client = account.client("cloudformation")
    return client.create_stack(StackName="shop", TemplateBody=TEMPLATE, Tags=KEY_VALUE)["StackId"]


def stack_set(account: Account) -> str:
    client = account.client("cloudformation")
    return client.create_stack_set(StackSetName="baseline", TemplateBody=TEMPLATE, Tags=KEY_VALUE)["StackSetId"]


MAKERS: dict[str, Maker] = {"AWS::CloudFormation::Stack": stack, "AWS::CloudFormation::StackSet": stack_set}

UNTAGGED = {"AWS::CloudFormation::StackSet": "moto's tagging API does not know stack sets"}
