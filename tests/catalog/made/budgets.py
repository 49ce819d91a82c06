from __future__ import annotations

from tests.catalog.made.account import ACCOUNT, KEY_VALUE, Account, Maker


def budget(account: Account) -> str:
    account.client("budgets").create_budget(
        AccountId=ACCOUNT,
        Budget={
            "BudgetName": "month",
            "BudgetType": "COST",
            "TimeUnit": "MONTHLY",
            "BudgetLimit": {"Amount": "1000", "Unit": "USD"},
        },
        ResourceTags=KEY_VALUE,
    )
    return "month"


MAKERS: dict[str, Maker] = {"AWS::Budgets::Budget": budget}

UNTAGGED = {"AWS::Budgets::Budget": "moto does not take tags of budgets"}
