"""Amazon Simple Notification Service."""

from stocktake.catalog.spec import Call, Enrich, Item, ResourceType, item


def with_name(topic: Item) -> Item:
    """A topic's name is the last part of its ARN (SNS API reference, CreateTopic)."""
    return {**topic, "TopicName": topic["TopicArn"].rsplit(":", 1)[-1]}


ROWS = (
    ResourceType(
        name="AWS::SNS::Topic",
        service="sns",
        doc="Topics with their attributes, access policy and tags.",
        calls=(Call(operation="ListTopics", items="Topics"),),
        enrich=(
            Enrich(
                call=Call(
                    operation="GetTopicAttributes",
                    items="Attributes",
                    parameters={"TopicArn": item("TopicArn")},
                    absent=("NotFound",),
                ),
                into="Attributes",
            ),
            Enrich(
                call=Call(
                    operation="ListTagsForResource",
                    items="Tags",
                    parameters={"ResourceArn": item("TopicArn")},
                    absent=("ResourceNotFound",),
                ),
                into="Tags",
            ),
        ),
        id="TopicArn",
        arn="TopicArn",
        label="TopicName",
        tags="Tags",
        reshape=with_name,
        # How many subscriptions there are is not among them: nothing else tells that somebody subscribed.
        volatile=("Attributes.SubscriptionsDeleted", "Attributes.SubscriptionsPending"),
    ),
)
