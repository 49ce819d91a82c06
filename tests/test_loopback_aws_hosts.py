"""Host names: whatever botocore's endpoint rules say is resolved to its region's port, and certified by name."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from botocore.endpoint_provider import EndpointProvider
from botocore.exceptions import EndpointProviderError
from botocore.loaders import Loader

from tests.loopback_aws.certificates import Certificates
from tests.loopback_aws.estate import REGIONS
from tests.loopback_aws.latency import MILLISECONDS, round_trip
from tests.loopback_aws.models import heads
from tests.loopback_aws.route import region_in
from tests.loopback_aws.sitecustomize.sitecustomize import port_of, resolve_patch

PORTS = {region: 40000 + number for number, region in enumerate(("", *REGIONS))}
ASKED = ("us-east-1", "eu-west-1", "ap-southeast-7")
GIVEN = {"AccountId": "111111111111", "RequiresAccountId": True, "Bucket": "a-bucket"}
BY_HAND = (
    "111111111111.s3-control.eu-west-1.amazonaws.com",
    "a-bucket.s3.eu-west-1.amazonaws.com",
    "a-bucket.s3.amazonaws.com",
    "s3.dualstack.eu-west-1.amazonaws.com",
    "api.ecr.eu-west-1.amazonaws.com",
    "streams.dynamodb.eu-west-1.amazonaws.com",
    "portal.sso.eu-west-1.amazonaws.com",
    "data.jobs.iot.eu-west-1.amazonaws.com",
    "cp.geofencing.geo.eu-west-1.amazonaws.com",
    "111111111111.ddb.eu-west-1.amazonaws.com",
    "sts.amazonaws.com",
    "iam.global.api.aws",
)


def endpoints() -> Iterator[str]:
    """Every host name of every service in three regions, with two stacks and one; rules that want more say nothing."""
    loader = Loader()
    partitions = loader.load_data("partitions")
    for head in heads():
        rules = loader.load_service_model(head.service, "endpoint-rule-set-1")
        provider = EndpointProvider(rules, partitions)
        for region in ASKED:
            for stacks in (False, True):
                given = {"Region": region, "UseFIPS": False, "UseDualStack": stacks}
                given |= {name: value for name, value in GIVEN.items() if name in rules["parameters"]}
                try:
                    url: str = provider.resolve_endpoint(**given).url
                except EndpointProviderError:
                    continue
                yield url.removeprefix("https://").partition("/")[0]


@pytest.fixture(scope="module")
def hosts() -> list[str]:
    return sorted({*endpoints(), *BY_HAND})


class Handshakes:
    """TLS handshakes in memory, with the listeners' contexts and a client that believes their authority."""

    def __init__(self, folder: Path) -> None:
        self._certificates = Certificates()
        self._certificates.write(folder / "ca.pem")
        self._client = ssl.create_default_context(cafile=str(folder / "ca.pem"))
        self._servers: dict[str, ssl.SSLContext] = {}

    def shake(self, region: str, host: str) -> str:
        """The protocol that was agreed on; raises ssl.SSLError where the client does not believe."""
        if region not in self._servers:
            self._servers[region] = self._certificates.context(region)
        to_server, to_client = ssl.MemoryBIO(), ssl.MemoryBIO()
        server = self._servers[region].wrap_bio(to_server, to_client, server_side=True)
        client = self._client.wrap_bio(to_client, to_server, server_hostname=host)
        for side in (client, server, client, server):
            try:
                side.do_handshake()
            except ssl.SSLWantReadError:
                continue
        return str(client.version())


def test_every_host_has_its_regions_port_and_a_certificate(hosts: list[str], tmp_path: Path) -> None:
    handshakes = Handshakes(tmp_path)
    assert len(hosts) > 1300
    for host in hosts:
        region = region_in(host, REGIONS)
        assert port_of(host, PORTS) == PORTS[region], host
        assert handshakes.shake(region, host) == "TLSv1.3", host


@pytest.mark.parametrize(
    ("region", "host"),
    [
        ("eu-west-1", "ec2.eu-west-2.amazonaws.com"),
        ("eu-west-1", "iam.amazonaws.com"),
        ("eu-west-1", "example.com"),
        ("", "api.ecr.eu-west-1.amazonaws.com"),
    ],
)
def test_a_listener_has_no_certificate_for_anothers_names(region: str, host: str, tmp_path: Path) -> None:
    with pytest.raises(ssl.SSLCertVerificationError):
        Handshakes(tmp_path).shake(region, host)


@pytest.mark.parametrize(
    "host",
    [
        "example.com",
        "amazonaws.com.example.com",
        "notamazonaws.com",
        "ec2.eu-nowhere-1.amazonaws.com",
        "ec2.us-gov-west-1.amazonaws.com",
    ],
)
def test_other_names_are_refused(host: str) -> None:
    assert port_of(host, PORTS) is None


def test_a_bucket_named_after_a_region_lies_in_its_own() -> None:
    host = "eu-west-1.logs.s3.us-west-2.amazonaws.com"
    assert (region_in(host, REGIONS), port_of(host, PORTS)) == ("us-west-2", PORTS["us-west-2"])


def test_the_resolver_answers_with_the_port(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(socket, "getaddrinfo", socket.getaddrinfo)
    resolve_patch(PORTS)
    answer: Any = socket.getaddrinfo("ec2.eu-west-1.amazonaws.com", 443, 0, socket.SOCK_STREAM)
    assert answer == [(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP, "", ("127.0.0.1", PORTS["eu-west-1"]))]
    with pytest.raises(socket.gaierror):
        socket.getaddrinfo("ec2.eu-west-1.amazonaws.com", 443, socket.AF_INET6)


def test_every_region_has_a_round_trip_time() -> None:
    assert MILLISECONDS.keys() == set(REGIONS)
    assert round_trip("") == round_trip("us-east-1") == 0.001
    assert max(MILLISECONDS.values()) == 244
