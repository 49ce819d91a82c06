"""What can be wrong with an answer of the loopback AWS, byte by byte, as a client without an SDK sees it."""

from __future__ import annotations

import gzip
import http.client
import json
import socket
import ssl
from collections.abc import Iterator
from typing import NamedTuple

import botocore.session
import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from tests.loopback_aws import Estate, Fault, LoopbackAWS, access_key

ONE = "111111111111"
REGION = "eu-west-1"
PLAIN = Estate(regions=("us-east-1", REGION), items=5, page_size=2, latency=0, service_seconds=0)
TARGETS = {
    "dynamodb:ListTables": ("DynamoDB_20120810.ListTables", "TableNames", "ExclusiveStartTableName"),
    "ecs:ListClusters": ("AmazonEC2ContainerServiceV20141113.ListClusters", "clusterArns", "nextToken"),
}


@pytest.fixture(scope="module")
def server() -> Iterator[LoopbackAWS]:
    with LoopbackAWS(PLAIN) as running, running.patched():
        yield running


class Answer(NamedTuple):
    status: int
    headers: dict[str, str]
    body: bytes


class Client:
    """One connection to a JSON service, which sends signed requests and reads what comes, down to the last byte."""

    def __init__(self, server: LoopbackAWS, operation: str = "dynamodb:ListTables") -> None:
        self.service = operation.partition(":")[0]
        self.target, self.member, self.token = TARGETS[operation]
        self.host = f"{self.service}.{REGION}.amazonaws.com"
        plain = socket.create_connection((self.host, 443), timeout=5)
        self.socket = ssl.create_default_context(cafile=server.ca_bundle).wrap_socket(plain, server_hostname=self.host)

    def send(self, **parameters: object) -> None:
        body = json.dumps(parameters)
        headers = {"X-Amz-Target": self.target, "Content-Type": "application/x-amz-json-1.0", "Host": self.host}
        request = AWSRequest("POST", f"https://{self.host}/", headers, body)
        SigV4Auth(Credentials(access_key(ONE), "any"), self.service, REGION).add_auth(request)
        lines = [f"{name}: {value}" for name, value in {**request.headers, "Content-Length": len(body)}.items()]
        self.socket.sendall(("POST / HTTP/1.1\r\n" + "\r\n".join(lines) + "\r\n\r\n" + body).encode())

    def ask(self, **parameters: object) -> Answer:
        self.send(**parameters)
        answer = http.client.HTTPResponse(self.socket)
        try:
            answer.begin()
            return Answer(answer.status, dict(answer.getheaders()), answer.read())
        finally:
            answer.close()

    def everything(self, times: int, body: bytes) -> bytes:
        """What comes until `body` has come so many times."""
        data = b""
        while data.count(body) < times:
            data += self.socket.recv(10_000)
        return data

    def __enter__(self) -> Client:
        return self

    def __exit__(self, *_: object) -> None:
        self.socket.close()


def faulty(server: LoopbackAWS, *faults: Fault) -> LoopbackAWS:
    server.reset(Estate(**{**vars(PLAIN), "faults": faults}))
    return server


def whole(server: LoopbackAWS, operation: str = "dynamodb:ListTables") -> bytes:
    """The first page, as it is without a fault."""
    with Client(faulty(server), operation) as client:
        return client.ask().body


def test_a_page_has_no_more_items_than_the_estate_says(server: LoopbackAWS) -> None:
    sizes, parameters = [], {}
    with Client(faulty(server)) as client:
        while True:
            page = json.loads(client.ask(Limit=100, **parameters).body)
            sizes.append(len(page["TableNames"]))
            if "LastEvaluatedTableName" not in page:
                break
            parameters = {"ExclusiveStartTableName": page["LastEvaluatedTableName"]}
    assert sizes == [2, 2, 1]


@pytest.mark.parametrize(("at", "kept"), [(0, slice(None, None)), (7, slice(7)), (-3, slice(-3))])
def test_a_body_can_be_cut_after_so_many_bytes_or_before_its_last(server: LoopbackAWS, at: int, kept: slice) -> None:
    body = whole(server)
    expected = body[: len(body) // 2] if at == 0 else body[kept]
    with Client(faulty(server, Fault("short", at=at))) as client:
        answer = client.ask()
        assert (answer.body, answer.headers["Content-Length"]) == (expected, str(len(expected)))
    with Client(faulty(server, Fault("unsized", at=at))) as client:
        answer = client.ask()
        assert (answer.body, answer.headers.get("Content-Length")) == (expected, None)
    with Client(faulty(server, Fault("surplus", at=at))) as client:
        client.send()
        top, _, came = client.everything(1, body).partition(b"\r\n\r\n")
        assert (came, f"Content-Length: {len(expected)}".encode() in top) == (body, True)
    with Client(faulty(server, Fault("truncate", at=at))) as client:
        with pytest.raises(http.client.IncompleteRead) as cut:
            client.ask()
        assert cut.value.partial == expected


def test_chunks_are_whole_or_cut(server: LoopbackAWS) -> None:
    body = whole(server)
    with Client(faulty(server, Fault("chunked", at=len(body)))) as client:
        answer = client.ask()
        assert (answer.body, answer.headers["Transfer-Encoding"]) == (body, "chunked")
        assert json.loads(client.ask().body)  # the connection goes on
    with Client(faulty(server, Fault("chunked", at=9))) as client, pytest.raises(http.client.IncompleteRead) as cut:
        client.ask()
    assert cut.value.partial == body[:9]


def test_a_body_in_gzip_says_so(server: LoopbackAWS) -> None:
    body = whole(server)
    with Client(faulty(server, Fault("gzip", at=10**6))) as client:
        answer = client.ask()
        assert (gzip.decompress(answer.body), answer.headers["Content-Encoding"]) == (body, "gzip")
    with Client(faulty(server, Fault("gzip"))) as client, pytest.raises(EOFError):
        gzip.decompress(client.ask().body)


@pytest.mark.parametrize(
    ("fault", "expected"),
    [
        (Fault("body", status=503, body="\xff!"), lambda body: b"\xff!"),
        (Fault("prefix", body="\xef\xbb\xbf"), lambda body: b"\xef\xbb\xbf" + body),
        (Fault("suffix", body="}"), lambda body: body + b"}"),
        (Fault("utf-16"), lambda body: body.decode().encode("utf-16-le")),
        (Fault("bare"), lambda body: b"{}"),
    ],
    ids=lambda one: one.kind if isinstance(one, Fault) else "",
)
def test_a_body_can_be_another(server: LoopbackAWS, fault: Fault, expected: object) -> None:
    body = whole(server)
    with Client(faulty(server, fault)) as client:
        answer = client.ask()
        assert answer.status == (503 if fault.kind == "body" else 200)
        assert answer.headers["Content-Type"] == "application/x-amz-json-1.0"
        assert answer.body == expected(body)  # type: ignore[operator]


def test_an_answer_can_be_another_operations(server: LoopbackAWS) -> None:
    with Client(faulty(server, Fault("other", code="ListServices")), "ecs:ListClusters") as client:
        assert json.loads(client.ask().body).keys() == {"serviceArns", "nextToken"}


def test_a_page_can_be_the_first_again_with_its_token(server: LoopbackAWS) -> None:
    with Client(faulty(server, Fault("again", page=2))) as client:
        pages = [client.ask().body]
        for _ in range(3):
            last = json.loads(pages[-1])["LastEvaluatedTableName"]
            pages.append(client.ask(ExclusiveStartTableName=last).body)
    assert pages[2] == pages[0]
    assert pages[3] == pages[1] != pages[0]


def test_a_hollow_page_has_no_items_and_nothing_is_lost(server: LoopbackAWS) -> None:
    with Client(faulty(server, Fault("hollow", page=1))) as client:
        first = json.loads(client.ask().body)
        hollow = json.loads(client.ask(ExclusiveStartTableName=first["LastEvaluatedTableName"]).body)
        second = json.loads(client.ask(ExclusiveStartTableName=hollow["LastEvaluatedTableName"]).body)
    assert hollow["TableNames"] == []
    assert hollow["LastEvaluatedTableName"] != first["LastEvaluatedTableName"]
    with Client(faulty(server)) as client:
        client.ask()
        again = json.loads(client.ask(ExclusiveStartTableName=first["LastEvaluatedTableName"]).body)
    assert second["TableNames"] == again["TableNames"]


def test_an_answer_can_come_twice(server: LoopbackAWS) -> None:
    body = whole(server)
    with Client(faulty(server, Fault("twice", times=1))) as client:
        client.send()
        assert client.everything(2, body).count(b"HTTP/1.1 200 OK") == 2


def test_the_log_says_which_fault_it_was_and_where_a_call_arrived(server: LoopbackAWS) -> None:
    with Client(faulty(server, Fault("null", page=5), Fault("bare"))) as client:
        client.ask()
    (entry,) = server.log()
    assert (entry["fault"], entry["fault_number"], entry["arrived"], entry["signed"]) == ("bare", 1, REGION, REGION)


@pytest.mark.parametrize("protocol", ["ec2", "query", "rest-xml"])
def test_a_bare_answer_is_one_to_the_sdks_parser(server: LoopbackAWS, protocol: str) -> None:
    service, method, member = {
        "ec2": ("ec2", "describe_vpcs", "Vpcs"),
        "query": ("sns", "list_topics", "Topics"),
        "rest-xml": ("s3", "list_buckets", "Buckets"),
    }[protocol]
    keys = {"aws_access_key_id": access_key(ONE), "aws_secret_access_key": "any"}
    faulty(server)
    client = botocore.session.Session().create_client(service, REGION, verify=server.ca_bundle, **keys)
    try:
        assert member in getattr(client, method)()
        faulty(server, Fault("bare"))
        assert member not in getattr(client, method)()
    finally:
        client.close()
