from __future__ import annotations

from tests.catalog.made.account import KEY_VALUE, Account, Maker


def db_cluster(account: Account) -> str:
    answer = account.client("neptune").create_db_cluster(DBClusterIdentifier="shop", Engine="neptune", Tags=KEY_VALUE)
    return answer["DBCluster"]["DBClusterIdentifier"]


def db_instance(account: Account) -> tuple[str, str]:
    answer = account.client("neptune").create_db_instance(
        DBInstanceIdentifier="shop-1",
        DBInstanceClass="db.r5.large",
        Engine="neptune",
        DBClusterIdentifier=db_cluster(account),
        Tags=KEY_VALUE,
    )
    return answer["DBInstance"]["DBInstanceIdentifier"], answer["DBInstance"]["DBInstanceArn"]


def global_cluster(account: Account) -> tuple[str, str]:
    answer = account.client("neptune").create_global_cluster(
        GlobalClusterIdentifier="shops", Engine="neptune", Tags=KEY_VALUE
    )
    return answer["GlobalCluster"]["GlobalClusterIdentifier"], answer["GlobalCluster"]["GlobalClusterArn"]


MAKERS: dict[str, Maker] = {
    "AWS::Neptune::DBCluster": db_cluster,
    "AWS::Neptune::DBInstance": db_instance,
    "AWS::Neptune::GlobalCluster": global_cluster,
}
UNTAGGED: dict[str, str] = {
    "AWS::Neptune::GlobalCluster": "moto leaves the tags of a global cluster out",
}
