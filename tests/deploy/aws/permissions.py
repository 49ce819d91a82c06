"""moto's evaluation of policies, mended where the stack's policies need it.

- `NotResource`, which moto takes for a permission, even in a Deny.
- moto knows a call's resource for S3 and STS alone. Of other services, what a statement says about resources is left
  out of account: an Allow holds for all, a Deny of some resources for none.
- An action has IAM's name, where moto builds one from the name that the service signs with, or has none of its own.
- A service that speaks JSON refuses in JSON. (moto: always in XML)
- A request without a body is signed without one. (moto: with its query as a body)
- A role's own policies are text, also where a template has them. (moto: fails when it lists them)

And managed policies, which moto does not take from a role before they go.
"""

from __future__ import annotations

import json
import re
from fnmatch import fnmatchcase
from typing import Any

from moto.core.exceptions import JsonRESTError
from moto.iam.access_control import IAMPolicyStatement, IAMRequest, IAMRequestBase, PermissionResult
from moto.iam.models import Role
from moto.s3.responses import ACTION_MAP

from tests.deploy.aws.resource import NotMade, Resource

PREFIXES = {"monitoring": "cloudwatch", "tagging": "tag"}
"""The name that a service signs with, and IAM's (Service Authorization Reference)."""

OTHER_ACTIONS = {
    "budgets:DescribeBudgets": "budgets:ViewBudget",
    "s3:GetPublicAccessBlock": "s3:GetAccountPublicAccessBlock",  # of an account; a bucket's is below
}
"""Actions that are not called as the operation is, and IAM's name (the same)."""

BY_METHOD = ("apigateway",)
"""Services whose actions are HTTP's methods (the same, Amazon API Gateway Management)."""

BUCKET_ACTIONS = {
    "encryption": "GetEncryptionConfiguration",
    "publicAccessBlock": "GetBucketPublicAccessBlock",
}
"""What is asked of a bucket, and IAM's name for it, where moto takes it for ListBucket."""

REST_JSON = ("apigateway", "lambda", "scheduler")
"""Of the services that answer in JSON, those whose requests do not say so."""


class AccessDeniedAsJson(JsonRESTError):
    code = 403

    def __init__(self, caller: str, action: str) -> None:
        super().__init__("AccessDeniedException", f"User: {caller} is not authorized to perform: {action}")


def install() -> None:
    moto_permits = IAMPolicyStatement.is_action_permitted
    moto_checks = IAMRequestBase.check_action_permitted
    moto_checks_signature = IAMRequestBase.check_signature
    moto_refuses = IAMRequest._raise_access_denied
    moto_puts = Role.put_policy

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
        action = f"{PREFIXES.get(service, service)}:{self._method if service in BY_METHOD else action}"
        self._action = OTHER_ACTIONS.get(action, action)
        moto_checks(self, resource)

    def check_signature(self: IAMRequestBase) -> None:
        data = self._data
        if self._method in ("GET", "HEAD", "DELETE"):
            self._data = {}
        try:
            moto_checks_signature(self)
        finally:
            self._data = data

    def refuse(self: IAMRequest) -> None:
        if "X-Amz-Target" in self._headers or self._service in REST_JSON:
            raise AccessDeniedAsJson(self._access_key.arn, self._action)
        moto_refuses(self)

    def put(self: Role, name: str, document: Any) -> None:
        moto_puts(self, name, document if isinstance(document, str) else json.dumps(document))

    IAMPolicyStatement.is_action_permitted = permitted
    IAMRequestBase.check_action_permitted = check
    IAMRequestBase.check_signature = check_signature
    IAMRequest._raise_access_denied = refuse
    Role.put_policy = put
    ACTION_MAP["BUCKET"]["GET"].update(BUCKET_ACTIONS)


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


class ManagedPolicy(Resource):
    kind, named, service = "AWS::IAM::ManagedPolicy", "ManagedPolicyName", "iam"

    def create(self) -> None:
        given = self.take("Description", "Path")
        self.take("ManagedPolicyName")
        self.roles = self.take("Roles").get("Roles", [])
        made = self.api.create_policy(PolicyName=self.name, PolicyDocument=self._document(), **given)
        self.ref = made["Policy"]["Arn"]
        for role in self.roles:
            self.api.attach_role_policy(RoleName=role, PolicyArn=self.ref)

    def update(self) -> None:
        self.take("Description", "Path", "ManagedPolicyName")
        if self.take("Roles").get("Roles", []) != self.roles:
            raise NotMade(f"{self.kind} {self.name} is not given to other roles here")
        self.api.create_policy_version(PolicyArn=self.ref, PolicyDocument=self._document(), SetAsDefault=True)

    def remove(self) -> None:
        for role in self.roles:
            self.api.detach_role_policy(RoleName=role, PolicyArn=self.ref)
        for version in self.api.list_policy_versions(PolicyArn=self.ref)["Versions"]:
            if not version["IsDefaultVersion"]:
                self.api.delete_policy_version(PolicyArn=self.ref, VersionId=version["VersionId"])
        self.api.delete_policy(PolicyArn=self.ref)

    def _document(self) -> str:
        return json.dumps(self.take("PolicyDocument")["PolicyDocument"])


KINDS = (ManagedPolicy,)
