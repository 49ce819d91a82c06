"""What botocore's data says of services, operations and paginators."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any

from botocore.exceptions import DataNotFoundError, UnknownServiceError
from botocore.loaders import Loader
from botocore.model import OperationNotFoundError, ServiceModel

_LOADER = Loader()


@cache
def services() -> tuple[str, ...]:
    return tuple(_LOADER.list_available_services("service-2"))


@cache
def service_model(service: str) -> Any:
    """None where botocore has no such service."""
    try:
        return ServiceModel(_LOADER.load_service_model(service, "service-2"), service)
    except (UnknownServiceError, DataNotFoundError):
        return None


@cache
def operation_model(service: str, operation: str) -> Any:
    """None where botocore has no such service or operation."""
    model = service_model(service)
    try:
        return model and model.operation_model(operation)
    except OperationNotFoundError:
        return None


@cache
def paginator(service: str, operation: str) -> Mapping[str, Any] | None:
    """An operation's entry in botocore's paginator data."""
    try:
        entries: Mapping[str, Mapping[str, Any]] = _LOADER.load_service_model(service, "paginators-1")["pagination"]
    except (UnknownServiceError, DataNotFoundError):
        return None
    return entries.get(operation)


@cache
def is_regional(service: str) -> bool:
    """Whether a service has an endpoint a region, rather than one for the partition."""
    model = service_model(service)
    known = _LOADER.load_data("endpoints")["partitions"][0]["services"]
    return model is None or known.get(model.endpoint_prefix, {}).get("isRegionalized", True) is True


@cache
def homes_of(service: str) -> Mapping[str, str]:
    """The region in which a service without regions has its endpoint, by partition."""
    model = service_model(service)
    known = {one["partition"]: one["services"] for one in _LOADER.load_data("endpoints")["partitions"]}
    found = {partition: services.get(model.endpoint_prefix, {}) for partition, services in known.items() if model}
    ends = {partition: one.get("endpoints", {}).get(one.get("partitionEndpoint")) for partition, one in found.items()}
    return {partition: end["credentialScope"]["region"] for partition, end in ends.items() if end}
