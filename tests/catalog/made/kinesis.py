from __future__ import annotations

from tests.catalog.made.account import TAGS, Account, Maker


def stream(account: Account) -> str:
    account.client("kinesis").create_stream(StreamName="sales", ShardCount=1, Tags=TAGS)
    return "sales"


def stream_arn(account: Account) -> str:
    summary = account.client("kinesis").describe_stream_summary(StreamName=stream(account))
    return summary["StreamDescriptionSummary"]["StreamARN"]


def stream_consumer(account: Account) -> str:
    answer = account.client("kinesis").register_stream_consumer(StreamARN=stream_arn(account), ConsumerName="till")
    return answer["Consumer"]["ConsumerARN"]


MAKERS: dict[str, Maker] = {
    "AWS::Kinesis::Stream": stream,
    "AWS::Kinesis::StreamConsumer": stream_consumer,
}
UNTAGGED: dict[str, str] = {
    "AWS::Kinesis::Stream": "moto's tagging API does not know Kinesis",
}
