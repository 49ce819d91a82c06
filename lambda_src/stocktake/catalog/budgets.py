"""AWS Budgets: global."""

from stocktake.catalog.spec import Call, ResourceType, Scope, Tier, target
from stocktake.catalog.tagging import HOMES, tags_in_bulk

BUDGET = "arn:{partition}:budgets::{account}:budget/{BudgetName}"

ROWS = (
    ResourceType(
        name="AWS::Budgets::Budget",
        service="budgets",
        tier=Tier.FULL,
        scope=Scope.GLOBAL,
        doc="Budgets and how much of them is spent. Whom they tell is not read.",
        calls=(
            Call(
                operation="DescribeBudgets",
                items="Budgets",
                may_lack=True,
                parameters={"AccountId": target("account"), "ShowFilterExpression": True, "MaxResults": 1000},
                iam=("budgets:ViewBudget",),
            ),
        ),
        enrich=(tags_in_bulk(BUDGET, partitions=HOMES),),
        id="BudgetName",
        arn=BUDGET,
        label="BudgetName",
        tags="Tags",
        volatile=(
            "AutoAdjustData.HistoricalOptions.LookBackAvailablePeriods",
            "AutoAdjustData.LastAutoAdjustTime",
            "CalculatedSpend",
            "HealthStatus",
        ),
    ),
)
