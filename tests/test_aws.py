"""The call layer: where a request goes, who signs it, and what counts as an answer."""

from __future__ import annotations

import re
import socket
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import botocore.session
import pytest
from botocore import xform_name
from botocore.config import Config
from botocore.credentials import Credentials, RefreshableCredentials
from botocore.exceptions import ClientError, EndpointConnectionError, ReadTimeoutError
from botocore.loaders import Loader

from stocktake import aws as aws_module
from stocktake.aws import Aws, canonical_time, new_session
from stocktake.catalog import CATALOG
from stocktake.catalog.spec import From, Paging, Scope
from stocktake.discover import MANAGEMENT_HOME
from stocktake.errors import (
    ClockSkew,
    CredentialsError,
    MalformedAnswer,
    NoSuchEndpoint,
    Renewed,
    TookTooLong,
    UsageError,
    WrongTarget,
    classify,
)
from stocktake.model import Page, ReasonCode, Request
from stocktake.settings import Inventory, Settings
from tests.loopback import Call, Loopback, Reply, Script, json_reply
from tests.loopback_aws import Estate, Fault, LoopbackAWS

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


MODELS = Loader()
"""The SDK's models, read once for all tests of every service."""


def capturing(monkeypatch: pytest.MonkeyPatch) -> tuple[Aws, Capture]:
    capture = Capture()
    monkeypatch.setattr(aws_module, "_SharedHTTP", lambda **_: capture)
    core = new_session()
    core.register_component("data_loader", MODELS)
    return Aws(Settings(), core), capture


def calls_of_catalogue() -> list[tuple[str, str, dict[str, Any]]]:
    """Every call of every row with stand-ins for what it takes from items."""
    found: list[tuple[str, str, dict[str, Any]]] = [
        ("sts", "GetCallerIdentity", {}),
        ("sts", "AssumeRole", {"RoleArn": "arn:aws:iam::111111111111:role/x", "RoleSessionName": "xx"}),
        ("organizations", "ListAccounts", {}),
        ("account", "ListRegions", {}),
        ("ec2", "DescribeRegions", {}),
    ]
    for row in CATALOG.values():
        for call in row.every_call():
            parameters = filled(call.parameters)
            if call.batch:
                parameters[call.batch.parameter] = ["a-name"]
            if "QueueUrl" in parameters:
                parameters["QueueUrl"] = "https://sqs.us-east-1.amazonaws.com/111111111111/a-name"
            found.append((row.service_of(call), call.operation, parameters))
    return found


def filled(value: Any) -> Any:
    """Parameters with a name wherever something of an item would stand."""
    if isinstance(value, From):
        return "a-name-long-enough-for-all"
    if isinstance(value, Mapping):
        return {name: filled(inner) for name, inner in value.items()}
    return [filled(inner) for inner in value] if isinstance(value, list) else value


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
    core.register_component("data_loader", MODELS)
    ordinary: dict[str, tuple[Any, Capture]] = {}
    for service, operation, parameters in calls_of_catalogue():
        if service in ("account", "organizations") and region not in MANAGEMENT_HOME.values():
            continue  # global services, only ever called in their partition's home
        for name in {"StreamARN", "ResourceARN"}.intersection(parameters if service == "kinesis" else ()):
            stream = f"arn:{core.get_partition_for_region(region)}:kinesis:{region}:111111111111:stream/a-name"
            parameters[name] = stream  # from which the host follows
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


def test_the_regions_that_the_sdk_knows_are_those_of_its_public_list_without_its_largest_model() -> None:
    core = botocore.session.Session()
    assert Aws(Settings()).known_regions() == {
        partition: tuple(sorted(core.get_available_regions("ec2", partition)))
        for partition in core.get_available_partitions()
    }


@pytest.mark.parametrize("region", REGIONS)
def test_a_connection_ahead_leads_where_the_first_call_goes(region: str, monkeypatch: pytest.MonkeyPatch) -> None:
    aws, saw = capturing(monkeypatch)
    connected: list[str] = []
    monkeypatch.setattr(Capture, "connect", lambda _, url: connected.append(url), raising=False)
    guessed = set()
    for row in CATALOG.values():
        if row.scope is Scope.REGIONAL and not row.calls[0].service:
            connected.clear()
            aws.connect(row.service, region)
            first = row.calls[0]
            request = Request(row.service, first.operation, filled(first.parameters), "111111111111", region)
            with pytest.raises(NotSentError):
                aws.call(request, lambda _: None)
            assert saw.seen is not None
            assert [urlsplit(url)[:2] for url in connected] in ([], [urlsplit(saw.seen[0])[:2]]), row.name
            guessed.update(row.service for _ in connected)
    assert guessed >= {"ec2", "lambda", "rds", "sqs", "dynamodb"}


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("AWS_ENDPOINT_URL", "http://localhost:4566"),
        ("AWS_ENDPOINT_URL_EC2", "http://localhost:4566"),
        ("AWS_USE_FIPS_ENDPOINT", "true"),
        ("AWS_USE_DUALSTACK_ENDPOINT", "true"),
    ],
)
def test_where_endpoints_are_not_the_ordinary_ones_none_is_guessed(
    name: str, value: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(name, value)
    aws, _ = capturing(monkeypatch)
    connected: list[str] = []
    monkeypatch.setattr(Capture, "connect", lambda _, url: connected.append(url), raising=False)
    aws.connect("ec2", "eu-west-1")
    assert connected == []


def test_a_profile_with_endpoints_of_its_own_is_not_guessed_at(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    config = tmp_path / "config"
    config.write_text("[default]\nendpoint_url = http://localhost:4566\n")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(config))
    aws, _ = capturing(monkeypatch)
    aws.connect("ec2", "eu-west-1")  # a capture has no `connect`: it would raise


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


@pytest.mark.parametrize(
    ("endpoint", "host"),
    [
        # An emulator has one name, and goes by the path and by the header that says the account.
        ("http://127.0.0.1:1", "127.0.0.1:1"),
        ("http://localhost:4566", "localhost:4566"),
        # AWS's own has one for each account (S3 user guide, "AWS PrivateLink for Amazon S3").
        (
            "https://control.vpce-1.s3.eu-west-1.vpce.amazonaws.com",
            "111111111111.control.vpce-1.s3.eu-west-1.vpce.amazonaws.com",
        ),
    ],
)
def test_what_names_the_account_in_its_host_reaches_a_custom_endpoint_too(
    monkeypatch: pytest.MonkeyPatch, endpoint: str, host: str
) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", endpoint)
    routed, saw = capturing(monkeypatch)
    asked = Request("s3control", "GetPublicAccessBlock", {"AccountId": "111111111111"}, "1", "eu-west-1")
    with pytest.raises(NotSentError):
        routed.call(asked, lambda _: None)
    assert saw.seen is not None
    assert saw.seen[0] == f"{endpoint.partition('//')[0]}//{host}/v20180820/configuration/publicAccessBlock"


def test_at_an_emulator_nothing_stands_before_the_host(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:1")
    routed, saw = capturing(monkeypatch)
    for service, operation, parameters in calls_of_catalogue():
        saw.seen = None
        with pytest.raises(NotSentError):
            routed.call(Request(service, operation, parameters, "1", "eu-west-1"), lambda _: None)
        assert saw.seen, operation
        assert saw.seen[0].startswith("http://127.0.0.1:1/"), operation


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


class _Provider:
    """The environment's credentials, which are others each time they are looked up."""

    def __init__(self, keys: list[str]) -> None:
        self.keys = keys

    def load_credentials(self) -> Credentials:
        return Credentials(self.keys.pop(0), "secret", "token")


@pytest.fixture
def expiring(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., tuple[Aws, list[str]]]]:
    """A call layer with these keys one after the other, on a server that takes only the last; the keys that it saw."""
    with ExitStack() as stack:

        def start(*keys: str, good: str) -> tuple[Aws, list[str]]:
            seen: list[str] = []

            def script(call: Call) -> Reply:
                seen.append(call.key)
                if call.key == good:
                    return Reply(body=GOOD[EC2])
                error = b"<Error><Code>ExpiredToken</Code><Message>late</Message></Error>"
                return Reply(400, b"<Response><Errors>" + error + b"</Errors></Response>")

            server = stack.enter_context(Loopback(script))
            monkeypatch.setenv("AWS_ENDPOINT_URL", server.url)
            aws = Aws(Settings())
            provider = _Provider(list(keys))
            aws._core.register_component("credential_provider", provider)
            aws._credentials = provider.load_credentials()
            return aws, seen

        yield start


def test_expired_credentials_are_looked_up_again_and_the_call_may_be_made_again(
    expiring: Callable[..., tuple[Aws, list[str]]],
) -> None:
    aws, seen = expiring("OLD", "NEW", good="NEW")
    with pytest.raises(Renewed) as raised:
        aws.call(EC2, lambda _: None)
    assert classify(raised.value).retry
    assert aws.call(EC2, lambda _: None).answer
    assert seen == ["OLD", "NEW"]


def test_where_there_are_no_others_expired_credentials_are_the_end(
    expiring: Callable[..., tuple[Aws, list[str]]],
) -> None:
    aws, seen = expiring("OLD", "OLD", good="NEW")
    for _ in range(2):
        with pytest.raises(CredentialsError, match="ExpiredToken") as raised:
            aws.call(EC2, lambda _: None)
        problem = classify(raised.value)
        assert (problem.reason.code, problem.retry, problem.account) == (ReasonCode.AUTH, False, True)
    assert seen == ["OLD"] * 3  # the second is to see whether they are refused everywhere


def test_many_calls_that_find_the_same_credentials_expired_look_them_up_once(
    expiring: Callable[..., tuple[Aws, list[str]]],
) -> None:
    aws, _ = expiring("OLD", "NEW", good="NEW")

    def call(_: int) -> str:
        try:
            return "there" if aws.call(EC2, lambda _: None).answer else "nothing"
        except Renewed:
            return "renewed"

    with ThreadPoolExecutor(8) as pool:
        assert set(pool.map(call, range(8))) <= {"there", "renewed"}
    assert call(0) == "there"


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


@pytest.mark.parametrize(
    "body", [b"", b"\x80", b"\xf6", b"{}", HTML], ids=["nothing", "a list", "null", "JSON", "HTML"]
)
def test_what_is_no_cbor_map_is_refused(body: bytes, serve: Callable[[Script], Aws]) -> None:
    asked = Request("cloudwatchomni", "ListViews", {}, "1", "eu-west-1")
    reply = Reply(body=body, headers={"smithy-protocol": "rpc-v2-cbor", "Content-Type": "application/cbor"})
    with pytest.raises(MalformedAnswer, match="ListViews"):
        serve(lambda _: reply).call(asked, lambda _: None)


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


def test_tags_of_hosted_zones_are_asked_for_by_the_bare_ids_of_zones(serve: Callable[[Script], Aws]) -> None:
    """That is what Route 53 takes (API reference, ListTagsForResources), though it lists them otherwise."""
    sent: list[bytes] = []

    def script(call: Any) -> Reply:
        sent.append(call.body)
        body = b"<ResourceTagSets><ResourceTagSet><ResourceId>Z1</ResourceId><Tags/></ResourceTagSet></ResourceTagSets>"
        return Reply(body=b"<ListTagsForResourcesResponse>" + body + b"</ListTagsForResourcesResponse>")

    asked = {"ResourceType": "hostedzone", "ResourceIds": ["/hostedzone/Z1", "Z2"]}
    page = serve(script).call(Request("route53", "ListTagsForResources", asked, "1", "us-east-1"), lambda _: None)
    assert re.findall(rb"<ResourceId>([^<]+)</ResourceId>", sent[0]) == [b"Z1", b"Z2"]
    assert asked["ResourceIds"] == ["/hostedzone/Z1", "Z2"]
    assert page.answer["ResourceTagSets"] == [{"ResourceId": "Z1", "Tags": []}]


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


# --- several accounts ---

OWN, FIRST, SECOND = "123456789012", "111111111111", "222222222222"
SEVERAL = Settings(inventory=Inventory(accounts=("*",)))


class Sts:
    """A script: AWS STS and one EC2. Each account's key is its number; `refuse` may answer an AssumeRole otherwise.

    minutes  how long credentials last, the first time and after that
    """

    def __init__(self, refuse: Callable[[str], Reply | None] = lambda _: None, minutes: tuple[float, ...] = (60,)):
        self._refuse = refuse
        self._minutes = minutes
        self.assumed: list[dict[str, str]] = []

    def __call__(self, call: Call) -> Reply:
        if call.operation == "GetCallerIdentity":
            return Reply(body=f"{IDENTITY_BEGIN}{self.owner(call.key)}{IDENTITY_END}".encode())
        if call.operation != "AssumeRole":
            return Reply(body=GOOD[EC2].replace(b"vpc-1", call.key.encode()))
        asked = {name: value for name, (value,) in parse_qs(call.body.decode()).items()}
        self.assumed.append(asked | {"key": call.key, "region": call.region})
        account = asked["RoleArn"].split(":")[4]
        return self._refuse(account) or self.credentials(account)

    def credentials(self, account: str, of: str = "") -> Reply:
        """Those for an account; in a role of the account `of`."""
        minutes = self._minutes[min(len(self.assumed), len(self._minutes)) - 1]
        expiration = datetime.now(UTC) + timedelta(minutes=minutes)
        key = f"ASIA{account}N{len(self.of(account))}"
        return Reply(
            body=f"<AssumeRoleResponse><AssumeRoleResult><AssumedRoleUser><AssumedRoleId>A:x</AssumedRoleId>"
            f"<Arn>arn:aws:sts::{of or account}:assumed-role/stocktake-reader/x</Arn></AssumedRoleUser>"
            f"<Credentials><AccessKeyId>{key}</AccessKeyId><SecretAccessKey>secret-{account}</SecretAccessKey>"
            f"<SessionToken>token-{account}</SessionToken><Expiration>{expiration:%Y-%m-%dT%H:%M:%SZ}</Expiration>"
            f"</Credentials></AssumeRoleResult></AssumeRoleResponse>".encode()
        )

    def of(self, account: str) -> list[dict[str, str]]:
        """The times that an account's role was assumed."""
        return [asked for asked in self.assumed if f"::{account}:" in asked["RoleArn"]]

    @staticmethod
    def owner(key: str) -> str:
        return OWN if key == "AKIDTEST" else key[4:16]


IDENTITY_BEGIN = "<GetCallerIdentityResponse><GetCallerIdentityResult><Account>"
IDENTITY_END = "</Account></GetCallerIdentityResult></GetCallerIdentityResponse>"
STS_ERROR = "<ErrorResponse><Error><Code>{}</Code><Message>{}</Message></Error></ErrorResponse>"


def refusing(code: str, status: int = 403, message: str = "not authorized") -> Callable[[str], Reply]:
    return lambda _: Reply(status, STS_ERROR.format(code, message).encode())


@pytest.fixture
def entering(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., Aws]]:
    """Starts a server with a script, and gives an Aws that has asked who it is."""
    with ExitStack() as opened:

        def start(sts: Sts, settings: Settings = SEVERAL) -> Aws:
            server = opened.enter_context(Loopback(sts))
            monkeypatch.setenv("AWS_ENDPOINT_URL", server.url)
            routed = Aws(settings)
            assert identity(routed, "") == OWN
            return routed

        yield start


def identity(routed: Aws, account: str) -> str:
    page = routed.call(Request("sts", "GetCallerIdentity", {}, account, "us-east-1"), lambda _: None)
    return str(page.answer["Account"])


def key_of(routed: Aws, account: str, region: str = "eu-west-1") -> str:
    """The key that a call for an account is signed with, as the server sees it."""
    page = routed.call(Request("ec2", "DescribeVpcs", {}, account, region), lambda _: None)
    return str(page.answer["Vpcs"][0]["VpcId"])


def test_each_account_is_called_with_its_own_credentials(entering: Callable[..., Aws]) -> None:
    sts = Sts()
    routed = entering(sts)
    accounts = [(OWN, FIRST, SECOND)[number % 3] for number in range(120)]
    with ThreadPoolExecutor(16) as threads:
        keys = list(threads.map(lambda account: key_of(routed, account), accounts))
        owners = list(threads.map(lambda account: identity(routed, account), accounts))
    assert [Sts.owner(key) for key in keys] == owners == accounts
    assert key_of(routed, "") == "AKIDTEST"
    assert sorted(asked["RoleArn"] for asked in sts.assumed) == [
        f"arn:aws:iam::{account}:role/stocktake-reader" for account in (FIRST, SECOND)
    ]


def test_a_role_is_assumed_with_our_own_key_in_the_partitions_home(entering: Callable[..., Aws]) -> None:
    sts = Sts()
    settings = replace(
        SEVERAL, role="audit/reader", external_id="x-1", scheduled=datetime(2026, 11, 22, 13, tzinfo=UTC)
    )
    key_of(entering(sts, settings), FIRST)
    (asked,) = sts.assumed
    assert asked == {
        "Action": "AssumeRole",
        "Version": "2011-06-15",
        "RoleArn": f"arn:aws:iam::{FIRST}:role/audit/reader",
        "RoleSessionName": "stocktake-20261122T130000Z",
        "DurationSeconds": "3600",
        "ExternalId": "x-1",
        "key": "AKIDTEST",
        "region": "us-east-1",
    }


def test_an_external_id_is_not_said_where_there_is_none(entering: Callable[..., Aws]) -> None:
    sts = Sts()
    key_of(entering(sts), FIRST)
    (asked,) = sts.assumed
    assert "ExternalId" not in asked
    assert re.fullmatch(r"stocktake-\d{8}T\d{6}Z", asked["RoleSessionName"])


def test_where_no_accounts_are_asked_for_no_role_is_assumed(entering: Callable[..., Aws]) -> None:
    sts = Sts()
    routed = entering(sts, Settings())
    assert {key_of(routed, account) for account in (OWN, "", FIRST)} == {"AKIDTEST"}
    assert sts.assumed == []


def test_credentials_are_asked_for_once_however_many_wait_for_them(entering: Callable[..., Aws]) -> None:
    together = threading.Barrier(8)

    def slowly(_: str) -> None:
        time.sleep(0.2)

    sts = Sts(slowly)
    routed = entering(sts)

    def ask(_: int) -> str:
        together.wait(10)
        return key_of(routed, FIRST)

    with ThreadPoolExecutor(8) as threads:
        assert set(threads.map(ask, range(8))) == {f"ASIA{FIRST}N1"}
    assert len(sts.assumed) == 1


def test_an_account_that_is_slow_to_enter_does_not_hold_up_the_others(entering: Callable[..., Aws]) -> None:
    others_are_in = threading.Event()

    def wait(account: str) -> None:
        if account == FIRST:
            assert others_are_in.wait(10)

    routed = entering(Sts(wait))
    with ThreadPoolExecutor(4) as threads:
        slow = threads.submit(key_of, routed, FIRST)
        assert Sts.owner(threads.submit(key_of, routed, SECOND).result(5)) == SECOND
        assert threads.submit(key_of, routed, OWN).result(5) == "AKIDTEST"
        others_are_in.set()
        assert Sts.owner(slow.result(10)) == FIRST


def test_credentials_are_renewed_before_they_expire(entering: Callable[..., Aws]) -> None:
    sts = Sts(minutes=(5, 60))
    routed = entering(sts)
    keys = [key_of(routed, FIRST) for _ in range(3)]
    assert keys == [f"ASIA{FIRST}N2"] * 3
    assert len(sts.assumed) == 2


def test_where_they_cannot_be_renewed_those_there_are_serve_as_long_as_they_last(entering: Callable[..., Aws]) -> None:
    refusals = iter([None, *[refusing("AccessDenied")(FIRST)] * 9])
    sts = Sts(lambda _: next(refusals), minutes=(12,))  # botocore renews 15 minutes before, and must 10 before
    routed = entering(sts)
    assert [key_of(routed, FIRST) for _ in range(3)] == [f"ASIA{FIRST}N1"] * 3
    assert len(sts.assumed) == 2


def test_a_refused_role_is_asked_for_once_and_said_to_every_call(entering: Callable[..., Aws]) -> None:
    sts = Sts(lambda account: refusing("AccessDenied")(account) if account == FIRST else None)
    routed = entering(sts)
    for _ in range(5):
        with pytest.raises(ClientError) as refused:
            key_of(routed, FIRST)
        problem = classify(refused.value)
        assert (problem.state, problem.reason.code) == ("denied", "iam")
        assert problem.reason.message == "AssumeRole: AccessDenied: not authorized"
    assert len(sts.of(FIRST)) == 1
    assert Sts.owner(key_of(routed, SECOND)) == SECOND
    assert key_of(routed, OWN) == "AKIDTEST"


def test_what_may_succeed_later_is_tried_as_often_as_any_call_and_no_more(entering: Callable[..., Aws]) -> None:
    sts = Sts(refusing("Throttling", 400, "Rate exceeded"))
    routed = entering(sts, replace(SEVERAL, attempts=3))
    for _ in range(6):
        with pytest.raises(ClientError) as refused:
            key_of(routed, FIRST)
        assert classify(refused.value).throttled
    assert len(sts.assumed) == 3


def test_after_a_throttle_the_role_is_assumed_all_the_same(entering: Callable[..., Aws]) -> None:
    answers = iter([refusing("Throttling", 400)(FIRST), None])
    routed = entering(Sts(lambda _: next(answers)))
    with pytest.raises(ClientError):
        key_of(routed, FIRST)
    assert Sts.owner(key_of(routed, FIRST)) == FIRST


def test_credentials_of_another_account_are_refused(entering: Callable[..., Aws]) -> None:
    sts = Sts(lambda account: sts.credentials(account, of=SECOND))
    routed = entering(sts)
    for _ in range(2):
        with pytest.raises(WrongTarget, match=f"{SECOND}.* not in account {FIRST}"):
            key_of(routed, FIRST)
    assert len(sts.assumed) == 1


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<AssumeRoleResponse/>",
        b"<AssumeRoleResponse><AssumeRoleResult>",
        b"<AssumeRoleResponse><AssumeRoleResult></AssumeRoleResult></AssumeRoleResponse>",
        f"<AssumeRoleResponse><AssumeRoleResult><AssumedRoleUser><Arn>arn:aws:sts::{FIRST}:assumed-role/r/s</Arn>"
        "</AssumedRoleUser></AssumeRoleResult></AssumeRoleResponse>".encode(),
    ],
)
def test_an_answer_without_credentials_is_no_way_in(body: bytes, entering: Callable[..., Aws]) -> None:
    routed = entering(Sts(lambda _: Reply(body=body)))
    with pytest.raises(MalformedAnswer, match="AssumeRole"):
        key_of(routed, FIRST)


# --- large answers ---


def volumes(number: int) -> bytes:
    items = "".join(f"<item><volumeId>vol-{one:08}</volumeId></item>" for one in range(number))
    return f"<DescribeVolumesResponse><volumeSet>{items}</volumeSet></DescribeVolumesResponse>".encode()


MANY = 2 * aws_module.LARGE_BYTES // 50


def test_large_answers_are_read_a_few_at_a_time_and_more_is_not_asked_for_meanwhile(
    serve: Callable[..., Aws], monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = Request("ec2", "DescribeVolumes", {}, "1", "eu-west-1")
    body = volumes(MANY)
    aws = serve(lambda _: Reply(body=body))
    monkeypatch.setattr(aws_module, "WAITING_BYTES", 2 * len(body))
    reading, most, room = 0, 0, []
    lock, go_on = threading.Lock(), threading.Event()
    real = aws_module._Operation.inspect

    def slowly(facts: Any, answer: bytes) -> Any:
        nonlocal reading, most
        with lock:
            reading += 1
            most = max(most, reading)
        go_on.wait(10)
        with lock:
            reading -= 1
        return real(facts, answer)

    monkeypatch.setattr(aws_module._Operation, "inspect", slowly)
    with ThreadPoolExecutor(6) as pool:
        calls = [pool.submit(aws.call, asked, lambda _: None) for _ in range(6)]
        for _ in range(5000):
            if aws._desk.waiting == (6 - aws_module.PLACES) * len(body):
                break
            time.sleep(0.001)
        room.append(aws.has_room())
        go_on.set()
        pages = [call.result() for call in calls]
    assert [len(page.answer["Volumes"]) for page in pages] == [MANY] * 6
    assert most == aws_module.PLACES
    assert [*room, aws.has_room()] == [False, True]


def test_a_large_answer_that_is_refused_leaves_its_place(serve: Callable[..., Aws]) -> None:
    asked = Request("ec2", "DescribeVolumes", {}, "1", "eu-west-1")
    bodies = iter([volumes(MANY).replace(b"Volumes", b"Other")] * 2 * aws_module.PLACES + [volumes(MANY)])
    aws = serve(lambda _: Reply(body=next(bodies)))
    for _ in range(2 * aws_module.PLACES):
        with pytest.raises(MalformedAnswer):
            aws.call(asked, lambda _: None)
    assert len(aws.call(asked, lambda _: None).answer["Volumes"]) == MANY


# --- names that do not exist ---


@pytest.fixture
def names(monkeypatch: pytest.MonkeyPatch) -> dict[str, int]:
    """What the name service says of a host: an error number; of others, that it is temporarily lost for words."""
    said: dict[str, int] = {}

    def resolve(host: Any, *_: Any, **__: Any) -> list[Any]:
        number = said.get(str(host), socket.EAI_AGAIN)
        if number:
            raise socket.gaierror(number, "no")
        return []

    monkeypatch.setattr(socket, "getaddrinfo", resolve)
    return said


HOST, NEIGHBOUR = "sqs.eu-west-9.amazonaws.com", "ec2.eu-west-9.amazonaws.com"


@pytest.mark.parametrize(
    ("service", "host", "neighbour", "code"),
    [
        (socket.EAI_NONAME, HOST, 0, ReasonCode.NOT_OFFERED),
        (socket.EAI_NONAME, HOST, socket.EAI_NONAME, ReasonCode.NETWORK),
        (socket.EAI_NONAME, HOST, socket.EAI_AGAIN, ReasonCode.NETWORK),
        (socket.EAI_AGAIN, HOST, 0, ReasonCode.NETWORK),
    ],
    ids=["not offered", "no region", "no network", "no answer"],
)
def test_a_service_is_not_offered_only_where_its_name_does_not_exist_and_its_neighbours_does(
    service: int, host: str, neighbour: int, code: ReasonCode, names: dict[str, int]
) -> None:
    names.update({host: service, NEIGHBOUR: neighbour})
    request = Request("sqs", "ListQueues", {}, "1", "eu-west-9")
    with pytest.raises((EndpointConnectionError, NoSuchEndpoint)) as raised:
        Aws(Settings()).call(request, lambda _: None)
    problem = classify(raised.value)
    assert problem.reason.code is code
    assert problem.retry is (code is ReasonCode.NETWORK)


def test_a_service_that_the_sdk_knows_in_a_region_is_offered_there_whatever_its_name_says(
    names: dict[str, int],
) -> None:
    names.update({"sqs.eu-west-1.amazonaws.com": socket.EAI_NONAME, "ec2.eu-west-1.amazonaws.com": 0})
    with pytest.raises(EndpointConnectionError):
        Aws(Settings()).call(Request("sqs", "ListQueues", {}, "1", "eu-west-1"), lambda _: None)


# Calls that take too long, and clocks.


def test_a_call_that_drips_is_given_up_from_another_thread_and_may_be_made_again(tmp_path: Path) -> None:
    estate = Estate(regions=("us-east-1",), items=5, latency=0, faults=(Fault("drip", times=1, seconds=60),))
    with LoopbackAWS(estate) as server, pytest.MonkeyPatch.context() as patch, server.patched():
        for name, value in server.environment().items():
            patch.setenv(name, value)
        aws = Aws(Settings(read_timeout=20))
        asked = Request("ec2", "DescribeVpcs", {}, "", "us-east-1")
        with ThreadPoolExecutor(1) as pool:
            called = pool.submit(aws.call, asked, lambda _: None)
            while not server.counts()["calls"]:
                pass
            while not called.done():  # until the connection is known, there is nothing to give up
                aws.give_up(asked)
            with pytest.raises(TookTooLong, match="DescribeVpcs"):
                called.result()
        problem = classify(called.exception() or Exception())
        assert (problem.reason.code, problem.retry) == (ReasonCode.TIMEOUT, True)
        assert aws.call(asked, lambda _: None).answer["Vpcs"]
        aws.give_up(asked)


@pytest.mark.parametrize(
    ("seconds", "code", "says"),
    [
        (3600, "RequestTimeTooSkewed", r"our clock is 3,\d\d\d s ahead of AWS's"),
        (-3600, "SignatureDoesNotMatch", r"our clock is 3,\d\d\d s behind AWS's"),
        (7200, "RequestExpired", "ahead of"),
    ],
)
def test_a_clock_that_is_wrong_is_said_to_be_and_by_how_much(
    seconds: int, code: str, says: str, serve: Callable[[Script], Aws]
) -> None:
    seen: list[Call] = []

    def script(call: Call) -> Reply:
        seen.append(call)
        text = "Signature expired: 20261122T120000Z is now earlier than it should be"
        error = f"<Error><Code>{code}</Code><Message>{text}</Message></Error>".encode()
        date = format_datetime(datetime.now(UTC) - timedelta(seconds=seconds), usegmt=True)
        return Reply(403, b"<Response><Errors>" + error + b"</Errors></Response>", {"Date": date})

    with pytest.raises(ClockSkew, match=says) as raised:
        serve(script).call(EC2, lambda _: None)
    problem = classify(raised.value)
    assert (problem.reason.code, problem.retry, problem.account) == (ReasonCode.CLOCK_SKEW, False, True)
    assert len(seen) == 1


def test_one_services_odd_word_about_clocks_is_not_taken_for_ours(serve: Callable[[Script], Aws]) -> None:
    def script(call: Call) -> Reply:
        if call.operation == "GetCallerIdentity":
            return Reply(
                body=b"<GetCallerIdentityResponse><GetCallerIdentityResult><Account>1</Account>"
                b"</GetCallerIdentityResult></GetCallerIdentityResponse>"
            )
        error = b"<Error><Code>RequestTimeTooSkewed</Code><Message>late</Message></Error>"
        return Reply(403, b"<Response><Errors>" + error + b"</Errors></Response>")

    with pytest.raises(ClientError) as raised:
        serve(script).call(EC2, lambda _: None)
    problem = classify(raised.value)
    assert (problem.reason.code, problem.account) == (ReasonCode.CLOCK_SKEW, False)
