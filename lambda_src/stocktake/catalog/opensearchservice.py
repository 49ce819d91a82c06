"""Amazon OpenSearch Service. Elasticsearch domains are domains too."""

from stocktake.catalog.spec import Batch, Call, ResourceType
from stocktake.catalog.tagging import tags_in_bulk

ROWS = (
    ResourceType(
        name="AWS::OpenSearchService::Domain",
        service="opensearch",
        doc="Domains of OpenSearch and Elasticsearch, with their access policies. No index is read.",
        calls=(
            Call(operation="ListDomainNames", items="DomainNames", iam=("es:ListDomainNames",)),
            Call(
                operation="DescribeDomains",
                items="DomainStatusList",
                batch=Batch("DomainNames", 5, "DomainName", accounted="DomainStatusList"),
                iam=("es:DescribeDomains",),
            ),
        ),
        enrich=(tags_in_bulk("ARN"),),
        id="DomainName",
        arn="ARN",
        label="DomainName",
        tags="Tags",
        volatile=(
            "AutoTuneOptions.State",
            "ChangeProgressDetails",
            "DomainProcessingStatus",
            "ModifyingProperties",
            "Processing",
            "ServiceSoftwareOptions",
            "UpgradeProcessing",
        ),
    ),
)
