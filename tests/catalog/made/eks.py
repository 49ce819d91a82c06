from __future__ import annotations

from tests.catalog.made.account import TAGS, Account, Maker
from tests.catalog.made.needed import ROLE, subnets


def cluster(account: Account) -> str:
    answer = account.client("eks").create_cluster(
        name="shop", roleArn=ROLE, resourcesVpcConfig={"subnetIds": subnets(account)}, tags=TAGS
    )
    return answer["cluster"]["name"]


def nodegroup(account: Account) -> str:
    answer = account.client("eks").create_nodegroup(
        clusterName=cluster(account), nodegroupName="till", subnets=subnets(account), nodeRole=ROLE, tags=TAGS
    )
    return answer["nodegroup"]["nodegroupArn"]


def fargate_profile(account: Account) -> str:
    answer = account.client("eks").create_fargate_profile(
        clusterName=cluster(account),
        fargateProfileName="till",
        podExecutionRoleArn=ROLE,
        selectors=[{"namespace": "till"}],
        tags=TAGS,
    )
    return answer["fargateProfile"]["fargateProfileArn"]


MAKERS: dict[str, Maker] = {
    "AWS::EKS::Cluster": cluster,
    "AWS::EKS::Nodegroup": nodegroup,
    "AWS::EKS::FargateProfile": fargate_profile,
}
