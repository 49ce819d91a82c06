from __future__ import annotations

from tests.catalog.made.account import ACCOUNT, TAGS, Account, Maker


def queue(account: Account) -> str:
    return account.client("sqs").create_queue(QueueName="sales", tags=TAGS)["QueueUrl"]


def queue_arn(account: Account) -> str:
    queue(account)
    return f"arn:aws:sqs:us-east-1:{ACCOUNT}:sales"


MAKERS: dict[str, Maker] = {"AWS::SQS::Queue": queue}
