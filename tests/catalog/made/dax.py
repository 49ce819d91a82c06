from __future__ import annotations

from tests.catalog.made.account import KEY_VALUE, Account, Maker


def cluster(account: Account) -> tuple[str, str]:
    made = account.client("dax").create_cluster(
        ClusterName="cache",
        NodeType="dax.t3.small",
        ReplicationFactor=1,
        IamRoleArn="arn:aws:iam::123456789012:role/worker",
        Tags=KEY_VALUE,
    )["Cluster"]
    return made["ClusterName"], made["ClusterArn"]


MAKERS: dict[str, Maker] = {"AWS::DAX::Cluster": cluster}

UNTAGGED = {"AWS::DAX::Cluster": "moto's tagging API does not know DAX"}
