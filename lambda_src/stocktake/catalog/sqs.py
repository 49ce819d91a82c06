"""Amazon Simple Queue Service."""

from stocktake.catalog.spec import Call, Enrich, Item, ResourceType, item

GONE = ("QueueDoesNotExist", "AWS.SimpleQueueService.NonExistentQueue")


def with_name(queue: Item) -> Item:
    """A queue's name is the last part of its URL (SQS developer guide, "Queue and message identifiers")."""
    return {**queue, "QueueName": queue["QueueUrl"].rsplit("/", 1)[-1]}


ROWS = (
    ResourceType(
        name="AWS::SQS::Queue",
        service="sqs",
        doc="Queues with their attributes and tags. No message is read.",
        calls=(
            Call(
                operation="ListQueues",
                items="QueueUrls[].{QueueUrl: @}",
                may_lack=True,
                parameters={"MaxResults": 1000},
            ),
        ),
        enrich=(
            Enrich(
                call=Call(
                    operation="GetQueueAttributes",
                    items="Attributes",
                    parameters={"QueueUrl": item("QueueUrl"), "AttributeNames": ["All"]},
                    absent=GONE,
                ),
                into="Attributes",
            ),
            Enrich(
                call=Call(
                    operation="ListQueueTags",
                    items="Tags",
                    may_lack=True,
                    parameters={"QueueUrl": item("QueueUrl")},
                    absent=GONE,
                ),
                into="Tags",
            ),
        ),
        id="QueueUrl",
        arn="arn:{partition}:sqs:{region}:{account}:{QueueName}",
        label="QueueName",
        tags="Tags",
        created="Attributes.CreatedTimestamp",
        reshape=with_name,
        volatile=(
            "Attributes.ApproximateNumberOfMessages",
            "Attributes.ApproximateNumberOfMessagesDelayed",
            "Attributes.ApproximateNumberOfMessagesNotVisible",
        ),
    ),
)
