from __future__ import annotations

from tests.catalog.made.account import KEY_VALUE, Account, Maker


def application(account: Account) -> str:
    account.client("codedeploy").create_application(applicationName="shop", computePlatform="ECS", tags=KEY_VALUE)
    return "shop"


MAKERS: dict[str, Maker] = {"AWS::CodeDeploy::Application": application}
