from __future__ import annotations

from tests.catalog.made.account import LOWER_KEY_VALUE, Account, Maker


def resource_share(account: Account) -> str:
    answer = account.client("ram").create_resource_share(name="shop", tags=LOWER_KEY_VALUE)
    return answer["resourceShare"]["resourceShareArn"]


MAKERS: dict[str, Maker] = {"AWS::RAM::ResourceShare": resource_share}
UNTAGGED: dict[str, str] = dict.fromkeys(MAKERS, "moto leaves the tags of a share out")
NOT_MADE: dict[str, str] = {
    "AWS::RAM::ForeignResourceShare": "moto lists no shares of other accounts",
}
