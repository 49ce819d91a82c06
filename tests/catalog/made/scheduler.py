from __future__ import annotations

from tests.catalog.made.account import KEY_VALUE, Account, Maker
from tests.catalog.made.needed import ROLE
from tests.catalog.made.sqs import queue_arn


def schedule(account: Account) -> str:
    answer = account.client("scheduler").create_schedule(
        Name="evening",
        ScheduleExpression="rate(1 day)",
        FlexibleTimeWindow={"Mode": "OFF"},
        Target={"Arn": queue_arn(account), "RoleArn": ROLE},
    )
    return answer["ScheduleArn"]


def schedule_group(account: Account) -> tuple[str, str]:
    made = account.client("scheduler").create_schedule_group(Name="shop", Tags=KEY_VALUE)
    return "shop", made["ScheduleGroupArn"]


MAKERS: dict[str, Maker] = {
    "AWS::Scheduler::Schedule": schedule,
    "AWS::Scheduler::ScheduleGroup": schedule_group,
}
UNTAGGED: dict[str, str] = {
    "AWS::Scheduler::ScheduleGroup": "moto's tagging API does not know the Scheduler",
}
