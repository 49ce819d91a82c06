from __future__ import annotations

from tests.catalog.made.account import KEY_VALUE, SECRET, Account, Maker


def event_bus(account: Account) -> str:
    account.client("events").create_event_bus(Name="shop", Tags=KEY_VALUE)
    return "shop"


def rule(account: Account) -> str:
    answer = account.client("events").put_rule(
        Name="sold", EventBusName=event_bus(account), EventPattern='{"source": ["till"]}', Tags=KEY_VALUE
    )
    return answer["RuleArn"]


def archive(account: Account) -> tuple[str, str]:
    bus = account.client("events").describe_event_bus(Name="default")["Arn"]
    made = account.client("events").create_archive(ArchiveName="shop", EventSourceArn=bus)
    return "shop", made["ArchiveArn"]


def connection(account: Account) -> str:
    account.client("events").create_connection(
        Name="shop",
        AuthorizationType="API_KEY",
        AuthParameters={"ApiKeyAuthParameters": {"ApiKeyName": "till", "ApiKeyValue": SECRET}},
    )
    return "shop"


def api_destination(account: Account) -> tuple[str, str]:
    client = account.client("events")
    made = client.create_api_destination(
        Name="bank",
        ConnectionArn=client.describe_connection(Name=connection(account))["ConnectionArn"],
        InvocationEndpoint="https://bank.example",
        HttpMethod="POST",
    )
    return "bank", made["ApiDestinationArn"]


MAKERS: dict[str, Maker] = {
    "AWS::Events::EventBus": event_bus,
    "AWS::Events::Rule": rule,
    "AWS::Events::Archive": archive,
    "AWS::Events::Connection": connection,
    "AWS::Events::ApiDestination": api_destination,
}
UNTAGGED: dict[str, str] = {
    "AWS::Events::Rule": "moto's tagging API does not know rules, only buses",
}
UNTIMED: dict[str, str] = {
    "AWS::Events::EventBus": "moto leaves CreationTime out",
}
