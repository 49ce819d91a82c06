"""What the loopback AWS's answers are made of: identities, pages, bytes and HTTP, without a connection."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import pytest

from tests.loopback_aws.answers import Answers, Kept
from tests.loopback_aws.estate import Estate, Fault, access_key
from tests.loopback_aws.failures import Refused
from tests.loopback_aws.http1 import REQUEST_ID, Http
from tests.loopback_aws.marks import BLOCK, identity_in, index_of, place
from tests.loopback_aws.models import operation_model
from tests.loopback_aws.names import kind_of, singular, subject
from tests.loopback_aws.pages import listing, read_token, token
from tests.loopback_aws.render import render
from tests.loopback_aws.route import Asked
from tests.loopback_aws.service import Service

ACCOUNT, REGION = "111111111111", "eu-west-1"


def test_an_estate_survives_its_json() -> None:
    estate = Estate(
        *(2, (ACCOUNT,), ("us-east-1",), ("eu-west-1",), ("us-east-1",), 5, {"a:B": 1}, 0.5),
        faults=(Fault("hang", page=1),),
    )
    assert Estate.from_json(estate.to_json()) == estate
    assert Estate.from_json(Estate().to_json()) == Estate()
    with pytest.raises(ValueError, match="colour"):
        Estate.from_json('{"colour": "blue"}')


# Identities.


def test_an_identity_says_its_place() -> None:
    assert len({place(index) for index in range(BLOCK)}) == BLOCK
    for index in (0, 7, BLOCK - 1):
        identity = f"12345678{place(index)}"
        assert index_of(identity) == index
        for text in (f"i-{identity}", f"arn:aws:ecs:eu-west-1:{ACCOUNT}:cluster/cluster-{identity}", identity):
            assert identity_in(text) == identity
    assert identity_in("made up") == identity_in("made up") != identity_in("made up too")
    assert len(identity_in("made up")) == 17


@pytest.mark.parametrize(
    ("word", "one"),
    [("policies", "policy"), ("addresses", "address"), ("status", "status"), ("vpcs", "vpc"), ("matches", "match")],
)
def test_singulars(word: str, one: str) -> None:
    assert singular(word) == one


def test_what_operations_and_members_are_about() -> None:
    assert subject("ListTagsOfResource") == "Tag"
    assert subject("DescribeDBInstances") == "DBInstance"
    assert kind_of("clusterArns", "ListClusters") == "Cluster"
    assert kind_of("KeyMetadata", "DescribeKey") == "Key"
    assert kind_of("Items", "ListDistributions") == "Distribution"


# Pages.


@pytest.mark.parametrize(
    ("service", "operation", "items", "limit", "largest", "batch"),
    [
        ("ec2", "DescribeInstances", ("Reservations",), "MaxResults", 1000, ("InstanceIds",)),
        ("ecs", "DescribeClusters", ("clusters",), "", 100, ("clusters",)),
        ("elbv2", "DescribeTags", ("TagDescriptions",), "", 1000, ("ResourceArns",)),
        ("cloudfront", "ListDistributions", ("DistributionList", "Items"), "MaxItems", 1000, ()),
        ("lambda", "ListFunctions", ("Functions",), "MaxItems", 50, ()),
        ("dynamodb", "DescribeTable", (), "", 100, ()),
    ],
)
def test_how_operations_list(
    service: str, operation: str, items: Any, limit: str, largest: int, batch: tuple[str, ...]
) -> None:
    here = listing(service, operation)
    assert (here.items, here.limit, here.largest, here.batch) == (items, limit, largest, batch)


def test_a_token_is_bound_to_its_secret() -> None:
    made = token("one", 1000, 2)
    assert read_token("one", made) == (1000, 2)
    for other in ("", "?", "made up", made[:-2], made + "x", None, 7):
        assert read_token("one", other) is None
    assert read_token("other", made) is None


@pytest.mark.parametrize(
    ("service", "operation", "limit"),
    [
        ("ec2", "DescribeVolumes", 400),  # the third page crosses the end of a block
        ("ec2", "DescribeInstances", 700),
        ("dynamodb", "ListTables", 100),
        ("kinesis", "ListStreams", 300),  # whose token is the last stream's name
        ("iam", "ListRoles", 999),
        ("rds", "DescribeDBInstances", 100),
        ("lambda", "ListFunctions", 10_000),  # of which Lambda gives 50 at most
        ("cloudfront", "ListDistributions", 500),
        ("eventbridgev2", "ListEventBuses", 50),
        ("route53", "ListHostedZones", 100),
    ],
)
def test_pages_put_together_are_the_listing(service: str, operation: str, limit: int) -> None:
    answers = Answers(Estate(items=1234))
    here = listing(service, operation)
    parameters: dict[str, Any] = {here.limit: limit}
    found: list[Any] = []
    while True:
        answer, number = answers.value(ACCOUNT, REGION, Asked(service, operation, "", parameters))
        some = at(answer, here.items)
        found += [one for group in some for one in group[here.inner]] if here.inner else some
        if here.more and not at(answer, here.more):
            break
        following = at(answer, here.tokens_out[0]) if here.tokens_out[0] else some[-1]
        if not following:
            break
        parameters[here.tokens_in[0]] = following
    assert number == -(-1234 // min(limit, here.largest)) - 1
    assert len(found) == 1234
    assert found == answers.items(ACCOUNT, REGION, Asked(service, operation, "", {}))


def at(value: Any, path: tuple[str, ...]) -> Any:
    for name in path:
        value = value.get(name, {})
    return value


@pytest.mark.parametrize(
    ("service", "operation", "protocol", "parameters"),
    [
        ("ec2", "DescribeVolumes", "ec2", {"MaxResults": 1000}),
        ("ec2", "DescribeInstances", "ec2", {"MaxResults": 300}),
        ("iam", "ListRoles", "query", {"MaxItems": 7}),
        ("dynamodb", "ListTables", "json", {}),
        ("dynamodb", "DescribeTable", "json", {"TableName": "any <&\" one"}),
        ("lambda", "ListFunctions", "rest-json", {}),
        ("ecs", "DescribeServices", "json", {"cluster": "shop", "services": ["web", "jobs"]}),
        ("elbv2", "DescribeTags", "query", {"ResourceArns": ["arn:aws:a:b:c:d/<e>", "arn:aws:a:b:c:d/&"]}),
        ("route53", "ListResourceRecordSets", "rest-xml", {"HostedZoneId": "Z1", "MaxItems": "3"}),
        ("sns", "GetTopicAttributes", "query", {"TopicArn": "arn:aws:sns:eu-west-1:111111111111:made-up"}),
    ],
)  # fmt: skip
@pytest.mark.parametrize("estate", [Estate(items=1500), Estate(items=0), Estate(items=9, bare=True)])
def test_bytes_are_the_rendered_values(
    service: str, operation: str, protocol: str, parameters: dict[str, Any], estate: Estate
) -> None:
    answers = Answers(estate)
    asked = Asked(service, operation, protocol, parameters)
    whole = answers.answer(ACCOUNT, REGION, asked)
    value, number = answers.value(ACCOUNT, REGION, asked)
    rendered = render(protocol, operation_model(service, operation), value, REQUEST_ID)
    assert b"".join(whole.pieces) == rendered.body
    assert (whole.status, whole.headers, whole.page) == (rendered.status, rendered.headers, number)


@pytest.mark.parametrize(
    ("service", "operation", "has_a_list"),
    [
        ("ec2", "DescribeVolumes", True),
        ("rds", "DescribeDBInstances", True),
        ("dynamodb", "ListTables", True),
        ("lambda", "ListFunctions", True),
        ("route53", "ListHostedZones", True),
        ("cloudfront", "ListDistributions", False),
        ("sqs", "ListQueues", False),
    ],
)
def test_what_has_no_items_says_so_as_aws_does(service: str, operation: str, has_a_list: bool) -> None:
    found, _ = Answers(Estate(items=0)).value(ACCOUNT, REGION, Asked(service, operation, "", {}))
    *above, name = listing(service, operation).items
    assert at(found, tuple(above)).get(name) == ([] if has_a_list else None)
    assert not [one for one in at(found, tuple(above)).values() if isinstance(one, list) and one]


def test_a_bare_answer_says_what_the_model_requires_and_the_rows_need_and_no_more() -> None:
    asked = Asked("lambda", "ListFunctions", "", {"MaxItems": 3})
    usual, bare = (Answers(Estate(items=9, bare=is_bare)) for is_bare in (False, True))
    assert {name for one in bare.items(ACCOUNT, REGION, asked) for name in one} == {"FunctionArn", "FunctionName"}
    both = zip(usual.items(ACCOUNT, REGION, asked), bare.items(ACCOUNT, REGION, asked), strict=True)
    assert all(one.items() >= other.items() for one, other in both)
    answer, _ = bare.value(ACCOUNT, REGION, asked)
    assert answer.keys() == {"Functions", "NextMarker"}


def test_answers_follow_from_the_estate_alone() -> None:
    asked = Asked("lambda", "ListFunctions", "rest-json", {})
    same, again, other = (
        b"".join(Answers(Estate(seed, items=5)).answer(ACCOUNT, REGION, asked).pieces) for seed in (1, 1, 2)
    )
    assert same == again != other


def test_sizes_are_those_of_the_most_particular_key() -> None:
    sizes = {"ec2:DescribeVpcs": 3, "ec2:DescribeVpcs@eu-west-1": 2, f"ec2:DescribeVpcs@eu-west-1@{ACCOUNT}": 1}
    answers = Answers(Estate(sizes=sizes, items=9))
    found = [
        len(answers.items(account, region, Asked("ec2", "DescribeVpcs", "", {})))
        for account, region in ((ACCOUNT, REGION), ("222222222222", REGION), (ACCOUNT, "us-east-1"))
    ]
    assert found == [1, 2, 3]
    seeded = {
        len(Answers(Estate(seed)).items(ACCOUNT, REGION, Asked("ec2", "DescribeVpcs", "", {}))) for seed in range(40)
    }
    assert seeded == set(range(7))


def test_what_was_made_up_is_there_unless_it_says_not() -> None:
    answers = Answers(Estate())
    assert answers.items(ACCOUNT, REGION, Asked("dynamodb", "DescribeTable", "", {"TableName": "shop"}))
    with pytest.raises(Refused) as refused:
        answers.items(ACCOUNT, REGION, Asked("dynamodb", "DescribeTable", "", {"TableName": "no-such-table"}))
    assert refused.value.code == "ResourceNotFoundException"


def test_what_is_kept_is_bounded() -> None:
    kept = Kept(10)
    for key in "abc":
        kept.put(key, key.upper(), 4)
    assert [kept.get(key) for key in "abc"] == [None, "B", "C"]
    kept.put("d", "D", 100)
    assert [kept.get(key) for key in "bcd"] == [None, None, "D"]


# HTTP.

REQUEST = (
    b"POST / HTTP/1.1\r\nHost: dynamodb.eu-west-1.amazonaws.com\r\nX-Amz-Target: DynamoDB_20120810.ListTables\r\n"
    b"Content-Length: 2\r\n\r\n{}"
)
CHUNKED = b"PUT /a HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2;x=y\r\nde\r\n0\r\n\r\n"
EXPECTING = b"PUT /b HTTP/1.1\r\nExpect: 100-continue\r\nContent-Length: 3\r\n\r\n"


class Listening(Http):
    def __init__(self) -> None:
        super().__init__()
        self.requests: list[tuple[str, str, bytes, int]] = []
        self.written = b""
        self.transport = self

    def write(self, data: bytes) -> None:
        self.written += data

    def request(self, method: str, target: str, headers: dict[str, str], body: bytes, size: int) -> None:
        self.requests.append((method, target, body, size))


@pytest.mark.parametrize("step", [1, 7, 1000])
def test_requests_are_read_however_they_are_cut(step: int) -> None:
    http = Listening()
    sent = REQUEST + CHUNKED
    for begin, end in pairwise([*range(0, len(sent), step), len(sent)]):
        http.data_received(sent[begin:end])
    assert http.requests == [("POST", "/", b"{}", len(REQUEST))]
    http.done()
    assert http.requests[1:] == [("PUT", "/a", b"abcde", len(CHUNKED))]


def test_who_asks_before_sending_is_told_to_go_on() -> None:
    http = Listening()
    http.data_received(EXPECTING)
    assert (http.written, http.requests) == (b"HTTP/1.1 100 Continue\r\n\r\n", [])
    http.data_received(b"xyz")
    assert http.requests == [("PUT", "/b", b"xyz", len(EXPECTING) + 3)]


def test_nonsense_is_answered_as_such() -> None:
    service = Service(Estate(items=1), 0.0)
    signed = f"AWS4-HMAC-SHA256 Credential={access_key(ACCOUNT)}/20261122/eu-west-1/dynamodb/aws4_request, Signature=0"
    headers = {"host": "dynamodb.eu-west-1.amazonaws.com", "authorization": signed}
    for extra, body in (
        ({}, b""),
        ({"x-amz-target": "DynamoDB_20120810.ListTables"}, b"{"),
        ({"x-amz-target": "x"}, b""),
    ):
        reply = service.handle(0.0, 1, "POST", "/", headers | extra, body)
        assert (reply.status, reply.error) == (400, "UnknownOperationException")
    assert service.handle(0.0, 1, "POST", "/", {}, b"").status in (400, 403)
