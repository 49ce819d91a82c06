from __future__ import annotations

from tests.catalog.made.account import TAGS, Account, Maker


def vault(account: Account) -> tuple[str, str]:
    made = account.client("backup").create_backup_vault(BackupVaultName="nightly", BackupVaultTags=TAGS)
    return made["BackupVaultName"], made["BackupVaultArn"]


def plan(account: Account) -> tuple[str, str]:
    name, _ = vault(account)
    made = account.client("backup").create_backup_plan(
        BackupPlan={
            "BackupPlanName": "nightly",
            "Rules": [{"RuleName": "every-night", "TargetBackupVaultName": name}],
        },
        BackupPlanTags=TAGS,
    )
    return made["BackupPlanId"], made["BackupPlanArn"]


MAKERS: dict[str, Maker] = {"AWS::Backup::BackupVault": vault, "AWS::Backup::BackupPlan": plan}

UNTAGGED = {"AWS::Backup::BackupPlan": "moto's tagging API does not know backup plans"}
