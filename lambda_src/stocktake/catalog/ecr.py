"""Amazon Elastic Container Registry. Policies are types of their own, so that only a full run asks for them."""

from stocktake.catalog.spec import Call, ResourceType, Tier, item
from stocktake.catalog.tagging import tags_in_bulk

REPOSITORIES = Call(operation="DescribeRepositories", items="repositories", parameters={"maxResults": 1000})
ARN = "arn:{partition}:ecr:{region}:{registryId}:repository/{repositoryName}"

ROWS = (
    ResourceType(
        name="AWS::ECR::Repository",
        service="ecr",
        doc="Repositories with encryption, scanning and tag immutability. No image is read.",
        calls=(REPOSITORIES,),
        enrich=(tags_in_bulk("repositoryArn"),),
        id="repositoryName",
        arn="repositoryArn",
        label="repositoryName",
        tags="Tags",
        created="createdAt",
    ),
    ResourceType(
        name="AWS::ECR::RepositoryPolicy",
        service="ecr",
        cloudformation=False,
        tier=Tier.FULL,
        doc="Access policies of repositories, with the ARN of the repository; those that have none are left out.",
        calls=(
            REPOSITORIES,
            Call(
                operation="GetRepositoryPolicy",
                items="policyText && [@]",
                parameters={"repositoryName": item("repositoryName")},
                absent=("RepositoryNotFoundException", "RepositoryPolicyNotFoundException"),
            ),
        ),
        id="repositoryName",
        arn=ARN,
        label="repositoryName",
    ),
    ResourceType(
        name="AWS::ECR::LifecyclePolicy",
        service="ecr",
        cloudformation=False,
        tier=Tier.FULL,
        doc="Lifecycle policies of repositories, with the ARN of the repository; those that have none are left out.",
        calls=(
            REPOSITORIES,
            Call(
                operation="GetLifecyclePolicy",
                items="lifecyclePolicyText && [@]",
                parameters={"repositoryName": item("repositoryName")},
                absent=("LifecyclePolicyNotFoundException", "RepositoryNotFoundException"),
            ),
        ),
        id="repositoryName",
        arn=ARN,
        label="repositoryName",
        volatile=("lastEvaluatedAt",),
    ),
    ResourceType(
        name="AWS::ECR::RegistryScanningConfiguration",
        service="ecr",
        tier=Tier.FULL,
        doc="How the account's registry scans images, which may go beyond what its repositories say.",
        calls=(
            # An object without members is false in JMESPath.
            Call(operation="GetRegistryScanningConfiguration", items="scanningConfiguration != `null` && [@]"),
        ),
        id="registryId",
    ),
)
