"""How many there are of each type, as an ordinary client finds them that reads every page."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

from demo.estate.place import Account, pages
from demo.server import REGION

THREADS = 4
GLOBAL = "global"


@dataclass(frozen=True)
class Listing:
    """The operation that lists a type, and JMESPath to what is of the type in its answer."""

    type: str
    service: str
    operation: str
    items: str
    parameters: Mapping[str, Any] = field(default_factory=dict)


OF_RDS = "[?!contains(['neptune', 'docdb'], Engine)][]"
OUR_IMAGES = {"Owners": ["self"], "IncludeDeprecated": True, "IncludeDisabled": True}

LISTS = (
    Listing("AWS::AutoScaling::AutoScalingGroup", "autoscaling", "describe_auto_scaling_groups", "AutoScalingGroups[]"),
    Listing("AWS::CloudFormation::Stack", "cloudformation", "describe_stacks", "Stacks[]"),
    Listing("AWS::CloudWatch::Alarm", "cloudwatch", "describe_alarms", "MetricAlarms[]"),
    Listing("AWS::DynamoDB::Table", "dynamodb", "list_tables", "TableNames[]"),
    Listing("AWS::EC2::EIP", "ec2", "describe_addresses", "Addresses[]"),
    Listing("AWS::EC2::Image", "ec2", "describe_images", "Images[]", OUR_IMAGES),
    Listing("AWS::EC2::Instance", "ec2", "describe_instances", "Reservations[].Instances[]"),
    Listing("AWS::EC2::LaunchTemplate", "ec2", "describe_launch_templates", "LaunchTemplates[]"),
    Listing("AWS::EC2::NatGateway", "ec2", "describe_nat_gateways", "NatGateways[]"),
    Listing("AWS::EC2::NetworkInterface", "ec2", "describe_network_interfaces", "NetworkInterfaces[]"),
    Listing("AWS::EC2::RouteTable", "ec2", "describe_route_tables", "RouteTables[]"),
    Listing("AWS::EC2::SecurityGroup", "ec2", "describe_security_groups", "SecurityGroups[]"),
    Listing("AWS::EC2::Snapshot", "ec2", "describe_snapshots", "Snapshots[]", {"OwnerIds": ["self"]}),
    Listing("AWS::EC2::Subnet", "ec2", "describe_subnets", "Subnets[]"),
    Listing("AWS::EC2::VPC", "ec2", "describe_vpcs", "Vpcs[]"),
    Listing("AWS::EC2::Volume", "ec2", "describe_volumes", "Volumes[]"),
    Listing("AWS::ECS::Cluster", "ecs", "list_clusters", "clusterArns[]"),
    Listing("AWS::ElasticLoadBalancingV2::LoadBalancer", "elbv2", "describe_load_balancers", "LoadBalancers[]"),
    Listing("AWS::KMS::Key", "kms", "list_keys", "Keys[]"),
    Listing("AWS::Lambda::Function", "lambda", "list_functions", "Functions[]"),
    Listing("AWS::Logs::LogGroup", "logs", "describe_log_groups", "logGroups[]"),
    Listing("AWS::RDS::DBCluster", "rds", "describe_db_clusters", f"DBClusters{OF_RDS}"),
    Listing("AWS::RDS::DBInstance", "rds", "describe_db_instances", f"DBInstances{OF_RDS}"),
    Listing("AWS::SNS::Topic", "sns", "list_topics", "Topics[]"),
    Listing("AWS::SQS::Queue", "sqs", "list_queues", "QueueUrls[]"),
    Listing(
        *("AWS::SecretsManager::Secret", "secretsmanager", "list_secrets", "SecretList[]"),
        {"IncludePlannedDeletion": True},
    ),
)
GLOBAL_LISTS = (
    Listing("AWS::IAM::ManagedPolicy", "iam", "list_policies", "Policies[]", {"Scope": "Local"}),
    Listing("AWS::IAM::Role", "iam", "list_roles", "Roles[]"),
    Listing("AWS::IAM::User", "iam", "list_users", "Users[]"),
    Listing("AWS::S3::Bucket", "s3", "list_buckets", "Buckets[]"),
)


def count_all(account: Account, regions: Sequence[str]) -> Counter[tuple[str, str]]:
    with ThreadPoolExecutor(THREADS) as pool:
        found = pool.map(lambda region: _count_in(account, region), regions)
        return sum(found, Counter({(listing.type, GLOBAL): _count(account, listing) for listing in GLOBAL_LISTS}))


def _count_in(account: Account, region: str) -> Counter[tuple[str, str]]:
    counts = Counter({(listing.type, region): _count(account, listing, region) for listing in LISTS})
    ecs = account.client("ecs", region)
    for cluster in pages(ecs, "list_clusters", "clusterArns[]"):
        services = pages(ecs, "list_services", "serviceArns[]", cluster=cluster)
        counts["AWS::ECS::Service", region] += sum(1 for _ in services)
    return +counts


def _count(account: Account, listing: Listing, region: str = REGION) -> int:
    client = account.client(listing.service, region)
    return sum(1 for _ in pages(client, listing.operation, listing.items, **listing.parameters))
