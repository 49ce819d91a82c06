"""Amazon S3: one list for the account; everything about a bucket is asked in the bucket's own region."""

from stocktake.catalog.spec import Call, Enrich, ResourceType, Scope, item

# ListBuckets tells the region when it is asked for pages; GetBucketLocation tells it otherwise.
REGION = "BucketRegion || Location"
BUCKET = {"Bucket": item("Name")}

ROWS = (
    ResourceType(
        name="AWS::S3::Bucket",
        service="s3",
        scope=Scope.GLOBAL,
        doc="Buckets and their posture: encryption, public access, policy status, versioning, tags. No object is read.",
        calls=(
            Call(
                operation="ListBuckets",
                items="Buckets",
                parameters={"MaxBuckets": 1000},
                root="ListAllMyBucketsResult",
                iam=("s3:ListAllMyBuckets",),
            ),
        ),
        enrich=(
            Enrich(
                call=Call(
                    operation="GetBucketLocation",
                    # Two old spellings: nothing for us-east-1, "EU" for eu-west-1 (S3 API reference).
                    items="(LocationConstraint == 'EU' && 'eu-west-1') || LocationConstraint || 'us-east-1'",
                    parameters=BUCKET,
                    root="LocationConstraint",
                ),
                into="Location",
                when="!BucketRegion",
            ),
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
)
