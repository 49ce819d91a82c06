from __future__ import annotations

from tests.catalog.made.account import KEY_VALUE, Account, Maker
from tests.catalog.made.needed import subnets


def cache_cluster(account: Account) -> str:
    answer = account.client("elasticache").create_cache_cluster(
        CacheClusterId="shop", Engine="redis", CacheNodeType="cache.t3.micro", NumCacheNodes=1, Tags=KEY_VALUE
    )
    return answer["CacheCluster"]["CacheClusterId"]


def replication_group(account: Account) -> tuple[str, str]:
    answer = account.client("elasticache").create_replication_group(
        ReplicationGroupId="shop",
        ReplicationGroupDescription="The shop's baskets",
        Engine="redis",
        CacheNodeType="cache.t3.micro",
        Tags=KEY_VALUE,
    )
    return answer["ReplicationGroup"]["ReplicationGroupId"], answer["ReplicationGroup"]["ARN"]


def subnet_group(account: Account) -> tuple[str, str]:
    answer = account.client("elasticache").create_cache_subnet_group(
        CacheSubnetGroupName="shop",
        CacheSubnetGroupDescription="The shop's",
        SubnetIds=subnets(account),
        Tags=KEY_VALUE,
    )
    return answer["CacheSubnetGroup"]["CacheSubnetGroupName"], answer["CacheSubnetGroup"]["ARN"]


def user(account: Account) -> tuple[str, str]:
    answer = account.client("elasticache").create_user(
        UserId="till",
        UserName="till",
        Engine="redis",
        AccessString="on ~* +@read",
        NoPasswordRequired=True,
        Tags=KEY_VALUE,
    )
    return answer["UserId"], answer["ARN"]


def snapshot(account: Account) -> tuple[str, str]:
    answer = account.client("elasticache").create_snapshot(
        SnapshotName="monday", CacheClusterId=cache_cluster(account), Tags=KEY_VALUE
    )
    return answer["Snapshot"]["SnapshotName"], answer["Snapshot"]["ARN"]


MAKERS: dict[str, Maker] = {
    "AWS::ElastiCache::CacheCluster": cache_cluster,
    "AWS::ElastiCache::ReplicationGroup": replication_group,
    "AWS::ElastiCache::SubnetGroup": subnet_group,
    "AWS::ElastiCache::User": user,
    "AWS::ElastiCache::Snapshot": snapshot,
}
