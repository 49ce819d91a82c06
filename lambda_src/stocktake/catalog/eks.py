"""Amazon Elastic Kubernetes Service. Everything is listed by name and described one by one."""

from stocktake.catalog.spec import Call, ResourceType, Tier, item, parent

PAGE = {"maxResults": 100}
GONE = ("ResourceNotFoundException",)
CLUSTERS = Call(operation="ListClusters", items="clusters", parameters=PAGE)
"""Without those that run elsewhere and are only connected, which have nothing of what is listed below them."""

ROWS = (
    ResourceType(
        name="AWS::EKS::Cluster",
        service="eks",
        doc="Kubernetes clusters, connected ones that run elsewhere included. Nothing inside of them is read.",
        calls=(
            Call(operation="ListClusters", items="clusters", parameters={**PAGE, "include": ["all"]}),
            Call(operation="DescribeCluster", items="[cluster]", parameters={"name": item()}, absent=GONE),
        ),
        id="name",
        arn="arn",
        label="name",
        tags="tags",
        created="createdAt",
        volatile=("health",),
        # With the activation code, another cluster could be connected in this one's place.
        secret=("clientRequestToken", "connectorConfig.activationCode"),
    ),
    ResourceType(
        name="AWS::EKS::Nodegroup",
        service="eks",
        tier=Tier.FULL,
        doc="Managed node groups of every cluster.",
        calls=(
            CLUSTERS,
            Call(
                operation="ListNodegroups",
                items="nodegroups",
                parameters={"clusterName": item(), **PAGE},
                absent=GONE,
            ),
            Call(
                operation="DescribeNodegroup",
                items="[nodegroup]",
                parameters={"clusterName": parent(), "nodegroupName": item()},
                absent=GONE,
            ),
        ),
        id="nodegroupArn",
        arn="nodegroupArn",
        label="nodegroupName",
        tags="tags",
        created="createdAt",
        volatile=("health",),
    ),
    ResourceType(
        name="AWS::EKS::Addon",
        service="eks",
        tier=Tier.FULL,
        doc="Add-ons of every cluster. Their configuration is redacted.",
        calls=(
            CLUSTERS,
            Call(operation="ListAddons", items="addons", parameters={"clusterName": item(), **PAGE}, absent=GONE),
            Call(
                operation="DescribeAddon",
                items="[addon]",
                parameters={"clusterName": parent(), "addonName": item()},
                absent=GONE,
            ),
        ),
        id="addonArn",
        arn="addonArn",
        label="addonName",
        tags="tags",
        created="createdAt",
        volatile=("health",),
        secret=("configurationValues",),
    ),
    ResourceType(
        name="AWS::EKS::FargateProfile",
        service="eks",
        tier=Tier.FULL,
        doc="Fargate profiles of every cluster.",
        calls=(
            CLUSTERS,
            Call(
                operation="ListFargateProfiles",
                items="fargateProfileNames",
                parameters={"clusterName": item(), **PAGE},
                absent=GONE,
            ),
            Call(
                operation="DescribeFargateProfile",
                items="[fargateProfile]",
                parameters={"clusterName": parent(), "fargateProfileName": item()},
                absent=GONE,
            ),
        ),
        id="fargateProfileArn",
        arn="fargateProfileArn",
        label="fargateProfileName",
        tags="tags",
        created="createdAt",
        volatile=("health",),
    ),
)
