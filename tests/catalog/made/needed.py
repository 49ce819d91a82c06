"""What makers of several services need before they can make theirs."""

from __future__ import annotations

import json

from tests.catalog.made.account import ACCOUNT, Account

IMAGE = "ami-12c6146b"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/shop"
"""A machine image and a role; most of moto's services do not ask whether there is one."""


def bucket(account: Account) -> str:
    """The name of a bucket."""
    account.client("s3").create_bucket(Bucket="shop-logs")
    return "shop-logs"


def role(account: Account, service: str = "ec2") -> str:
    """The ARN of a role that a service may assume."""
    trust = {"Effect": "Allow", "Principal": {"Service": f"{service}.amazonaws.com"}, "Action": "sts:AssumeRole"}
    policy = json.dumps({"Version": "2012-10-17", "Statement": [trust]})
    made = account.client("iam").create_role(RoleName="worker", AssumeRolePolicyDocument=policy)
    return made["Role"]["Arn"]


def network(account: Account) -> tuple[str, list[str]]:
    """The default VPC and two of its subnets, in two zones."""
    some = account.client("ec2").describe_subnets()["Subnets"][:2]
    return some[0]["VpcId"], [subnet["SubnetId"] for subnet in some]


def subnets(account: Account) -> list[str]:
    """Two subnets, in two zones."""
    return network(account)[1]


def security_group(account: Account) -> str:
    """The id of a security group."""
    return account.client("ec2").describe_security_groups()["SecurityGroups"][0]["GroupId"]
