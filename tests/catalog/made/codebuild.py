from __future__ import annotations

from tests.catalog.made.account import LOWER_KEY_VALUE, SECRET, Account, Maker
from tests.catalog.made.needed import role


def project(account: Account) -> tuple[str, str]:
    made = account.client("codebuild").create_project(
        name="shop",
        source={
            "type": "S3",
            "location": "shop-source/web.zip",
            "buildspec": f"env: {{variables: {{TOKEN: {SECRET}}}}}",
        },
        artifacts={"type": "NO_ARTIFACTS"},
        environment={
            "type": "LINUX_CONTAINER",
            "image": "aws/codebuild/standard:7.0",
            "computeType": "BUILD_GENERAL1_SMALL",
            "environmentVariables": [{"name": "TOKEN", "value": SECRET}],
        },
        serviceRole=role(account),
        tags=LOWER_KEY_VALUE,
    )["project"]
    return made["name"], made["arn"]


MAKERS: dict[str, Maker] = {"AWS::CodeBuild::Project": project}
