"""Elastic Load Balancing v2: application, network and gateway load balancers."""

from stocktake.catalog.spec import Batch, Call, Enrich, ResourceType

ROWS = (
    ResourceType(
        name="AWS::ElasticLoadBalancingV2::LoadBalancer",
        service="elbv2",
        doc="Application, network and gateway load balancers.",
        calls=(
            Call(
                operation="DescribeLoadBalancers",
                items="LoadBalancers",
                parameters={"PageSize": 400},
                iam=("elasticloadbalancing:DescribeLoadBalancers",),
            ),
        ),
        enrich=(
            Enrich(
                call=Call(
                    operation="DescribeTags",
                    items="TagDescriptions",
                    batch=Batch("ResourceArns", 20, "LoadBalancerArn", accounted="TagDescriptions"),
                    iam=("elasticloadbalancing:DescribeTags",),
                ),
                into="Tags",
                match="ResourceArn",
                value="Tags",
            ),
        ),
        id="LoadBalancerArn",
        arn="LoadBalancerArn",
        label="LoadBalancerName",
        tags="Tags",
        created="CreatedTime",
    ),
)
