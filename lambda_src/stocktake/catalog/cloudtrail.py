"""AWS CloudTrail. No event is read."""

from stocktake.catalog.spec import Call, Enrich, Paging, ResourceType, Tier, item
from stocktake.catalog.tagging import tags_in_bulk

TRAIL = {"TrailName": item("TrailARN")}

ROWS = (
    ResourceType(
        name="AWS::CloudTrail::Trail",
        service="cloudtrail",
        doc="Trails that the account owns, each in its home region alone, with whether they log and what.",
        # Shadows of a trail in other regions are the same trail; those of the organization's have a type of their own.
        calls=(Call(operation="DescribeTrails", items="trailList", parameters={"includeShadowTrails": False}),),
        enrich=(
            Enrich(
                call=Call(
                    operation="GetTrailStatus",
                    # Whether it logs may be `false`, which JMESPath would take for nothing.
                    items="[IsLogging, @][1]",
                    parameters={"Name": item("TrailARN")},
                    absent=("TrailNotFoundException",),
                ),
                into="Status",
            ),
            Enrich(
                call=Call(
                    operation="GetEventSelectors",
                    items="TrailARN && @",
                    parameters=TRAIL,
                    absent=("TrailNotFoundException",),
                ),
                into=("EventSelectors", "AdvancedEventSelectors"),
            ),
            # One at a time: the organization's trail may be another account's, and would cost the others their answer.
            Enrich(
                call=Call(
                    operation="ListTags",
                    items="ResourceTagList[].TagsList[]",
                    parameters={"ResourceIdList": [item("TrailARN")]},
                    absent=("ResourceNotFoundException",),
                ),
                into="Tags",
            ),
        ),
        id="TrailARN",
        arn="TrailARN",
        label="Name",
        tags="Tags",
        volatile=(
            "Status.LatestCloudWatchLogsDeliveryTime",
            "Status.LatestDeliveryAttemptSucceeded",
            "Status.LatestDeliveryAttemptTime",
            "Status.LatestDeliveryTime",
            "Status.LatestDigestDeliveryTime",
            "Status.LatestNotificationAttemptSucceeded",
            "Status.LatestNotificationAttemptTime",
            "Status.LatestNotificationTime",
        ),
    ),
    ResourceType(
        name="AWS::CloudTrail::OrganizationTrail",
        service="cloudtrail",
        cloudformation=False,
        doc="The organization's trails as each region of each of its accounts has them. Whether they log, and what, is "
        "told only in the account that owns them.",
        # A member account has them as shadows alone (CloudTrail API reference, DescribeTrails).
        calls=(
            Call(
                operation="DescribeTrails",
                items="trailList",
                parameters={"includeShadowTrails": True},
                where="IsOrganizationTrail",
            ),
        ),
        id="TrailARN",
        arn="TrailARN",
        label="Name",
    ),
    ResourceType(
        name="AWS::CloudTrail::EventDataStore",
        service="cloudtrail",
        tier=Tier.FULL,
        doc="Event data stores of CloudTrail Lake, those waiting for deletion included. No event is read.",
        calls=(
            # All but the ARN and the name of a listed one is said to go (CloudTrail API reference, EventDataStore).
            Call(
                operation="ListEventDataStores",
                items="EventDataStores[].EventDataStoreArn",
                parameters={"MaxResults": 1000},
                paging=Paging(("NextToken",), ("NextToken",)),
            ),
            Call(
                operation="GetEventDataStore",
                items="EventDataStoreArn && [@]",
                parameters={"EventDataStore": item()},
                absent=("EventDataStoreNotFoundException",),
            ),
        ),
        enrich=(tags_in_bulk("EventDataStoreArn"),),
        id="EventDataStoreArn",
        arn="EventDataStoreArn",
        label="Name",
        tags="Tags",
        created="CreatedTimestamp",
    ),
)
