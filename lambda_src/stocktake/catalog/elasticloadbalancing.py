"""Elastic Load Balancing v1: classic load balancers."""

from stocktake.catalog.spec import Batch, Call, Enrich, ResourceType

ROWS = (
    ResourceType(
        name="AWS::ElasticLoadBalancing::LoadBalancer",
        service="elb",
        doc="Classic load balancers with their listeners and health checks.",
        calls=(
            Call(
                operation="DescribeLoadBalancers",
                items="LoadBalancerDescriptions",
                parameters={"PageSize": 400},
                iam=("elasticloadbalancing:DescribeLoadBalancers",),
            ),
        ),
        enrich=(
            Enrich(
                call=Call(
                    operation="DescribeTags",
                    items="TagDescriptions",
                    batch=Batch("LoadBalancerNames", 20, "LoadBalancerName", accounted="TagDescriptions"),
                    iam=("elasticloadbalancing:DescribeTags",),
                ),
                into="Tags",
                match="LoadBalancerName",
                value="Tags",
            ),
        ),
        id="LoadBalancerName",
        arn="arn:{partition}:elasticloadbalancing:{region}:{account}:loadbalancer/{LoadBalancerName}",
        label="LoadBalancerName",
        tags="Tags",
        created="CreatedTime",
    ),
)
