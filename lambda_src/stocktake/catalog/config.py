"""AWS Config: what records, and by which rules. No configuration item is read."""

from stocktake.catalog.spec import Call, Enrich, ResourceType, Tier, item
from stocktake.catalog.tagging import tags_in_bulk

ROWS = (
    ResourceType(
        name="AWS::Config::ConfigurationRecorder",
        service="config",
        doc="Recorders, the account's own and those of AWS services, with what they record and whether they do.",
        calls=(
            # Asked for without an ARN, only the account's own is described (Config API reference,
            # DescribeConfigurationRecorders).
            Call(
                operation="ListConfigurationRecorders",
                items="ConfigurationRecorderSummaries",
                parameters={"MaxResults": 20},
            ),
            Call(
                operation="DescribeConfigurationRecorders",
                items="ConfigurationRecorders",
                parameters={"Arn": item("arn")},
                absent=("NoSuchConfigurationRecorderException",),
            ),
        ),
        enrich=(
            Enrich(
                call=Call(
                    operation="DescribeConfigurationRecorderStatus",
                    items="ConfigurationRecordersStatus",
                    parameters={"Arn": item("arn")},
                    absent=("NoSuchConfigurationRecorderException",),
                ),
                into="Status",
            ),
            tags_in_bulk("arn"),
        ),
        id="arn",
        arn="arn",
        label="name",
        tags="Tags",
        volatile=(
            "Status[].lastErrorCode",
            "Status[].lastErrorMessage",
            "Status[].lastStatus",
            "Status[].lastStatusChangeTime",
        ),
    ),
    ResourceType(
        name="AWS::Config::DeliveryChannel",
        service="config",
        tier=Tier.FULL,
        doc="Where recorded configurations are delivered.",
        calls=(Call(operation="DescribeDeliveryChannels", items="DeliveryChannels"),),
        id="name",
        label="name",
    ),
    ResourceType(
        name="AWS::Config::ConfigRule",
        service="config",
        tier=Tier.FULL,
        doc="Rules, those of AWS services and conformance packs included. What they found is not read.",
        # Its pages have no size to ask for.
        calls=(Call(operation="DescribeConfigRules", items="ConfigRules"),),
        enrich=(tags_in_bulk("ConfigRuleArn"),),
        id="ConfigRuleName",
        arn="ConfigRuleArn",
        label="ConfigRuleName",
        tags="Tags",
        volatile=("ConfigRuleState",),
    ),
    ResourceType(
        name="AWS::Config::ConfigurationAggregator",
        service="config",
        tier=Tier.FULL,
        doc="Aggregators and the accounts and regions that they gather from.",
        calls=(
            Call(
                operation="DescribeConfigurationAggregators",
                items="ConfigurationAggregators",
                parameters={"Limit": 100},
            ),
        ),
        enrich=(tags_in_bulk("ConfigurationAggregatorArn"),),
        id="ConfigurationAggregatorName",
        arn="ConfigurationAggregatorArn",
        label="ConfigurationAggregatorName",
        tags="Tags",
        created="CreationTime",
    ),
    ResourceType(
        name="AWS::Config::AggregationAuthorization",
        service="config",
        tier=Tier.FULL,
        doc="Accounts that may gather this one's configurations.",
        calls=(
            Call(
                operation="DescribeAggregationAuthorizations",
                items="AggregationAuthorizations",
                parameters={"Limit": 100},
            ),
        ),
        enrich=(tags_in_bulk("AggregationAuthorizationArn"),),
        id="AggregationAuthorizationArn",
        arn="AggregationAuthorizationArn",
        label="AuthorizedAccountId",
        tags="Tags",
        created="CreationTime",
    ),
    ResourceType(
        name="AWS::Config::ConformancePack",
        service="config",
        tier=Tier.FULL,
        doc="Conformance packs and where they deliver to; of their parameters only the names. Templates are not read.",
        calls=(Call(operation="DescribeConformancePacks", items="ConformancePackDetails", parameters={"Limit": 20}),),
        enrich=(tags_in_bulk("ConformancePackArn"),),
        id="ConformancePackName",
        arn="ConformancePackArn",
        label="ConformancePackName",
        tags="Tags",
        secret=("ConformancePackInputParameters[].ParameterValue",),
    ),
)
