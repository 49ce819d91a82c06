from __future__ import annotations

from tests.catalog.made.account import KEY_VALUE, Account, Maker


def table(account: Account) -> tuple[str, str]:
    made = account.client("dynamodb").create_table(
        TableName="orders",
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
        Tags=KEY_VALUE,
    )["TableDescription"]
    return made["TableName"], made["TableArn"]


def backup(account: Account) -> str:
    name, _ = table(account)
    made = account.client("dynamodb").create_backup(TableName=name, BackupName="before-the-move")
    return made["BackupDetails"]["BackupArn"]


MAKERS: dict[str, Maker] = {
    "AWS::DynamoDB::Table": table,
    "AWS::DynamoDB::ContinuousBackups": table,
    "AWS::DynamoDB::Backup": backup,
}
