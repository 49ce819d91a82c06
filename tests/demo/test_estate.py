"""The demonstration's server and estate: what it promises is what an ordinary client finds."""

from __future__ import annotations

import signal
import socket
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import boto3
import pytest

from demo import server as server_module
from demo.estate import REGIONS, SECRET, SEEDED, change, count, seed
from demo.server import MotoServer
from stocktake.catalog import CATALOG

TWO_REGIONS = ("us-east-1", "ca-central-1")  # the second has no queue, cluster or database
ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def server() -> Iterator[MotoServer]:
    with MotoServer() as running:
        yield running


@pytest.fixture(scope="module")
def seeded(server: MotoServer) -> Counter[tuple[str, str]]:
    return seed(server.url, TWO_REGIONS)


def client(server: MotoServer, service: str, region: str = "us-east-1") -> Any:
    environment = server.environment()
    return boto3.client(
        service,
        region_name=region,
        endpoint_url=server.url,
        aws_access_key_id=environment["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=environment["AWS_SECRET_ACCESS_KEY"],
    )


def is_up(url: str) -> bool:
    address = urlsplit(url)
    try:
        socket.create_connection((address.hostname, address.port), timeout=1).close()
    except OSError:
        return False
    return True


def test_a_server_lasts_as_long_as_its_context() -> None:
    with MotoServer() as running:
        assert is_up(running.url)
    assert not is_up(running.url)
    assert running.ended


def test_a_server_goes_with_a_killed_parent() -> None:
    parent_code = "from demo.server import MotoServer\nwith MotoServer() as s: print(s.url, flush=True); input()"
    with subprocess.Popen(
        [sys.executable, "-c", parent_code], cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as parent:
        assert parent.stdout
        url = parent.stdout.readline().strip()
        assert is_up(url)
        parent.send_signal(signal.SIGKILL)
    deadline = time.monotonic() + 5
    while is_up(url) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not is_up(url)


def test_a_server_takes_another_port_once(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        taken = other.getsockname()[1]
        ports = iter([taken, server_module._free_port()])
        monkeypatch.setattr(server_module, "_free_port", lambda: next(ports))
        with MotoServer() as running:
            assert running.url != f"http://127.0.0.1:{taken}"


def test_a_server_that_does_not_come_up_says_why(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(MotoServer, "program", ("-c", "raise SystemExit('no such luck')"))
    with pytest.raises(RuntimeError, match="no such luck"), MotoServer():
        pass


def test_a_server_tells_what_a_client_needs(server: MotoServer) -> None:
    environment = server.environment()
    assert environment["AWS_ENDPOINT_URL"] == server.url
    assert set(environment) == {
        "AWS_ENDPOINT_URL",
        "AWS_ACCESS_KEY_ID",
        "AWS_SECRET_ACCESS_KEY",
        "AWS_DEFAULT_REGION",
        "AWS_REGION",
        "AWS_EC2_METADATA_DISABLED",
    }


def test_reset_empties_the_server(server: MotoServer) -> None:
    s3 = client(server, "s3")
    s3.create_bucket(Bucket="to-be-emptied")
    server.reset()
    assert s3.list_buckets()["Buckets"] == []


def test_the_estate_has_what_it_promises_where_it_promises_it(seeded: Counter[tuple[str, str]]) -> None:
    assert {name for name, _ in seeded} == set(SEEDED)
    assert {name for name, _ in seeded} <= CATALOG.keys()
    assert {region for _, region in seeded} == {*TWO_REGIONS, "global"}
    assert all(number > 0 for number in seeded.values())


def identifiers_in(server: MotoServer, region: str) -> dict[str, list[str]]:
    """What each regional type's own operation lists, spelt out."""
    ec2, ecs, rds = (client(server, service, region) for service in ("ec2", "ecs", "rds"))

    def listed(service: str, operation: str, member: str, identifier: str, **parameters: Any) -> list[str]:
        found = client(server, service, region).get_paginator(operation).paginate(**parameters)
        return [entry[identifier] for page in found for entry in page[member]]

    def listed_ec2(operation: str, member: str, identifier: str, **parameters: Any) -> list[str]:
        return [entry[identifier] for entry in getattr(ec2, operation)(**parameters)[member]]

    secrets = listed("secretsmanager", "list_secrets", "SecretList", "Name", IncludePlannedDeletion=True)
    clusters = ecs.list_clusters()["clusterArns"]
    return {
        "AWS::AutoScaling::AutoScalingGroup": listed(
            "autoscaling", "describe_auto_scaling_groups", "AutoScalingGroups", "AutoScalingGroupName"
        ),
        "AWS::CloudFormation::Stack": listed("cloudformation", "describe_stacks", "Stacks", "StackId"),
        "AWS::CloudWatch::Alarm": listed("cloudwatch", "describe_alarms", "MetricAlarms", "AlarmName"),
        "AWS::DynamoDB::Table": client(server, "dynamodb", region).list_tables()["TableNames"],
        "AWS::EC2::EIP": listed_ec2("describe_addresses", "Addresses", "AllocationId"),
        "AWS::EC2::Image": listed_ec2("describe_images", "Images", "ImageId", Owners=["self"]),
        "AWS::EC2::Instance": [
            instance["InstanceId"]
            for page in ec2.get_paginator("describe_instances").paginate()
            for reservation in page["Reservations"]
            for instance in reservation["Instances"]
        ],
        "AWS::EC2::LaunchTemplate": listed_ec2("describe_launch_templates", "LaunchTemplates", "LaunchTemplateId"),
        "AWS::EC2::NatGateway": listed_ec2("describe_nat_gateways", "NatGateways", "NatGatewayId"),
        "AWS::EC2::NetworkInterface": listed_ec2(
            "describe_network_interfaces", "NetworkInterfaces", "NetworkInterfaceId"
        ),
        "AWS::EC2::RouteTable": listed_ec2("describe_route_tables", "RouteTables", "RouteTableId"),
        "AWS::EC2::SecurityGroup": listed_ec2("describe_security_groups", "SecurityGroups", "GroupId"),
        "AWS::EC2::Snapshot": listed_ec2("describe_snapshots", "Snapshots", "SnapshotId", OwnerIds=["self"]),
        "AWS::EC2::Subnet": listed_ec2("describe_subnets", "Subnets", "SubnetId"),
        "AWS::EC2::VPC": listed_ec2("describe_vpcs", "Vpcs", "VpcId"),
        "AWS::EC2::Volume": listed_ec2("describe_volumes", "Volumes", "VolumeId"),
        "AWS::ECS::Cluster": clusters,
        "AWS::ECS::Service": [
            arn
            for cluster in clusters
            for page in ecs.get_paginator("list_services").paginate(cluster=cluster)
            for arn in page["serviceArns"]
        ],
        "AWS::ElasticLoadBalancingV2::LoadBalancer": listed(
            "elbv2", "describe_load_balancers", "LoadBalancers", "LoadBalancerArn"
        ),
        "AWS::KMS::Key": listed("kms", "list_keys", "Keys", "KeyId"),
        "AWS::Lambda::Function": listed("lambda", "list_functions", "Functions", "FunctionArn"),
        "AWS::Logs::LogGroup": listed("logs", "describe_log_groups", "logGroups", "logGroupName"),
        "AWS::RDS::DBCluster": [
            cluster["DBClusterArn"]
            for cluster in rds.describe_db_clusters()["DBClusters"]
            if cluster["Engine"] != "neptune"
        ],
        "AWS::RDS::DBInstance": [
            instance["DBInstanceArn"]
            for instance in rds.describe_db_instances()["DBInstances"]
            if instance["Engine"] != "neptune"
        ],
        "AWS::SNS::Topic": listed("sns", "list_topics", "Topics", "TopicArn"),
        "AWS::SQS::Queue": client(server, "sqs", region).list_queues().get("QueueUrls", []),
        "AWS::SecretsManager::Secret": secrets,
    }


def test_the_count_is_what_boto3_sees(server: MotoServer, seeded: Counter[tuple[str, str]]) -> None:
    seen: Counter[tuple[str, str]] = Counter()
    for region in TWO_REGIONS:
        found = identifiers_in(server, region)
        seen.update({(name, region): len(set(identifiers)) for name, identifiers in found.items()})
    iam = client(server, "iam")
    seen["AWS::S3::Bucket", "global"] = len(client(server, "s3").list_buckets()["Buckets"])
    seen["AWS::IAM::Role", "global"] = len(iam.list_roles(MaxItems=1000)["Roles"])
    seen["AWS::IAM::User", "global"] = len(iam.list_users(MaxItems=1000)["Users"])
    seen["AWS::IAM::ManagedPolicy", "global"] = len(iam.list_policies(Scope="Local", MaxItems=1000)["Policies"])
    assert +seen == seeded
    assert count(server.url, TWO_REGIONS) == seeded


def test_the_estate_has_what_an_inventory_may_get_wrong(server: MotoServer, seeded: Counter[tuple[str, str]]) -> None:
    functions = client(server, "lambda").list_functions()["Functions"]
    assert {function["Environment"]["Variables"]["DATABASE_PASSWORD"] for function in functions} == {SECRET}

    reservations = client(server, "ec2").describe_instances()["Reservations"]
    tag_keys = [
        {tag["Key"] for tag in instance["Tags"]}
        for reservation in reservations
        for instance in reservation["Instances"]
    ]
    assert all({"Name", "env", "team"} <= keys for keys in tag_keys)
    assert any({"Name", "name"} <= keys for keys in tag_keys)

    rds = client(server, "rds")
    engines = {db["Engine"] for db in rds.describe_db_instances()["DBInstances"]}
    assert engines == {"postgres", "mysql", "aurora-postgresql", "aurora-mysql", "neptune"}
    engines = {cluster["Engine"] for cluster in rds.describe_db_clusters()["DBClusters"]}
    assert engines == {"aurora-postgresql", "aurora-mysql", "neptune"}

    for stack in client(server, "cloudformation").describe_stacks()["Stacks"]:
        assert SECRET in {parameter["ParameterValue"] for parameter in stack["Parameters"]}
        assert any(SECRET in output["OutputValue"] for output in stack["Outputs"])

    manager = client(server, "secretsmanager")
    secrets = manager.list_secrets(IncludePlannedDeletion=True)["SecretList"]
    assert [secret["Name"] for secret in secrets if "DeletedDate" in secret] == ["shop-old-db-password"]
    assert SECRET in manager.get_secret_value(SecretId="shop-db-password")["SecretString"]

    kms = client(server, "kms")
    keys = [kms.describe_key(KeyId=key["KeyId"])["KeyMetadata"] for key in kms.list_keys()["Keys"]]
    assert {key["KeyState"] for key in keys} == {"Enabled", "PendingDeletion"}
    assert any(not kms.list_resource_tags(KeyId=key["KeyId"])["Tags"] for key in keys)

    addresses = client(server, "ec2").describe_addresses()["Addresses"]
    assert {"AssociationId" in address for address in addresses} == {True, False}
    snapshots = client(server, "ec2").describe_snapshots(OwnerIds=["self"])["Snapshots"]
    assert {snapshot["OwnerId"] for snapshot in snapshots} == {"123456789012"}


def test_changes_are_made_and_told(server: MotoServer, seeded: Counter[tuple[str, str]]) -> None:
    before = count(server.url, ["us-east-1"])
    sentences = change(server.url)
    after = count(server.url, ["us-east-1"])

    assert len(sentences) == 7
    assert all(sentence.endswith(".") for sentence in sentences)
    # A terminated instance stays listed for an hour, on moto for ever.
    assert after["AWS::EC2::Instance", "us-east-1"] == before["AWS::EC2::Instance", "us-east-1"] + 1
    assert after["AWS::SQS::Queue", "us-east-1"] == before["AWS::SQS::Queue", "us-east-1"] - 1
    assert after["AWS::DynamoDB::Table", "us-east-1"] == before["AWS::DynamoDB::Table", "us-east-1"] + 1
    assert after["AWS::Logs::LogGroup", "us-east-1"] == before["AWS::Logs::LogGroup", "us-east-1"] + 1
    assert after["AWS::S3::Bucket", "global"] == before["AWS::S3::Bucket", "global"]


def test_the_regions_are_ten_and_differ() -> None:
    assert REGIONS[0] == "us-east-1"
    assert len(set(REGIONS)) == 10
