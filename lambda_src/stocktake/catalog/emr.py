"""Amazon EMR: clusters on EC2."""

from stocktake.catalog.spec import Call, Enrich, ResourceType, item

ROWS = (
    ResourceType(
        name="AWS::EMR::Cluster",
        service="emr",
        doc="Clusters that are not terminated: EMR lists those for two months more. Their configurations are redacted.",
        calls=(
            # The page size is EMR's own.
            Call(
                operation="ListClusters",
                items="Clusters",
                parameters={"ClusterStates": ["STARTING", "BOOTSTRAPPING", "RUNNING", "WAITING", "TERMINATING"]},
                iam=("elasticmapreduce:ListClusters",),
            ),
        ),
        enrich=(
            Enrich(
                call=Call(
                    operation="DescribeCluster",
                    items="Cluster",
                    parameters={"ClusterId": item("Id")},
                    iam=("elasticmapreduce:DescribeCluster",),
                ),
                into="Cluster",
            ),
        ),
        id="Id",
        arn="ClusterArn",
        label="Name",
        tags="Cluster.Tags",
        created="Status.Timeline.CreationDateTime",
        secret=("Cluster.Applications[].AdditionalInfo", "Cluster.Configurations", "Cluster.KerberosAttributes"),
        volatile=("NormalizedInstanceHours", "Status", "Cluster.NormalizedInstanceHours", "Cluster.Status"),
    ),
)
