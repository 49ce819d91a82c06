from __future__ import annotations

from tests.catalog.made.account import LOWER_KEY_VALUE, Account, Maker
from tests.catalog.made.needed import ROLE

DEFINITION = '{"StartAt": "Sold", "States": {"Sold": {"Type": "Succeed"}}}'


def state_machine(account: Account) -> str:
    answer = account.client("stepfunctions").create_state_machine(
        name="sale", definition=DEFINITION, roleArn=ROLE, tags=LOWER_KEY_VALUE
    )
    return answer["stateMachineArn"]


def activity(account: Account) -> str:
    return account.client("stepfunctions").create_activity(name="pack", tags=LOWER_KEY_VALUE)["activityArn"]


MAKERS: dict[str, Maker] = {
    "AWS::StepFunctions::StateMachine": state_machine,
    "AWS::StepFunctions::Activity": activity,
}
UNTAGGED: dict[str, str] = {
    "AWS::StepFunctions::Activity": "moto's tagging API does not know activities, only state machines",
}
