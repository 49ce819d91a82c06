from __future__ import annotations

from tests.catalog.made.account import KEY_VALUE, Account, Maker


def work_group(account: Account) -> str:
    account.client("athena").create_work_group(Name="reports", Tags=KEY_VALUE)
    return "reports"


def data_catalog(account: Account) -> str:
    account.client("athena").create_data_catalog(Name="lake", Type="GLUE", Tags=KEY_VALUE)
    return "lake"


def capacity_reservation(account: Account) -> str:
    account.client("athena").create_capacity_reservation(Name="nightly", TargetDpus=24, Tags=KEY_VALUE)
    return "nightly"


MAKERS: dict[str, Maker] = {
    "AWS::Athena::WorkGroup": work_group,
    "AWS::Athena::DataCatalog": data_catalog,
    "AWS::Athena::CapacityReservation": capacity_reservation,
}
