from __future__ import annotations

from tests.catalog.made.account import KEY_VALUE, Account, Maker


def global_cluster(account: Account) -> tuple[str, str]:
    made = account.client("rds").create_global_cluster(
        GlobalClusterIdentifier="catalog", Engine="docdb", EngineVersion="5.0.0", Tags=KEY_VALUE
    )["GlobalCluster"]
    return made["GlobalClusterIdentifier"], made["GlobalClusterArn"]


MAKERS: dict[str, Maker] = {"AWS::DocDB::GlobalCluster": global_cluster}

NOT_MADE = {
    "AWS::DocDB::DBCluster": "moto does not know DocumentDB's engine",
    "AWS::DocDB::DBInstance": "moto does not know DocumentDB's engine",
}

UNTAGGED = {"AWS::DocDB::GlobalCluster": "moto does not take tags of global clusters"}
