"""The network and the role that resources of many services lie in; moto's accounts begin with a default VPC."""

from __future__ import annotations

from tests.catalog.made.account import Account

ROLE = "arn:aws:iam::123456789012:role/shop"


def subnets(account: Account) -> list[str]:
    """Two subnets of the default VPC, in two zones."""
    answer = account.client("ec2").describe_subnets()
    return [subnet["SubnetId"] for subnet in answer["Subnets"][:2]]


def vpc(account: Account) -> str:
    vpc: str = account.client("ec2").describe_vpcs()["Vpcs"][0]["VpcId"]
    return vpc


def security_group(account: Account) -> str:
    group: str = account.client("ec2").describe_security_groups()["SecurityGroups"][0]["GroupId"]
    return group
