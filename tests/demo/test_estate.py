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
from demo.estate import LISTS, REGIONS, SECRET, change, count, seed
from demo.server import MotoServer

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
    monkeypatch.setattr(server_module, "CHILD", "raise SystemExit('no such luck')")
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


def test_the_estate_has_every_type(seeded: Counter[tuple[str, str]]) -> None:
    types = {name for name, *_ in LISTS} | {"AWS::ECS::Service", "AWS::IAM::Role", "AWS::S3::Bucket"}
    assert len(types) == 14
    assert {name for name, _ in seeded} == types
    assert {region for _, region in seeded} == {*TWO_REGIONS, "global"}
    assert all(number > 0 for number in seeded.values())


def test_the_count_is_what_boto3_sees(server: MotoServer, seeded: Counter[tuple[str, str]]) -> None:
    seen: Counter[tuple[str, str]] = Counter()
    for region in TWO_REGIONS:
        ec2 = client(server, "ec2", region)
        rds = client(server, "rds", region).describe_db_instances()["DBInstances"]
        ecs = client(server, "ecs", region)
        services = [
            arn
            for cluster in ecs.list_clusters()["clusterArns"]
            for page in ecs.get_paginator("list_services").paginate(cluster=cluster)
            for arn in page["serviceArns"]
        ]
        found = {
            "AWS::EC2::Instance": [
                instance["InstanceId"]
                for page in ec2.get_paginator("describe_instances").paginate()
                for reservation in page["Reservations"]
                for instance in reservation["Instances"]
            ],
            "AWS::EC2::Volume": [volume["VolumeId"] for volume in ec2.describe_volumes()["Volumes"]],
            "AWS::EC2::VPC": [vpc["VpcId"] for vpc in ec2.describe_vpcs()["Vpcs"]],
            "AWS::EC2::Subnet": [subnet["SubnetId"] for subnet in ec2.describe_subnets()["Subnets"]],
            "AWS::EC2::SecurityGroup": [group["GroupId"] for group in ec2.describe_security_groups()["SecurityGroups"]],
            "AWS::EC2::NetworkInterface": [
                interface["NetworkInterfaceId"] for interface in ec2.describe_network_interfaces()["NetworkInterfaces"]
            ],
            "AWS::Lambda::Function": [
                function["FunctionArn"] for function in client(server, "lambda", region).list_functions()["Functions"]
            ],
            "AWS::DynamoDB::Table": client(server, "dynamodb", region).list_tables()["TableNames"],
            "AWS::SQS::Queue": client(server, "sqs", region).list_queues().get("QueueUrls", []),
            "AWS::RDS::DBInstance": [db["DBInstanceArn"] for db in rds if db["Engine"] != "neptune"],
            "AWS::ElasticLoadBalancingV2::LoadBalancer": [
                balancer["LoadBalancerArn"]
                for balancer in client(server, "elbv2", region).describe_load_balancers()["LoadBalancers"]
            ],
            "AWS::ECS::Service": services,
        }
        seen.update({(name, region): len(set(identifiers)) for name, identifiers in found.items()})
    seen["AWS::S3::Bucket", "global"] = len(client(server, "s3").list_buckets()["Buckets"])
    seen["AWS::IAM::Role", "global"] = len(client(server, "iam").list_roles(MaxItems=1000)["Roles"])
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

    engines = {db["Engine"] for db in client(server, "rds").describe_db_instances()["DBInstances"]}
    assert engines == {"postgres", "mysql", "neptune"}


def test_changes_are_made_and_told(server: MotoServer, seeded: Counter[tuple[str, str]]) -> None:
    before = count(server.url, ["us-east-1"])
    sentences = change(server.url)
    after = count(server.url, ["us-east-1"])

    assert len(sentences) == 6
    assert all(sentence.endswith(".") for sentence in sentences)
    # A terminated instance stays listed for an hour, on moto for ever.
    assert after["AWS::EC2::Instance", "us-east-1"] == before["AWS::EC2::Instance", "us-east-1"] + 1
    assert after["AWS::SQS::Queue", "us-east-1"] == before["AWS::SQS::Queue", "us-east-1"] - 1
    assert after["AWS::DynamoDB::Table", "us-east-1"] == before["AWS::DynamoDB::Table", "us-east-1"] + 1
    assert after["AWS::S3::Bucket", "global"] == before["AWS::S3::Bucket", "global"]


def test_the_regions_are_ten_and_differ() -> None:
    assert REGIONS[0] == "us-east-1"
    assert len(set(REGIONS)) == 10
