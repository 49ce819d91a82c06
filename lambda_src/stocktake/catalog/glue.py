"""AWS Glue: the data catalog and what fills it. No data is read."""

from stocktake.catalog.spec import Batch, Call, ResourceType, Tier, item
from stocktake.catalog.tagging import tags_in_bulk

OWN = "arn:{partition}:glue:{region}:{account}"
# Both names may have slashes (Glue API reference, CreateTable): `a/b` and `c` are not `a` and `b/c`.
NAMES = "join('', [DatabaseName, Name])"
TABLE_ID = (
    f"DatabaseName && Name && (contains({NAMES}, '/') || contains({NAMES}, '\"')) && to_string([DatabaseName, Name])"
    " || DatabaseName && Name && join('/', [DatabaseName, Name])"
)
DATABASES = Call(operation="GetDatabases", items="DatabaseList", parameters={"MaxResults": 100})

ROWS = (
    ResourceType(
        name="AWS::Glue::Database",
        service="glue",
        tier=Tier.FULL,
        doc="Databases of the account's data catalog. Where Lake Formation governs it, AWS lists those that the role "
        "may see, and does not say that there are others.",
        calls=(DATABASES,),
        enrich=(tags_in_bulk(OWN + ":database/{Name}"),),
        id="Name",
        arn=OWN + ":database/{Name}",
        label="Name",
        tags="Tags",
        created="CreateTime",
    ),
    ResourceType(
        name="AWS::Glue::Table",
        service="glue",
        tier=Tier.FULL,
        doc="Tables of every database of the data catalog that Lake Formation lets the role see, with their columns. "
        "No row is read.",
        calls=(
            DATABASES,
            Call(
                operation="GetTables",
                items="TableList",
                parameters={"DatabaseName": item("Name"), "MaxResults": 100},
                absent=("EntityNotFoundException",),
            ),
        ),
        id=TABLE_ID,
        arn=OWN + ":table/{DatabaseName}/{Name}",
        label="Name",
        created="CreateTime",
        # Whatever is written to an Iceberg table makes another version of it, with other metadata.
        volatile=(
            "LastAccessTime",
            "LastAnalyzedTime",
            "Parameters.metadata_location",
            "Parameters.previous_metadata_location",
            "UpdateTime",
            "VersionId",
        ),
    ),
    ResourceType(
        name="AWS::Glue::Job",
        service="glue",
        tier=Tier.FULL,
        doc="Jobs and where their scripts lie; of their arguments only the names.",
        calls=(Call(operation="GetJobs", items="Jobs", parameters={"MaxResults": 1000}),),
        enrich=(tags_in_bulk(OWN + ":job/{Name}"),),
        id="Name",
        arn=OWN + ":job/{Name}",
        label="Name",
        tags="Tags",
        created="CreatedOn",
        secret=("DefaultArguments.*", "NonOverridableArguments.*", "SourceControlDetails.AuthToken"),
    ),
    ResourceType(
        name="AWS::Glue::Crawler",
        service="glue",
        tier=Tier.FULL,
        doc="Crawlers, with what they crawl and when.",
        calls=(Call(operation="GetCrawlers", items="Crawlers", parameters={"MaxResults": 1000}),),
        enrich=(tags_in_bulk(OWN + ":crawler/{Name}"),),
        id="Name",
        arn=OWN + ":crawler/{Name}",
        label="Name",
        tags="Tags",
        created="CreationTime",
        volatile=("State", "CrawlElapsedTime", "LastCrawl"),
    ),
    ResourceType(
        name="AWS::Glue::Connection",
        service="glue",
        tier=Tier.FULL,
        doc="Connections to data stores; of their properties only the names. Passwords are not asked for.",
        calls=(
            Call(
                operation="GetConnections",
                items="ConnectionList",
                parameters={"HidePassword": True, "MaxResults": 1000},
            ),
        ),
        enrich=(tags_in_bulk(OWN + ":connection/{Name}"),),
        id="Name",
        arn=OWN + ":connection/{Name}",
        label="Name",
        tags="Tags",
        created="CreationTime",
        volatile=("LastConnectionValidationTime",),
        secret=(
            "ConnectionProperties.*",
            "SparkProperties.*",
            "AthenaProperties.*",
            "PythonProperties.*",
            "AuthenticationConfiguration.OAuth2Properties.TokenUrlParametersMap.*",
        ),
    ),
    ResourceType(
        name="AWS::Glue::Trigger",
        service="glue",
        tier=Tier.FULL,
        doc="Triggers and which jobs they start; of the jobs' arguments only the names.",
        calls=(Call(operation="GetTriggers", items="Triggers", parameters={"MaxResults": 200}),),
        enrich=(tags_in_bulk(OWN + ":trigger/{Name}"),),
        id="Name",
        arn=OWN + ":trigger/{Name}",
        label="Name",
        tags="Tags",
        secret=("Actions[].Arguments.*",),
    ),
    ResourceType(
        name="AWS::Glue::Workflow",
        service="glue",
        tier=Tier.FULL,
        doc="Workflows and their last run; of their properties only the names.",
        calls=(
            Call(operation="ListWorkflows", items="Workflows", parameters={"MaxResults": 25}),
            Call(
                operation="BatchGetWorkflows",
                items="Workflows",
                batch=Batch("Names", 25, accounted="[Workflows, MissingWorkflows][]"),
            ),
        ),
        enrich=(tags_in_bulk(OWN + ":workflow/{Name}"),),
        id="Name",
        arn=OWN + ":workflow/{Name}",
        label="Name",
        tags="Tags",
        created="CreatedOn",
        volatile=("LastRun",),
        # The graph is not asked for.
        secret=(
            "DefaultRunProperties.*",
            "LastRun.WorkflowRunProperties.*",
            "Graph.Nodes[].TriggerDetails.Trigger.Actions[].Arguments.*",
            "Graph.Nodes[].JobDetails.JobRuns[].Arguments.*",
            "LastRun.Graph.Nodes[].TriggerDetails.Trigger.Actions[].Arguments.*",
            "LastRun.Graph.Nodes[].JobDetails.JobRuns[].Arguments.*",
        ),
    ),
    ResourceType(
        name="AWS::Glue::SecurityConfiguration",
        service="glue",
        tier=Tier.FULL,
        doc="How jobs and crawlers encrypt what they write.",
        calls=(
            Call(
                operation="GetSecurityConfigurations",
                items="SecurityConfigurations",
                parameters={"MaxResults": 1000},
            ),
        ),
        id="Name",
        label="Name",
        created="CreatedTimeStamp",
    ),
)
