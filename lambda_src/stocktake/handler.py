"""The Lambda function: event → Settings → one run → summary."""

from __future__ import annotations

import asyncio
import gc
import os
from typing import Any

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit
from aws_lambda_powertools.utilities.typing import LambdaContext

from stocktake.announce import by_service, measures
from stocktake.aws import Aws
from stocktake.errors import Overlap, RunFailed
from stocktake.pipeline import take_snapshot
from stocktake.settings import Settings

gc.freeze()  # what was imported stays; no collection needs to look at it

logger = Logger(service="stocktake")
metrics = Metrics(namespace="Stocktake", service=os.environ.get("AWS_LAMBDA_FUNCTION_NAME", "stocktake"))


@logger.inject_lambda_context(log_event=False)
def handler(event: Any, context: LambdaContext) -> dict[str, Any]:
    """Takes a run and answers its summary.

    Event: `{"inventory"?, "accounts"?: [globs], "regions"?: [globs], "exclude_regions"?, "types"?: [globs], "detail"?,
    "scheduled"?: time}`, or `{"resume": a run's id, "inventory"?}`.
    Raises UsageError for one that cannot be taken, and RunFailed where nothing was collected, after publishing it, so
    that retries and the failure destination act. While another invocation takes a run of the same inventory, a
    scheduled one answers {"skipped": why, "inventory", "run", "holder": {"run", "invocation", "until"}}, so that
    nothing is retried for it, and one by hand raises Overlap.
    """
    gc.collect()  # the SDK's clients of the invocation before are cycles: 60 MB more each time, while it stays warm
    settings = Settings.from_environment(os.environ).for_event(event)
    try:
        summary = asyncio.run(
            take_snapshot(
                settings,
                Aws(settings),
                trigger="schedule" if settings.scheduled else "invoke",
                seconds=context.get_remaining_time_in_millis() / 1000,
                memory_mb=int(context.memory_limit_in_mb),
                invocation=context.aws_request_id,
            )
        )
    except Overlap as overlap:
        if not settings.scheduled:
            raise
        answer = {"inventory": overlap.inventory, "run": overlap.run, "holder": overlap.holder}
        logger.warning("skipped", extra={**answer, "why": str(overlap)})
        return {"skipped": str(overlap), **answer}
    _report(summary)
    if summary["verdict"] == "failed":
        raise RunFailed(f"run {summary['run']} collected nothing; its manifest is {summary['manifest']}")
    return summary


def _report(summary: dict[str, Any]) -> None:
    for group in summary["unseen"]:
        (logger.info if "accepted" in group else logger.warning)("not collected", extra={"units": group})
    for rule in summary["accepted_rules"]:
        if rule["expired"] and rule["units"]:
            logger.warning("no longer accepted", extra={"rule": rule})
    of_run = {name: summary[name] for name in ("inventory", "run")}
    for service, resources in by_service(summary).items():
        logger.info("resources of a service", extra={**of_run, "aws_service": service, "resources": resources})
    logger.info("run published", extra={"summary": {key: summary[key] for key in summary if key != "unseen"}})
    if summary.get("announced") is False:
        logger.warning("not announced", extra={**of_run, "error": summary["announcement_error"]})
    try:
        metrics.add_dimension("inventory", summary["inventory"])
        for name, unit, value in measures(summary):
            metrics.add_metric(name=name, unit=MetricUnit(unit), value=value)
        metrics.flush_metrics()
    finally:
        metrics.clear_metrics()  # what is left would be said by the next invocation
