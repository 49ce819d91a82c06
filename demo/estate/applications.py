"""Functions and containers, and what they speak to each other through."""

from __future__ import annotations

import io
import zipfile
from functools import cache

from demo.estate.place import Place, pairs
from demo.estate.workloads import ACCOUNT, COMPANY, SECRET, SECRET_NAME, Workload, names_of

FUNCTIONS = ("checkout", "resize-images", "send-mail", "reindex", "export-orders", "webhook", "cleanup", "report")
SERVICES = (
    *("api", "cart", "catalogue", "checkout", "prices", "stock", "mail", "search-proxy"),
    *("reviews", "ratings", "images", "sitemap", "login"),
)
QUEUES = ("orders", "orders-failed", "mails", "images", "events", "events-failed", "refunds", "audit")
TOPICS = ("alerts", "orders", "deployments", "billing")


def make_functions(place: Place, workload: Workload) -> None:
    """Functions; those that have never run, which outside production is every other one, have no log group."""
    for index, name in enumerate(place.names(workload, FUNCTIONS, workload.functions)):
        place.client("lambda").create_function(
            FunctionName=name,
            Runtime="python3.13",
            Role=f"arn:aws:iam::{ACCOUNT}:role/{workload.app}-lambda",
            Handler="app.handler",
            Code={"ZipFile": _code()},
            Timeout=30,
            MemorySize=512,
            Environment={"Variables": {"STAGE": workload.env, SECRET_NAME: SECRET}},
            Tags=workload.tags(name),
        )
        if workload.in_production or index % 2 == 0:
            _make_log_group(place, workload, f"/aws/lambda/{name}")


def make_services(place: Place, workload: Workload) -> None:
    if not workload.services:
        return
    ecs = place.client("ecs")
    ecs.register_task_definition(
        family=workload.app,
        containerDefinitions=[{"name": workload.app, "image": f"{COMPANY}/{workload.app}:1", "memory": 512}],
    )
    for cluster in place.names(workload, ("cluster",), 1):
        ecs.create_cluster(
            clusterName=cluster,
            tags=_small_pairs(workload.tags(cluster)),
            settings=[{"name": "containerInsights", "value": "enabled" if workload.in_production else "disabled"}],
        )
        _make_log_group(place, workload, f"/ecs/{cluster}")
        for name in names_of(workload.app, SERVICES, workload.services):
            ecs.create_service(
                cluster=cluster,
                serviceName=name,
                taskDefinition=workload.app,
                desiredCount=0,
                tags=_small_pairs(workload.tags(name)),
            )


def make_messages(place: Place, workload: Workload) -> None:
    for name in place.names(workload, QUEUES, workload.queues):
        place.client("sqs").create_queue(QueueName=name, tags=workload.tags(name))
    for name in place.names(workload, TOPICS, workload.topics):
        place.client("sns").create_topic(
            Name=name,
            Attributes={"DisplayName": f"{name} ({workload.env})"},
            Tags=pairs(workload.tags(name)),
        )


def _make_log_group(place: Place, workload: Workload, name: str) -> None:
    """A group whose events are kept for ever, as the services make it, but for production."""
    logs = place.client("logs")
    logs.create_log_group(logGroupName=name, tags=workload.tags(name))
    if workload.in_production:
        logs.put_retention_policy(logGroupName=name, retentionInDays=90)


def _small_pairs(tags: dict[str, str]) -> list[dict[str, str]]:
    return [{"key": key, "value": value} for key, value in tags.items()]


@cache
def _code() -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        # A fixed date, so that the code's hash is the same in every estate.
        archive.writestr(zipfile.ZipInfo("app.py"), "def handler(event, context):\n    return event\n")
    return packed.getvalue()
