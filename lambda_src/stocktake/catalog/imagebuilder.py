"""EC2 Image Builder."""

from stocktake.catalog.spec import Call, ResourceType, Tier

ROWS = (
    ResourceType(
        name="AWS::ImageBuilder::ImagePipeline",
        service="imagebuilder",
        tier=Tier.FULL,
        doc="Pipelines that build images, with their schedule; of workflows' parameters only the names.",
        calls=(Call(operation="ListImagePipelines", items="imagePipelineList", parameters={"maxResults": 100}),),
        id="arn",
        arn="arn",
        label="name",
        tags="tags",
        created="dateCreated",
        volatile=("dateLastRun", "dateNextRun", "lastRunStatus", "consecutiveFailures"),
        secret=("workflows[].parameters[].value",),
    ),
)
