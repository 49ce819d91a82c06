from __future__ import annotations

from tests.catalog.made.account import SECRET, TAGS, Account, Maker
from tests.catalog.made.needed import ROLE


def database(account: Account) -> str:
    account.client("glue").create_database(DatabaseInput={"Name": "shop"}, Tags=TAGS)
    return "shop"


def table(account: Account) -> str:
    account.client("glue").create_table(DatabaseName=database(account), TableInput={"Name": "sales"})
    return "shop/sales"


def job(account: Account) -> str:
    answer = account.client("glue").create_job(
        Name="count",
        Role=ROLE,
        Command={"Name": "glueetl", "ScriptLocation": "s3://shop/count.py"},
        DefaultArguments={"--password": SECRET},
        Tags=TAGS,
    )
    return answer["Name"]


def crawler(account: Account) -> str:
    account.client("glue").create_crawler(
        Name="count",
        Role=ROLE,
        DatabaseName=database(account),
        Targets={"S3Targets": [{"Path": "s3://shop/sales"}]},
        Tags=TAGS,
    )
    return "count"


def connection(account: Account) -> str:
    properties = {"JDBC_CONNECTION_URL": "jdbc:mysql://shop.example/sales", "USERNAME": "till", "PASSWORD": SECRET}
    account.client("glue").create_connection(
        ConnectionInput={"Name": "till", "ConnectionType": "JDBC", "ConnectionProperties": properties}, Tags=TAGS
    )
    return "till"


def trigger(account: Account) -> str:
    answer = account.client("glue").create_trigger(
        Name="evening", Type="ON_DEMAND", Actions=[{"JobName": job(account)}], Tags=TAGS
    )
    return answer["Name"]


def workflow(account: Account) -> str:
    return account.client("glue").create_workflow(Name="evening", Tags=TAGS)["Name"]


def security_configuration(account: Account) -> str:
    encryption = {"S3Encryption": [{"S3EncryptionMode": "SSE-S3"}]}
    answer = account.client("glue").create_security_configuration(Name="shop", EncryptionConfiguration=encryption)
    return answer["Name"]


MAKERS: dict[str, Maker] = {
    "AWS::Glue::Database": database,
    "AWS::Glue::Table": table,
    "AWS::Glue::Job": job,
    "AWS::Glue::Crawler": crawler,
    "AWS::Glue::Connection": connection,
    "AWS::Glue::Trigger": trigger,
    "AWS::Glue::Workflow": workflow,
    "AWS::Glue::SecurityConfiguration": security_configuration,
}
UNTIMED: dict[str, str] = {
    "AWS::Glue::SecurityConfiguration": "moto leaves CreatedTimeStamp out",
}
