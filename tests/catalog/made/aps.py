from __future__ import annotations

from tests.catalog.made.account import TAGS, Account, Maker


def workspace(account: Account) -> tuple[str, str]:
    made = account.client("amp").create_workspace(alias="metrics", tags=TAGS)
    return made["workspaceId"], made["arn"]


MAKERS: dict[str, Maker] = {"AWS::APS::Workspace": workspace}
