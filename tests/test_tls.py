"""Whom the shared session talks to: servers that certificates of our own vouch for, and the environment's proxy."""

from __future__ import annotations

import ssl
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import trustme
from botocore.exceptions import SSLError

from stocktake.aws import Aws
from stocktake.model import Request
from stocktake.settings import Settings
from tests.loopback import Call, Loopback, Reply

ASKED = Request("ec2", "DescribeVpcs", {}, "1", "eu-west-1")
ANSWER = Reply(body=b"<DescribeVpcsResponse><vpcSet/></DescribeVpcsResponse>")


@pytest.fixture
def opened() -> list[Loopback]:
    return []


@pytest.fixture
def serve(
    opened: list[Loopback], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> Iterator[Callable[[str, bool], Aws]]:

    def start(certified_for: str, trusted: bool) -> Aws:
        authority, other = trustme.CA(), trustme.CA()
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        authority.issue_cert(certified_for).configure_cert(context)
        server = Loopback(lambda _: ANSWER, tls=context)
        opened.append(server.__enter__())
        bundle = tmp_path / "ca.pem"
        (authority if trusted else other).cert_pem.write_to_path(str(bundle))
        monkeypatch.setenv("AWS_CA_BUNDLE", str(bundle))
        monkeypatch.setenv("AWS_ENDPOINT_URL", server.url)
        return Aws(Settings(connect_timeout=2, read_timeout=2))

    yield start
    for server in opened:
        server.__exit__(None, None, None)


def test_a_server_that_the_bundle_vouches_for_is_believed(serve: Callable[[str, bool], Aws]) -> None:
    assert serve("127.0.0.1", True).call(ASKED, lambda _: None).answer == {"Vpcs": []}


@pytest.mark.parametrize(("certified_for", "trusted"), [("127.0.0.1", False), ("ec2.eu-west-1.amazonaws.com", True)])
def test_a_stranger_is_not(certified_for: str, trusted: bool, serve: Callable[[str, bool], Aws]) -> None:
    with pytest.raises(SSLError):
        serve(certified_for, trusted).call(ASKED, lambda _: None)


def test_the_first_call_finds_the_connection_that_was_opened_ahead_of_it(
    serve: Callable[[str, bool], Aws], opened: list[Loopback]
) -> None:
    aws = serve("127.0.0.1", True)
    (server,) = opened
    aws._http.connect(server.url)
    wait_until(lambda: server.connections == 1)
    for _ in range(2):
        assert aws.call(ASKED, lambda _: None).answer == {"Vpcs": []}
    assert server.connections == 1
    aws._http.connect(server.url)
    aws._http.connect(server.url)
    wait_until(lambda: server.connections == 2 or aws._http.idle.count == 1)


def test_a_connection_that_cannot_be_opened_ahead_is_the_calls_to_report(
    serve: Callable[[str, bool], Aws], opened: list[Loopback]
) -> None:
    aws = serve("ec2.eu-west-1.amazonaws.com", True)
    aws._http.connect(opened[0].url)
    assert aws._http.idle.count == 0
    with pytest.raises(SSLError):
        aws.call(ASKED, lambda _: None)


def test_a_call_waits_for_the_connection_that_is_being_opened(
    serve: Callable[[str, bool], Aws], opened: list[Loopback], monkeypatch: pytest.MonkeyPatch
) -> None:
    aws = serve("127.0.0.1", True)
    go_on = threading.Event()
    real = aws._http._setup_ssl_cert

    def slowly(conn: Any, url: str, verify: Any) -> None:
        if threading.current_thread() is ahead:
            go_on.wait(5)
        real(conn, url, verify)

    monkeypatch.setattr(aws._http, "_setup_ssl_cert", slowly)
    ahead = threading.Thread(target=aws._http.connect, args=(opened[0].url,))
    ahead.start()
    wait_until(lambda: bool(aws._http._opening))
    call = threading.Thread(target=aws.call, args=(ASKED, lambda _: None))
    call.start()
    wait_until(lambda: not aws._http._opening)
    go_on.set()
    call.join()
    ahead.join()
    assert opened[0].connections == 1


def wait_until(there: Callable[[], bool]) -> None:
    for _ in range(2000):
        if there():
            return
        threading.Event().wait(0.001)
    pytest.fail("it did not come to that")


def test_the_environments_proxy_is_asked_and_its_exceptions_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[Call] = []

    def through(call: Call) -> Reply:
        seen.append(call)
        return ANSWER

    def direct(_: Call) -> Reply:
        return Reply(body=b"<DescribeVpcsResponse><vpcSet><item/></vpcSet></DescribeVpcsResponse>")

    with Loopback(through) as proxy, Loopback(direct) as server:
        monkeypatch.setenv("HTTP_PROXY", proxy.url)
        monkeypatch.setenv("AWS_ENDPOINT_URL", "http://ec2.somewhere.example")
        aws = Aws(Settings(connect_timeout=2, read_timeout=2))
        for _ in range(2):
            assert aws.call(ASKED, lambda _: None).answer == {"Vpcs": []}
        assert [call.path for call in seen] == ["http://ec2.somewhere.example/"] * 2
        monkeypatch.setenv("AWS_ENDPOINT_URL", server.url)
        monkeypatch.setenv("NO_PROXY", "127.0.0.1")
        assert Aws(Settings(connect_timeout=2, read_timeout=2)).call(ASKED, lambda _: None).answer == {"Vpcs": [{}]}
        assert len(seen) == 2
