"""AWS's request quotas as data: that what they name exists, that they agree with each other and with the endpoints."""

from __future__ import annotations

import re
from collections import defaultdict
from functools import cache

import pytest
from botocore.session import Session

from stocktake.catalog import CATALOG
from stocktake.catalog.quotas import BEGINNINGS, DEFAULT, GLOBAL, HOSTS, QUOTAS, Entry, Quota, quota_of
from tests.catalog.models import service_model, services
from tests.loopback_aws.quotas import quota_of as loopback_quota_of

ASKED = sorted({(row.service_of(call), call.operation) for row in CATALOG.values() for call in row.every_call()})
DISCOVERY = [
    ("account", "ListRegions"),
    ("ec2", "DescribeRegions"),
    ("organizations", "ListAccounts"),
    ("sts", "AssumeRole"),
    ("sts", "GetCallerIdentity"),
]
LISTED = {service for entry in QUOTAS for service in entry.services.split()}
SHARING = {"apigateway", "docdb", "elb", "elbv2", "es", "lambda", "neptune", "rds", "ses"} | HOSTS.keys()
"""Services of which some share an endpoint with another."""


@cache
def endpoint(service: str, region: str = "eu-west-1") -> str:
    """Where botocore sends a service's requests."""
    client = _session().create_client(
        service, region_name=region, aws_access_key_id="AKIA", aws_secret_access_key="secret"
    )
    client.close()
    return str(client.meta.endpoint_url)


@cache
def _session() -> Session:
    return Session()


def named(entry: Entry) -> list[tuple[str, str]]:
    return [(service, operation) for service in entry.services.split() for operation in entry.operations.split()]


# --- the table ---


@pytest.mark.parametrize("entry", QUOTAS, ids=lambda entry: f"{entry.services}: {entry.operations[:40]}")
def test_a_line_names_what_botocore_knows_and_the_page_that_says_so(entry: Entry) -> None:
    for service, operation in named(entry):
        assert service in services()
        known = service_model(service).operation_names
        if operation.endswith("*"):
            assert operation[:-1] in ("", *BEGINNINGS)
            assert any(name.startswith(operation[:-1]) for name in known)
        else:
            assert operation in known
    assert entry.rate > 0
    assert entry.burst >= max(1, entry.rate)
    assert re.fullmatch(r"[A-Z][^:]+, https://(docs\.)?aws\.amazon\.com/\S+(html|/)( \(.+\))?", entry.source)


def test_no_operation_has_two_lines() -> None:
    lines = [(*name, entry.unpaged) for entry in QUOTAS for name in named(entry)]
    assert len(lines) == len(set(lines))


def test_the_lines_are_sorted_by_service() -> None:
    first = [entry.services.split()[0] for entry in QUOTAS]
    assert first == sorted(first)


def test_every_request_that_spends_a_bucket_says_the_same_of_it() -> None:
    buckets: dict[tuple[str, str], set[Quota]] = defaultdict(set)
    for service in LISTED | SHARING:
        for operation in service_model(service).operation_names:
            for paged in (True, False):
                quota = quota_of(service, operation, paged)
                buckets[quota.host, quota.action].add(quota)
    assert {bucket: said for bucket, said in buckets.items() if len(said) > 1} == {}


# --- endpoints ---


def test_services_share_a_host_where_they_share_an_endpoint() -> None:
    by_endpoint, by_host = defaultdict(set), defaultdict(set)
    for service in LISTED | SHARING | set(HOSTS.values()) & set(services()) | {service for service, _ in ASKED}:
        by_endpoint[endpoint(service)].add(service)
        by_host[quota_of(service, "ListNothing", True).host].add(service)
    assert sorted(map(sorted, by_host.values())) == sorted(map(sorted, by_endpoint.values()))


@pytest.mark.parametrize("service", sorted(LISTED | GLOBAL | {service for service, _ in ASKED}))
def test_a_bucket_is_the_accounts_where_there_is_one_endpoint(service: str) -> None:
    alone = endpoint(service, "eu-west-1") == endpoint(service, "us-west-2")
    assert quota_of(service, "ListNothing", True).scope == ("account" if alone else "region")


# --- what a request spends ---


@pytest.mark.parametrize(("service", "operation"), ASKED + DISCOVERY)
def test_whatever_is_asked_has_a_quota(service: str, operation: str) -> None:
    quota = quota_of(service, operation, True)
    assert quota.published is bool(quota.source)
    assert quota.published or (quota.action, quota.rate, quota.burst) == ("*", DEFAULT, DEFAULT)


@pytest.mark.parametrize(("service", "operation"), DISCOVERY)
def test_the_quotas_of_discovery_are_published(service: str, operation: str) -> None:
    assert quota_of(service, operation, False).published


def test_where_nothing_is_published_a_host_has_one_bucket() -> None:
    unknown = quota_of("nonsense", "ListNonsense", True)
    assert unknown == Quota("nonsense", "*", DEFAULT, DEFAULT, False)
    assert quota_of("sqs", "ListQueues", True) == quota_of("sqs", "GetQueueAttributes", False)


def test_some_describes_of_ec2_have_a_smaller_bucket_without_pages() -> None:
    paged, unpaged = (quota_of("ec2", "DescribeInstances", paged) for paged in (True, False))
    assert (paged.rate, paged.burst) == (20, 100)
    assert (unpaged.rate, unpaged.burst) == (10, 50)
    assert paged.action != unpaged.action
    assert quota_of("ec2", "DescribeVpcs", True) == quota_of("ec2", "DescribeVpcs", False)


def test_every_describe_of_ec2_has_its_own_bucket() -> None:
    assert quota_of("ec2", "DescribeVpcs", True).action == "DescribeVpcs"
    assert quota_of("ec2", "DescribeStoreImageTasks", True).rate == 0.5


def test_lambda_has_one_bucket_for_all_but_two_operations() -> None:
    rest = quota_of("lambda", "ListFunctions", True)
    assert rest == quota_of("lambda", "ListTags", False)
    assert (rest.rate, rest.burst) == (15, 15)
    assert quota_of("lambda", "GetFunction", True).rate == 100
    assert quota_of("lambda", "GetPolicy", True).action == "GetPolicy"


def test_both_versions_of_elastic_load_balancing_spend_one_bucket() -> None:
    assert quota_of("elb", "DescribeTags", True) == quota_of("elbv2", "DescribeRules", False)


def test_an_operations_name_counts_more_than_its_beginning() -> None:
    assert quota_of("wafv2", "ListWebACLs", True).rate == 5
    assert quota_of("wafv2", "ListResourcesForWebACL", True).rate == 1


def test_no_bucket_is_taken_to_be_larger_than_in_the_aws_that_the_benchmarks_spend_from() -> None:
    sharing: dict[tuple[str, str], set[tuple[str, str]]] = defaultdict(set)
    for service, operation in ASKED + DISCOVERY:
        for paged in (True, False):
            there = loopback_quota_of(service, operation, {"MaxResults": 5} if paged else {})
            if there is not None:
                ours = quota_of(service, operation, paged)
                assert ours.rate <= there.refill, (service, operation)
                assert ours.burst <= there.capacity, (service, operation)
                sharing[service, there.name].add((ours.host, ours.action))
    assert {bucket: spent for bucket, spent in sharing.items() if len(spent) > 1} == {}
