from __future__ import annotations

from tests.catalog.made.account import KEY_VALUE, Account, Maker
from tests.catalog.made.needed import ROLE


def server(account: Account) -> str:
    return account.client("transfer").create_server(Protocols=["SFTP"], Tags=KEY_VALUE)["ServerId"]


def connector(account: Account) -> str:
    answer = account.client("transfer").create_connector(Url="sftp://bank.example", AccessRole=ROLE, Tags=KEY_VALUE)
    return answer["ConnectorId"]


MAKERS: dict[str, Maker] = {"AWS::Transfer::Server": server, "AWS::Transfer::Connector": connector}
UNTAGGED: dict[str, str] = {
    "AWS::Transfer::Connector": "moto's tagging API does not know Transfer",
}
