"""Amazon Managed Service for Prometheus. No metric is read."""

from stocktake.catalog.spec import Call, ResourceType

ROWS = (
    ResourceType(
        name="AWS::APS::Workspace",
        service="amp",
        doc="Workspaces of Prometheus. No metric is read.",
        calls=(
            Call(
                operation="ListWorkspaces",
                items="workspaces",
                parameters={"maxResults": 1000},
                iam=("aps:ListWorkspaces",),
            ),
        ),
        id="workspaceId",
        arn="arn",
        label="alias",
        tags="tags",
        created="createdAt",
    ),
)
