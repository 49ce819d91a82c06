"""Clients of one endpoint, a region of the estate to make things in, and the shapes that tags have."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from typing import Any

import boto3
import botocore.session
import jmespath
from botocore.config import Config

from demo.estate.workloads import Workload, names_of
from demo.server import ACCESS_KEY, SECRET_KEY

# The profile and the configuration file of whoever runs this are meant for AWS.
NO_CONFIGURATION = {"profile": (None, None, None, None), "config_file": (None, None, os.devnull, None)}


class Account:
    """Clients of one endpoint, one for each service and region; each takes a while to make."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._session = boto3.Session(
            aws_access_key_id=ACCESS_KEY,
            aws_secret_access_key=SECRET_KEY,
            botocore_session=botocore.session.Session(NO_CONFIGURATION),
        )
        self._clients: dict[tuple[str, str], Any] = {}
        self._lock = threading.Lock()

    def client(self, service: str, region: str) -> Any:
        """The client of a service in a region."""
        with self._lock:  # a session must not make two clients at once
            if (service, region) not in self._clients:
                self._clients[service, region] = self._session.client(
                    service,
                    region_name=region,
                    endpoint_url=self._url,
                    config=Config(proxies={}, retries={"total_max_attempts": 1}),
                )
            return self._clients[service, region]


@cache
def account_at(url: str) -> Account:
    return Account(url)


@dataclass(frozen=True)
class Place:
    """A region of the estate, and how many times over everything is made in it."""

    account: Account
    region: str
    scale: int

    def client(self, service: str) -> Any:
        return self.account.client(service, self.region)

    def names(self, workload: Workload, parts: Sequence[str], number: int) -> Iterator[str]:
        """The names of so many things of a workload, times the scale."""
        return names_of(workload.app, parts, number * self.scale)

    @cached_property
    def zones(self) -> list[str]:
        zones = self.client("ec2").describe_availability_zones()["AvailabilityZones"]
        return [zone["ZoneName"] for zone in zones]


def pages(client: Any, operation: str, items: str, **parameters: Any) -> Iterator[Any]:
    """What `items` (JMESPath) finds in every page of the answer; an operation without pages has one."""
    # A page without the member (SQS leaves out an empty QueueUrls) gives a None.
    if not client.can_paginate(operation):
        found = jmespath.search(items, getattr(client, operation)(**parameters)) or []
    else:
        found = client.get_paginator(operation).paginate(**parameters).search(items)
    return (item for item in found if item is not None)


def pairs(tags: Mapping[str, str]) -> list[dict[str, str]]:
    return [{"Key": key, "Value": value} for key, value in tags.items()]


def tags_for(resource_type: str, tags: Mapping[str, str]) -> dict[str, Any]:
    """The tags of what an EC2 operation makes."""
    return {"ResourceType": resource_type, "Tags": pairs(tags)}
