"""Amazon Athena. No query is read and none is run."""

from stocktake.catalog.spec import Call, Enrich, Paging, ResourceType, Tier, item
from stocktake.catalog.tagging import tags_in_bulk

PAGE = {"MaxResults": 50}
PAGES = Paging(("NextToken",), ("NextToken",))
OWN = "arn:{partition}:athena:{region}:{account}"

ROWS = (
    ResourceType(
        name="AWS::Athena::WorkGroup",
        service="athena",
        tier=Tier.FULL,
        doc="Workgroups with where their results go and how these are encrypted. No query is read.",
        calls=(Call(operation="ListWorkGroups", items="WorkGroups", parameters=PAGE, paging=PAGES),),
        enrich=(
            Enrich(
                call=Call(
                    operation="GetWorkGroup", items="WorkGroup.Configuration", parameters={"WorkGroup": item("Name")}
                ),
                into="Configuration",
            ),
            tags_in_bulk(OWN + ":workgroup/{Name}"),
        ),
        id="Name",
        arn=OWN + ":workgroup/{Name}",
        label="Name",
        tags="Tags",
        created="CreationTime",
        # Settings of Spark hold whatever a data store wants.
        secret=(
            "Configuration.EngineConfiguration.AdditionalConfigs.*",
            "Configuration.EngineConfiguration.SparkProperties.*",
            "Configuration.EngineConfiguration.Classifications[].Properties.*",
        ),
    ),
    ResourceType(
        name="AWS::Athena::DataCatalog",
        service="athena",
        tier=Tier.FULL,
        doc="Data catalogs that queries can use.",
        calls=(Call(operation="ListDataCatalogs", items="DataCatalogsSummary", parameters=PAGE),),
        enrich=(tags_in_bulk(OWN + ":datacatalog/{CatalogName}"),),
        id="CatalogName",
        arn=OWN + ":datacatalog/{CatalogName}",
        label="CatalogName",
        tags="Tags",
    ),
    ResourceType(
        name="AWS::Athena::CapacityReservation",
        service="athena",
        tier=Tier.FULL,
        doc="Reserved capacity, cancelled reservations included for as long as they are listed.",
        calls=(
            Call(operation="ListCapacityReservations", items="CapacityReservations", parameters=PAGE, paging=PAGES),
        ),
        enrich=(tags_in_bulk(OWN + ":capacity-reservation/{Name}"),),
        id="Name",
        arn=OWN + ":capacity-reservation/{Name}",
        label="Name",
        tags="Tags",
        created="CreationTime",
        volatile=("AllocatedDpus", "LastAllocation", "LastSuccessfulAllocationTime"),
    ),
)
