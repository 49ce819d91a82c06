from __future__ import annotations

from tests.catalog.made.account import ACCOUNT, KEY_VALUE, SECRET, Account, Maker
from tests.catalog.made.needed import ROLE, subnets

ADMINISTRATOR = {"MasterUsername": "shop", "MasterUserPassword": SECRET}


def db_instance(account: Account) -> str:
    answer = account.client("rds").create_db_instance(
        DBInstanceIdentifier="shop",
        DBInstanceClass="db.t3.micro",
        Engine="postgres",
        AllocatedStorage=20,
        Tags=KEY_VALUE,
        **ADMINISTRATOR,
    )
    return answer["DBInstance"]["DBInstanceIdentifier"]


def db_cluster(account: Account) -> str:
    answer = account.client("rds").create_db_cluster(
        DBClusterIdentifier="shop", Engine="aurora-postgresql", Tags=KEY_VALUE, **ADMINISTRATOR
    )
    return answer["DBCluster"]["DBClusterIdentifier"]


def global_cluster(account: Account) -> tuple[str, str]:
    made = account.client("rds").create_global_cluster(
        GlobalClusterIdentifier="shops", Engine="aurora-postgresql", Tags=KEY_VALUE
    )["GlobalCluster"]
    return made["GlobalClusterIdentifier"], made["GlobalClusterArn"]


def db_snapshot(account: Account) -> tuple[str, str]:
    made = account.client("rds").create_db_snapshot(
        DBSnapshotIdentifier="monday", DBInstanceIdentifier=db_instance(account), Tags=KEY_VALUE
    )["DBSnapshot"]
    return made["DBSnapshotIdentifier"], made["DBSnapshotArn"]


def cluster_snapshot(account: Account) -> tuple[str, str]:
    made = account.client("rds").create_db_cluster_snapshot(
        DBClusterSnapshotIdentifier="monday", DBClusterIdentifier=db_cluster(account), Tags=KEY_VALUE
    )["DBClusterSnapshot"]
    return made["DBClusterSnapshotIdentifier"], made["DBClusterSnapshotArn"]


def db_subnet_group(account: Account) -> tuple[str, str]:
    made = account.client("rds").create_db_subnet_group(
        DBSubnetGroupName="shop", DBSubnetGroupDescription="The shop's", SubnetIds=subnets(account), Tags=KEY_VALUE
    )["DBSubnetGroup"]
    return made["DBSubnetGroupName"], made["DBSubnetGroupArn"]


def db_parameter_group(account: Account) -> tuple[str, str]:
    made = account.client("rds").create_db_parameter_group(
        DBParameterGroupName="shop", DBParameterGroupFamily="postgres16", Description="The shop's", Tags=KEY_VALUE
    )["DBParameterGroup"]
    return made["DBParameterGroupName"], made["DBParameterGroupArn"]


def db_cluster_parameter_group(account: Account) -> tuple[str, str]:
    made = account.client("rds").create_db_cluster_parameter_group(
        DBClusterParameterGroupName="shop",
        DBParameterGroupFamily="aurora-postgresql16",
        Description="The shop's",
        Tags=KEY_VALUE,
    )["DBClusterParameterGroup"]
    return made["DBClusterParameterGroupName"], made["DBClusterParameterGroupArn"]


def db_proxy(account: Account) -> str:
    answer = account.client("rds").create_db_proxy(
        DBProxyName="shop",
        EngineFamily="POSTGRESQL",
        Auth=[{"AuthScheme": "SECRETS", "IAMAuth": "REQUIRED"}],
        RoleArn=ROLE,
        VpcSubnetIds=subnets(account),
        Tags=KEY_VALUE,
    )
    return answer["DBProxy"]["DBProxyArn"]


def event_subscription(account: Account) -> tuple[str, str]:
    made = account.client("rds").create_event_subscription(
        SubscriptionName="shop", SnsTopicArn=f"arn:aws:sns:us-east-1:{ACCOUNT}:shop", Tags=KEY_VALUE
    )["EventSubscription"]
    return made["CustSubscriptionId"], made["EventSubscriptionArn"]


MAKERS: dict[str, Maker] = {
    "AWS::RDS::DBInstance": db_instance,
    "AWS::RDS::DBCluster": db_cluster,
    "AWS::RDS::GlobalCluster": global_cluster,
    "AWS::RDS::DBSnapshot": db_snapshot,
    "AWS::RDS::ClusterSnapshot": cluster_snapshot,
    "AWS::RDS::DBSubnetGroup": db_subnet_group,
    "AWS::RDS::DBParameterGroup": db_parameter_group,
    "AWS::RDS::DBClusterParameterGroup": db_cluster_parameter_group,
    "AWS::RDS::DBProxy": db_proxy,
    "AWS::RDS::EventSubscription": event_subscription,
}
NOT_MADE: dict[str, str] = {
    "AWS::RDS::OptionGroup": "moto describes option groups only by name",
}
UNTAGGED: dict[str, str] = {
    "AWS::RDS::GlobalCluster": "moto leaves the tags of a global cluster out",
    "AWS::RDS::DBSubnetGroup": "moto's tagging API does not know subnet groups",
    "AWS::RDS::DBParameterGroup": "moto's tagging API does not know parameter groups",
    "AWS::RDS::DBClusterParameterGroup": "moto's tagging API does not know parameter groups",
    "AWS::RDS::EventSubscription": "moto's tagging API does not know event subscriptions",
}
