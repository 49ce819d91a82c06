from __future__ import annotations

from tests.catalog.made.account import KEY_VALUE, SECRET, Account, Maker
from tests.catalog.made.needed import network


def directory(account: Account) -> str:
    vpc, subnets = network(account)
    made = account.client("ds").create_directory(
        Name="shop.example",
        Password=f"{SECRET}-A1",
        Size="Small",
        VpcSettings={"VpcId": vpc, "SubnetIds": subnets},
    )["DirectoryId"]
    account.client("workspaces").register_workspace_directory(DirectoryId=made, Tags=KEY_VALUE)
    return made


def workspace(account: Account) -> str:
    answer = account.client("workspaces").create_workspaces(
        Workspaces=[
            {"DirectoryId": directory(account), "UserName": "till", "BundleId": "wsb-12345678", "Tags": KEY_VALUE}
        ]
    )
    return answer["PendingRequests"][0]["WorkspaceId"]


MAKERS: dict[str, Maker] = {
    "AWS::WorkSpaces::Workspace": workspace,
    "AWS::WorkSpaces::Directory": directory,
}
