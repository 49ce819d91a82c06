"""AWS CodeCommit. No content is read."""

from stocktake.catalog.spec import Batch, Call, ResourceType, Tier
from stocktake.catalog.tagging import tags_in_bulk

ROWS = (
    ResourceType(
        name="AWS::CodeCommit::Repository",
        service="codecommit",
        tier=Tier.FULL,
        doc="Repositories. No content is read.",
        calls=(
            # Its pages have no size to ask for.
            Call(operation="ListRepositories", items="repositories[].repositoryName"),
            Call(
                operation="BatchGetRepositories",
                items="repositories",
                batch=Batch("repositoryNames", 25, accounted="[repositories, repositoriesNotFound, errors][]"),
                unanswered="errors",
            ),
        ),
        enrich=(tags_in_bulk("Arn"),),
        id="repositoryName",
        arn="Arn",
        label="repositoryName",
        tags="Tags",
        created="creationDate",
    ),
)
