"""Token buckets, with a clock of the test's own."""

from __future__ import annotations

from functools import cache
from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from tests.loopback_aws import Estate, access_key
from tests.loopback_aws.offline import attach
from tests.loopback_aws.quotas import Bucket, Quota, quota_of
from tests.loopback_aws.service import Service

ACCOUNT = "111111111111"
ESTATE = Estate(items=2, quotas=True)


def test_a_bucket_is_full_at_first_and_flows_in_steadily() -> None:
    bucket = Bucket(Quota("any", 5, 2), 0, 10.0)
    assert [bucket.take(10.0) for _ in range(6)] == [True] * 5 + [False]
    assert [bucket.take(at) for at in (10.4, 10.5, 10.9, 11.0)] == [False, True, False, True]
    assert [bucket.take(100.0) for _ in range(6)] == [True] * 5 + [False]


def test_a_rival_alone_never_finds_the_bucket_empty() -> None:
    bucket = Bucket(Quota("any", 50, 10), 0.9, 0.0)
    bucket.advance(1000.0)
    assert bucket.rival_throttles == 0


def test_who_spends_more_than_the_rest_throttles_the_rival() -> None:
    fair, greedy = (Bucket(Quota("any", 50, 10), 0.5, 0.0) for _ in range(2))
    for tick in range(1000):
        fair.take(tick / 4)
        greedy.take(tick / 20)
    for bucket, end in ((fair, 250.0), (greedy, 50.0)):
        bucket.advance(end)
    assert fair.rival_throttles == 0
    assert greedy.rival_throttles > 20


def test_the_rival_counts_the_same_however_often_one_looks() -> None:
    seldom, often = (Bucket(Quota("any", 5, 5), 0.5, 0.0) for _ in range(2))
    for tick in range(1, 100):
        often.advance(tick / 10 - 0.05)
        for bucket in (seldom, often):
            bucket.take(tick / 10)
    assert often.rival_throttles == seldom.rival_throttles > 0


@pytest.mark.parametrize(
    ("service", "operation", "parameters", "holds", "refills"),
    [
        ("ec2", "DescribeVpcs", {}, 100, 20),
        ("ec2", "DescribeInstances", {}, 50, 10),
        ("ec2", "DescribeInstances", {"MaxResults": 1000}, 100, 20),
        ("ec2", "DescribeVolumes", {"Filters": [{"Name": "size"}]}, 100, 20),
        ("lambda", "GetFunction", {}, 100, 100),
        ("lambda", "GetPolicy", {}, 15, 15),
        ("lambda", "ListFunctions", {}, 15, 15),
        ("route53", "ListHostedZones", {}, 5, 5),
        ("wafv2", "ListWebACLs", {}, 5, 5),
        ("kinesis", "ListStreams", {}, 5, 5),
        ("account", "ListRegions", {}, 5, 5),
    ],
)
def test_published_quotas(service: str, operation: str, parameters: Any, holds: float, refills: float) -> None:
    quota = quota_of(service, operation, parameters)
    assert quota is not None
    assert (quota.capacity, quota.refill) == (holds, refills)


def test_lambdas_other_calls_share_one_bucket() -> None:
    assert quota_of("lambda", "ListFunctions", {}) == quota_of("lambda", "ListTags", {})
    assert quota_of("lambda", "GetPolicy", {}) != quota_of("lambda", "ListTags", {})
    assert quota_of("dynamodb", "ListTables", {}) is None


@cache
def session() -> Any:
    """One for all: it is what reads the models."""
    return boto3.session.Session()


def make(service: Service, name: str, region: str = "eu-west-1", account: str = ACCOUNT, now: float = 0.0) -> Any:
    client = session().client(
        name,
        region,
        aws_access_key_id=access_key(account),
        aws_secret_access_key="any",
        config=Config(retries={"total_max_attempts": 1}),
    )
    attach(client, service, now)
    return client


@pytest.mark.parametrize(
    ("name", "operation", "calls", "refusal"),
    [
        ("ec2", "describe_vpcs", 100, ("RequestLimitExceeded", 503)),
        ("ec2", "describe_volumes", 50, ("RequestLimitExceeded", 503)),
        ("lambda", "list_functions", 15, ("TooManyRequestsException", 429)),
        ("route53", "list_hosted_zones", 5, ("Throttling", 400)),
        ("account", "list_regions", 5, ("TooManyRequestsException", 429)),
    ],
)
def test_who_asks_too_often_is_told_so_in_the_services_own_words(
    name: str, operation: str, calls: int, refusal: tuple[str, int]
) -> None:
    service = Service(ESTATE, 0.0)
    client = make(service, name)
    for _ in range(calls):
        getattr(client, operation)()
    with pytest.raises(ClientError) as refused:
        getattr(client, operation)()
    response = refused.value.response
    assert (response["Error"]["Code"], response["ResponseMetadata"]["HTTPStatusCode"]) == refusal
    assert service.report(0.0)["throttles"] == 1


def test_every_account_and_region_has_buckets_of_its_own() -> None:
    service = Service(Estate(accounts=(ACCOUNT, "222222222222"), items=2, quotas=True), 0.0)
    for region, account in (("eu-west-1", ACCOUNT), ("eu-west-2", ACCOUNT), ("eu-west-1", "222222222222")):
        client = make(service, "lambda", region, account)
        for _ in range(15):
            client.list_functions()
    assert service.report(0.0)["throttles"] == 0


def test_the_rival_is_in_the_counts() -> None:
    service = Service(Estate(items=2, quotas=True, rival=0.8), 0.0)
    client = make(service, "lambda")
    for _ in range(15):
        client.list_functions()
    make(service, "lambda", now=0.07).list_functions()  # the one token that has flowed in, before the rival comes
    assert service.report(0.08)["rival_throttles"] == 0
    assert service.report(0.09)["rival_throttles"] == 1


def test_without_quotas_nobody_is_throttled() -> None:
    service = Service(Estate(items=2), 0.0)
    client = make(service, "account")
    for _ in range(20):
        client.list_regions()
    assert service.report(0.0)["throttles"] == 0
