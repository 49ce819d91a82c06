from __future__ import annotations

from tests.catalog.made.account import KEY_VALUE, Account, Maker


def topic(account: Account) -> str:
    return account.client("sns").create_topic(Name="shop", Tags=KEY_VALUE)["TopicArn"]


MAKERS: dict[str, Maker] = {"AWS::SNS::Topic": topic}
