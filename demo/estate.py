"""An estate as companies have them: a large production region, smaller ones, and one that is almost empty."""

from __future__ import annotations

import io
import json
import os
import threading
import zipfile
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cache, cached_property
from itertools import islice
from typing import Any

import boto3
import botocore.session
from botocore.config import Config

from demo.server import ACCESS_KEY, REGION, SECRET_KEY

SECRET = "demo-secret-8f3b61c0d2e94a57"
"""A password: in an environment variable of every function, and of every database. No inventory must show it."""

SECRET_NAME = "DATABASE_PASSWORD"
GLOBAL = "global"
COMPANY = "northwind"
ACCOUNT = "123456789012"
THREADS = 4

REGIONS = (
    REGION,
    "us-west-2",
    "ca-central-1",
    "sa-east-1",
    "eu-west-1",
    "eu-central-1",
    "eu-north-1",
    "ap-southeast-1",
    "ap-northeast-1",
    "ap-south-1",
)


@dataclass(frozen=True)
class Workload:
    """One team's application in one region: how many it has of each thing."""

    region: str
    app: str
    team: str
    env: str
    web: int
    workers: int
    volumes: int
    buckets: int
    functions: int
    tables: int
    services: int
    queues: int
    databases: int
    balancers: int
    graphs: int

    @property
    def networked(self) -> bool:
        return bool(self.web or self.workers or self.balancers)

    def tags(self, name: str) -> dict[str, str]:
        return {"Name": name, "env": self.env, "team": self.team}


# services: 1 to 13 in a cluster, on both sides of the ten that one DescribeServices takes.
ESTATE = """
region         app       team       env     web workers volumes buckets functions tables services queues databases balancers graphs
us-east-1      shop      storefront prod    10  6       4       5       8         6      13       8      3         3         0
us-east-1      payments  payments   prod    4   4       2       3       6         5      11       6      2         2         0
us-east-1      search    discovery  prod    3   4       3       2       3         2      4        3      0         1         1
us-east-1      warehouse data       prod    0   5       5       6       5         2      1        3      1         0         0
us-east-1      intranet  platform   shared  2   1       2       2       3         1      0        1      1         1         0
us-west-2      shop      storefront standby 3   2       2       2       3         6      10       4      1         1         0
us-west-2      warehouse data       dev     0   2       3       2       2         1      0        1      0         0         0
ca-central-1   intranet  platform   backup  0   0       2       3       1         1      0        0      0         0         0
sa-east-1      shop      storefront prod    2   0       1       1       2         1      2        2      0         1         0
eu-west-1      shop      storefront prod    6   4       2       3       5         4      12       6      2         2         0
eu-west-1      payments  payments   prod    3   2       1       2       4         3      5        4      1         1         0
eu-central-1   shop      storefront staging 2   2       2       2       3         3      7        3      1         1         0
eu-central-1   payments  payments   staging 1   1       0       1       2         2      3        2      1         0         0
eu-north-1     trial     platform   sandbox 0   0       1       0       0         0      0        0      0         0         0
ap-southeast-1 shop      storefront prod    3   1       1       1       2         2      3        2      1         1         0
ap-northeast-1 search    discovery  dev     1   2       1       1       2         1      1        1      0         0         0
ap-south-1     intranet  platform   dev     2   1       3       1       3         1      0        2      1         0         0
"""  # noqa: E501


def workloads() -> list[Workload]:
    """The estate's workloads, from the table above."""
    header, *rows = (line.split() for line in ESTATE.strip().splitlines())
    return [Workload(**_typed(dict(zip(header, row, strict=True)))) for row in rows]


def _typed(row: dict[str, str]) -> dict[str, Any]:
    return {name: int(cell) if cell.isdigit() else cell for name, cell in row.items()}


BUCKETS = ("assets", "uploads", "logs", "exports", "backups", "models")
FUNCTIONS = ("checkout", "resize-images", "send-mail", "reindex", "export-orders", "webhook", "cleanup", "report")
TABLES = ("sessions", "carts", "customers", "prices", "events", "locks")
SERVICES = (
    *("api", "cart", "catalogue", "checkout", "prices", "stock", "mail", "search-proxy"),
    *("reviews", "ratings", "images", "sitemap", "login"),
)
QUEUES = ("orders", "orders-failed", "mails", "images", "events", "events-failed", "refunds", "audit")
DATABASES = ("db", "reports-db", "legacy-db")
BALANCERS = ("public", "internal", "partners")
ROLES = ("web", "lambda", "task", "deploy")

ENCRYPTION = {"Rules": [{"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "aws:kms"}, "BucketKeyEnabled": True}]}
NO_PUBLIC_ACCESS = dict.fromkeys(
    ("BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets"), True
)

# Type, service, paginated operation, JMESPath to what is of the type.
LISTS = (
    ("AWS::EC2::Instance", "ec2", "describe_instances", "Reservations[].Instances[]"),
    ("AWS::EC2::Volume", "ec2", "describe_volumes", "Volumes[]"),
    ("AWS::EC2::VPC", "ec2", "describe_vpcs", "Vpcs[]"),
    ("AWS::EC2::Subnet", "ec2", "describe_subnets", "Subnets[]"),
    ("AWS::EC2::SecurityGroup", "ec2", "describe_security_groups", "SecurityGroups[]"),
    ("AWS::EC2::NetworkInterface", "ec2", "describe_network_interfaces", "NetworkInterfaces[]"),
    ("AWS::Lambda::Function", "lambda", "list_functions", "Functions[]"),
    ("AWS::DynamoDB::Table", "dynamodb", "list_tables", "TableNames[]"),
    ("AWS::SQS::Queue", "sqs", "list_queues", "QueueUrls[]"),
    ("AWS::RDS::DBInstance", "rds", "describe_db_instances", "DBInstances[?!contains(['neptune', 'docdb'], Engine)][]"),
    ("AWS::ElasticLoadBalancingV2::LoadBalancer", "elbv2", "describe_load_balancers", "LoadBalancers[]"),
)
GLOBAL_LISTS = (
    ("AWS::IAM::Role", "iam", "list_roles", "Roles[]"),
    ("AWS::S3::Bucket", "s3", "list_buckets", "Buckets[]"),
)


# The profile and the configuration file of whoever runs this are meant for AWS.
NO_CONFIGURATION = {"profile": (None, None, None, None), "config_file": (None, None, os.devnull, None)}


class Account:
    """Clients of one endpoint, one for each service and region; each takes a while to make."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._session = boto3.Session(
            aws_access_key_id=ACCESS_KEY,
            aws_secret_access_key=SECRET_KEY,
            botocore_session=botocore.session.Session(NO_CONFIGURATION),
        )
        self._clients: dict[tuple[str, str], Any] = {}
        self._lock = threading.Lock()

    def client(self, service: str, region: str) -> Any:
        """The client of a service in a region."""
        with self._lock:  # a session must not make two clients at once
            if (service, region) not in self._clients:
                self._clients[service, region] = self._session.client(
                    service,
                    region_name=region,
                    endpoint_url=self._url,
                    config=Config(proxies={}, retries={"total_max_attempts": 1}),
                )
            return self._clients[service, region]


@cache
def _account(url: str) -> Account:
    return Account(url)


def seed(url: str, regions: Sequence[str] = REGIONS, scale: int = 1) -> Counter[tuple[str, str]]:
    """Fills an empty moto server and returns how many resources of which type, in which region, it then has.

    They are what a client finds that reads every page: those that seeding made, and those that came with them
    (default networks, the instances' own volumes and network interfaces). Roles and buckets are in "global".
    """
    account = _account(url)
    _make_roles(account, scale)
    with ThreadPoolExecutor(THREADS) as pool:
        list(pool.map(lambda region: _Region(account, region, scale).make(), regions))
    return _count(account, regions)


def count(url: str, regions: Sequence[str] = REGIONS) -> Counter[tuple[str, str]]:
    """How many resources of each type lie in each of these regions; roles and buckets are in "global"."""
    return _count(_account(url), regions)


def change(url: str, region: str = REGION) -> list[str]:
    """Changes a few things in a seeded region, and says what, a sentence for each."""
    account = _account(url)
    ec2, sqs, s3 = (account.client(service, region) for service in ("ec2", "sqs", "s3"))

    instance = next(_pages(ec2, "describe_instances", "Reservations[].Instances[]", Filters=_named("shop-web")))
    ec2.terminate_instances(InstanceIds=[instance["InstanceId"]])
    canary = ec2.run_instances(
        ImageId=instance["ImageId"],
        InstanceType="m7i.large",
        SubnetId=instance["SubnetId"],
        MinCount=1,
        MaxCount=1,
        TagSpecifications=[_for("instance", {"Name": "shop-canary", "env": "prod", "team": "storefront"})],
    )["Instances"][0]

    bucket = f"{COMPANY}-shop-assets-{region}"
    tags = s3.get_bucket_tagging(Bucket=bucket)["TagSet"]
    s3.put_bucket_tagging(Bucket=bucket, Tagging={"TagSet": [*tags, *_pairs({"cost-center": "4711"})]})

    sqs.delete_queue(QueueUrl=sqs.get_queue_url(QueueName="shop-mails")["QueueUrl"])
    _make_table(account, region, "shop-wishlists", {"env": "prod", "team": "storefront"})

    group = next(_pages(ec2, "describe_security_groups", "SecurityGroups[]", Filters=_named("shop-db")))
    ec2.authorize_security_group_ingress(GroupId=group["GroupId"], IpPermissions=[_open_port(5432, "0.0.0.0/0")])

    return [
        f"Terminated the instance {instance['InstanceId']} (shop-web) in {region}.",
        f"Launched the instance {canary['InstanceId']} (shop-canary) in {region}.",
        f"Tagged the bucket {bucket} with cost-center = 4711.",
        f"Deleted the queue shop-mails in {region}.",
        f"Created the table shop-wishlists in {region}.",
        f"Opened port 5432 of the security group {group['GroupId']} (shop-db) in {region} to 0.0.0.0/0.",
    ]


class _Region:
    """Makes what the estate has in one region."""

    def __init__(self, account: Account, region: str, scale: int) -> None:
        self.account = account
        self.region = region
        self.scale = scale

    def make(self) -> None:
        for workload in workloads():
            if workload.region != self.region:
                continue
            if workload.networked:
                self.make_network(workload)
            self.make_volumes(workload)
            self.make_buckets(workload)
            self.make_functions(workload)
            for name in self.names(workload, TABLES, workload.tables):
                _make_table(self.account, self.region, name, workload.tags(name))
            self.make_services(workload)
            for name in self.names(workload, QUEUES, workload.queues):
                self.client("sqs").create_queue(QueueName=name, tags=workload.tags(name))
            self.make_databases(workload)

    def client(self, service: str) -> Any:
        return self.account.client(service, self.region)

    def names(self, workload: Workload, parts: Sequence[str], number: int) -> Iterator[str]:
        return _names(workload.app, parts, number * self.scale)

    @cached_property
    def zones(self) -> list[str]:
        zones = self.client("ec2").describe_availability_zones()["AvailabilityZones"]
        return [zone["ZoneName"] for zone in zones]

    def make_network(self, workload: Workload) -> None:
        for number, vpc_name in enumerate(self.names(workload, ("vpc",), 1)):
            ec2 = self.client("ec2")
            vpc_tags = _for("vpc", workload.tags(vpc_name))
            vpc = ec2.create_vpc(CidrBlock="10.20.0.0/16", TagSpecifications=[vpc_tags])["Vpc"]["VpcId"]
            subnets = [
                ec2.create_subnet(
                    VpcId=vpc,
                    CidrBlock=f"10.20.{index * 32}.0/19",
                    AvailabilityZone=self.zones[index],
                    TagSpecifications=[_for("subnet", workload.tags(f"{workload.app}-private-{index + 1}"))],
                )["Subnet"]["SubnetId"]
                for index in range(2)
            ]
            groups = {
                part: ec2.create_security_group(
                    GroupName=f"{workload.app}-{part}",
                    Description=f"{part} of {workload.app}",
                    VpcId=vpc,
                    TagSpecifications=[_for("security-group", workload.tags(f"{workload.app}-{part}"))],
                )["GroupId"]
                for part in ("web", "db")
            }
            ec2.authorize_security_group_ingress(GroupId=groups["web"], IpPermissions=[_open_port(443, "0.0.0.0/0")])
            ec2.create_network_interface(
                SubnetId=subnets[0],
                Groups=[groups["db"]],
                Description=f"database proxy of {workload.app}",
                TagSpecifications=[_for("network-interface", workload.tags(f"{workload.app}-db-proxy"))],
            )
            if number == 0:
                self.make_instances(workload, subnets, groups["web"])
                self.make_balancers(workload, subnets, groups["web"])

    def make_instances(self, workload: Workload, subnets: list[str], group: str) -> None:
        bastion = workload.tags(f"{workload.app}-bastion") | {"name": "jump host, do not delete"}
        fleets = (
            (workload.web, "m7i.large", workload.tags(f"{workload.app}-web")),
            (workload.workers, "c7g.xlarge", workload.tags(f"{workload.app}-worker")),
            (int(workload.env == "prod"), "t4g.nano", bastion),
        )
        for index, (number, instance_type, tags) in enumerate(fleets):
            if number:
                self.client("ec2").run_instances(
                    ImageId="ami-0de30e57a7e000001",
                    InstanceType=instance_type,
                    SubnetId=subnets[index % len(subnets)],
                    SecurityGroupIds=[group],
                    MinCount=number * self.scale,
                    MaxCount=number * self.scale,
                    TagSpecifications=[_for("instance", tags), _for("volume", tags)],
                )

    def make_balancers(self, workload: Workload, subnets: list[str], group: str) -> None:
        for name in self.names(workload, BALANCERS, workload.balancers):
            public = "public" in name
            self.client("elbv2").create_load_balancer(
                Name=name,
                Type="application",
                Scheme="internet-facing" if public else "internal",
                Subnets=subnets,
                SecurityGroups=[group],
                Tags=_pairs(workload.tags(name)),
            )

    def make_volumes(self, workload: Workload) -> None:
        for name in self.names(workload, ("data", "scratch", "restored"), workload.volumes):
            self.client("ec2").create_volume(
                AvailabilityZone=self.zones[0],
                Size=200,
                VolumeType="gp3",
                Encrypted=name.endswith("data"),
                TagSpecifications=[_for("volume", workload.tags(name))],
            )

    def make_buckets(self, workload: Workload) -> None:
        """Buckets from well kept to bare, in turn."""
        s3 = self.client("s3")
        placed = (
            {} if self.region == "us-east-1" else {"CreateBucketConfiguration": {"LocationConstraint": self.region}}
        )
        for index, name in enumerate(self.names(workload, BUCKETS, workload.buckets)):
            bucket = f"{COMPANY}-{name}-{self.region}"
            s3.create_bucket(Bucket=bucket, **placed)
            care = 3 - index % 4
            if care >= 1:
                s3.put_bucket_tagging(Bucket=bucket, Tagging={"TagSet": _pairs(workload.tags(name))})
            if care >= 2:
                s3.put_bucket_encryption(Bucket=bucket, ServerSideEncryptionConfiguration=ENCRYPTION)
                s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
            if care >= 3:
                s3.put_public_access_block(Bucket=bucket, PublicAccessBlockConfiguration=NO_PUBLIC_ACCESS)
                s3.put_bucket_policy(Bucket=bucket, Policy=_reader_policy(bucket))
            elif care == 1:
                s3.put_bucket_policy(Bucket=bucket, Policy=_reader_policy(bucket, "*"))

    def make_functions(self, workload: Workload) -> None:
        for name in self.names(workload, FUNCTIONS, workload.functions):
            self.client("lambda").create_function(
                FunctionName=name,
                Runtime="python3.13",
                Role=f"arn:aws:iam::{ACCOUNT}:role/{workload.app}-lambda",
                Handler="app.handler",
                Code={"ZipFile": _code()},
                Timeout=30,
                MemorySize=512,
                Environment={"Variables": {"STAGE": workload.env, SECRET_NAME: SECRET}},
                Tags=workload.tags(name),
            )

    def make_services(self, workload: Workload) -> None:
        if not workload.services:
            return
        ecs = self.client("ecs")
        ecs.register_task_definition(
            family=workload.app,
            containerDefinitions=[{"name": workload.app, "image": f"{COMPANY}/{workload.app}:1", "memory": 512}],
        )
        for cluster in self.names(workload, ("cluster",), 1):
            ecs.create_cluster(clusterName=cluster)
            for name in _names(workload.app, SERVICES, workload.services):
                ecs.create_service(
                    cluster=cluster,
                    serviceName=name,
                    taskDefinition=workload.app,
                    desiredCount=0,
                    tags=[{"key": key, "value": value} for key, value in workload.tags(name).items()],
                )

    def make_databases(self, workload: Workload) -> None:
        rds = self.client("rds")
        login = {"MasterUsername": "dba", "MasterUserPassword": SECRET}
        for name in self.names(workload, DATABASES, workload.databases):
            rds.create_db_instance(
                DBInstanceIdentifier=name,
                Engine="mysql" if "legacy" in name else "postgres",
                DBInstanceClass="db.r7g.large",
                AllocatedStorage=100,
                Tags=_pairs(workload.tags(name)),
                **login,
            )
        if workload.graphs:  # DescribeDBInstances lists Neptune's too; they are not RDS's
            cluster = f"{workload.app}-graph"
            rds.create_db_cluster(DBClusterIdentifier=cluster, Engine="neptune", **login)
            rds.create_db_instance(
                DBInstanceIdentifier=f"{cluster}-1",
                DBClusterIdentifier=cluster,
                Engine="neptune",
                DBInstanceClass="db.r6g.large",
            )


def _make_roles(account: Account, scale: int) -> None:
    iam = account.client("iam", REGION)
    teams = {workload.app: workload.team for workload in workloads()}
    for app, team in teams.items():
        for name in _names(app, ROLES, len(ROLES) * scale):
            iam.create_role(
                RoleName=name,
                AssumeRolePolicyDocument=json.dumps(_trust(name)),
                Description=f"{app}, by {team}",
                Tags=_pairs({"team": team}),
            )
    iam.create_role(
        RoleName="OrganizationAccountAccessRole", AssumeRolePolicyDocument=json.dumps(_trust("organization"))
    )
    for service in ("ecs.amazonaws.com", "elasticloadbalancing.amazonaws.com", "rds.amazonaws.com"):
        iam.create_service_linked_role(AWSServiceName=service)


def _trust(role: str) -> dict[str, Any]:
    """Who may take the role on: a service, a repository's pipeline, or another account."""
    services = {"web": "ec2", "lambda": "lambda", "task": "ecs-tasks"}
    service = next((services[part] for part in services if f"-{part}" in role), "")
    statement: dict[str, Any] = {"Effect": "Allow", "Action": "sts:AssumeRole"}
    if service:
        statement["Principal"] = {"Service": f"{service}.amazonaws.com"}
    elif "-deploy" in role:
        issuer = "token.actions.githubusercontent.com"
        statement["Action"] = "sts:AssumeRoleWithWebIdentity"
        statement["Principal"] = {"Federated": f"arn:aws:iam::{ACCOUNT}:oidc-provider/{issuer}"}
        statement["Condition"] = {"StringLike": {f"{issuer}:sub": f"repo:{COMPANY}/{role}:*"}}
    else:
        statement["Principal"] = {"AWS": "arn:aws:iam::210987654321:root"}
    return {"Version": "2012-10-17", "Statement": [statement]}


def _make_table(account: Account, region: str, name: str, tags: Mapping[str, str]) -> None:
    account.client("dynamodb", region).create_table(
        TableName=name,
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        BillingMode="PAY_PER_REQUEST",
        Tags=_pairs(tags),
    )


def _count(account: Account, regions: Sequence[str]) -> Counter[tuple[str, str]]:
    with ThreadPoolExecutor(THREADS) as pool:
        found = pool.map(lambda region: _count_in(account, region), regions)
        return sum(found, _count_global(account))


def _count_in(account: Account, region: str) -> Counter[tuple[str, str]]:
    counts = Counter(
        {
            (type_name, region): sum(1 for _ in _pages(account.client(service, region), operation, items))
            for type_name, service, operation, items in LISTS
        }
    )
    ecs = account.client("ecs", region)
    for cluster in _pages(ecs, "list_clusters", "clusterArns[]"):
        services = _pages(ecs, "list_services", "serviceArns[]", cluster=cluster)
        counts["AWS::ECS::Service", region] += sum(1 for _ in services)
    return +counts


def _count_global(account: Account) -> Counter[tuple[str, str]]:
    counts: Counter[tuple[str, str]] = Counter()
    for type_name, service, operation, items in GLOBAL_LISTS:
        counts[type_name, GLOBAL] = sum(1 for _ in _pages(account.client(service, REGION), operation, items))
    return +counts


def _pages(client: Any, operation: str, items: str, **parameters: Any) -> Iterator[Any]:
    # A page without the member (SQS leaves out an empty QueueUrls) gives a None.
    found = client.get_paginator(operation).paginate(**parameters).search(items)
    return (item for item in found if item is not None)


def _names(app: str, parts: Sequence[str], number: int) -> Iterator[str]:
    """shop-orders, shop-mails, …, and when the parts are used up shop-orders-2, …"""
    rounds = range(number // len(parts) + 1)
    endless = (f"{app}-{part}{f'-{turn + 1}' if turn else ''}" for turn in rounds for part in parts)
    return islice(endless, number)


def _pairs(tags: Mapping[str, str]) -> list[dict[str, str]]:
    return [{"Key": key, "Value": value} for key, value in tags.items()]


def _for(resource_type: str, tags: Mapping[str, str]) -> dict[str, Any]:
    return {"ResourceType": resource_type, "Tags": _pairs(tags)}


def _named(name: str) -> list[dict[str, Any]]:
    return [{"Name": "tag:Name", "Values": [name]}]


def _open_port(port: int, source: str) -> dict[str, Any]:
    return {"IpProtocol": "tcp", "FromPort": port, "ToPort": port, "IpRanges": [{"CidrIp": source}]}


def _reader_policy(bucket: str, who: str = f"arn:aws:iam::{ACCOUNT}:root") -> str:
    # Only Allow: moto applies a Deny without a look at its conditions.
    statement = {
        "Effect": "Allow",
        "Principal": "*" if who == "*" else {"AWS": who},
        "Action": "s3:GetObject",
        "Resource": f"arn:aws:s3:::{bucket}/*",
    }
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


@cache
def _code() -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        # A fixed date, so that the code's hash is the same in every estate.
        archive.writestr(zipfile.ZipInfo("app.py"), "def handler(event, context):\n    return event\n")
    return packed.getvalue()
