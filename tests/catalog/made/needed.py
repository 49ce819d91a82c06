"""What makers of several services need before they can make theirs."""

from __future__ import annotations

import json

from tests.catalog.made.account import Account

IMAGE = "ami-12c6146b"
"""A machine image; moto does not ask whether there is one."""


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
    """A VPC and its subnets, in two zones."""
    ec2 = account.client("ec2")
    vpc = ec2.create_vpc(CidrBlock="10.8.0.0/16")["Vpc"]["VpcId"]
    subnets = [
        ec2.create_subnet(VpcId=vpc, CidrBlock=f"10.8.{number}.0/24", AvailabilityZone=f"us-east-1{zone}")
        for number, zone in enumerate("ab")
    ]
    return vpc, [made["Subnet"]["SubnetId"] for made in subnets]
