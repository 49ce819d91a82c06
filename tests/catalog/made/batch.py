from __future__ import annotations

from tests.catalog.made.account import TAGS, Account, Maker
from tests.catalog.made.needed import role


def compute_environment(account: Account) -> tuple[str, str]:
    made = account.client("batch").create_compute_environment(
        computeEnvironmentName="nightly", type="UNMANAGED", state="ENABLED", serviceRole=role(account), tags=TAGS
    )
    return made["computeEnvironmentName"], made["computeEnvironmentArn"]


def job_queue(account: Account) -> tuple[str, str]:
    _, arn = compute_environment(account)
    made = account.client("batch").create_job_queue(
        jobQueueName="reports",
        state="ENABLED",
        priority=1,
        computeEnvironmentOrder=[{"order": 1, "computeEnvironment": arn}],
        tags=TAGS,
    )
    return made["jobQueueName"], made["jobQueueArn"]


MAKERS: dict[str, Maker] = {
    "AWS::Batch::ComputeEnvironment": compute_environment,
    "AWS::Batch::JobQueue": job_queue,
}
