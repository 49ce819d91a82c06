"""Amazon S3: one list for the account; everything about a bucket is asked in the bucket's own region."""

from stocktake.catalog.spec import Call, Enrich, Paging, ResourceType, Scope, Tier, item, target

# ListBuckets tells the region when it is asked for pages; GetBucketLocation tells it otherwise.
REGION = "BucketRegion || Location"
BUCKET = {"Bucket": item("Name")}
BUCKETS = Call(
    operation="ListBuckets",
    items="Buckets",
    parameters={"MaxBuckets": 1000},
    root="ListAllMyBucketsResult",
    iam=("s3:ListAllMyBuckets",),
)
LOCATION = Enrich(
    call=Call(
        operation="GetBucketLocation",
        # Two old spellings: nothing for us-east-1, "EU" for eu-west-1 (S3 API reference).
        items="(LocationConstraint == 'EU' && 'eu-west-1') || LocationConstraint || 'us-east-1'",
        parameters=BUCKET,
        root="LocationConstraint",
    ),
    into="Location",
    when="!BucketRegion",
)

ROWS = (
    ResourceType(
        name="AWS::S3::Bucket",
        service="s3",
        scope=Scope.GLOBAL,
        doc="Buckets and their posture: encryption, public access, policy status, versioning, tags. No object is read.",
        calls=(BUCKETS,),
        enrich=(
            LOCATION,
            Enrich(
                call=Call(
                    operation="GetBucketEncryption",
                    items="ServerSideEncryptionConfiguration",
                    parameters=BUCKET,
                    region=REGION,
                    absent=("ServerSideEncryptionConfigurationNotFoundError",),
                    iam=("s3:GetEncryptionConfiguration",),
                ),
                into="ServerSideEncryptionConfiguration",
            ),
            Enrich(
                call=Call(
                    operation="GetPublicAccessBlock",
                    items="PublicAccessBlockConfiguration",
                    parameters=BUCKET,
                    region=REGION,
                    absent=("NoSuchPublicAccessBlockConfiguration",),
                    iam=("s3:GetBucketPublicAccessBlock",),
                ),
                into="PublicAccessBlockConfiguration",
            ),
            Enrich(
                call=Call(
                    operation="GetBucketPolicyStatus",
                    items="PolicyStatus",
                    parameters=BUCKET,
                    region=REGION,
                    absent=("NoSuchBucketPolicy",),
                ),
                into="PolicyStatus",
            ),
            Enrich(
                call=Call(
                    operation="GetBucketVersioning",
                    items="{Status: Status, MFADelete: MFADelete}",
                    parameters=BUCKET,
                    region=REGION,
                    root="VersioningConfiguration",
                ),
                into="Versioning",
            ),
            Enrich(
                call=Call(
                    operation="GetBucketTagging",
                    items="TagSet",
                    parameters=BUCKET,
                    region=REGION,
                    absent=("NoSuchTagSet",),
                    root="Tagging",
                ),
                into="TagSet",
            ),
        ),
        id="Name",
        arn="arn:{partition}:s3:::{Name}",
        label="Name",
        tags="TagSet",
        created="CreationDate",
        region=REGION,
    ),
    ResourceType(
        name="AWS::S3::BucketSettings",
        service="s3",
        cloudformation=False,
        scope=Scope.GLOBAL,
        tier=Tier.FULL,
        doc="What else is set on each bucket: policy, access lists, ownership, logging, lifecycle, replication, lock, "
        "notifications, CORS, website. No object is read.",
        calls=(BUCKETS,),
        enrich=(
            LOCATION,
            Enrich(
                call=Call(
                    operation="GetBucketPolicy",
                    items="Policy",
                    parameters=BUCKET,
                    region=REGION,
                    absent=("NoSuchBucketPolicy",),
                ),
                into="Policy",
            ),
            Enrich(
                call=Call(
                    operation="GetBucketAcl",
                    items="Grants",
                    parameters=BUCKET,
                    region=REGION,
                    root="AccessControlPolicy",
                ),
                into="Grants",
            ),
            Enrich(
                call=Call(
                    operation="GetBucketOwnershipControls",
                    items="OwnershipControls",
                    parameters=BUCKET,
                    region=REGION,
                    absent=("OwnershipControlsNotFoundError",),
                ),
                into="OwnershipControls",
            ),
            Enrich(
                call=Call(
                    operation="GetBucketLogging",
                    items="LoggingEnabled",
                    may_lack=True,
                    parameters=BUCKET,
                    region=REGION,
                    root="BucketLoggingStatus",
                ),
                into="LoggingEnabled",
            ),
            Enrich(
                call=Call(
                    operation="GetBucketLifecycleConfiguration",
                    items="Rules",
                    parameters=BUCKET,
                    region=REGION,
                    absent=("NoSuchLifecycleConfiguration",),
                    root="LifecycleConfiguration",
                    iam=("s3:GetLifecycleConfiguration",),
                ),
                into="LifecycleRules",
            ),
            Enrich(
                call=Call(
                    operation="GetBucketReplication",
                    items="ReplicationConfiguration",
                    parameters=BUCKET,
                    region=REGION,
                    absent=("ReplicationConfigurationNotFoundError",),
                    iam=("s3:GetReplicationConfiguration",),
                ),
                into="ReplicationConfiguration",
            ),
            Enrich(
                call=Call(
                    operation="GetObjectLockConfiguration",
                    items="ObjectLockConfiguration",
                    parameters=BUCKET,
                    region=REGION,
                    absent=("ObjectLockConfigurationNotFoundError",),
                    iam=("s3:GetBucketObjectLockConfiguration",),
                ),
                into="ObjectLockConfiguration",
            ),
            Enrich(
                call=Call(
                    operation="GetBucketNotificationConfiguration",
                    items="{Topics: TopicConfigurations, Queues: QueueConfigurations, "
                    "Functions: LambdaFunctionConfigurations, EventBridge: EventBridgeConfiguration}",
                    parameters=BUCKET,
                    region=REGION,
                    root="NotificationConfiguration",
                    iam=("s3:GetBucketNotification",),
                ),
                into="Notifications",
            ),
            Enrich(
                call=Call(
                    operation="GetBucketCors",
                    items="CORSRules",
                    parameters=BUCKET,
                    region=REGION,
                    absent=("NoSuchCORSConfiguration",),
                    root="CORSConfiguration",
                    iam=("s3:GetBucketCORS",),
                ),
                into="CORSRules",
            ),
            Enrich(
                call=Call(
                    operation="GetBucketWebsite",
                    items="{IndexDocument: IndexDocument, ErrorDocument: ErrorDocument, "
                    "RedirectAllRequestsTo: RedirectAllRequestsTo, RoutingRules: RoutingRules}",
                    parameters=BUCKET,
                    region=REGION,
                    absent=("NoSuchWebsiteConfiguration",),
                    root="WebsiteConfiguration",
                ),
                into="Website",
            ),
        ),
        id="Name",
        arn="arn:{partition}:s3:::{Name}",
        label="Name",
        created="CreationDate",
        region=REGION,
    ),
    ResourceType(
        name="AWS::S3::AccessPoint",
        service="s3",
        doc="Access points of the account's buckets and file systems.",
        calls=(
            Call(
                operation="ListAccessPoints",
                service="s3control",
                items="AccessPointList",
                # Without it, only those of buckets are listed (S3 API reference, ListAccessPoints).
                parameters={"AccountId": target("account"), "DataSourceType": "ALL", "MaxResults": 1000},
                paging=Paging(("NextToken",), ("NextToken",)),
                iam=("s3:ListAccessPoints",),
            ),
        ),
        enrich=(
            Enrich(
                call=Call(
                    operation="ListTagsForResource",
                    service="s3control",
                    items="Tags",
                    parameters={"AccountId": target("account"), "ResourceArn": item("AccessPointArn")},
                    iam=("s3:ListTagsForResource",),
                ),
                into="Tags",
            ),
        ),
        id="Name",
        arn="AccessPointArn",
        label="Name",
        tags="Tags",
    ),
    ResourceType(
        name="AWS::S3::AccountPublicAccessBlock",
        service="s3",
        cloudformation=False,
        scope=Scope.GLOBAL,
        doc="Whether the account blocks public access to all of its buckets; unavailable where nobody ever said so.",
        calls=(
            Call(
                operation="GetPublicAccessBlock",
                service="s3control",
                # There is one, and it has no name. AWS says each of its switches, on or off.
                items="PublicAccessBlockConfiguration.BlockPublicAcls != `null` && "
                "[{Id: 'account', PublicAccessBlockConfiguration: PublicAccessBlockConfiguration}]",
                parameters={"AccountId": target("account")},
                absent=("NoSuchPublicAccessBlockConfiguration",),
                iam=("s3:GetAccountPublicAccessBlock",),
            ),
        ),
        id="Id",
    ),
)
