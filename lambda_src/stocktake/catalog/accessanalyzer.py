"""IAM Access Analyzer. No finding is read."""

from stocktake.catalog.spec import Call, ResourceType

ROWS = (
    ResourceType(
        name="AWS::AccessAnalyzer::Analyzer",
        service="accessanalyzer",
        doc="Analyzers of external, internal and unused access. No finding is read.",
        calls=(
            Call(
                operation="ListAnalyzers",
                items="analyzers",
                parameters={"maxResults": 100},
                iam=("access-analyzer:ListAnalyzers",),
            ),
        ),
        id="arn",
        arn="arn",
        label="name",
        tags="tags",
        created="createdAt",
        volatile=("lastResourceAnalyzed", "lastResourceAnalyzedAt"),
    ),
)
