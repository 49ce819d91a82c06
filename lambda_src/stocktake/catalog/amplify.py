"""AWS Amplify."""

from stocktake.catalog.spec import Call, ResourceType, Tier

ROWS = (
    ResourceType(
        name="AWS::Amplify::App",
        service="amplify",
        tier=Tier.FULL,
        doc="Web applications; of environment variables only the names, and of build specifications nothing.",
        calls=(Call(operation="ListApps", items="apps", parameters={"maxResults": 100}),),
        id="appId",
        arn="appArn",
        label="name",
        tags="tags",
        created="createTime",
        volatile=(
            "productionBranch.lastDeployTime",
            "productionBranch.status",
            "productionBranch.thumbnailUrl",
        ),
        # Custom headers may carry keys.
        secret=("environmentVariables.*", "autoBranchCreationConfig.environmentVariables.*", "customHeaders"),
    ),
)
