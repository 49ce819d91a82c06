from __future__ import annotations

from tests.catalog.made.account import TAGS, Account, Maker
from tests.catalog.made.needed import subnets


def cluster(account: Account) -> str:
    nodes = {"ClientSubnets": subnets(account), "InstanceType": "kafka.m5.large"}
    answer = account.client("kafka").create_cluster_v2(
        ClusterName="shop",
        Provisioned={"BrokerNodeGroupInfo": nodes, "KafkaVersion": "3.6.0", "NumberOfBrokerNodes": 2},
        Tags=TAGS,
    )
    return answer["ClusterArn"]


MAKERS: dict[str, Maker] = {"AWS::MSK::Cluster": cluster}
