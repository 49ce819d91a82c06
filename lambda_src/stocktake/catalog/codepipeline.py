"""AWS CodePipeline."""

from stocktake.catalog.spec import Call, ResourceType, Tier
from stocktake.catalog.tagging import tags_in_bulk

PIPELINE = "arn:{partition}:codepipeline:{region}:{account}:{name}"

ROWS = (
    ResourceType(
        name="AWS::CodePipeline::Pipeline",
        service="codepipeline",
        tier=Tier.FULL,
        doc="Pipelines. Their stages, which may hold tokens, are not read.",
        calls=(Call(operation="ListPipelines", items="pipelines", parameters={"maxResults": 1000}),),
        enrich=(tags_in_bulk(PIPELINE),),
        id="name",
        arn=PIPELINE,
        label="name",
        tags="Tags",
        created="created",
    ),
)
