"""An authority of our own, and a certificate for every name that a listener is called by.

A wildcard stands for one label only (RFC 6125, 6.4.3). Each listener has one certificate for the usual names of its
region, and makes another when it is called by one that this does not cover (`api.ecr.eu-west-1.amazonaws.com`).
"""

from __future__ import annotations

import ssl
from pathlib import Path
from typing import Any

import trustme

from tests.loopback_aws.estate import REGIONS
from tests.loopback_aws.route import region_in

WILDCARDS = (
    "*.{region}.amazonaws.com",
    "*.{region}.api.aws",
    "*.s3.{region}.amazonaws.com",
    "*.s3-control.{region}.amazonaws.com",
)
GLOBAL = ("*.amazonaws.com", "*.s3.amazonaws.com")


class Certificates:
    """`write` puts the authority's own certificate where clients find it."""

    def __init__(self) -> None:
        self._authority = trustme.CA(key_type=trustme.KeyType.ECDSA)

    def write(self, path: Path) -> None:
        self._authority.cert_pem.write_to_path(str(path))

    def context(self, region: str) -> ssl.SSLContext:
        """The TLS context of a region's listener; of that for names without a region where it is empty."""
        names = [one.format(region=region) for one in (WILDCARDS if region else GLOBAL)]
        if region.startswith("cn-"):
            names += [f"*.{region}.amazonaws.com.cn", f"*.s3.{region}.amazonaws.com.cn"]
        usual = self._certified(names)
        others: dict[str, ssl.SSLContext] = {}

        def choose(connection: Any, name: str | None, _: ssl.SSLContext) -> None:
            if name is None or any(_covers(one, name) for one in names):
                return
            if region_in(name, (*REGIONS, region)) == region:
                if name not in others:
                    others[name] = self._certified([name])
                connection.context = others[name]

        usual.sni_callback = choose
        return usual

    def _certified(self, names: list[str]) -> ssl.SSLContext:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.minimum_version = ssl.TLSVersion.TLSv1_3
        self._authority.issue_cert(*names, key_type=trustme.KeyType.ECDSA).configure_cert(context)
        return context


def _covers(wildcard: str, name: str) -> bool:
    return name.partition(".")[2] == wildcard[2:]
