from __future__ import annotations

from tests.catalog.made.account import KEY_VALUE, Account, Maker
from tests.catalog.made.needed import ROLE


def delivery_stream(account: Account) -> tuple[str, str]:
    made = account.client("firehose").create_delivery_stream(
        DeliveryStreamName="sales",
        ExtendedS3DestinationConfiguration={"RoleARN": ROLE, "BucketARN": "arn:aws:s3:::shop"},
        Tags=KEY_VALUE,
    )
    return "sales", made["DeliveryStreamARN"]


MAKERS: dict[str, Maker] = {"AWS::KinesisFirehose::DeliveryStream": delivery_stream}
