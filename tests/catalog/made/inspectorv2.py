from __future__ import annotations

from tests.catalog.made.account import ACCOUNT, TAGS, Account, Maker


def account_status(account: Account) -> str:
    account.client("inspector2").enable(accountIds=[ACCOUNT], resourceTypes=["EC2"])
    return ACCOUNT


def findings_filter(account: Account) -> str:
    answer = account.client("inspector2").create_filter(
        action="NONE",
        name="open",
        filterCriteria={"findingStatus": [{"comparison": "EQUALS", "value": "ACTIVE"}]},
        tags=TAGS,
    )
    return answer["arn"]


MAKERS: dict[str, Maker] = {
    "AWS::InspectorV2::AccountStatus": account_status,
    "AWS::InspectorV2::Filter": findings_filter,
}
