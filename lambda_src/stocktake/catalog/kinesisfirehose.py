"""Amazon Data Firehose."""

from stocktake.catalog.spec import Call, Paging, ResourceType, item
from stocktake.catalog.tagging import tags_in_bulk

NAMES = "DeliveryStreamNames"
ONE = "DeliveryStreamDescription"
KINDS = (
    "AmazonOpenSearchServerless",
    "Amazonopensearchservice",
    "Elasticsearch",
    "ExtendedS3",
    "HttpEndpoint",
    "Iceberg",
    "Redshift",
    "Snowflake",
    "Splunk",
)
PROCESSED = "DestinationDescription.ProcessingConfiguration.Processors[].Parameters[].ParameterValue"

ROWS = (
    ResourceType(
        name="AWS::KinesisFirehose::DeliveryStream",
        service="firehose",
        doc="Delivery streams with their source and destinations; of tokens and options that may hold keys, nothing.",
        calls=(
            # A page begins after the name that ended the one before.
            Call(
                operation="ListDeliveryStreams",
                items=NAMES,
                parameters={"Limit": 10_000},
                paging=Paging(("ExclusiveStartDeliveryStreamName",), (f"{NAMES}[-1]",), "HasMoreDeliveryStreams"),
            ),
            Call(
                operation="DescribeDeliveryStream",
                items=f"[{ONE}]",
                parameters={"DeliveryStreamName": item(), "Limit": 10_000},
                absent=("ResourceNotFoundException",),
                # A stream has one destination (Firehose API reference, DescribeDeliveryStream).
                paging=Paging(
                    ("ExclusiveStartDestinationId",),
                    (f"{ONE}.Destinations[-1].DestinationId",),
                    f"{ONE}.HasMoreDestinations",
                ),
            ),
        ),
        enrich=(tags_in_bulk("DeliveryStreamARN"),),
        id="DeliveryStreamName",
        arn="DeliveryStreamARN",
        label="DeliveryStreamName",
        tags="Tags",
        created="CreateTimestamp",
        secret=(
            "Destinations[].SplunkDestinationDescription.HECToken",
            # COPY takes credentials and keys among its options.
            "Destinations[].RedshiftDestinationDescription.CopyCommand.CopyOptions",
            *(f"Destinations[].{kind}{PROCESSED}" for kind in KINDS),
        ),
    ),
)
