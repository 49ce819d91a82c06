from __future__ import annotations

from tests.catalog.made.account import TAGS, Account, Maker


def queue(account: Account) -> tuple[str, str]:
    client = account.client("sqs")
    url = client.create_queue(QueueName="sales", tags=TAGS)["QueueUrl"]
    return url, client.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]


def queue_arn(account: Account) -> str:
    return queue(account)[1]


MAKERS: dict[str, Maker] = {"AWS::SQS::Queue": queue}
