from __future__ import annotations

from tests.catalog.made.account import LOWER_KEY_VALUE, Account, Maker


def connection(account: Account) -> str:
    return account.client("directconnect").create_connection(
        location="EqDC2", bandwidth="1Gbps", connectionName="office", tags=LOWER_KEY_VALUE
    )["connectionId"]


def lag(account: Account) -> str:
    return account.client("directconnect").create_lag(
        numberOfConnections=1,
        location="EqDC2",
        connectionsBandwidth="1Gbps",
        lagName="office",
        tags=LOWER_KEY_VALUE,
    )["lagId"]


MAKERS: dict[str, Maker] = {"AWS::DirectConnect::Connection": connection, "AWS::DirectConnect::Lag": lag}
