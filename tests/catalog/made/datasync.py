from __future__ import annotations

from tests.catalog.made.account import KEY_VALUE, Account, Maker


def location(account: Account) -> str:
    return account.client("datasync").create_location_s3(
        S3BucketArn="arn:aws:s3:::shop-logs",
        S3Config={"BucketAccessRoleArn": "arn:aws:iam::123456789012:role/worker"},
        Tags=KEY_VALUE,
    )["LocationArn"]


def task(account: Account) -> str:
    return account.client("datasync").create_task(
        Name="logs",
        SourceLocationArn=location(account),
        DestinationLocationArn=location(account),
        Tags=KEY_VALUE,
    )["TaskArn"]


MAKERS: dict[str, Maker] = {"AWS::DataSync::Task": task, "AWS::DataSync::Location": location}

UNTAGGED = dict.fromkeys(MAKERS, "moto's tagging API does not know DataSync")
