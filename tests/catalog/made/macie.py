from __future__ import annotations

from tests.catalog.made.account import Account, Maker


def session(account: Account) -> str:
    account.client("macie2").enable_macie()
    return "Session"


MAKERS: dict[str, Maker] = {"AWS::Macie::Session": session}
