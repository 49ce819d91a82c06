"""AWS Database Migration Service. No data is read."""

from stocktake.catalog.spec import Call, ResourceType, Tier
from stocktake.catalog.tagging import tags_in_bulk

PAGE = {"MaxRecords": 100}
SUBNET_GROUP = "arn:{partition}:dms:{region}:{account}:subgrp:{ReplicationSubnetGroupIdentifier}"

ROWS = (
    ResourceType(
        name="AWS::DMS::ReplicationInstance",
        service="dms",
        tier=Tier.FULL,
        doc="Machines that replicate.",
        calls=(Call(operation="DescribeReplicationInstances", items="ReplicationInstances", parameters=PAGE),),
        enrich=(tags_in_bulk("ReplicationInstanceArn"),),
        id="ReplicationInstanceIdentifier",
        arn="ReplicationInstanceArn",
        label="ReplicationInstanceIdentifier",
        tags="Tags",
        created="InstanceCreateTime",
        secret=("KerberosAuthenticationSettings.Krb5FileContents",),
    ),
    ResourceType(
        name="AWS::DMS::Endpoint",
        service="dms",
        tier=Tier.FULL,
        doc="Databases and stores that data is copied from and to. Passwords, attributes of connections and scripts "
        "are redacted.",
        calls=(Call(operation="DescribeEndpoints", items="Endpoints", parameters=PAGE),),
        enrich=(tags_in_bulk("EndpointArn"),),
        id="EndpointArn",
        arn="EndpointArn",
        label="EndpointIdentifier",
        tags="Tags",
        secret=(
            "ExtraConnectionAttributes",
            "GcpMySQLSettings.AfterConnectScript",
            "MySQLSettings.AfterConnectScript",
            "PostgreSQLSettings.AfterConnectScript",
            "RedshiftSettings.AfterConnectScript",
        ),
    ),
    ResourceType(
        name="AWS::DMS::ReplicationTask",
        service="dms",
        tier=Tier.FULL,
        doc="Replications from one endpoint to another, without their settings.",
        calls=(
            Call(
                operation="DescribeReplicationTasks",
                items="ReplicationTasks",
                parameters={"WithoutSettings": True, **PAGE},
            ),
        ),
        enrich=(tags_in_bulk("ReplicationTaskArn"),),
        id="ReplicationTaskArn",
        arn="ReplicationTaskArn",
        label="ReplicationTaskIdentifier",
        tags="Tags",
        created="ReplicationTaskCreationDate",
        volatile=("RecoveryCheckpoint", "ReplicationTaskStats"),
    ),
    ResourceType(
        name="AWS::DMS::ReplicationSubnetGroup",
        service="dms",
        tier=Tier.FULL,
        doc="Subnets that replication instances may lie in.",
        calls=(Call(operation="DescribeReplicationSubnetGroups", items="ReplicationSubnetGroups", parameters=PAGE),),
        enrich=(tags_in_bulk(SUBNET_GROUP),),
        id="ReplicationSubnetGroupIdentifier",
        arn=SUBNET_GROUP,
        label="ReplicationSubnetGroupIdentifier",
        tags="Tags",
    ),
)
