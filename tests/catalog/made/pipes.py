from __future__ import annotations

from tests.catalog.made.account import TAGS, Account, Maker
from tests.catalog.made.needed import ROLE
from tests.catalog.made.sqs import queue_arn


def pipe(account: Account) -> tuple[str, str]:
    queue = queue_arn(account)
    made = account.client("pipes").create_pipe(Name="sales", RoleArn=ROLE, Source=queue, Target=queue, Tags=TAGS)
    return made["Name"], made["Arn"]


MAKERS: dict[str, Maker] = {"AWS::Pipes::Pipe": pipe}
UNTAGGED: dict[str, str] = dict.fromkeys(MAKERS, "moto's tagging API does not know Pipes")
