"""Amazon Bedrock. Nothing is asked of a model, and no prompt is read."""

from stocktake.catalog.spec import Call, Enrich, ResourceType, Tier, item
from stocktake.catalog.tagging import tags_in_bulk

PAGE = {"maxResults": 1000}
OWN = "arn:{partition}:bedrock:{region}:{account}"

ROWS = (
    ResourceType(
        name="AWS::Bedrock::Guardrail",
        service="bedrock",
        tier=Tier.FULL,
        doc="Guardrails. Names and descriptions are redacted, as AWS marks them sensitive.",
        calls=(Call(operation="ListGuardrails", items="guardrails", parameters=PAGE),),
        enrich=(tags_in_bulk("arn"),),
        id="id",
        arn="arn",
        label="id",
        tags="Tags",
        created="createdAt",
    ),
    ResourceType(
        name="AWS::Bedrock::ApplicationInferenceProfile",
        service="bedrock",
        tier=Tier.FULL,
        doc="Inference profiles that the account made; not AWS's own.",
        calls=(
            Call(
                operation="ListInferenceProfiles",
                items="inferenceProfileSummaries",
                parameters={"typeEquals": "APPLICATION", **PAGE},
            ),
        ),
        enrich=(tags_in_bulk("inferenceProfileArn"),),
        id="inferenceProfileId",
        arn="inferenceProfileArn",
        label="inferenceProfileName",
        tags="Tags",
        created="createdAt",
    ),
    ResourceType(
        name="AWS::Bedrock::CustomModel",
        service="bedrock",
        tier=Tier.FULL,
        cloudformation=False,
        doc="Models that the account made its own.",
        calls=(Call(operation="ListCustomModels", items="modelSummaries", parameters={"isOwned": True, **PAGE}),),
        enrich=(tags_in_bulk("modelArn"),),
        id="modelArn",
        arn="modelArn",
        label="modelName",
        tags="Tags",
        created="creationTime",
    ),
    ResourceType(
        name="AWS::Bedrock::ProvisionedModel",
        service="bedrock",
        tier=Tier.FULL,
        cloudformation=False,
        doc="Capacity bought for models, and until when.",
        calls=(Call(operation="ListProvisionedModelThroughputs", items="provisionedModelSummaries", parameters=PAGE),),
        enrich=(
            Enrich(
                call=Call(
                    operation="ListTagsForResource",
                    items="tags",
                    parameters={"resourceARN": item("provisionedModelArn")},
                    absent=("ResourceNotFoundException",),
                ),
                into="Tags",
            ),
        ),
        id="provisionedModelArn",
        arn="provisionedModelArn",
        label="provisionedModelName",
        tags="Tags",
        created="creationTime",
    ),
    ResourceType(
        name="AWS::Bedrock::Agent",
        service="bedrock-agent",
        tier=Tier.FULL,
        doc="Agents. Their instructions are not read.",
        calls=(
            Call(
                operation="ListAgents",
                items="agentSummaries",
                parameters=PAGE,
                iam=("bedrock:ListAgents",),
            ),
        ),
        enrich=(tags_in_bulk(OWN + ":agent/{agentId}"),),
        id="agentId",
        arn=OWN + ":agent/{agentId}",
        label="agentName",
        tags="Tags",
    ),
    ResourceType(
        name="AWS::Bedrock::KnowledgeBase",
        service="bedrock-agent",
        tier=Tier.FULL,
        doc="Knowledge bases. Nothing in them is read.",
        calls=(
            Call(
                operation="ListKnowledgeBases",
                items="knowledgeBaseSummaries",
                parameters=PAGE,
                iam=("bedrock:ListKnowledgeBases",),
            ),
        ),
        enrich=(tags_in_bulk(OWN + ":knowledge-base/{knowledgeBaseId}"),),
        id="knowledgeBaseId",
        arn=OWN + ":knowledge-base/{knowledgeBaseId}",
        label="name",
        tags="Tags",
    ),
)
