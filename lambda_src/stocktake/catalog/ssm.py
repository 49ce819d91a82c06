"""AWS Systems Manager."""

from stocktake.catalog.spec import Call, ResourceType, Tier
from stocktake.catalog.tagging import tags_in_bulk

OWN = "arn:{partition}:ssm:{region}:{account}"

ROWS = (
    ResourceType(
        name="AWS::SSM::Parameter",
        service="ssm",
        doc="Parameters that the account owns. No value is read.",
        calls=(Call(operation="DescribeParameters", items="Parameters", parameters={"MaxResults": 50}),),
        enrich=(tags_in_bulk("ARN"),),
        id="Name",
        arn="ARN",
        label="Name",
        tags="Tags",
    ),
    ResourceType(
        name="AWS::SSM::Document",
        service="ssm",
        tier=Tier.FULL,
        doc="Documents that the account owns. Their content is not read.",
        calls=(
            Call(
                operation="ListDocuments",
                items="DocumentIdentifiers",
                parameters={"Filters": [{"Key": "Owner", "Values": ["Self"]}], "MaxResults": 50},
            ),
        ),
        id="Name",
        arn=OWN + ":document/{Name}",
        label="Name",
        tags="Tags",
        created="CreatedDate",
    ),
    ResourceType(
        name="AWS::SSM::ManagedInstance",
        service="ssm",
        cloudformation=False,
        doc="Machines with an agent that answers to Systems Manager, EC2 instances and others.",
        calls=(
            Call(
                operation="DescribeInstanceInformation", items="InstanceInformationList", parameters={"MaxResults": 50}
            ),
        ),
        # The tags of EC2 instances stand with them.
        enrich=(tags_in_bulk(OWN + ":managed-instance/{InstanceId}", when="ResourceType == 'ManagedInstance'"),),
        id="InstanceId",
        label="ComputerName",
        tags="Tags",
        created="RegistrationDate",
        volatile=(
            "IsLatestVersion",
            "PingStatus",
            "LastPingDateTime",
            "AssociationStatus",
            "AssociationOverview",
            "LastAssociationExecutionDate",
            "LastSuccessfulAssociationExecutionDate",
        ),
    ),
    ResourceType(
        name="AWS::SSM::MaintenanceWindow",
        service="ssm",
        tier=Tier.FULL,
        doc="Maintenance windows and when they open.",
        calls=(Call(operation="DescribeMaintenanceWindows", items="WindowIdentities", parameters={"MaxResults": 100}),),
        enrich=(tags_in_bulk(OWN + ":maintenancewindow/{WindowId}"),),
        id="WindowId",
        arn=OWN + ":maintenancewindow/{WindowId}",
        label="Name",
        tags="Tags",
        volatile=("NextExecutionTime",),
    ),
    ResourceType(
        name="AWS::SSM::PatchBaseline",
        service="ssm",
        tier=Tier.FULL,
        doc="Patch baselines that the account owns, without their rules; not AWS's own.",
        calls=(
            Call(
                operation="DescribePatchBaselines",
                items="BaselineIdentities",
                parameters={"Filters": [{"Key": "OWNER", "Values": ["Self"]}], "MaxResults": 100},
            ),
        ),
        enrich=(tags_in_bulk(OWN + ":patchbaseline/{BaselineId}"),),
        id="BaselineId",
        arn=OWN + ":patchbaseline/{BaselineId}",
        label="BaselineName",
        tags="Tags",
    ),
    ResourceType(
        name="AWS::SSM::Association",
        service="ssm",
        tier=Tier.FULL,
        doc="Associations: which document is applied where and when. Their parameters are not read.",
        calls=(Call(operation="ListAssociations", items="Associations", parameters={"MaxResults": 50}),),
        enrich=(tags_in_bulk(OWN + ":association/{AssociationId}"),),
        id="AssociationId",
        arn=OWN + ":association/{AssociationId}",
        label="AssociationName",
        tags="Tags",
        volatile=("LastExecutionDate", "Overview"),
    ),
    ResourceType(
        name="AWS::SSM::ResourceDataSync",
        service="ssm",
        tier=Tier.FULL,
        doc="Where inventory data is sent, or gathered from.",
        calls=(Call(operation="ListResourceDataSync", items="ResourceDataSyncItems", parameters={"MaxResults": 50}),),
        id="SyncName",
        label="SyncName",
        created="SyncCreatedTime",
        volatile=("LastSyncTime", "LastSuccessfulSyncTime", "LastStatus", "LastSyncStatusMessage"),
    ),
)
