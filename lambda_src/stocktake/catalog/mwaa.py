"""Amazon Managed Workflows for Apache Airflow."""

from stocktake.catalog.spec import Call, ResourceType, Tier, item

ROWS = (
    ResourceType(
        name="AWS::MWAA::Environment",
        service="mwaa",
        tier=Tier.FULL,
        doc="Airflow environments with their network, role and logging; of Airflow's options only the names.",
        calls=(
            Call(
                operation="ListEnvironments",
                items="Environments",
                parameters={"MaxResults": 25},
                iam=("airflow:ListEnvironments",),
            ),
            Call(
                operation="GetEnvironment",
                items="[Environment]",
                parameters={"Name": item()},
                absent=("ResourceNotFoundException",),
                iam=("airflow:GetEnvironment",),
            ),
        ),
        id="Name",
        arn="Arn",
        label="Name",
        tags="Tags",
        created="CreatedAt",
    ),
)
