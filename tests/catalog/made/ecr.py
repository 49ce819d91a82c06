from __future__ import annotations

import json

from tests.catalog.made.account import ACCOUNT, KEY_VALUE, Account, Maker


def repository(account: Account) -> tuple[str, str]:
    made = account.client("ecr").create_repository(repositoryName="shop/web", tags=KEY_VALUE)["repository"]
    return made["repositoryName"], made["repositoryArn"]


def repository_policy(account: Account) -> tuple[str, str]:
    name, arn = repository(account)
    pull = {"Effect": "Allow", "Principal": "*", "Action": "ecr:BatchGetImage"}
    policy = json.dumps({"Version": "2012-10-17", "Statement": [pull]})
    account.client("ecr").set_repository_policy(repositoryName=name, policyText=policy)
    return name, arn


def lifecycle_policy(account: Account) -> tuple[str, str]:
    name, arn = repository(account)
    few = {"tagStatus": "any", "countType": "imageCountMoreThan", "countNumber": 10}
    policy = json.dumps({"rules": [{"rulePriority": 1, "selection": few, "action": {"type": "expire"}}]})
    account.client("ecr").put_lifecycle_policy(repositoryName=name, lifecyclePolicyText=policy)
    return name, arn


def registry_scanning(account: Account) -> str:
    account.client("ecr").put_registry_scanning_configuration(scanType="ENHANCED", rules=[])
    return ACCOUNT


MAKERS: dict[str, Maker] = {
    "AWS::ECR::Repository": repository,
    "AWS::ECR::RepositoryPolicy": repository_policy,
    "AWS::ECR::LifecyclePolicy": lifecycle_policy,
    "AWS::ECR::RegistryScanningConfiguration": registry_scanning,
}

UNTAGGED = {"AWS::ECR::Repository": "moto's tagging API does not know ECR"}
