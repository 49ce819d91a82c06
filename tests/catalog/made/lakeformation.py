from __future__ import annotations

from tests.catalog.made.account import Account, Maker
from tests.catalog.made.needed import ROLE


def resource(account: Account) -> str:
    account.client("lakeformation").register_resource(ResourceArn="arn:aws:s3:::shop", RoleArn=ROLE)
    return "arn:aws:s3:::shop"


def data_lake_settings(account: Account) -> str:
    settings = {"DataLakeAdmins": [{"DataLakePrincipalIdentifier": ROLE}]}
    account.client("lakeformation").put_data_lake_settings(DataLakeSettings=settings)
    return "DataLakeSettings"


MAKERS: dict[str, Maker] = {
    "AWS::LakeFormation::Resource": resource,
    "AWS::LakeFormation::DataLakeSettings": data_lake_settings,
}
