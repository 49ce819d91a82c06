"""What a resource of a stack is here: made through its own service's API, whose client checks every parameter."""

from __future__ import annotations

import os
from collections.abc import Mapping
from functools import lru_cache
from typing import Any, ClassVar, Self

import boto3

Properties = Mapping[str, Any]


class NotMade(RuntimeError):
    """A template asks for what is not made here, and so would not have been tried."""


@lru_cache
def client(service: str, region: str) -> Any:
    """A client of this very server."""
    return boto3.client(
        service,
        endpoint_url=f"http://127.0.0.1:{os.environ['MOTO_PORT']}",
        region_name=region,
        aws_access_key_id="cloudformation",
        aws_secret_access_key="cloudformation",
    )


class Resource:
    """One resource. A kind says how it is made, changed and removed, `take`s every property that it makes something of,
    and sets `ref`, what `Ref` gives. A property that nobody took fails the deployment.

    The methods that moto's CloudFormation calls are at the end.
    """

    kind: ClassVar[str]
    named: ClassVar[str] = ""
    """The property that names it, where there is one."""
    service: ClassVar[str]

    def __init__(self, name: str, properties: Properties, account: str, region: str) -> None:
        self.name = self.ref = name
        self.account = account
        self.region = region
        self.logical_resource_id = ""
        self.cf_resource_type = self.kind
        self.attributes: dict[str, str] = {}
        """What `Fn::GetAtt` gives."""
        self._read(properties)

    def create(self) -> None:
        raise NotImplementedError

    def update(self) -> None:
        """Makes it what its properties say now. Of those kinds whose API puts, rather than creates."""
        self.create()

    def remove(self) -> None:
        raise NotImplementedError

    @property
    def api(self) -> Any:
        return client(self.service, self.region)

    def take(self, *names: str) -> dict[str, Any]:
        """Those of these properties that the template gives."""
        return {name: self._left.pop(name) for name in names if name in self._left}

    def arn(self, service: str, rest: str) -> str:
        return f"arn:aws:{service}:{self.region}:{self.account}:{rest}"

    def _read(self, properties: Properties) -> None:
        self.properties = dict(properties)
        self._left = dict(properties)

    def _finish(self) -> None:
        if self._left:
            raise NotMade(f"of {self.kind}, {', '.join(sorted(self._left))} is not made here")

    # --- as moto's CloudFormation has it ---

    @property
    def physical_resource_id(self) -> str:
        return self.ref

    @classmethod
    def has_cfn_attr(cls, attribute: str) -> bool:
        return True

    def get_cfn_attribute(self, attribute: str) -> str:
        if attribute not in self.attributes:
            raise NotMade(f"{self.kind} has no {attribute} here")
        return self.attributes[attribute]

    def is_created(self) -> bool:
        return True

    @classmethod
    def create_from_cloudformation_json(
        cls, resource_name: str, cloudformation_json: Properties, account_id: str, region_name: str, **_: Any
    ) -> Self:
        made = cls(resource_name, cloudformation_json.get("Properties", {}), account_id, region_name)
        made.create()
        made._finish()
        return made

    @classmethod
    def update_from_cloudformation_json(
        cls,
        original_resource: Self,
        new_resource_name: str,
        cloudformation_json: Properties,
        account_id: str,
        region_name: str,
    ) -> Self:
        properties = cloudformation_json.get("Properties", {})
        if cls.named and properties.get(cls.named) != original_resource.properties.get(cls.named):
            raise NotMade(f"{cls.kind} {original_resource.name} is not replaced by {new_resource_name} here")
        original_resource._read(properties)
        original_resource.update()
        original_resource._finish()
        return original_resource

    def delete(self, account: str, region: str) -> None:
        self.remove()
