"""Amazon GuardDuty. No finding is read."""

from stocktake.catalog.spec import Call, Enrich, ResourceType, item

ROWS = (
    ResourceType(
        name="AWS::GuardDuty::Detector",
        service="guardduty",
        doc="Detectors: where GuardDuty is on, one a region, with what it watches. No finding is read.",
        calls=(Call(operation="ListDetectors", items="DetectorIds[].{DetectorId: @}", parameters={"MaxResults": 50}),),
        enrich=(
            Enrich(
                call=Call(operation="GetDetector", items="Status && @", parameters={"DetectorId": item("DetectorId")}),
                into=(
                    "Status",
                    "CreatedAt",
                    "UpdatedAt",
                    "FindingPublishingFrequency",
                    "ServiceRole",
                    "DataSources",
                    "Features",
                    "Tags",
                ),
            ),
        ),
        id="DetectorId",
        arn="arn:{partition}:guardduty:{region}:{account}:detector/{DetectorId}",
        tags="Tags",
        created="CreatedAt",
    ),
)
