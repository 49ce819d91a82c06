from __future__ import annotations

from tests.catalog.made.account import KEY_VALUE, Account, Maker
from tests.catalog.made.needed import subnets


def file_system(account: Account) -> str:
    return account.client("efs").create_file_system(CreationToken="shop", Tags=KEY_VALUE)["FileSystemId"]


def access_point(account: Account) -> tuple[str, str]:
    answer = account.client("efs").create_access_point(
        ClientToken="till", FileSystemId=file_system(account), Tags=KEY_VALUE
    )
    return answer["AccessPointId"], answer["AccessPointArn"]


def mount_target(account: Account) -> str:
    answer = account.client("efs").create_mount_target(FileSystemId=file_system(account), SubnetId=subnets(account)[0])
    return answer["MountTargetId"]


MAKERS: dict[str, Maker] = {
    "AWS::EFS::FileSystem": file_system,
    "AWS::EFS::AccessPoint": access_point,
    "AWS::EFS::MountTarget": mount_target,
}
