from __future__ import annotations

import io
import zipfile

from tests.catalog.made.account import ACCOUNT, SECRET, TAGS, Account, Maker
from tests.catalog.made.iam import role
from tests.catalog.made.sqs import queue_arn


def code() -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("till.py", "def handler(event, context): ...")
    return packed.getvalue()


def function(account: Account) -> str:
    account.client("lambda").create_function(
        FunctionName="till",
        Runtime="python3.13",
        Handler="till.handler",
        Role=f"arn:aws:iam::{ACCOUNT}:role/{role(account)}",
        Environment={"Variables": {"PIN": SECRET}},
        Code={"ZipFile": code()},
        Tags=TAGS,
    )
    return "till"


def alias(account: Account) -> str:
    answer = account.client("lambda").create_alias(
        FunctionName=function(account), Name="live", FunctionVersion="$LATEST"
    )
    return answer["AliasArn"]


def event_source_mapping(account: Account) -> str:
    answer = account.client("lambda").create_event_source_mapping(
        FunctionName=function(account), EventSourceArn=queue_arn(account), Tags=TAGS
    )
    return answer["UUID"]


def layer_version(account: Account) -> str:
    answer = account.client("lambda").publish_layer_version(LayerName="till", Content={"ZipFile": code()})
    return answer["LayerVersionArn"]


MAKERS: dict[str, Maker] = {
    "AWS::Lambda::Function": function,
    "AWS::Lambda::Alias": alias,
    "AWS::Lambda::EventSourceMapping": event_source_mapping,
    "AWS::Lambda::LayerVersion": layer_version,
}
UNTAGGED: dict[str, str] = {
    "AWS::Lambda::EventSourceMapping": "moto's tagging API does not know event source mappings, only functions",
}
