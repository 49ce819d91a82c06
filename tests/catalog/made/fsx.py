from __future__ import annotations

from tests.catalog.made.account import KEY_VALUE, Account, Maker
from tests.catalog.made.needed import subnets


def file_system(account: Account) -> tuple[str, str]:
    answer = account.client("fsx").create_file_system(
        FileSystemType="LUSTRE", StorageCapacity=1200, SubnetIds=subnets(account)[:1], Tags=KEY_VALUE
    )
    return answer["FileSystem"]["FileSystemId"], answer["FileSystem"]["ResourceARN"]


MAKERS: dict[str, Maker] = {"AWS::FSx::FileSystem": file_system}
UNTIMED: dict[str, str] = {
    "AWS::FSx::FileSystem": "moto leaves CreationTime out",
}
