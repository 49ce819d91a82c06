from __future__ import annotations

from tests.catalog.made.account import ACCOUNT, KEY_VALUE, SECRET, Account, Maker
from tests.catalog.made.needed import subnets


def cluster(account: Account) -> str:
    answer = account.client("redshift").create_cluster(
        ClusterIdentifier="shop",
        NodeType="ra3.large",
        MasterUsername="shop",
        MasterUserPassword=SECRET,
        Tags=KEY_VALUE,
    )
    return answer["Cluster"]["ClusterIdentifier"]


def cluster_subnet_group(account: Account) -> str:
    answer = account.client("redshift").create_cluster_subnet_group(
        ClusterSubnetGroupName="shop", Description="The shop's", SubnetIds=subnets(account), Tags=KEY_VALUE
    )
    return answer["ClusterSubnetGroup"]["ClusterSubnetGroupName"]


def cluster_parameter_group(account: Account) -> str:
    answer = account.client("redshift").create_cluster_parameter_group(
        ParameterGroupName="shop", ParameterGroupFamily="redshift-1.0", Description="The shop's", Tags=KEY_VALUE
    )
    return answer["ClusterParameterGroup"]["ParameterGroupName"]


def snapshot(account: Account) -> str:
    answer = account.client("redshift").create_cluster_snapshot(
        SnapshotIdentifier="monday", ClusterIdentifier=cluster(account), Tags=KEY_VALUE
    )
    return f"arn:aws:redshift:us-east-1:{ACCOUNT}:snapshot:shop/{answer['Snapshot']['SnapshotIdentifier']}"


MAKERS: dict[str, Maker] = {
    "AWS::Redshift::Cluster": cluster,
    "AWS::Redshift::ClusterSubnetGroup": cluster_subnet_group,
    "AWS::Redshift::ClusterParameterGroup": cluster_parameter_group,
    "AWS::Redshift::Snapshot": snapshot,
}
