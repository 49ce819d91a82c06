"""What moto implements, by reflection over its code, and what of it answers otherwise than AWS does."""

from __future__ import annotations

import importlib
from functools import cache
from types import FunctionType

from botocore import xform_name
from moto.backends import list_of_moto_modules
from moto.core.base_backend import BaseBackend
from moto.core.responses import BaseResponse
from moto.core.utils import camelcase_to_underscores

from stocktake.catalog import CATALOG
from stocktake.catalog.spec import ResourceType

NAMED_OTHERWISE = {"lambda": "awslambda"}
"""Services whose module moto does not call by the SDK's name."""


OTHERWISE = {
    "AWS::Athena::WorkGroup": "makes the primary one anew with each answer",
    "AWS::ECS::CapacityProvider": "fails with an exception of its own where no names are given",
    "AWS::RAM::ForeignResourceShare": "knows no other account's shares",
    "AWS::RDS::OptionGroup": "fails with an exception of its own",
    "AWS::S3::BucketSettings": "where nothing is to be told of a bucket, its answer is empty and not an empty document",
    "AWS::WorkSpaces::Directory": "fails with an exception of its own where the SDK's list of regions has none",
    "AWS::WorkSpaces::Workspace": "fails with an exception of its own where the SDK's list of regions has none",
}
"""Types whose calls moto has, without the answers."""


def answered() -> list[str]:
    """The types of the catalogue that moto answers as AWS does."""
    return [name for name, row in CATALOG.items() if is_implemented(row) and name not in OTHERWISE]


def is_implemented(row: ResourceType) -> bool:
    """Whether moto has every call of a row."""
    return all(answers(row.service_of(call), call.operation) for call in row.every_call())


@cache
def answers(service: str, operation: str) -> bool:
    """Whether moto has an operation, and does not merely say that it will have it some day."""
    names = {xform_name(operation), camelcase_to_underscores(operation), operation.lower()}
    methods = [getattr(answering, name, None) for answering in _answering(service) for name in names]
    return any(
        isinstance(method, FunctionType) and "NotImplementedError" not in method.__code__.co_names for method in methods
    )


@cache
def _answering(service: str) -> tuple[type, ...]:
    """The classes that take a service's requests, and those that they ask. A few of the first (S3's) do not name their
    methods for the operations; then the second do."""
    names = (NAMED_OTHERWISE.get(service, service.replace("-", "")), service.replace("-", "_"))
    module = next((name for name in names if name in list_of_moto_modules()), None)
    if module is None:
        return ()
    named = vars(importlib.import_module(f"moto.{module}.responses")).values()
    bases = (BaseResponse, BaseBackend)
    return tuple(one for one in named if isinstance(one, type) and issubclass(one, bases) and one not in bases)
