"""The call layer: where a request goes, who signs it, and what counts as an answer."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

import botocore.session
import pytest
from botocore import xform_name
from botocore.config import Config
from botocore.credentials import Credentials, RefreshableCredentials
from botocore.exceptions import ClientError, EndpointConnectionError, ReadTimeoutError

from stocktake import aws as aws_module
from stocktake.aws import Aws, canonical_time
from stocktake.catalog import CATALOG
from stocktake.catalog.spec import From, Paging
from stocktake.errors import CredentialsError, MalformedAnswer, UsageError, WrongTarget, classify
from stocktake.model import Page, Request
from stocktake.settings import Settings
from tests.loopback import Loopback, Reply, Script, json_reply

REGIONS = ("us-east-1", "eu-west-1", "il-central-1", "us-gov-west-1", "cn-north-1")
SCOPE = re.compile(r"Credential=([^/]+)/\d+/([^,]+)")


class NotSentError(Exception):
    pass


class Capture:
    """An HTTP session that notes where a request would go, and sends nothing."""

    def __init__(self) -> None:
        self.seen: tuple[str, str, str] | None = None

    def send(self, request: Any) -> None:
        header = request.headers["Authorization"]
        key, scope = SCOPE.search(header.decode() if isinstance(header, bytes) else header).groups()  # type: ignore[union-attr]
        self.seen = (request.url, key, scope)
        raise NotSentError

    def close(self) -> None:
        pass


def capturing(monkeypatch: pytest.MonkeyPatch) -> tuple[Aws, Capture]:
    capture = Capture()
    monkeypatch.setattr(aws_module, "_SharedHTTP", lambda **_: capture)
    return Aws(Settings()), capture


def calls_of_catalogue() -> list[tuple[str, str, dict[str, Any]]]:
    """Every call of every row with stand-ins for what it takes from items."""
    found = [("sts", "GetCallerIdentity", {}), ("account", "ListRegions", {}), ("ec2", "DescribeRegions", {})]
    for row in CATALOG.values():
        for call in row.every_call():
            parameters = {
                name: "a-name-long-enough-for-all" if isinstance(value, From) else value
                for name, value in call.parameters.items()
            }
            if call.batch:
                parameters[call.batch.parameter] = ["a-name"]
            if "QueueUrl" in parameters:
                parameters["QueueUrl"] = "https://sqs.us-east-1.amazonaws.com/111111111111/a-name"
            found.append((row.service_of(call), call.operation, parameters))
    return found


def every_region() -> list[str]:
    core = botocore.session.Session()
    return sorted(
        region
        for partition in ("aws", "aws-cn", "aws-us-gov")
        for region in core.get_available_regions("ec2", partition_name=partition)
    )


@pytest.mark.parametrize(
    "region", [pytest.param(one, marks=() if one in REGIONS else pytest.mark.slow) for one in every_region()]
)
def test_a_routed_call_goes_where_an_ordinary_client_of_its_region_would_send_it(
    region: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    routed, saw = capturing(monkeypatch)
    core = botocore.session.Session()
    ordinary: dict[str, tuple[Any, Capture]] = {}
    for service, operation, parameters in calls_of_catalogue():
        if service == "account" and region not in ("us-east-1", "cn-northwest-1", "us-gov-west-1"):
            continue  # a global service, only ever called in its partition's home
        if service not in ordinary:
            client = core.create_client(
                service,
                region_name=region,
                config=Config(
                    retries={"total_max_attempts": 1},
                    s3={"addressing_style": "path", "us_east_1_regional_endpoint": "regional"},
                    account_id_endpoint_mode="disabled",
                ),
            )
            client._endpoint.http_session = Capture()
            ordinary[service] = (client, client._endpoint.http_session)
        client, expected = ordinary[service]
        with pytest.raises(NotSentError):
            getattr(client, xform_name(operation))(**parameters)
        if expected.seen is not None and expected.seen[2].split("/")[1] != region:
            continue  # a global service outside its home; the guard refuses it, and rows do not ask for it
        with pytest.raises(NotSentError):
            routed.call(Request(service, operation, parameters, "111111111111", region), lambda _: None)
        assert saw.seen == expected.seen, (service, operation)


def test_each_call_is_signed_with_the_credentials_of_its_moment(monkeypatch: pytest.MonkeyPatch) -> None:
    routed, saw = capturing(monkeypatch)
    asked = Request("ec2", "DescribeVpcs", {}, "111111111111", "eu-west-1")
    for key in ("AKIDONE", "AKIDTWO", "AKIDONE"):
        routed._credentials = Credentials(key, "secret", "token")
        with pytest.raises(NotSentError):
            routed.call(asked, lambda _: None)
        assert saw.seen is not None
        assert saw.seen[1] == key


def test_threads_do_not_lend_each_other_regions() -> None:
    def script(call: Any) -> Reply:
        body = (
            f"<DescribeVpcsResponse><vpcSet><item><vpcId>{call.region}</vpcId></item></vpcSet></DescribeVpcsResponse>"
        )
        return Reply(body=body.encode())

    with Loopback(script) as server, pytest.MonkeyPatch.context() as patch, ThreadPoolExecutor(16) as threads:
        patch.setenv("AWS_ENDPOINT_URL", server.url)
        client = Aws(Settings())
        regions = [f"xx-region-{number}" for number in range(200)]

        def ask(region: str) -> str:
            page = client.call(Request("ec2", "DescribeVpcs", {}, "1", region), lambda _: None)
            return str(page.answer["Vpcs"][0]["VpcId"])

        assert list(threads.map(ask, regions)) == regions


def test_a_client_opens_nothing_by_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    routed, saw = capturing(monkeypatch)
    client = routed._client("ec2")
    with pytest.raises(LookupError):  # no call is at hand
        client.describe_vpcs()
    assert saw.seen is None
    assert client._request_signer._credentials.access_key == aws_module.NO_KEY


def _sign_for_another_region(context: dict[str, Any], **_: Any) -> None:
    context["signing"]["region"] = "eu-west-2"


def _lose_the_credentials(context: dict[str, Any], **_: Any) -> None:
    del context["signing"]["request_credentials"]


def _go_elsewhere(request: Any, **_: Any) -> None:
    request.url = request.url.replace("eu-west-1", "eu-west-2")


@pytest.mark.parametrize(
    ("event", "tamper"),
    [
        ("before-endpoint-resolution.ec2", _sign_for_another_region),
        ("before-endpoint-resolution.ec2", _lose_the_credentials),
        ("before-sign.ec2", _go_elsewhere),
    ],
)
def test_a_request_for_another_target_is_not_sent(
    event: str, tamper: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    routed, saw = capturing(monkeypatch)
    routed._client("ec2").meta.events.register_last(event, tamper)
    with pytest.raises(WrongTarget, match="eu-west-1"):
        routed.call(Request("ec2", "DescribeVpcs", {}, "1", "eu-west-1"), lambda _: None)
    assert saw.seen is None


def test_a_custom_endpoint_is_the_only_host(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:1")
    routed, saw = capturing(monkeypatch)
    with pytest.raises(NotSentError):
        routed.call(Request("ec2", "DescribeVpcs", {}, "1", "eu-west-1"), lambda _: None)
    assert saw.seen is not None
    assert saw.seen[0] == "http://127.0.0.1:1/"


def test_without_credentials_the_sentence_says_what_to_set(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
    with pytest.raises(CredentialsError, match="AWS_PROFILE"):
        Aws(Settings()).call(Request("sts", "GetCallerIdentity", {}, "", "us-east-1"), lambda _: None)


def test_credentials_that_are_expired_after_their_refresh_are_said_to_be() -> None:
    def expired() -> dict[str, str]:
        past = (datetime.now(UTC) - timedelta(hours=1)).isoformat()
        return {"access_key": "key", "secret_key": "secret", "token": "token", "expiry_time": past}

    routed = Aws(Settings())
    routed._credentials = RefreshableCredentials.create_from_metadata(expired(), expired, "test")
    with pytest.raises(CredentialsError, match="expired"):
        routed.call(Request("sts", "GetCallerIdentity", {}, "", "us-east-1"), lambda _: None)


def test_an_unknown_profile_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_PROFILE", "nobody")
    with pytest.raises(UsageError, match="nobody"):
        Aws(Settings())


def test_aws_region_is_heard(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_REGION", "eu-central-1")
    assert Aws(Settings()).home == "eu-central-1"


def test_every_client_uses_one_tls_context_and_one_table_of_connections() -> None:
    routed = Aws(Settings())
    for service in ("ec2", "s3", "iam"):
        assert routed._client(service)._endpoint.http_session is routed._http
    assert routed._http._manager.connection_pool_kw["ssl_context"] is routed._http._context
    assert routed._http._get_ssl_context() is routed._http._context
    assert routed._http._context.verify_mode.name == "CERT_REQUIRED"
    assert aws_module.IDLE_SOCKETS + Settings().threads < 900


def test_connections_are_kept_for_the_next_call_and_bounded_over_all_hosts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(aws_module, "IDLE_SOCKETS", 5)
    together = threading.Barrier(16)

    def script(_: Any) -> Reply:
        together.wait(10)
        return Reply(body=GOOD[EC2])

    with Loopback(script) as server, ThreadPoolExecutor(16) as threads:
        monkeypatch.setenv("AWS_ENDPOINT_URL", server.url)
        client = Aws(Settings())
        for _ in range(3):
            list(threads.map(lambda _: client.call(EC2, lambda _: None), range(16)))
            assert client._http.idle.count == 5
        client._http.close()
        assert client._http.idle.count == 0
        assert server.connections == 16 + 2 * 11  # the first sixteen; then five are used again each time


# --- answers ---


@pytest.fixture
def serve(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[Script], Aws]]:
    opened: list[Loopback] = []

    def start(script: Script) -> Aws:
        server = Loopback(script)
        opened.append(server.__enter__())
        monkeypatch.setenv("AWS_ENDPOINT_URL", server.url)
        return Aws(Settings(connect_timeout=1, read_timeout=0.3))

    yield start
    for server in opened:
        server.__exit__(None, None, None)


EC2 = Request("ec2", "DescribeVpcs", {}, "1", "eu-west-1")
QUERY = Request("iam", "ListRoles", {}, "1", "us-east-1")
JSON = Request("dynamodb", "ListTables", {}, "1", "eu-west-1")
REST_JSON = Request("lambda", "ListFunctions", {}, "1", "eu-west-1")
REST_XML = Request("s3", "ListBuckets", {}, "1", "us-east-1", root="ListAllMyBucketsResult")

GOOD = {
    EC2: b'<DescribeVpcsResponse xmlns="x"><vpcSet><item><vpcId>vpc-1</vpcId></item></vpcSet></DescribeVpcsResponse>',
    QUERY: b"<ListRolesResponse><ListRolesResult><Roles/><IsTruncated>false</IsTruncated></ListRolesResult>"
    b"</ListRolesResponse>",
    JSON: b'{"TableNames": ["orders"]}',
    REST_JSON: b'{"Functions": []}',
    REST_XML: b'<?xml version="1.0"?>\n<ListAllMyBucketsResult><Buckets><Bucket><Name>b</Name></Bucket></Buckets>'
    b"</ListAllMyBucketsResult>",
}
HTML = b"<!DOCTYPE html><html><body>Please log in to the hotel's network</body></html>"
every_protocol = pytest.mark.parametrize("asked", list(GOOD), ids=lambda asked: asked.operation)


@every_protocol
def test_a_whole_answer_is_taken(asked: Request, serve: Callable[[Script], Aws]) -> None:
    page = serve(lambda _: Reply(body=GOOD[asked])).call(asked, lambda _: None)
    assert page.next is None
    assert "ResponseMetadata" not in page.answer


@every_protocol
@pytest.mark.parametrize(
    "body", [b"", HTML, b"[]", b"null", b"\xff\xfe\x00", b'{"message": "hello"}', b"<a><b/></a>", b"not anything"]
)
def test_what_is_not_the_operations_answer_is_refused(
    asked: Request, body: bytes, serve: Callable[[Script], Aws]
) -> None:
    with pytest.raises(MalformedAnswer, match=asked.operation) as refusal:
        serve(lambda _: Reply(body=body)).call(asked, lambda _: None)
    assert "hotel" not in str(refusal.value)


@every_protocol
def test_an_answer_cut_anywhere_is_refused(asked: Request, serve: Callable[[Script], Aws]) -> None:
    whole = GOOD[asked]
    cut = iter(range(len(whole)))
    client = serve(lambda _: Reply(body=whole[: next(cut)]))
    for _ in range(len(whole)):
        with pytest.raises(MalformedAnswer):
            client.call(asked, lambda _: None)


@every_protocol
def test_an_answer_shorter_than_announced_is_refused(asked: Request, serve: Callable[[Script], Aws]) -> None:
    client = serve(lambda _: Reply(body=GOOD[asked], length=len(GOOD[asked]) + 10))
    with pytest.raises((MalformedAnswer, ClientError)):
        client.call(asked, lambda _: None)


def test_an_empty_object_is_an_answer(serve: Callable[[Script], Aws]) -> None:
    """SQS answers so when there are no queues."""
    asked = Request("sqs", "ListQueues", {"MaxResults": 1000}, "1", "eu-west-1")
    assert serve(lambda _: json_reply({})).call(asked, lambda _: None).answer == {}


def test_a_silent_server_times_out_and_a_closed_port_is_the_network(
    serve: Callable[[Script], Aws], monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(ReadTimeoutError):
        serve(lambda _: Reply(hang=True)).call(JSON, lambda _: None)
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:1")
    with pytest.raises(EndpointConnectionError):
        Aws(Settings()).call(JSON, lambda _: None)


def test_one_call_is_one_request_whatever_comes_back(serve: Callable[[Script], Aws]) -> None:
    sent: list[str] = []

    def script(call: Any) -> Reply:
        sent.append(call.path)
        return Reply(503, b"<html>busy</html>")

    client = serve(script)
    for asked in GOOD:
        with pytest.raises((ClientError, MalformedAnswer)):
            client.call(asked, lambda _: None)
    assert len(sent) == len(GOOD)


@pytest.mark.parametrize("asked", [EC2, QUERY, JSON], ids=lambda asked: asked.operation)
@pytest.mark.parametrize("body", [b"", b"slow down", b"<html>Too many requests</html>"])
def test_a_bare_429_is_a_throttle_in_every_protocol(
    asked: Request, body: bytes, serve: Callable[[Script], Aws]
) -> None:
    with pytest.raises(ClientError) as refused:
        serve(lambda _: Reply(429, body)).call(asked, lambda _: None)
    problem = classify(refused.value)
    assert (problem.reason.code, problem.throttled, problem.retry) == ("throttled", True, True)


def test_a_bucket_in_another_region_is_not_followed_there(serve: Callable[[Script], Aws]) -> None:
    sent: list[str] = []

    def script(call: Any) -> Reply:
        sent.append(call.path)
        body = b"<Error><Code>PermanentRedirect</Code><Message>elsewhere</Message></Error>"
        return Reply(301, body, {"x-amz-bucket-region": "eu-west-1"})

    with pytest.raises(ClientError, match="PermanentRedirect"):
        serve(script).call(Request("s3", "GetBucketTagging", {"Bucket": "a"}, "1", "us-east-1"), lambda _: None)
    assert len(sent) == 1


# --- pages ---

PAGED = [
    (
        Request("ec2", "DescribeVpcs", {}, "1", "r"),
        "<DescribeVpcsResponse><vpcSet/>{}</DescribeVpcsResponse>",
        "nextToken",
    ),
    (
        Request("iam", "ListRoles", {}, "1", "r"),
        "<ListRolesResponse><ListRolesResult><IsTruncated>true</IsTruncated>{}</ListRolesResult></ListRolesResponse>",
        "Marker",
    ),
    (Request("dynamodb", "ListTables", {}, "1", "r"), None, "LastEvaluatedTableName"),
    (Request("lambda", "ListFunctions", {}, "1", "r"), None, "NextMarker"),
]


@pytest.mark.parametrize(("asked", "xml", "token"), PAGED, ids=lambda value: getattr(value, "operation", None))
def test_the_next_pages_request_is_known_before_the_page_is_parsed(
    asked: Request, xml: str | None, token: str, serve: Callable[[Script], Aws]
) -> None:
    body = {token: "a&b<c"} if xml is None else xml.format(f"<{token}>a&amp;b&lt;c</{token}>")
    client = serve(lambda _: json_reply(body) if isinstance(body, dict) else Reply(body=body.encode()))
    early: list[Request] = []
    page = client.call(asked, early.append)
    assert page.next is not None
    assert page.next is early[0]
    assert page.next.token == ("a&b<c",)
    page_after = client.call(page.next, early.append)
    assert page_after.next is early[1]


def test_the_parsed_page_has_the_last_word(serve: Callable[[Script], Aws]) -> None:
    body = b"<DescribeVpcsResponse><vpcSet/><odd><nextToken>inner</nextToken></odd></DescribeVpcsResponse>"
    early: list[Request] = []
    page = serve(lambda _: Reply(body=body)).call(EC2, early.append)
    assert [request.token for request in early] == [("inner",)]
    assert page.next is None


def test_more_without_a_token_is_no_end(serve: Callable[[Script], Aws]) -> None:
    body = GOOD[QUERY].replace(b"false", b"true")
    with pytest.raises(MalformedAnswer, match="more"):
        serve(lambda _: Reply(body=body)).call(QUERY, lambda _: None)


def test_a_rows_paging_serves_where_botocore_has_none(serve: Callable[[Script], Aws]) -> None:
    asked = Request(
        "firehose",
        "ListDeliveryStreams",
        {},
        "1",
        "r",
        paging=Paging(("ExclusiveStartDeliveryStreamName",), ("DeliveryStreamNames[-1]",), "HasMoreDeliveryStreams"),
    )
    client = serve(lambda _: json_reply({"DeliveryStreamNames": ["a", "b"], "HasMoreDeliveryStreams": True}))
    page = client.call(asked, lambda _: None)
    assert page.next is not None
    assert page.next.token == ("b",)


# --- secrets and times ---


def test_what_the_model_marks_sensitive_never_leaves_the_call_layer(serve: Callable[[Script], Aws]) -> None:
    function = {"FunctionName": "f", "Environment": {"Variables": {"PASSWORD": "canary", "EMPTY": ""}}}
    page = serve(lambda _: json_reply({"Functions": [function]})).call(REST_JSON, lambda _: None)
    (read,) = page.answer["Functions"]
    assert read["Environment"]["Variables"] == {"PASSWORD": "[redacted]", "EMPTY": "[redacted]"}
    assert read["FunctionName"] == "f"
    assert "canary" not in str(page)


@pytest.mark.parametrize(
    ("raw", "text"),
    [
        ("2026-01-05T10:00:00Z", "2026-01-05T10:00:00Z"),
        ("2026-01-05T10:00:00.000Z", "2026-01-05T10:00:00Z"),
        ("2026-01-05T10:00:00.120Z", "2026-01-05T10:00:00.12Z"),
        ("2026-01-05T12:00:00+02:00", "2026-01-05T10:00:00Z"),
        ("Mon, 05 Jan 2026 10:00:00 GMT", "2026-01-05T10:00:00Z"),
        (1767607200, "2026-01-05T10:00:00Z"),
        (1767607200.5, "2026-01-05T10:00:00.5Z"),
        ("1767607200", "2026-01-05T10:00:00Z"),
        ("0001-01-01T00:00:00Z", "0001-01-01T00:00:00Z"),
        ("9999-12-31T23:59:59Z", "9999-12-31T23:59:59Z"),
        ("yesterday", "yesterday"),
        (1e40, "1e+40"),
    ],
)
def test_times_are_canonical_and_odd_ones_stay(raw: object, text: str) -> None:
    assert canonical_time(raw) == text


def test_clients_are_made_once_whoever_asks() -> None:
    routed = Aws(Settings())
    barrier = threading.Barrier(8)

    def ask(_: int) -> Any:
        barrier.wait(10)
        return routed._client("sqs")

    with ThreadPoolExecutor(8) as threads:
        assert len(set(map(id, threads.map(ask, range(8))))) == 1


def test_a_page_is_immutable() -> None:
    with pytest.raises(AttributeError):
        Page({}).next = None  # type: ignore[misc]
