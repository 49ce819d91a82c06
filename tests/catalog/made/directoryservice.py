from __future__ import annotations

from tests.catalog.made.account import KEY_VALUE, Account, Maker
from tests.catalog.made.needed import network


def directory(account: Account) -> str:
    vpc, subnets = network(account)
    return account.client("ds").create_directory(
        Name="corp.shop.test",
        Password="Not-a-secret1",
        Size="Small",
        VpcSettings={"VpcId": vpc, "SubnetIds": subnets},
        Tags=KEY_VALUE,
    )["DirectoryId"]


MAKERS: dict[str, Maker] = {"AWS::DirectoryService::Directory": directory}

UNTAGGED = {"AWS::DirectoryService::Directory": "moto's tagging API does not know directories"}
