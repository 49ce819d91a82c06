from __future__ import annotations

from tests.catalog.made.account import TAGS, Account, Maker
from tests.catalog.made.network import ROLE
from tests.catalog.made.sqs import queue_arn


def pipe(account: Account) -> str:
    queue = queue_arn(account)
    return account.client("pipes").create_pipe(Name="sales", RoleArn=ROLE, Source=queue, Target=queue, Tags=TAGS)[
        "Name"
    ]


MAKERS: dict[str, Maker] = {"AWS::Pipes::Pipe": pipe}
UNTAGGED: dict[str, str] = dict.fromkeys(MAKERS, "moto's tagging API does not know Pipes")
