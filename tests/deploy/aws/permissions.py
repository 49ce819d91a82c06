"""moto's evaluation of policies, mended where the stack's policies need it.

- `NotResource`, which moto takes for a permission, even in a Deny.
- moto knows a call's resource for S3 and STS alone. Of other services, what a statement says about resources is left out
  of account: an Allow holds for all, a Deny of some resources for none.
- An action has IAM's name, where moto builds one from the name that the service signs with, or from its own.
"""

from __future__ import annotations

import re
from fnmatch import fnmatchcase
from typing import Any

from moto.iam.access_control import IAMPolicyStatement, IAMRequestBase, PermissionResult

from tests.deploy.aws.resource import NotMade

PREFIXES = {"monitoring": "cloudwatch"}
"""The name that a service signs with, and IAM's (Service Authorization Reference)."""

ACTIONS: dict[str, str] = {}
"""moto's name of an action, and IAM's."""


def install() -> None:
    moto_permits = IAMPolicyStatement.is_action_permitted
    moto_checks = IAMRequestBase.check_action_permitted

    def permitted(
        self: IAMPolicyStatement,
        action: str,
        resource: str = "*",
        principal: str | None = None,
        incoming_condition_values: dict[str, str] | None = None,
    ) -> PermissionResult:
        statement = self._statement
        if principal is not None or "Principal" in statement:  # of a role's trust, of a bucket
            result: PermissionResult = moto_permits(self, action, resource, principal, incoming_condition_values)
            return result
        if not _concerns(statement, action, resource):
            return PermissionResult.NEUTRAL
        if "Condition" in statement:
            raise NotMade(f"the conditions {statement['Condition']} of {action} are not known here")
        return PermissionResult.PERMITTED if statement["Effect"] == "Allow" else PermissionResult.DENIED

    def check(self: IAMRequestBase, resource: str) -> None:
        service, _, action = self._action.partition(":")
        named = f"{PREFIXES.get(service, service)}:{action}"
        self._action = ACTIONS.get(named, named)
        moto_checks(self, resource)

    IAMPolicyStatement.is_action_permitted = permitted
    IAMRequestBase.check_action_permitted = check


def _concerns(statement: dict[str, Any], action: str, resource: str) -> bool:
    actions = [one.lower() for one in _listed(statement.get("Action", statement.get("NotAction")))]
    if any(fnmatchcase(action.lower(), glob) for glob in actions) is not ("Action" in statement):
        return False
    if resource == "*":
        return statement["Effect"] == "Allow" or statement.get("Resource") in ("*", ["*"])
    named = _listed(statement.get("Resource", statement.get("NotResource")))
    return any(_matches(resource, glob) for glob in named) is ("Resource" in statement)


def _matches(resource: str, glob: str) -> bool:
    return re.fullmatch(re.escape(glob).replace(r"\*", ".*").replace(r"\?", "."), resource) is not None


def _listed(value: Any) -> list[str]:
    return value if isinstance(value, list) else [value]
