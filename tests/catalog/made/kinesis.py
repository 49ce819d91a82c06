from __future__ import annotations

from tests.catalog.made.account import TAGS, Account, Maker


def stream(account: Account) -> str:
    account.client("kinesis").create_stream(StreamName="sales", ShardCount=1, Tags=TAGS)
    return "sales"


def stream_arn(account: Account) -> str:
    summary = account.client("kinesis").describe_stream_summary(StreamName=stream(account))
    return summary["StreamDescriptionSummary"]["StreamARN"]


MAKERS: dict[str, Maker] = {
    "AWS::Kinesis::Stream": stream,
}
UNTAGGED: dict[str, str] = {
    "AWS::Kinesis::Stream": "moto's tagging API does not know Kinesis",
}
