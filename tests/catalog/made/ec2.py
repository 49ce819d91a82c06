from __future__ import annotations

from typing import Any

from tests.catalog.made.account import KEY_VALUE, Account, Maker


def tagged(kind: str) -> dict[str, Any]:
    """The parameter with which EC2 tags a resource of a kind when it makes it."""
    return {"TagSpecifications": [{"ResourceType": kind, "Tags": KEY_VALUE}]}


def vpc(account: Account) -> str:
    made = account.client("ec2").create_vpc(CidrBlock="10.1.0.0/16", **tagged("vpc"))
    return str(made["Vpc"]["VpcId"])


def volume(account: Account) -> str:
    made = account.client("ec2").create_volume(AvailabilityZone="us-east-1a", Size=8, **tagged("volume"))
    return str(made["VolumeId"])


MAKERS: dict[str, Maker] = {"AWS::EC2::VPC": vpc, "AWS::EC2::Volume": volume}
