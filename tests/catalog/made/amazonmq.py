from __future__ import annotations

from tests.catalog.made.account import SECRET, TAGS, Account, Maker

ENGINE = {"EngineType": "ACTIVEMQ", "EngineVersion": "5.18"}


def broker(account: Account) -> tuple[str, str]:
    made = account.client("mq").create_broker(
        BrokerName="orders",
        DeploymentMode="SINGLE_INSTANCE",
        HostInstanceType="mq.t3.micro",
        AutoMinorVersionUpgrade=True,
        PubliclyAccessible=False,
        Users=[{"Username": "shop", "Password": SECRET}],
        Tags=TAGS,
        **ENGINE,
    )
    return made["BrokerId"], made["BrokerArn"]


def configuration(account: Account) -> tuple[str, str]:
    made = account.client("mq").create_configuration(Name="orders", Tags=TAGS, **ENGINE)
    return made["Id"], made["Arn"]


MAKERS: dict[str, Maker] = {"AWS::AmazonMQ::Broker": broker, "AWS::AmazonMQ::Configuration": configuration}

UNTAGGED = {"AWS::AmazonMQ::Configuration": "moto lists configurations without tags"}
