"""Amazon WorkSpaces."""

from stocktake.catalog.spec import Call, ResourceType, Tier
from stocktake.catalog.tagging import tags_in_bulk

OWN = "arn:{partition}:workspaces:{region}:{account}"

ROWS = (
    ResourceType(
        name="AWS::WorkSpaces::Workspace",
        service="workspaces",
        tier=Tier.FULL,
        doc="Virtual desktops and whose they are.",
        calls=(Call(operation="DescribeWorkspaces", items="Workspaces", parameters={"Limit": 25}),),
        enrich=(tags_in_bulk(OWN + ":workspace/{WorkspaceId}"),),
        id="WorkspaceId",
        arn=OWN + ":workspace/{WorkspaceId}",
        label="ComputerName",
        tags="Tags",
        # Those that stop by themselves do so whenever nobody works.
        volatile=(
            "State",
            "DataReplicationSettings.RecoverySnapshotTime",
            "StandbyWorkspacesProperties[].RecoverySnapshotTime",
        ),
    ),
    ResourceType(
        name="AWS::WorkSpaces::Directory",
        service="workspaces",
        tier=Tier.FULL,
        doc="Directories that virtual desktops are registered with.",
        calls=(Call(operation="DescribeWorkspaceDirectories", items="Directories", parameters={"Limit": 25}),),
        enrich=(tags_in_bulk(OWN + ":directory/{DirectoryId}"),),
        id="DirectoryId",
        arn=OWN + ":directory/{DirectoryId}",
        label="DirectoryName",
        tags="Tags",
        # With it anyone may try to log in.
        secret=("RegistrationCode",),
    ),
    ResourceType(
        name="AWS::WorkSpaces::WorkspaceIpGroup",
        service="workspaces",
        tier=Tier.FULL,
        doc="Groups of addresses that virtual desktops are reached from.",
        calls=(Call(operation="DescribeIpGroups", items="Result", parameters={"MaxResults": 25}),),
        enrich=(tags_in_bulk(OWN + ":workspaceipgroup/{groupId}"),),
        id="groupId",
        arn=OWN + ":workspaceipgroup/{groupId}",
        label="groupName",
        tags="Tags",
    ),
)
