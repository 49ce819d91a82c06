"""botocore's own data, loaded once a process: service models, paginators, and what tells services apart."""

from __future__ import annotations

import json
import zlib
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import botocore
from botocore.exceptions import DataNotFoundError, UnknownServiceError
from botocore.loaders import Loader
from botocore.model import OperationNotFoundError, ServiceModel

_LOADER = Loader()
_DATA = Path(botocore.__file__).parent / "data"


@cache
def service_model(service: str) -> Any:
    return ServiceModel(_LOADER.load_service_model(service, "service-2"), service)


@cache
def operation_model(service: str, operation: str) -> Any:
    """None where the service has no such operation."""
    try:
        return service_model(service).operation_model(operation)
    except OperationNotFoundError:
        return None


@cache
def _paginators(service: str) -> Mapping[str, Any]:
    try:
        entries: Mapping[str, Any] = _LOADER.load_service_model(service, "paginators-1")["pagination"]
    except (UnknownServiceError, DataNotFoundError):
        return {}
    return entries


def paginator(service: str, operation: str) -> Mapping[str, Any] | None:
    return _paginators(service).get(operation)


@cache
def is_global(service: str) -> bool:
    """Whether a service has one endpoint for the partition rather than one a region."""
    known = _LOADER.load_data("endpoints")["partitions"][0]["services"]
    entry = known.get(service_model(service).endpoint_prefix, {})
    return service == "s3" or entry.get("isRegionalized", True) is False


@dataclass(frozen=True)
class Head:
    """The metadata of a service model, without the rest of it."""

    service: str
    version: str
    signing: str
    prefix: str
    target: str
    protocols: tuple[str, ...]

    @property
    def names(self) -> set[str]:
        return {self.service, self.signing, self.prefix}


@cache
def heads() -> tuple[Head, ...]:
    """Of all services: only the beginning of each model is unpacked, so that this takes milliseconds."""
    return tuple(_head(service) for service in _LOADER.list_available_services("service-2"))


def _head(service: str) -> Head:
    version = _LOADER.determine_latest_version(service, "service-2")
    with (_DATA / service / version / "service-2.json.gz").open("rb") as file:
        begun = zlib.decompressobj(31).decompress(file.read(4096)).decode(errors="ignore")
    start = begun.index("{", begun.index('"metadata"'))
    metadata = json.JSONDecoder().raw_decode(begun, start)[0]
    return Head(
        service,
        metadata["apiVersion"],
        metadata.get("signingName") or metadata["endpointPrefix"],
        metadata["endpointPrefix"],
        metadata.get("targetPrefix", ""),
        tuple(metadata.get("protocols") or (metadata["protocol"],)),
    )


@cache
def heads_by(what: str) -> Mapping[str, tuple[Head, ...]]:
    """Heads by "name" (of service, in signatures, in host names) or by "target" (`X-Amz-Target`, CBOR paths)."""
    found: dict[str, list[Head]] = defaultdict(list)
    for head in heads():
        for key in head.names if what == "name" else {head.target}:
            found[key].append(head)
    return {key: tuple(some) for key, some in found.items() if key}
