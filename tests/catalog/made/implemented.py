"""What moto implements, by reflection over its code."""

from __future__ import annotations

import importlib
from collections.abc import Iterator
from functools import cache
from types import FunctionType

from botocore import xform_name
from moto.backends import list_of_moto_modules
from moto.core.responses import BaseResponse

from stocktake.catalog.spec import ResourceType

NAMED_OTHERWISE = {"lambda": "awslambda"}
"""Services whose module moto does not call by the SDK's name."""


def is_implemented(row: ResourceType) -> bool:
    """Whether moto has every call of a row."""
    return all(answers(row.service_of(call), call.operation) for call in row.every_call())


@cache
def answers(service: str, operation: str) -> bool:
    """Whether moto has an operation, and does not merely say that it will have it some day."""
    methods = [getattr(responses, xform_name(operation), None) for responses in _responses(service)]
    return any(
        isinstance(method, FunctionType) and "NotImplementedError" not in method.__code__.co_names for method in methods
    )


@cache
def _responses(service: str) -> tuple[type, ...]:
    """The classes that answer a service's requests."""
    names = (NAMED_OTHERWISE.get(service, service.replace("-", "")), service.replace("-", "_"))
    module = next((name for name in names if name in list_of_moto_modules()), None)
    return tuple(_classes(module)) if module else ()


def _classes(module: str) -> Iterator[type]:
    for value in vars(importlib.import_module(f"moto.{module}.responses")).values():
        if isinstance(value, type) and issubclass(value, BaseResponse) and value is not BaseResponse:
            yield value
