"""Who may do what, keys and secrets."""

from __future__ import annotations

import json
from typing import Any

from demo.estate.place import Account, Place, pairs
from demo.estate.workloads import ACCOUNT, COMPANY, SECRET, Workload, names_of, workloads
from demo.server import REGION

ROLES = ("web", "lambda", "task", "deploy")
POLICIES = ("read-secrets", "use-buckets")
USERS = ("ci", "mailer")
KEYS = ("data", "signing", "retired")
SECRETS = ("db-password", "payment-provider", "smtp", "session-key", "partner-token", "old-db-password")


def make_identities(account: Account, scale: int) -> None:
    """Roles, policies and users, which are the account's and no region's."""
    iam = account.client("iam", REGION)
    teams = {workload.app: workload.team for workload in workloads()}
    for app, team in teams.items():
        tags = pairs({"team": team})
        for name in names_of(app, ROLES, len(ROLES) * scale):
            iam.create_role(
                RoleName=name,
                AssumeRolePolicyDocument=json.dumps(_trust(name)),
                Description=f"{app}, by {team}",
                Tags=tags,
            )
        for name in names_of(app, POLICIES, len(POLICIES) * scale):
            policy = iam.create_policy(
                PolicyName=name,
                PolicyDocument=json.dumps(_permission(app, name)),
                Description=f"{app}, by {team}",
                Tags=tags,
            )["Policy"]
            iam.attach_role_policy(RoleName=f"{app}-task", PolicyArn=policy["Arn"])
        for name in names_of(app, USERS, len(USERS) * scale):
            iam.create_user(UserName=name, Tags=tags)
    iam.create_user(UserName="break-glass")
    iam.create_role(
        RoleName="OrganizationAccountAccessRole", AssumeRolePolicyDocument=json.dumps(_trust("organization"))
    )
    for service in ("ecs.amazonaws.com", "elasticloadbalancing.amazonaws.com", "rds.amazonaws.com"):
        iam.create_service_linked_role(AWSServiceName=service)


def _trust(role: str) -> dict[str, Any]:
    """Who may take the role on: a service, a repository's pipeline, or another account."""
    services = {"web": "ec2", "lambda": "lambda", "task": "ecs-tasks"}
    service = next((services[part] for part in services if f"-{part}" in role), "")
    statement: dict[str, Any] = {"Effect": "Allow", "Action": "sts:AssumeRole"}
    if service:
        statement["Principal"] = {"Service": f"{service}.amazonaws.com"}
    elif "-deploy" in role:
        issuer = "token.actions.githubusercontent.com"
        statement["Action"] = "sts:AssumeRoleWithWebIdentity"
        statement["Principal"] = {"Federated": f"arn:aws:iam::{ACCOUNT}:oidc-provider/{issuer}"}
        statement["Condition"] = {"StringLike": {f"{issuer}:sub": f"repo:{COMPANY}/{role}:*"}}
    else:
        statement["Principal"] = {"AWS": "arn:aws:iam::210987654321:root"}
    return {"Version": "2012-10-17", "Statement": [statement]}


def _permission(app: str, policy: str) -> dict[str, Any]:
    statement: dict[str, Any] = {"Effect": "Allow"}
    if "secrets" in policy:
        statement["Action"] = "secretsmanager:GetSecretValue"
        statement["Resource"] = f"arn:aws:secretsmanager:*:{ACCOUNT}:secret:{app}-*"
    else:
        statement["Action"] = ["s3:GetObject", "s3:PutObject"]
        statement["Resource"] = f"arn:aws:s3:::{COMPANY}-{app}-*/*"
    return {"Version": "2012-10-17", "Statement": [statement]}


def make_keys(place: Place, workload: Workload) -> None:
    """Keys with an alias: one that encrypts, one that signs, and one that waits for its deletion."""
    kms = place.client("kms")
    for name in place.names(workload, KEYS, workload.keys):
        signs = {"KeyUsage": "SIGN_VERIFY", "KeySpec": "ECC_NIST_P256"} if "signing" in name else {}
        tags = [{"TagKey": key, "TagValue": value} for key, value in workload.tags(name).items()]
        key = kms.create_key(Description=name, Tags=tags, **signs)["KeyMetadata"]["KeyId"]
        kms.create_alias(AliasName=f"alias/{name}", TargetKeyId=key)
        if "retired" in name:
            kms.schedule_key_deletion(KeyId=key, PendingWindowInDays=30)


def make_secrets(place: Place, workload: Workload) -> None:
    """Secrets, of which an old one waits for its deletion."""
    manager = place.client("secretsmanager")
    key = {"KmsKeyId": f"alias/{workload.app}-data"} if workload.keys else {}
    for name in place.names(workload, SECRETS, workload.secrets):
        manager.create_secret(
            Name=name,
            Description=f"of {workload.app}, by {workload.team}",
            SecretString=json.dumps({"username": "dba", "password": SECRET}),
            Tags=pairs(workload.tags(name)),
            **key,
        )
        if "old" in name:
            manager.delete_secret(SecretId=name, RecoveryWindowInDays=30)
