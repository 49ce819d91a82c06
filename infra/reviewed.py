"""What cdk-nag's AwsSolutions rules and the CDK find and was found to be right all the same, said beside the construct.

The checks run in the tests; deploying needs no cdk-nag, as acknowledging is the CDK's own.
"""

from __future__ import annotations

import aws_cdk as cdk
from constructs import IConstruct


def reviewed(construct: IConstruct, finding: str, reason: str) -> None:
    """Acknowledges one finding of AwsSolutions, such as S1 or IAM5[Resource::*], on a construct and what is in it; or
    one of the CDK's own, by its whole id."""
    named = finding if "::@" in finding else f"AwsSolutions::AwsSolutions-{finding}"
    cdk.Validations.of(construct).acknowledge(cdk.Acknowledgment(id=named, reason=reason))


def logical_id(construct: IConstruct) -> str:
    """The name that a construct's resource has in the template, which cdk-nag says of a reference."""
    resource = construct.node.default_child
    assert isinstance(resource, cdk.CfnElement)
    return cdk.Stack.of(construct).get_logical_id(resource)
