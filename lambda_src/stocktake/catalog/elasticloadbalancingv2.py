"""Elastic Load Balancing v2: application, network and gateway load balancers."""

from stocktake.catalog.spec import Batch, Call, Enrich, ResourceType, Tier, item

PAGE = {"PageSize": 400}

LOAD_BALANCERS = Call(
    operation="DescribeLoadBalancers",
    items="LoadBalancers",
    parameters=PAGE,
    iam=("elasticloadbalancing:DescribeLoadBalancers",),
)
LISTENERS = Call(
    operation="DescribeListeners",
    items="Listeners",
    parameters={"LoadBalancerArn": item("LoadBalancerArn"), **PAGE},
    absent=("LoadBalancerNotFound",),
    iam=("elasticloadbalancing:DescribeListeners",),
)


def tags(arn: str) -> Enrich:
    return Enrich(
        call=Call(
            operation="DescribeTags",
            items="TagDescriptions",
            batch=Batch("ResourceArns", 20, arn, accounted="TagDescriptions"),
            iam=("elasticloadbalancing:DescribeTags",),
        ),
        into="Tags",
        match="ResourceArn",
        value="Tags",
    )


ROWS = (
    ResourceType(
        name="AWS::ElasticLoadBalancingV2::LoadBalancer",
        service="elbv2",
        doc="Application, network and gateway load balancers.",
        calls=(LOAD_BALANCERS,),
        enrich=(tags("LoadBalancerArn"),),
        id="LoadBalancerArn",
        arn="LoadBalancerArn",
        label="LoadBalancerName",
        tags="Tags",
        created="CreatedTime",
    ),
    ResourceType(
        name="AWS::ElasticLoadBalancingV2::Listener",
        service="elbv2",
        doc="Listeners of every load balancer, with their default actions.",
        calls=(LOAD_BALANCERS, LISTENERS),
        enrich=(tags("ListenerArn"),),
        id="ListenerArn",
        arn="ListenerArn",
        tags="Tags",
        secret=("DefaultActions[].AuthenticateOidcConfig.ClientSecret",),
    ),
    ResourceType(
        name="AWS::ElasticLoadBalancingV2::ListenerRule",
        service="elbv2",
        tier=Tier.FULL,
        doc="Rules of every listener, default ones included; of headers that they look for only the names.",
        calls=(
            LOAD_BALANCERS,
            LISTENERS,
            Call(
                operation="DescribeRules",
                items="Rules",
                parameters={"ListenerArn": item("ListenerArn"), **PAGE},
                absent=("ListenerNotFound",),
                iam=("elasticloadbalancing:DescribeRules",),
            ),
        ),
        enrich=(tags("RuleArn"),),
        id="RuleArn",
        arn="RuleArn",
        tags="Tags",
        # A header's value may be what CloudFront proves itself by (CloudFront developer guide, "Restrict access to
        # Application Load Balancers").
        secret=(
            "Actions[].AuthenticateOidcConfig.ClientSecret",
            "Conditions[].HttpHeaderConfig.Values",
            "Conditions[].HttpHeaderConfig.RegexValues",
        ),
    ),
    ResourceType(
        name="AWS::ElasticLoadBalancingV2::TargetGroup",
        service="elbv2",
        doc="Target groups with their health checks, without the targets.",
        calls=(
            Call(
                operation="DescribeTargetGroups",
                items="TargetGroups",
                parameters=PAGE,
                iam=("elasticloadbalancing:DescribeTargetGroups",),
            ),
        ),
        enrich=(tags("TargetGroupArn"),),
        id="TargetGroupArn",
        arn="TargetGroupArn",
        label="TargetGroupName",
        tags="Tags",
    ),
    ResourceType(
        name="AWS::ElasticLoadBalancingV2::TrustStore",
        service="elbv2",
        tier=Tier.FULL,
        doc="Trust stores, by which load balancers know their clients' certificates.",
        calls=(
            Call(
                operation="DescribeTrustStores",
                items="TrustStores",
                parameters=PAGE,
                iam=("elasticloadbalancing:DescribeTrustStores",),
            ),
        ),
        enrich=(tags("TrustStoreArn"),),
        id="TrustStoreArn",
        arn="TrustStoreArn",
        label="Name",
        tags="Tags",
    ),
)
