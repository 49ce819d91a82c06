from __future__ import annotations

from tests.catalog.made.account import ACCOUNT, KEY_VALUE, Account, Maker
from tests.catalog.made.sqs import queue_arn

ALL_BLOCKED = {
    "BlockPublicAcls": True,
    "IgnorePublicAcls": True,
    "BlockPublicPolicy": True,
    "RestrictPublicBuckets": True,
}


def bucket(account: Account) -> str:
    client = account.client("s3")
    client.create_bucket(Bucket="shop")
    client.put_bucket_tagging(Bucket="shop", Tagging={"TagSet": KEY_VALUE})
    return "shop"


def bucket_settings(account: Account) -> str:
    """With a notification: where there is none, moto's answer is no XML."""
    name = bucket(account)
    account.client("s3").put_bucket_notification_configuration(
        Bucket=name,
        NotificationConfiguration={
            "QueueConfigurations": [{"QueueArn": queue_arn(account), "Events": ["s3:ObjectCreated:*"]}]
        },
    )
    return name


def access_point(account: Account) -> str:
    account.client("s3control").create_access_point(
        AccountId=ACCOUNT, Name="till", Bucket=bucket(account), Tags=KEY_VALUE
    )
    return "till"


def account_public_access_block(account: Account) -> str:
    account.client("s3control").put_public_access_block(AccountId=ACCOUNT, PublicAccessBlockConfiguration=ALL_BLOCKED)
    return "account"


MAKERS: dict[str, Maker] = {
    "AWS::S3::Bucket": bucket,
    "AWS::S3::BucketSettings": bucket_settings,
    "AWS::S3::AccessPoint": access_point,
    "AWS::S3::AccountPublicAccessBlock": account_public_access_block,
}
