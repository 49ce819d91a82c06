"""AWS's published API request quotas, and the page that each number stands on.

AWS counts an account's requests in token buckets. A bucket holds up to `burst` tokens and is refilled with `rate`
tokens a second; a request takes one, and a request that finds none is throttled. Some operations have a bucket of
their own, others share one; most buckets are per account and Region, some one for the account. They are not ours
alone: the account's production spends from the same ones, so a run spends only a share of each (see `rates`).

The numbers were read in November 2026 from copies of the pages named below, those of API references from the
descriptions in botocore's models; a note after an address says where the copy is an older edition or second hand. Where
Regions differ, the smallest number stands here; so it does for Route 53, where a newer page has raised five a second to
ten, and to fifty at once: an account that has five would not bear it. An account's own quotas may be higher (many can
be raised) and, in a new account, lower. Where AWS publishes a rate and no bucket size, the bucket holds one second's
worth. Where a page leaves open whether operations share a bucket, they do here.

Only reading is here: an inventory does not write. Nothing was found, and so the default holds, for IAM, S3's bucket
configuration, SQS, CloudFormation, EC2 Auto Scaling, DynamoDB's ListTables and DescribeTable, CloudFront, AWS Config,
EKS, ECR's Describe and List, Redshift, OpenSearch, ElastiCache, EFS, FSx, Backup, Systems Manager's Describe and List,
MSK, GuardDuty, Glue and the Resource Groups Tagging API.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

DEFAULT = 10.0
"""Requests a second, and at once, where AWS publishes nothing; one bucket for all actions of a host."""


@dataclass(frozen=True, slots=True)
class Quota:
    """A bucket.

    host       what shares it: a service, by the SDK's name, or the endpoint that several share (HOSTS)
    action     the actions that spend it together: an operation's name, a group's, or `*` for the whole host
    rate       requests a second that AWS refills
    burst      requests at once: the bucket's size
    published  false where AWS publishes nothing and the default stands in
    scope      `region`: a bucket for each account and Region; `account`: one for the account
    source     title and address of the page that publishes it
    """

    host: str
    action: str
    rate: float
    burst: float
    published: bool
    scope: str = "region"
    source: str = ""


BEGINNINGS = ("Describe", "Get", "List", "Search")


@dataclass(frozen=True, slots=True)
class Entry:
    """A line of QUOTAS.

    operations  names; one of BEGINNINGS and `*`: all others that begin so; `*` alone: all others
    shared      the bucket that they share; empty: each has its own
    unpaged     the line is for requests with neither a page size nor a filter or ids
    """

    services: str
    operations: str
    rate: float
    burst: float
    source: str
    shared: str = ""
    unpaged: bool = False


_DOCS = "https://docs.aws.amazon.com"
_OLDER = "(an older edition of the page)"
ACCOUNT = f"Quotas for AWS Account Management, {_DOCS}/accounts/latest/reference/quotas.html"
ACM = f"Quotas, {_DOCS}/acm/latest/userguide/acm-limits.html {_OLDER}"
APIGATEWAY = f"Amazon API Gateway quotas, {_DOCS}/apigateway/latest/developerguide/limits.html"
ATHENA = f"Service Quotas, {_DOCS}/athena/latest/ug/service-limits.html {_OLDER}"
CLOUDTRAIL = f"Limits in AWS CloudTrail, {_DOCS}/awscloudtrail/latest/userguide/WhatIsCloudTrail-Limits.html {_OLDER}"
CLOUDWATCH = f"Amazon CloudWatch endpoints and quotas, {_DOCS}/general/latest/gr/cw_region.html"
COGNITO = f"Quotas in Amazon Cognito, {_DOCS}/cognito/latest/developerguide/quotas.html"
DYNAMODB = f"Amazon DynamoDB API Reference, {_DOCS}/amazondynamodb/latest/APIReference/API_Operations.html"
EC2 = f"Request throttling for the Amazon EC2 API, {_DOCS}/ec2/latest/devguide/ec2-api-throttling.html"
ECS = f"Request throttling for the Amazon ECS API, {_DOCS}/AmazonECS/latest/APIReference/request-throttling.html"
ELB = f"Request throttling for the ELB API, {_DOCS}/elasticloadbalancing/latest/userguide/elb-api-throttling.html"
EMR = f"Amazon EMR quotas, {_DOCS}/general/latest/gr/emr.html (second hand: a listing of Service Quotas, 2022)"
EVENTBRIDGE = f"Amazon EventBridge quotas, {_DOCS}/eventbridge/latest/userguide/eb-quota.html"
FIREHOSE = f"Amazon Data Firehose Quota, {_DOCS}/firehose/latest/dev/limits.html"
KINESIS = f"Amazon Kinesis Data Streams API Reference, {_DOCS}/kinesis/latest/APIReference/API_Operations.html"
KMS = f"AWS KMS request quotas, {_DOCS}/kms/latest/developerguide/requests-per-second.html"
LAMBDA = f"Lambda quotas, {_DOCS}/lambda/latest/dg/gettingstarted-limits.html"
LOGS = f"CloudWatch Logs quotas, {_DOCS}/AmazonCloudWatch/latest/logs/cloudwatch_limits_cwl.html"
ORGANIZATIONS = f"Quotas for AWS Organizations, {_DOCS}/organizations/latest/userguide/orgs_reference_limits.html"
RDS = f"Request throttling for the Amazon RDS API, {_DOCS}/AmazonRDS/latest/UserGuide/rds-api-throttling.html"
RESOLVER = f"Amazon Route 53 quotas, {_DOCS}/Route53/latest/DeveloperGuide/DNSLimitations.html"
ROLES_ANYWHERE = (
    f"Quotas for Roles Anywhere, {_DOCS}/rolesanywhere/latest/userguide/quotas.html (the edition for China)"
)
ROUTE53_OLDER = f"{RESOLVER} {_OLDER}"
ROUTE53 = f"Throttling for Route 53 API requests, {_DOCS}/Route53/latest/DeveloperGuide/throttling-api-requests.html"
SECRETS = f"AWS Secrets Manager quotas, {_DOCS}/secretsmanager/latest/userguide/reference_limits.html"
SECRETS_OLDER = f"{SECRETS} {_OLDER}"
SECRETS_2022 = (
    "AWS Secrets Manager increases API requests per second limits, https://aws.amazon.com/about-aws/whats-new/2022/11/"
    "aws-secrets-manager-increases-api-requests-per-second-limits/"
)
SECURITYHUB = f"AWS Security Hub API Reference, {_DOCS}/securityhub/1.0/APIReference/Welcome.html"
SERVICE_QUOTAS = f"Service Quotas values, {_DOCS}/servicequotas/latest/userguide/reference_limits.html {_OLDER}"
SES = f"Amazon SES API Reference, {_DOCS}/ses/latest/APIReference/API_Operations.html"
SNS = f"Amazon SNS endpoints and quotas, {_DOCS}/general/latest/gr/sns.html"
STEP_FUNCTIONS = f"Step Functions service quotas, {_DOCS}/step-functions/latest/dg/service-quotas.html"
STS = f"IAM and AWS STS quotas, {_DOCS}/IAM/latest/UserGuide/reference_iam-quotas.html"
WAF = f"AWS WAF quotas, {_DOCS}/waf/latest/developerguide/limits.html"
WAF_CLASSIC = f"AWS WAF Classic quotas, {_DOCS}/waf/latest/developerguide/classic-limits.html {_OLDER}"

# fmt: off
QUOTAS = (
    Entry("account", "GetRegionOptStatus ListRegions", 5, 5, ACCOUNT),
    Entry("account", "GetAlternateContact GetContactInformation", 10, 15, ACCOUNT),
    Entry("account", "GetAccountInformation GetPrimaryEmail", 3, 3, ACCOUNT),
    Entry("acm", "ListCertificates", 5, 5, ACM),
    Entry("acm", "DescribeCertificate ListTagsForCertificate", 10, 10, ACM),
    Entry("apigateway", "GetResources", 2.5, 5, APIGATEWAY),
    Entry("apigateway apigatewayv2", "*", 10, 40, APIGATEWAY, shared="*"),
    Entry("athena", "BatchGetNamedQuery ListNamedQueries ListQueryExecutions", 5, 10, ATHENA),
    Entry("athena", "GetNamedQuery", 5, 20, ATHENA),
    Entry("cloudtrail", "Describe* Get* List*", 10, 10, CLOUDTRAIL, shared="Get, describe and list APIs"),
    Entry("cloudtrail", "LookupEvents", 2, 2, CLOUDTRAIL),
    Entry("cloudwatch", "DescribeAlarmContributors DescribeAlarms DescribeAlarmsForMetric", 9, 9, CLOUDWATCH),
    Entry("cloudwatch", "DescribeAlarmHistory DescribeInsightRules GetAlarmMuteRule", 20, 20, CLOUDWATCH),
    Entry("cloudwatch", "DescribeAnomalyDetectors GetDashboard GetMetricStream ListDashboards", 10, 10, CLOUDWATCH),
    Entry("cloudwatch", "ListMetricStreams ListTagsForResource", 10, 10, CLOUDWATCH),
    Entry("cloudwatch", "ListAlarmMuteRules", 50, 50, CLOUDWATCH),
    Entry("cloudwatch", "ListMetrics", 25, 25, CLOUDWATCH),
    Entry("cognito-identity", "ListIdentities", 5, 5, COGNITO),
    Entry("cognito-identity", "ListTagsForResource", 10, 10, COGNITO),
    Entry("cognito-idp", "DescribeUserPool ListUserPools", 15, 15, COGNITO, shared="UserPoolRead"),
    Entry("cognito-idp", "DescribeUserPoolClient ListUserPoolClients", 15, 15, COGNITO, shared="UserPoolClientRead"),
    Entry("cognito-idp", "DescribeIdentityProvider DescribeManagedLoginBranding DescribeManagedLoginBrandingByClient "
          "DescribeResourceServer DescribeRiskConfiguration DescribeUserImportJob DescribeUserPoolDomain GetCSVHeader "
          "GetGroup GetIdentityProviderByIdentifier GetSigningCertificate GetUICustomization GetUserPoolMfaConfig "
          "ListGroups ListIdentityProviders ListResourceServers ListTagsForResource ListUserImportJobs",
          20, 20, COGNITO, shared="UserPoolResourceRead"),
    # DocumentDB and Neptune are asked at the endpoint of RDS, which counts every request of the account.
    Entry("docdb neptune rds", "*", 12, 300, RDS, shared="*"),
    Entry("dynamodb", "DescribeBackup DescribeContinuousBackups ListTagsOfResource", 10, 10, DYNAMODB),
    Entry("dynamodb", "DescribeLimits", 1 / 60, 1, DYNAMODB),
    Entry("dynamodb", "ListBackups", 5, 5, DYNAMODB),
    Entry("dynamodbstreams", "DescribeStream", 10, 10, DYNAMODB),
    Entry("dynamodbstreams", "ListStreams", 5, 5, DYNAMODB),
    Entry("ec2", "Describe* Get* List* Search*", 20, 100, EC2),
    Entry("ec2", "DescribeInstances DescribeInstanceStatus DescribeNetworkInterfaces DescribeSecurityGroups "
          "DescribeSnapshots DescribeSpotInstanceRequests DescribeVolumes", 10, 50, EC2, unpaged=True),
    Entry("ec2", "DescribeAggregateIdFormat DescribeIdentityIdFormat DescribeIdFormat", 10, 10, EC2),
    Entry("ec2", "DescribePrincipalIdFormat DescribeReservedInstancesOfferings", 10, 10, EC2),
    Entry("ec2", "DescribeByoipCidrs", 0.5, 1, EC2),
    Entry("ec2", "DescribeCapacityBlockExtensionOfferings DescribeCapacityBlockOfferings", 0.15, 10, EC2),
    Entry("ec2", "DescribeDeclarativePoliciesReports GetDeclarativePoliciesReportSummary", 5, 5, EC2),
    Entry("ec2", "DescribeHostReservationOfferings DescribeHostReservations", 2, 5, EC2),
    Entry("ec2", "GetHostReservationPurchasePreview", 2, 5, EC2),
    Entry("ec2", "DescribeInstanceTopology DescribeMovingAddresses", 1, 1, EC2),
    Entry("ec2", "DescribeSecurityGroupReferences DescribeStaleSecurityGroups", 5, 20, EC2),
    Entry("ec2", "DescribeSpotDatafeedSubscription", 13, 100, EC2),
    Entry("ec2", "DescribeSpotFleetInstances DescribeSpotFleetRequestHistory", 5, 100, EC2),
    Entry("ec2", "DescribeSpotFleetRequests", 3, 50, EC2),
    Entry("ec2", "DescribeStoreImageTasks", 0.5, 50, EC2),
    Entry("ec2", "DescribeVerifiedAccessInstanceLoggingConfigurations", 2, 10, EC2),
    Entry("ec2", "GetAssociatedEnclaveCertificateIamRoles", 1, 10, EC2),
    Entry("ecs", "DescribeCapacityProviders", 20, 50, ECS),
    Entry("ecs", "DescribeClusters ListClusters", 20, 50, ECS, shared="Cluster read actions"),
    Entry("ecs", "DescribeContainerInstances DescribeTasks ListAttributes ListContainerInstances ListTasks",
          20, 100, ECS, shared="Cluster resource read actions"),
    Entry("ecs", "DescribeServiceDeployments ListServiceDeployments", 20, 50, ECS, shared="Service deployment actions"),
    Entry("ecs", "DescribeServiceRevisions ListAccountSettings ListTagsForResource", 20, 50, ECS),
    Entry("ecs", "DescribeServices ListServices", 20, 100, ECS, shared="Service read actions"),
    Entry("ecs", "DescribeTaskDefinition ListTaskDefinitionFamilies ListTaskDefinitions",
          20, 50, ECS, shared="Task definition read actions"),
    Entry("ecs", "ListServicesByNamespace", 1, 10, ECS),
    # All actions of both versions of the API together have one bucket of this size too.
    Entry("elb elbv2", "*", 10, 40, ELB, shared="*"),
    Entry("elbv2", "GetResourcePolicy GetTrustStoreCaCertificatesBundle GetTrustStoreRevocationContent", 4, 20, ELB),
    Entry("emr", "*", 5, 25, EMR, shared="*"),
    Entry("emr", "DescribeCluster ListBootstrapActions ListInstanceGroups", 1, 10, EMR),
    Entry("emr", "DescribeSecurityConfiguration ListInstanceFleets ListSecurityConfigurations", 0.5, 5, EMR),
    Entry("emr", "DescribeStep ListInstances ListSteps", 0.5, 10, EMR),
    Entry("emr", "ListClusters", 0.5, 20, EMR),
    Entry("events", "Describe* List*", 50, 50, EVENTBRIDGE, shared="Control plane APIs"),
    Entry("firehose", "DescribeDeliveryStream ListDeliveryStreams ListTagsForDeliveryStream", 5, 5, FIREHOSE),
    Entry("kinesis", "DescribeAccountSettings ListStreamConsumers ListStreams ListTagsForStream", 5, 5, KINESIS),
    Entry("kinesis", "DescribeLimits", 1, 1, KINESIS),
    Entry("kinesis", "DescribeStream", 10, 10, KINESIS),
    Entry("kinesis", "DescribeStreamConsumer DescribeStreamSummary", 20, 20, KINESIS),
    Entry("kms", "DescribeCustomKeyStores GetKeyLastUsage", 5, 5, KMS),
    Entry("kms", "DescribeKey GetPublicKey ListResourceTags", 2000, 2000, KMS),
    Entry("kms", "GetKeyPolicy GetKeyRotationStatus", 1000, 1000, KMS),
    Entry("kms", "ListAliases ListKeys", 500, 500, KMS),
    Entry("kms", "ListGrants ListKeyPolicies ListKeyRotations ListRetirableGrants", 100, 100, KMS),
    Entry("lambda", "GetFunction", 100, 100, LAMBDA),
    Entry("lambda", "GetPolicy", 15, 15, LAMBDA),
    Entry("lambda", "*", 15, 15, LAMBDA, shared="Remainder of the control plane"),
    Entry("logs", "DescribeDestinations DescribeExportTasks DescribeMetricFilters", 5, 5, LOGS),
    Entry("logs", "DescribeSubscriptionFilters GetDataProtectionPolicy GetTransformer", 5, 5, LOGS),
    Entry("logs", "ListTagsForResource ListTagsLogGroup", 5, 5, LOGS),
    Entry("logs", "DescribeLogGroups", 10, 10, LOGS),
    Entry("logs", "DescribeLogStreams", 25, 25, LOGS),
    Entry("organizations", "DescribeAccount", 20, 30, ORGANIZATIONS),
    Entry("organizations", "DescribeCreateAccountStatus DescribeOrganizationalUnit", 2, 2, ORGANIZATIONS),
    Entry("organizations", "DescribePolicy", 2, 2, ORGANIZATIONS),
    Entry("organizations", "DescribeHandshake DescribeOrganization ListRoots", 1, 2, ORGANIZATIONS),
    Entry("organizations", "ListAccounts", 8, 12, ORGANIZATIONS),
    Entry("organizations", "ListAccountsForParent ListOrganizationalUnitsForParent ListParents", 5, 8, ORGANIZATIONS,
          shared="ListParents, ListAccountsForParent, ListOrganizationalUnitsForParent"),
    Entry("organizations", "ListAWSServiceAccessForOrganization ListDelegatedServicesForAccount", 1, 3, ORGANIZATIONS,
          shared="ListAWSServiceAccessForOrganization, ListDelegatedServicesForAccount"),
    Entry("organizations", "ListChildren", 6, 10, ORGANIZATIONS),
    Entry("organizations", "ListCreateAccountStatus ListDelegatedAdministrators", 5, 8, ORGANIZATIONS),
    Entry("organizations", "ListHandshakesForAccount ListHandshakesForOrganization", 5, 8, ORGANIZATIONS,
          shared="ListHandshakesForAccount, ListHandshakesForOrganization"),
    Entry("organizations", "ListPolicies ListPoliciesForTarget ListTargetsForPolicy", 5, 8, ORGANIZATIONS,
          shared="ListPolicies, ListPoliciesForTarget, ListTargetsForPolicy"),
    Entry("organizations", "ListTagsForResource", 10, 15, ORGANIZATIONS),
    Entry("rolesanywhere", "GetTrustAnchor ListTrustAnchors", 1, 1, ROLES_ANYWHERE, shared="Trust anchor requests"),
    Entry("route53", "*", 5, 5, ROUTE53_OLDER, shared="*"),
    Entry("route53", "GetHealthCheckLastFailureReason GetHealthCheckStatus", 1, 4, ROUTE53),
    Entry("route53resolver", "*", 5, 5, RESOLVER, shared="*"),
    Entry("secretsmanager", "DescribeSecret", 10_000, 10_000, SECRETS_2022),
    Entry("secretsmanager", "GetResourcePolicy", 50, 50, SECRETS),
    Entry("secretsmanager", "ListSecrets", 100, 100, SECRETS_2022),
    Entry("secretsmanager", "ListSecretVersionIds", 50, 50, SECRETS_OLDER),
    Entry("securityhub", "*", 10, 30, SECURITYHUB, shared="All other operations"),
    Entry("securityhub", "GetFindings", 3, 6, SECURITYHUB),
    Entry("service-quotas", "GetAWSDefaultServiceQuota GetRequestedServiceQuotaChange", 5, 5, SERVICE_QUOTAS),
    Entry("service-quotas", "GetServiceQuota ListRequestedServiceQuotaChangeHistory", 5, 5, SERVICE_QUOTAS),
    Entry("service-quotas", "ListRequestedServiceQuotaChangeHistoryByQuota", 5, 5, SERVICE_QUOTAS),
    Entry("service-quotas", "ListAWSDefaultServiceQuotas ListServiceQuotas ListServices", 10, 10, SERVICE_QUOTAS),
    Entry("ses", "DescribeActiveReceiptRuleSet GetIdentityDkimAttributes", 1, 1, SES),
    Entry("ses", "GetIdentityMailFromDomainAttributes GetIdentityNotificationAttributes", 1, 1, SES),
    Entry("ses", "GetIdentityVerificationAttributes", 1, 1, SES),
    Entry("sns", "GetDataProtectionPolicy GetPlatformApplicationAttributes GetSubscriptionAttributes", 30, 30, SNS),
    Entry("sns", "GetSMSAttributes", 20, 20, SNS),
    Entry("sns", "GetSMSSandboxAccountStatus ListPhoneNumbersOptedOut ListTagsForResource", 10, 10, SNS),
    Entry("sns", "GetTopicAttributes", 30, 30, SNS),
    Entry("sns", "ListEndpointsByPlatformApplication ListSubscriptions ListSubscriptionsByTopic", 30, 30, SNS),
    Entry("sns", "ListTopics", 30, 30, SNS),
    Entry("sns", "ListOriginationNumbers ListSMSSandboxPhoneNumbers", 1, 1, SNS),
    Entry("sns", "ListPlatformApplications", 15, 15, SNS),
    Entry("stepfunctions", "DescribeActivity DescribeStateMachineAlias", 1, 200, STEP_FUNCTIONS),
    Entry("stepfunctions", "DescribeStateMachine", 20, 200, STEP_FUNCTIONS),
    Entry("stepfunctions", "ListActivities ListStateMachines", 5, 100, STEP_FUNCTIONS),
    Entry("stepfunctions", "ListStateMachineAliases ListStateMachineVersions", 1, 100, STEP_FUNCTIONS),
    Entry("stepfunctions", "ListTagsForResource", 1, 100, STEP_FUNCTIONS),
    Entry("sts", "AssumeRole DecodeAuthorizationMessage GetAccessKeyInfo GetCallerIdentity GetFederationToken "
          "GetSessionToken", 600, 600, STS, shared="Requests made using AWS credentials"),
    Entry("waf waf-regional", "Get*", 1, 1, WAF_CLASSIC),
    Entry("waf waf-regional", "List*", 5, 5, WAF_CLASSIC),
    Entry("waf-regional", "ListResourcesForWebACL", 1, 1, WAF_CLASSIC),
    Entry("wafv2", "Get* List*", 5, 5, WAF),
    Entry("wafv2", "GetWebACLForResource ListResourcesForWebACL", 1, 1, WAF),
)
# fmt: on

HOSTS = {
    "apigatewayv2": "apigateway",
    "connectcampaignsv2": "connectcampaigns",
    "connectscheduling": "connect",
    "docdb": "rds",
    "elb": "elasticloadbalancing",
    "elbv2": "elasticloadbalancing",
    "greengrassv2": "greengrass",
    "kinesisanalyticsv2": "kinesisanalytics",
    "lambda-core": "lambda",
    "lambda-microvms": "lambda",
    "lambda-web": "lambda",
    "neptune": "rds",
    "opensearch": "es",
    "pinpoint-email": "ses",
    "resiliencehubv2": "resiliencehub",
    "sesv2": "ses",
    "simpledbv2": "sdb",
    "sms-voice": "pinpoint-sms-voice",
    "wisdom": "qconnect",
}
"""Services that share an endpoint with another: what their host is called here."""

GLOBAL = frozenset(
    {
        "account",
        "billingconductor",
        "budgets",
        "ce",
        "cloudfront",
        "health",
        "iam",
        "importexport",
        "networkmanager",
        "organizations",
        "route53",
        "savingsplans",
        "shield",
        "taxsettings",
        "waf",
    }
)
"""Services with one endpoint for the partition: their buckets are the account's."""


_LINES = {
    (service, operation, entry.unpaged): entry
    for entry in QUOTAS
    for service in entry.services.split()
    for operation in entry.operations.split()
}


@cache
def quota_of(service: str, operation: str, paged: bool) -> Quota:
    """The bucket that a request takes its token from.

    service    the SDK's name of the service
    operation  AWS's name of the operation
    paged      whether the request has a page size, a filter or ids: some describes without have a smaller bucket
    """
    host = HOSTS.get(service, service)
    scope = "account" if service in GLOBAL else "region"
    entry = (None if paged else _line(service, operation, unpaged=True)) or _line(service, operation, unpaged=False)
    if entry is None:
        return Quota(host, "*", DEFAULT, DEFAULT, False, scope)
    action = entry.shared or (f"{operation}, unpaged" if entry.unpaged else operation)
    return Quota(host, action, entry.rate, entry.burst, True, scope, entry.source)


def _line(service: str, operation: str, unpaged: bool) -> Entry | None:
    """The line that names the operation, or else its beginning."""
    beginning = next((verb for verb in BEGINNINGS if operation.startswith(verb)), "")
    for name in (operation, f"{beginning}*", "*"):
        if entry := _LINES.get((service, name, unpaged)):
            return entry
    return None
