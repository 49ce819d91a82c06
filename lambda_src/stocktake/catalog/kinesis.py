"""Amazon Kinesis Data Streams. No record is read."""

from stocktake.catalog.spec import Call, Enrich, ResourceType, Tier, item
from stocktake.catalog.tagging import tags_in_bulk

STREAMS = Call(operation="ListStreams", items="StreamSummaries", parameters={"Limit": 10_000})

ROWS = (
    ResourceType(
        name="AWS::Kinesis::Stream",
        service="kinesis",
        doc="Data streams with retention, encryption and how many shards are open. No record is read.",
        calls=(STREAMS,),
        enrich=(
            Enrich(
                call=Call(
                    operation="DescribeStreamSummary",
                    items="StreamDescriptionSummary",
                    parameters={"StreamARN": item("StreamARN")},
                    absent=("ResourceNotFoundException",),
                ),
                into=(
                    "RetentionPeriodHours",
                    "EncryptionType",
                    "KeyId",
                    "OpenShardCount",
                    "ConsumerCount",
                    "EnhancedMonitoring",
                    "MaxRecordSizeInKiB",
                ),
            ),
            tags_in_bulk("StreamARN"),
        ),
        id="StreamName",
        arn="StreamARN",
        label="StreamName",
        tags="Tags",
        created="StreamCreationTimestamp",
    ),
    ResourceType(
        name="AWS::Kinesis::StreamConsumer",
        service="kinesis",
        tier=Tier.FULL,
        doc="Consumers with a share of a stream's throughput of their own.",
        calls=(
            STREAMS,
            Call(
                operation="ListStreamConsumers",
                items="Consumers",
                parameters={"StreamARN": item("StreamARN"), "MaxResults": 10_000},
                absent=("ResourceNotFoundException",),
            ),
        ),
        enrich=(
            Enrich(
                call=Call(
                    operation="ListTagsForResource",
                    items="Tags",
                    parameters={"ResourceARN": item("ConsumerARN")},
                    absent=("ResourceNotFoundException",),
                ),
                into="Tags",
            ),
        ),
        id="ConsumerARN",
        arn="ConsumerARN",
        label="ConsumerName",
        tags="Tags",
        created="ConsumerCreationTimestamp",
    ),
)
