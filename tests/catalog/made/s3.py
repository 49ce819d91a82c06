from __future__ import annotations

from tests.catalog.made.account import KEY_VALUE, Account, Maker
from tests.catalog.made.sqs import queue_arn


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


MAKERS: dict[str, Maker] = {
    "AWS::S3::Bucket": bucket,
    "AWS::S3::BucketSettings": bucket_settings,
}
REFUSED = "our own calls refuse the host that S3 Control has at a custom endpoint, {account}.{host}"
NOT_MADE: dict[str, str] = {
    "AWS::S3::AccessPoint": REFUSED,
    "AWS::S3::AccountPublicAccessBlock": REFUSED,
}
