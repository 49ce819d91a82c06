from __future__ import annotations

from tests.catalog.made.account import KEY_VALUE, SECRET, Account, Maker
from tests.catalog.made.needed import network


def replication_instance(account: Account) -> tuple[str, str]:
    made = account.client("dms").create_replication_instance(
        ReplicationInstanceIdentifier="mover", ReplicationInstanceClass="dms.t3.small", Tags=KEY_VALUE
    )["ReplicationInstance"]
    return made["ReplicationInstanceIdentifier"], made["ReplicationInstanceArn"]


def endpoint(account: Account, kind: str = "source") -> str:
    return account.client("dms").create_endpoint(
        EndpointIdentifier=kind,
        EndpointType=kind,
        EngineName="mysql",
        ServerName="db.shop.test",
        ExtraConnectionAttributes=f"password={SECRET}",
        Username="mover",
        Password=SECRET,
        Tags=KEY_VALUE,
    )["Endpoint"]["EndpointArn"]


def replication_task(account: Account) -> str:
    _, instance = replication_instance(account)
    return account.client("dms").create_replication_task(
        ReplicationTaskIdentifier="orders",
        SourceEndpointArn=endpoint(account),
        TargetEndpointArn=endpoint(account, "target"),
        ReplicationInstanceArn=instance,
        MigrationType="full-load",
        TableMappings='{"rules": []}',
        Tags=KEY_VALUE,
    )["ReplicationTask"]["ReplicationTaskArn"]


def subnet_group(account: Account) -> str:
    _, subnets = network(account)
    account.client("dms").create_replication_subnet_group(
        ReplicationSubnetGroupIdentifier="inside",
        ReplicationSubnetGroupDescription="inside",
        SubnetIds=subnets,
        Tags=KEY_VALUE,
    )
    return "inside"


MAKERS: dict[str, Maker] = {
    "AWS::DMS::ReplicationInstance": replication_instance,
    "AWS::DMS::Endpoint": endpoint,
    "AWS::DMS::ReplicationTask": replication_task,
    "AWS::DMS::ReplicationSubnetGroup": subnet_group,
}

UNTAGGED: dict[str, str] = {"AWS::DMS::ReplicationSubnetGroup": "moto's tagging API does not know subnet groups of DMS"}
