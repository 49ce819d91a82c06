"""AWS Backup. Tags come in bulk: the model marks what Backup itself says of them as sensitive."""

from stocktake.catalog.spec import Call, Enrich, ResourceType, Tier, item
from stocktake.catalog.tagging import tags_in_bulk

PAGE = {"MaxResults": 1000}
GONE = ("ResourceNotFoundException",)
PLANS = Call(operation="ListBackupPlans", items="BackupPlansList", parameters={"IncludeDeleted": False, **PAGE})

ROWS = (
    ResourceType(
        name="AWS::Backup::BackupVault",
        service="backup",
        doc="Vaults, logically air-gapped ones included, with their locks. No recovery point is listed.",
        calls=(Call(operation="ListBackupVaults", items="BackupVaultList", parameters=PAGE),),
        enrich=(tags_in_bulk("BackupVaultArn"),),
        id="BackupVaultName",
        arn="BackupVaultArn",
        label="BackupVaultName",
        tags="Tags",
        created="CreationDate",
        volatile=("NumberOfRecoveryPoints",),
    ),
    ResourceType(
        name="AWS::Backup::BackupPlan",
        service="backup",
        tier=Tier.FULL,
        doc="Plans with their rules, without those that were deleted.",
        calls=(PLANS,),
        enrich=(
            Enrich(
                call=Call(
                    operation="GetBackupPlan",
                    items="BackupPlan",
                    parameters={"BackupPlanId": item("BackupPlanId")},
                    absent=GONE,
                ),
                into="BackupPlan",
            ),
            tags_in_bulk("BackupPlanArn"),
        ),
        id="BackupPlanId",
        arn="BackupPlanArn",
        label="BackupPlanName",
        tags="Tags",
        created="CreationDate",
        volatile=("LastExecutionDate",),
    ),
    ResourceType(
        name="AWS::Backup::BackupSelection",
        service="backup",
        tier=Tier.FULL,
        doc="Which resources each plan backs up.",
        calls=(
            PLANS,
            Call(
                operation="ListBackupSelections",
                items="BackupSelectionsList",
                parameters={"BackupPlanId": item("BackupPlanId"), **PAGE},
                absent=GONE,
            ),
        ),
        enrich=(
            Enrich(
                call=Call(
                    operation="GetBackupSelection",
                    items="BackupSelection",
                    parameters={"BackupPlanId": item("BackupPlanId"), "SelectionId": item("SelectionId")},
                    absent=GONE,
                ),
                into="BackupSelection",
            ),
        ),
        id="SelectionId",
        label="SelectionName",
        created="CreationDate",
    ),
)
