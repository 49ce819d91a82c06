from __future__ import annotations

from tests.catalog.made.account import LOWER_KEY_VALUE, Account, Maker
from tests.catalog.made.needed import bucket, role


def pipeline(account: Account) -> str:
    def stage(name: str, category: str, provider: str) -> dict[str, object]:
        kind = {"category": category, "owner": "AWS", "provider": provider, "version": "1"}
        return {"name": name, "actions": [{"name": name, "actionTypeId": kind}]}

    account.client("codepipeline").create_pipeline(
        pipeline={
            "name": "shop",
            "roleArn": role(account, "codepipeline"),
            "artifactStore": {"type": "S3", "location": bucket(account)},
            "stages": [stage("Source", "Source", "S3"), stage("Approval", "Approval", "Manual")],
            "version": 1,
        },
        tags=LOWER_KEY_VALUE,
    )
    return "shop"


MAKERS: dict[str, Maker] = {"AWS::CodePipeline::Pipeline": pipeline}

UNTAGGED = {"AWS::CodePipeline::Pipeline": "moto's tagging API does not know CodePipeline"}
