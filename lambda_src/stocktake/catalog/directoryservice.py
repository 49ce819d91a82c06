"""AWS Directory Service. Nobody in a directory is read."""

from stocktake.catalog.spec import Call, ResourceType, Tier
from stocktake.catalog.tagging import tags_in_bulk

DIRECTORY = "arn:{partition}:ds:{region}:{account}:directory/{DirectoryId}"

ROWS = (
    ResourceType(
        name="AWS::DirectoryService::Directory",
        service="ds",
        tier=Tier.FULL,
        cloudformation=False,
        doc="Directories of every kind: Microsoft AD, Simple AD, AD Connector, and those that others share. Nobody in "
        "them is read.",
        calls=(Call(operation="DescribeDirectories", items="DirectoryDescriptions", parameters={"Limit": 100}),),
        enrich=(tags_in_bulk(DIRECTORY),),
        id="DirectoryId",
        arn=DIRECTORY,
        label="Name",
        tags="Tags",
        created="LaunchTime",
    ),
)
