from __future__ import annotations

from tests.catalog.made.account import KEY_VALUE, Account, Maker
from tests.catalog.made.needed import bucket


def trail(account: Account) -> str:
    made = account.client("cloudtrail").create_trail(Name="all", S3BucketName=bucket(account), TagsList=KEY_VALUE)
    return made["TrailARN"]


MAKERS: dict[str, Maker] = {"AWS::CloudTrail::Trail": trail}
