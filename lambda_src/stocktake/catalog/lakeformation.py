"""AWS Lake Formation."""

from stocktake.catalog.spec import Call, Paging, ResourceType, Tier

ROWS = (
    ResourceType(
        name="AWS::LakeFormation::Resource",
        service="lakeformation",
        tier=Tier.FULL,
        doc="Places that Lake Formation governs, and by which role.",
        calls=(
            Call(
                operation="ListResources",
                items="ResourceInfoList",
                parameters={"MaxResults": 1000},
                paging=Paging(("NextToken",), ("NextToken",)),
            ),
        ),
        id="ResourceArn",
        arn="ResourceArn",
    ),
    ResourceType(
        name="AWS::LakeFormation::DataLakeSettings",
        service="lakeformation",
        tier=Tier.FULL,
        doc="Who administers the data lake, and what new databases and tables allow.",
        calls=(Call(operation="GetDataLakeSettings", items="[DataLakeSettings]"),),
        id="'DataLakeSettings'",
    ),
)
