from __future__ import annotations

from tests.catalog.made.account import KEY_VALUE, Account, Maker
from tests.catalog.made.needed import subnets


def cluster(account: Account) -> tuple[str, str]:
    answer = account.client("memorydb").create_cluster(
        ClusterName="shop",
        NodeType="db.t4g.small",
        ACLName="open-access",
        SubnetGroupName=subnet_group(account),
        Tags=KEY_VALUE,
    )
    return answer["Cluster"]["Name"], answer["Cluster"]["ARN"]


def user(account: Account) -> tuple[str, str]:
    answer = account.client("memorydb").create_user(
        UserName="till", AuthenticationMode={"Type": "iam"}, AccessString="on ~* +@read", Tags=KEY_VALUE
    )
    return answer["User"]["Name"], answer["User"]["ARN"]


def subnet_group(account: Account) -> str:
    answer = account.client("memorydb").create_subnet_group(
        SubnetGroupName="shop", SubnetIds=subnets(account), Tags=KEY_VALUE
    )
    return answer["SubnetGroup"]["Name"]


MAKERS: dict[str, Maker] = {
    "AWS::MemoryDB::Cluster": cluster,
    "AWS::MemoryDB::User": user,
    "AWS::MemoryDB::SubnetGroup": subnet_group,
}
UNTAGGED: dict[str, str] = dict.fromkeys(MAKERS, "moto's tagging API does not know MemoryDB")
