"""What neither the function's role nor a member role may ever do, whatever else is attached to them: read what
customers keep in their resources, read secrets, or get at other credentials. Plain data, for infra and tools.docs.

An explicit deny wins over every allow (IAM User Guide, "Policy evaluation logic"), that of a resource's own policy too.
"""

from __future__ import annotations

SECRETS = (
    "acm:ExportCertificate",
    "appconfig:GetConfiguration",
    "appconfig:GetHostedConfigurationVersion",
    "appconfig:GetLatestConfiguration",
    "appsync:ListApiKeys",
    "lightsail:DownloadDefaultKeyPair",
    "lightsail:GetBucketAccessKeys",
    "lightsail:GetInstanceAccessDetails",
    "lightsail:GetRelationalDatabaseMasterUserPassword",
    "secretsmanager:BatchGetSecretValue",
    "secretsmanager:GetSecretValue",
    "ssm:GetParameter*",
)

CREDENTIALS = (
    "codeartifact:GetAuthorizationToken",
    "cognito-identity:GetCredentialsForIdentity",
    "cognito-identity:GetOpenIdToken*",
    "connect:GetFederationToken",
    "deadline:Assume*",
    "dsql:DbConnect*",
    "ec2:GetPasswordData",
    "ecr:GetAuthorizationToken",
    "elasticmapreduce:GetClusterSessionCredentials",
    "emr-containers:GetManagedEndpointSessionCredentials",
    "gamelift:GetComputeA*",
    "gamelift:GetInstanceAccess",
    "lakeformation:GetDataAccess",
    "lakeformation:GetTemporary*",
    "rds-db:connect",
    "redshift-serverless:GetCredentials",
    "redshift:GetClusterCredentials*",
    "s3express:CreateSession",
    "sagemaker:CreatePresigned*",
    "sts:AssumeRoot",
    "sts:GetFederationToken",
)

DATA = (
    "aoss:APIAccessAll",
    "athena:GetQueryResults*",
    "athena:StartQueryExecution",
    "cassandra:Select*",
    "cloudtrail:GetQueryResults",
    "cloudtrail:LookupEvents",
    "codeartifact:GetPackageVersionAsset",
    "codeartifact:ReadFromRepository",
    "codecommit:GetBlob",
    "codecommit:GetFile",
    "codecommit:GitPull",
    "cognito-idp:AdminGetUser",
    "cognito-idp:ListUsers*",
    "dax:*Get*",
    "dax:Query",
    "dax:Scan",
    "dynamodb:*GetItem",
    "dynamodb:GetRecords",
    "dynamodb:PartiQLSelect",
    "dynamodb:Query",
    "dynamodb:Scan",
    "ebs:GetSnapshotBlock",
    "ec2:DescribeInstanceAttribute",  # user data
    "ec2:GetConsole*",
    "ec2:GetLaunchTemplateData",  # user data
    "ecr:BatchGetImage",
    "ecr:GetDownloadUrlForLayer",
    "es:ESHttp*",
    "glue:GetDataPreviewStatement",
    "iot:GetRetainedMessage",
    "iot:GetThingShadow",
    "kafka-cluster:ReadData",
    "kinesis:GetRecords",
    "kinesis:SubscribeToShard",
    "kinesisvideo:Get*URL",
    "kinesisvideo:GetClip",
    "kinesisvideo:GetImages",
    "kinesisvideo:GetMedia*",
    "lakeformation:GetTableObjects",
    "lakeformation:GetWorkUnitResults",
    "lambda:GetDurableExecution*",
    "lambda:GetFunction",  # where its code can be fetched, unlike lambda:GetFunctionConfiguration
    "lambda:GetLayerVersion",
    "lambda:Invoke*",
    "logs:FilterLogEvents",
    "logs:GetLogEvents",
    "logs:GetLogRecord",
    "logs:GetQueryResults",
    "logs:StartLiveTail",
    "logs:StartQuery",
    "logs:Unmask",
    "neptune-db:ReadDataViaQuery",
    "rds-data:*Execute*",
    "rds:Download*",
    "redshift-data:*ExecuteStatement",
    "redshift-data:GetStatementResult",
    "s3-object-lambda:GetObject*",
    "s3tables:GetTableData",
    "sagemaker:*GetRecord",
    "sagemaker:InvokeEndpoint*",
    "sdb:GetAttributes",
    "sdb:Select",
    "sqs:ReceiveMessage",
    "ssm:*CommandInvocation*",
    "states:DescribeExecution",
    "states:GetActivityTask",
    "states:GetExecutionHistory",
    "timestream:Select*",
)

EVERYWHERE = tuple(sorted(SECRETS + CREDENTIALS + DATA))

OBJECTS = ("s3:GetObject*",)
"""Denied but in the function's own bucket."""

ROLES = ("sts:AssumeRole",)
"""Denied but for the role that it has in other accounts."""
