"""The catalogue: every resource type that Stocktake can collect, one file a service, listed explicitly.

Adding a type is adding one row to its service's file; adding a service is one file and one name below.
"""

from __future__ import annotations

import hashlib
from dataclasses import replace

from stocktake.catalog import (
    accessanalyzer,
    acmpca,
    amazonmq,
    amplify,
    apprunner,
    appsync,
    athena,
    autoscaling,
    bedrock,
    budgets,
    certificatemanager,
    cloudformation,
    cloudtrail,
    cloudwatch,
    codebuild,
    codecommit,
    codedeploy,
    codepipeline,
    cognito,
    config,
    datasync,
    detective,
    directoryservice,
    dms,
    dynamodb,
    ec2,
    ecs,
    elasticbeanstalk,
    elasticloadbalancingv2,
    events,
    glue,
    guardduty,
    iam,
    inspectorv2,
    kinesis,
    kinesisfirehose,
    kms,
    lakeformation,
    lambda_,
    logs,
    macie,
    msk,
    organizations,
    pipes,
    ram,
    rds,
    resourcegroups,
    s3,
    sagemaker,
    scheduler,
    secretsmanager,
    securityhub,
    servicediscovery,
    ses,
    shield,
    sns,
    sqs,
    ssm,
    stepfunctions,
    transfer,
    workspaces,
)
from stocktake.catalog.spec import ResourceType

SERVICES = (
    accessanalyzer,
    acmpca,
    amazonmq,
    amplify,
    apprunner,
    appsync,
    athena,
    autoscaling,
    bedrock,
    budgets,
    certificatemanager,
    cloudformation,
    cloudtrail,
    cloudwatch,
    codebuild,
    codecommit,
    codedeploy,
    codepipeline,
    cognito,
    config,
    datasync,
    detective,
    directoryservice,
    dms,
    dynamodb,
    ec2,
    ecs,
    elasticbeanstalk,
    elasticloadbalancingv2,
    events,
    glue,
    guardduty,
    iam,
    inspectorv2,
    kinesis,
    kinesisfirehose,
    kms,
    lakeformation,
    lambda_,
    logs,
    macie,
    msk,
    organizations,
    pipes,
    ram,
    rds,
    resourcegroups,
    s3,
    sagemaker,
    scheduler,
    secretsmanager,
    securityhub,
    servicediscovery,
    ses,
    shield,
    sns,
    sqs,
    ssm,
    stepfunctions,
    transfer,
    workspaces,
)

CATALOG: dict[str, ResourceType] = {
    row.name: row for row in sorted((row for service in SERVICES for row in service.ROWS), key=lambda row: row.name)
}

DISCOVERY = ("account:ListRegions", "ec2:DescribeRegions")
"""The actions that finding the regions needs; knowing who we are (sts:GetCallerIdentity) needs none."""


def every_action() -> tuple[str, ...]:
    """All that a role must allow for a full run, sorted."""
    return tuple(sorted({action for row in CATALOG.values() for action in row.actions()}.union(DISCOVERY)))


VERSION = hashlib.sha256("\n".join(repr(replace(row, reshape=None)) for row in CATALOG.values()).encode()).hexdigest()[
    :12
]
"""Changes when a row does, but for what its `reshape` does."""
