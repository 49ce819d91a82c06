"""The loopback AWS over real connections: who one is, what is listed, how long it takes, and what goes wrong."""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from functools import cache
from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import (
    ClientError,
    ConnectionClosedError,
    ReadTimeoutError,
    SSLError,
)
from botocore.parsers import ResponseParserError

from tests.loopback_aws import Estate, Fault, LoopbackAWS, access_key
from tests.loopback_aws.latency import round_trip

ONE, OTHER = "111111111111", "222222222222"
TICK = 0.002
"""What the server's timers may be early."""
PLAIN = Estate(accounts=(ONE, OTHER), items=4, latency=0, service_seconds=0)

Clients = Callable[..., Any]


@cache
def session() -> Any:
    """One for all: it is what reads the models."""
    return boto3.session.Session()


@pytest.fixture(scope="module")
def server() -> Iterator[LoopbackAWS]:
    with LoopbackAWS(PLAIN) as running:
        yield running


@pytest.fixture
def aws(server: LoopbackAWS) -> Iterator[LoopbackAWS]:
    server.reset(PLAIN)
    with server.patched():
        yield server


@pytest.fixture
def own() -> Iterator[LoopbackAWS]:
    """A server that no other test's connections linger at: urllib3 closes them when they are collected as garbage."""
    with LoopbackAWS(PLAIN) as running, running.patched():
        yield running


@pytest.fixture
def client(request: pytest.FixtureRequest) -> Iterator[Clients]:
    """A client of a service, in a region, for an account or with a key; closed at the end."""
    aws: LoopbackAWS = request.getfixturevalue("own" if "own" in request.fixturenames else "aws")
    opened: list[Any] = []

    def make(service: str, region: str = "eu-west-1", account: str = ONE, **options: Any) -> Any:
        given = {
            "aws_access_key_id": access_key(account),
            "aws_secret_access_key": "any",
            "verify": aws.ca_bundle,
            "config": Config(retries={"total_max_attempts": 1}, read_timeout=options.pop("read_timeout", 20)),
        }
        opened.append(session().client(service, region, **given | options))
        return opened[-1]

    yield make
    for one in opened:
        one.close()


def code(error: Any) -> tuple[str, int]:
    return error.value.response["Error"]["Code"], error.value.response["ResponseMetadata"]["HTTPStatusCode"]


# Who.


def test_a_key_belongs_to_its_account(client: Clients) -> None:
    for account in (ONE, OTHER):
        answer = client("sts", account=account).get_caller_identity()
        assert (answer["Account"], answer["Arn"]) == (account, f"arn:aws:iam::{account}:user/loopback")


def test_accounts_have_nothing_in_common(client: Clients) -> None:
    found = [set(client("dynamodb", account=account).list_tables()["TableNames"]) for account in (ONE, OTHER)]
    assert [len(one) for one in found] == [4, 4]
    assert found[0].isdisjoint(found[1])


def test_an_assumed_role_acts_in_its_own_account(client: Clients) -> None:
    role = f"arn:aws:iam::{OTHER}:role/Reader"
    given = client("sts").assume_role(RoleArn=role, RoleSessionName="me")
    assert given["AssumedRoleUser"]["Arn"] == f"arn:aws:sts::{OTHER}:assumed-role/Reader/me"
    key = given["Credentials"]
    as_role = {"aws_access_key_id": key["AccessKeyId"], "aws_secret_access_key": key["SecretAccessKey"]}
    who = client("sts", **as_role, aws_session_token=key["SessionToken"]).get_caller_identity()
    assert (who["Account"], who["Arn"]) == (OTHER, given["AssumedRoleUser"]["Arn"])
    with pytest.raises(ClientError) as refused:
        client("sts", **as_role).get_caller_identity()
    assert code(refused) == ("InvalidClientTokenId", 403)
    with pytest.raises(ClientError) as refused:
        client("sts").assume_role(RoleArn="arn:aws:iam::999999999999:role/Reader", RoleSessionName="me")
    assert code(refused) == ("AccessDenied", 403)


@pytest.mark.parametrize(
    ("service", "operation", "refusal"),
    [
        ("ec2", "describe_vpcs", ("AuthFailure", 401)),
        ("iam", "list_roles", ("InvalidClientTokenId", 403)),
        ("dynamodb", "list_tables", ("UnrecognizedClientException", 400)),
        ("lambda", "list_functions", ("UnrecognizedClientException", 403)),
        ("s3", "list_buckets", ("InvalidAccessKeyId", 403)),
    ],
)
def test_a_key_of_nobodys_is_refused_in_the_services_own_words(
    client: Clients, service: str, operation: str, refusal: tuple[str, int]
) -> None:
    with pytest.raises(ClientError) as refused:
        getattr(client(service, account="333333333333"), operation)()
    assert code(refused) == refusal


def test_the_organization_is_known_to_its_management_account(aws: LoopbackAWS, client: Clients) -> None:
    accounts = client("organizations").list_accounts()["Accounts"]
    assert [(one["Id"], one["Status"]) for one in accounts] == [(ONE, "ACTIVE"), (OTHER, "ACTIVE")]
    assert client("organizations", account=OTHER).describe_organization()["Organization"]["MasterAccountId"] == ONE
    with pytest.raises(ClientError) as refused:
        client("organizations", account=OTHER).list_accounts()
    assert code(refused) == ("AccessDeniedException", 400)
    aws.reset(Estate(accounts=(ONE,), latency=0))
    with pytest.raises(ClientError) as refused:
        client("organizations").list_accounts()
    assert code(refused) == ("AWSOrganizationsNotInUseException", 400)


def test_a_large_organization_comes_in_pages(aws: LoopbackAWS, client: Clients) -> None:
    accounts = tuple(f"{number:012}" for number in range(1, 46))
    aws.reset(Estate(accounts=accounts, latency=0, service_seconds=0))
    pages = list(client("organizations", account=accounts[0]).get_paginator("list_accounts").paginate())
    assert [len(page["Accounts"]) for page in pages] == [20, 20, 5]
    assert [entry["page"] for entry in aws.log()] == [0, 1, 2]


# Where.


def test_regions_are_as_the_estate_says(aws: LoopbackAWS, client: Clients) -> None:
    aws.reset(Estate(regions=("us-east-1", "eu-west-1", "af-south-1"), disabled=("me-south-1",), latency=0))
    listed = client("account").list_regions(MaxResults=50)["Regions"]
    assert {one["RegionName"]: one["RegionOptStatus"] for one in listed} == {
        "us-east-1": "ENABLED_BY_DEFAULT",
        "eu-west-1": "ENABLED_BY_DEFAULT",
        "af-south-1": "ENABLED",
        "me-south-1": "DISABLED",
    }
    described = client("ec2").describe_regions(AllRegions=True)["Regions"]
    assert {one["RegionName"]: one["OptInStatus"] for one in described} == {
        "us-east-1": "opt-in-not-required",
        "eu-west-1": "opt-in-not-required",
        "af-south-1": "opted-in",
        "me-south-1": "not-opted-in",
    }
    assert len(client("ec2").describe_regions()["Regions"]) == 3
    with pytest.raises(ClientError) as refused:
        client("ec2", "me-south-1").describe_vpcs()
    assert code(refused) == ("AuthFailure", 401)


def test_a_request_that_is_signed_for_another_region_is_refused(client: Clients) -> None:
    there = client("dynamodb", "eu-west-1", endpoint_url="https://dynamodb.us-west-2.amazonaws.com")
    with pytest.raises(ClientError) as refused:
        there.list_tables()
    assert code(refused) == ("SignatureDoesNotMatch", 403)


def test_buckets_lie_in_regions(client: Clients) -> None:
    buckets = client("s3").list_buckets(MaxBuckets=10)["Buckets"]
    assert len(buckets) == 4
    for bucket in buckets:
        name, region = bucket["Name"], bucket["BucketRegion"]
        located = client("s3", "us-east-1").get_bucket_location(Bucket=name)["LocationConstraint"]
        assert (located or "us-east-1") == region
        for style in ("virtual", "path"):
            config = Config(s3={"addressing_style": style}, retries={"total_max_attempts": 1})
            assert client("s3", region, config=config).get_bucket_versioning(Bucket=name)
    with pytest.raises(ClientError) as refused:
        client("s3").get_bucket_acl(Bucket="a-bucket-of-nobodys")
    assert code(refused) == ("NoSuchBucket", 404)


def test_a_bucket_elsewhere_is_a_redirect(client: Clients, aws: LoopbackAWS) -> None:
    bucket = client("s3").list_buckets(MaxBuckets=1)["Buckets"][0]
    elsewhere = "eu-west-2" if bucket["BucketRegion"] == "eu-west-1" else "eu-west-1"
    assert client("s3", elsewhere).get_bucket_versioning(Bucket=bucket["Name"])  # botocore follows
    *_, first, second = aws.log()
    assert (first["status"], first["error"], first["region"]) == (301, "PermanentRedirect", elsewhere)
    assert (second["status"], second["region"]) == (200, bucket["BucketRegion"])


def test_what_is_not_aws_is_nowhere(aws: LoopbackAWS) -> None:
    with pytest.raises(socket.gaierror):
        socket.getaddrinfo("example.com", 443)
    with pytest.raises(socket.gaierror):
        socket.getaddrinfo("ec2.eu-nowhere-9.amazonaws.com", 443)
    assert socket.getaddrinfo("127.0.0.1", 80)[0][4] == ("127.0.0.1", 80)


def test_the_patch_is_taken_off() -> None:
    before = socket.getaddrinfo
    with LoopbackAWS(PLAIN) as running, running.patched():
        assert socket.getaddrinfo is not before
    assert socket.getaddrinfo is before


# What.


def test_instances_come_in_pages_and_reservations(aws: LoopbackAWS, client: Clients) -> None:
    aws.reset(Estate(sizes={"ec2:DescribeInstances@eu-west-1": 1234}, items=0, latency=0, service_seconds=0))
    ec2 = client("ec2")
    pages = list(ec2.get_paginator("describe_instances").paginate(PaginationConfig={"PageSize": 1000}))
    found = [[one for group in page["Reservations"] for one in group["Instances"]] for page in pages]
    assert [len(page) for page in found] == [1000, 234]
    instances = [one for page in found for one in page]
    assert len({one["InstanceId"] for one in instances}) == 1234
    assert instances == aws.expected(ONE, "eu-west-1", "ec2", "DescribeInstances")
    groups = [len(group["Instances"]) for page in pages for group in page["Reservations"]]
    assert set(groups) == {1, 2, 3, 4}
    sizes = [entry["bytes"] for entry in aws.log()]
    assert 3_500_000 < sizes[0] < 4_800_000
    assert client("ec2", "eu-west-2").describe_instances()["Reservations"] == []

    some = [instances[7], instances[1200]]
    asked = ec2.describe_instances(InstanceIds=[one["InstanceId"] for one in some])["Reservations"]
    assert [one for group in asked for one in group["Instances"]] == some
    for stranger in ("i-00000000000000000", "i-0112346789abcdef0"):
        with pytest.raises(ClientError) as refused:
            ec2.describe_instances(InstanceIds=[stranger])
        assert code(refused) == ("InvalidInstanceID.NotFound", 400)


def test_a_page_size_above_the_largest_is_refused(client: Clients) -> None:
    with pytest.raises(ClientError) as refused:
        client("ec2").describe_instances(MaxResults=1001)
    assert code(refused) == ("InvalidParameterValue", 400)
    with pytest.raises(ClientError) as refused:
        client("kms").list_keys(Limit=1001)
    assert code(refused) == ("ValidationException", 400)


def test_a_token_is_good_for_its_own_listing_only(client: Clients) -> None:
    token = client("ec2").describe_volumes(MaxResults=2)["NextToken"]
    assert client("ec2").describe_volumes(MaxResults=2, NextToken=token)["Volumes"]
    for stranger in (client("ec2", account=OTHER), client("ec2", "eu-west-2")):
        with pytest.raises(ClientError) as refused:
            stranger.describe_volumes(MaxResults=2, NextToken=token)
        assert code(refused) == ("InvalidParameterValue", 400)
    with pytest.raises(ClientError) as refused:
        client("ec2").describe_vpcs(MaxResults=5, NextToken=token)
    assert code(refused) == ("InvalidParameterValue", 400)


def test_a_thing_of_another_account_is_not_found(client: Clients) -> None:
    table = client("dynamodb").list_tables()["TableNames"][0]
    assert client("dynamodb").describe_table(TableName=table)["Table"]["TableName"] == table
    for stranger in (client("dynamodb", account=OTHER), client("dynamodb", "us-west-2")):
        with pytest.raises(ClientError) as refused:
            stranger.describe_table(TableName=table)
        assert code(refused) == ("ResourceNotFoundException", 400)


def test_names_lead_from_a_list_to_its_things_and_back(client: Clients) -> None:
    iam = client("iam")
    roles = iam.list_roles()["Roles"]
    for role in roles:
        again = iam.get_role(RoleName=role["RoleName"])["Role"]
        assert (again["RoleName"], again["Arn"]) == (role["RoleName"], role["Arn"])
    ecs = client("ecs")
    clusters = ecs.list_clusters()["clusterArns"]
    assert [one["clusterArn"] for one in ecs.describe_clusters(clusters=clusters)["clusters"]] == clusters
    services = {cluster: ecs.list_services(cluster=cluster)["serviceArns"] for cluster in clusters}
    assert len({arn for arns in services.values() for arn in arns}) == sum(map(len, services.values())) > 0
    for cluster, arns in services.items():
        described = ecs.describe_services(cluster=cluster, services=arns)["services"]
        assert [(one["serviceArn"], one["clusterArn"]) for one in described] == [(arn, cluster) for arn in arns]
    balancers = client("elbv2").describe_load_balancers()["LoadBalancers"]
    arns = [one["LoadBalancerArn"] for one in balancers]
    described = client("elbv2").describe_tags(ResourceArns=arns)["TagDescriptions"]
    assert [one["ResourceArn"] for one in described] == arns


# When.


def test_a_cold_call_takes_three_round_trips_and_a_warm_one_takes_one(aws: LoopbackAWS, client: Clients) -> None:
    aws.reset(Estate(latency=0.3, service_seconds=0.01, items=1))
    once = round_trip("eu-west-1") * 0.3
    queues = client("sqs")
    begun = time.monotonic()
    queues.list_queues()
    cold = time.monotonic()
    queues.list_queues()
    warm = time.monotonic()
    assert cold - begun >= 3 * once + 0.01 - TICK
    assert warm - cold >= once + 0.01 - TICK


def test_a_slow_operation_takes_its_time(aws: LoopbackAWS, client: Clients) -> None:
    aws.reset(Estate(latency=0, service_seconds=0, slow={"sqs:ListQueues": 0.05}, items=1))
    begun = time.monotonic()
    client("sqs").list_queues()
    assert time.monotonic() - begun >= 0.05 - TICK


# What goes wrong.


@pytest.mark.parametrize(
    ("fault", "seen"),
    [
        (Fault("throttle"), ("RequestLimitExceeded", 503)),
        (Fault("denied", message="with an explicit deny in a service control policy"), ("UnauthorizedOperation", 403)),
        (Fault("error", code="InternalError", status=500, message="oh"), ("InternalError", 500)),
        (Fault("status", status=503), ("503", 503)),
    ],
    ids=lambda one: one.kind if isinstance(one, Fault) else "",
)
def test_a_fault_that_is_an_answer(aws: LoopbackAWS, client: Clients, fault: Fault, seen: tuple[str, int]) -> None:
    aws.reset(Estate(latency=0, service_seconds=0, items=1, faults=(fault,)))
    with pytest.raises(ClientError) as refused:
        client("ec2").describe_vpcs()
    assert code(refused) == seen
    assert fault.message in refused.value.response["Error"]["Message"]
    assert aws.log()[0]["fault"] == fault.kind
    assert aws.counts()["throttles"] == (fault.kind == "throttle")


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        (Fault("reset"), ConnectionClosedError),
        (Fault("hang", seconds=0.05), ConnectionClosedError),
        (Fault("hang"), ReadTimeoutError),
        (Fault("truncate", at=100), ResponseParserError),
        (Fault("short", at=100), ResponseParserError),
        (Fault("empty"), ResponseParserError),
        (Fault("null"), ResponseParserError),
    ],
    ids=lambda one: one.kind if isinstance(one, Fault) else "",
)
def test_a_fault_that_is_no_answer(aws: LoopbackAWS, client: Clients, fault: Fault, error: type[Exception]) -> None:
    aws.reset(Estate(latency=0, service_seconds=0, items=3, faults=(fault,)))
    with pytest.raises(error):
        client("ec2", read_timeout=0.3).describe_vpcs()


@pytest.mark.parametrize("kind", ["html", "empty"])
def test_a_json_service_reads_a_bad_body_as_nothing(aws: LoopbackAWS, client: Clients, kind: str) -> None:
    aws.reset(Estate(latency=0, service_seconds=0, items=3, faults=(Fault(kind),)))
    answer = client("dynamodb").list_tables()
    answer.pop("ResponseMetadata")
    assert answer == {}


@pytest.mark.parametrize("kind", ["drip", "delay"])
def test_a_fault_that_only_takes_longer(aws: LoopbackAWS, client: Clients, kind: str) -> None:
    aws.reset(Estate(latency=0, service_seconds=0, items=3, faults=(Fault(kind, seconds=0.1),)))
    begun = time.monotonic()
    assert len(client("ec2").describe_vpcs()["Vpcs"]) == 3
    assert time.monotonic() - begun >= 0.09


def test_a_fault_befalls_what_it_is_meant_for_as_often_as_it_says(aws: LoopbackAWS, client: Clients) -> None:
    fault = Fault("throttle", "ec2:Describe*", region="eu-*", account=ONE, page=1, times=2)
    aws.reset(Estate(accounts=(ONE, OTHER), latency=0, service_seconds=0, items=9, faults=(fault,)))
    ec2 = client("ec2")
    token = ec2.describe_volumes(MaxResults=5)["NextToken"]
    for _ in range(2):
        with pytest.raises(ClientError):
            ec2.describe_volumes(MaxResults=5, NextToken=token)
    assert len(ec2.describe_volumes(MaxResults=5, NextToken=token)["Volumes"]) == 4
    assert [(entry["page"], entry["fault"]) for entry in aws.log()] == [
        (0, ""),
        (1, "throttle"),
        (1, "throttle"),
        (1, ""),
    ]


# What is noted.


def test_counts_and_log_say_what_happened(own: LoopbackAWS, client: Clients) -> None:
    ec2 = client("ec2")
    ec2.describe_vpcs(MaxResults=5)
    ec2.describe_vpcs(Filters=[{"Name": "is-default", "Values": ["true", "false"]}])
    client("dynamodb", "us-west-2", OTHER).list_tables(Limit=2)
    assert open_sockets(own, 2)
    counts = own.counts()
    assert (counts["calls"], counts["connections"]) == (3, 2)
    assert counts["most_open_sockets"] >= 2
    assert counts["operations"] == {"ec2:DescribeVpcs": 2, "dynamodb:ListTables": 1}
    assert counts["bytes_in"] > 1000
    assert counts["bytes_out"] > 1000
    assert counts["server_cpu_seconds"] > 0
    first, second, third = own.log()
    assert first["parameters"] == {"MaxResults": 5}
    assert second["parameters"] == {"Filters": [{"Name": "is-default", "Values": ["true", "false"]}]}
    assert first["connection"] == second["connection"] != third["connection"]
    del third["at"], third["bytes"], third["connection"]
    assert third == {
        "account": OTHER,
        "region": "us-west-2",
        "host": "dynamodb.us-west-2.amazonaws.com",
        "arrived": "us-west-2",
        "signed": "us-west-2",
        "service": "dynamodb",
        "operation": "ListTables",
        "parameters": {"Limit": 2},
        "page": 0,
        "status": 200,
        "error": "",
        "key": access_key(OTHER),
        "fault": "",
        "fault_number": -1,
    }
    own.reset()
    assert (own.counts()["calls"], own.counts()["open_sockets"], own.log()) == (0, 2, [])


def test_warming_up_is_no_call(aws: LoopbackAWS) -> None:
    aws.warm()
    assert (aws.counts()["calls"], aws.log()) == (0, [])


def open_sockets(aws: LoopbackAWS, wanted: int) -> bool:
    """Whether so many are open soon: the server may take a moment to see."""
    until = time.monotonic() + 10
    while time.monotonic() < until:
        if aws.counts()["open_sockets"] == wanted:
            return True
    return False


def test_the_certificate_is_believed_through_its_authority_alone(client: Clients) -> None:
    with pytest.raises(SSLError):
        client("ec2", verify=True).describe_vpcs()


# Other processes.

SCRIPT = """
import boto3, json
print(json.dumps([boto3.client("sts").get_caller_identity()["Account"], boto3.client("ec2").meta.region_name]))
"""


def test_another_process_needs_its_environment_only(aws: LoopbackAWS) -> None:
    environment = {**os.environ, **aws.environment(OTHER, home="eu-north-1")}
    done = subprocess.run([sys.executable, "-c", SCRIPT], env=environment, capture_output=True, text=True, check=True)
    assert json.loads(done.stdout) == [OTHER, "eu-north-1"]


@pytest.mark.skipif(shutil.which("aws") is None, reason="needs the AWS CLI")
def test_the_aws_command_line_describes_instances(aws: LoopbackAWS) -> None:
    command = ["aws", "ec2", "describe-instances", "--region", "ap-southeast-7", "--output", "json"]
    command += ["--page-size", "5", "--query", "Reservations[].Instances[].InstanceId"]
    aws.reset(Estate(sizes={"ec2:DescribeInstances": 12}, latency=0, service_seconds=0))
    done = subprocess.run(command, env={**os.environ, **aws.environment()}, capture_output=True, text=True, check=True)
    expected = aws.expected(ONE, "ap-southeast-7", "ec2", "DescribeInstances")
    assert json.loads(done.stdout) == [one["InstanceId"] for one in expected]
    assert [entry["page"] for entry in aws.log()] == [0, 1, 2]
