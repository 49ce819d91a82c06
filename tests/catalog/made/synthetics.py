from __future__ import annotations

from tests.catalog.made.account import TAGS, Account, Maker


def canary(account: Account) -> str:
    made = account.client("synthetics").create_canary(
        Name="front-page",
        Code={"Handler": "front.handler", "S3Bucket": "scripts", "S3Key": "front.zip"},
        ArtifactS3Location="s3://artifacts",
        ExecutionRoleArn="arn:aws:iam::123456789012:role/canary",
        Schedule={"Expression": "rate(5 minutes)"},
        RuntimeVersion="syn-nodejs-puppeteer-9.1",
        Tags=TAGS,
    )
    return str(made["Canary"]["Id"])


MAKERS: dict[str, Maker] = {"AWS::Synthetics::Canary": canary}
