"""A few types that stand for the catalogue where every one of them would take too long.

Each way that a row can ask is among them: every protocol, pages by botocore and by `paging`, descriptions and tags in
batches, children, enrichments of each item, tags in bulk, calls that several rows share, and both scopes. None is of
Organizations, which member accounts are refused; none is a global one with a call that a regional one has, whose faults
could not be told apart. Laws over every row: `tests/catalog`, `tests/end_to_end/test_whole_sweep.py`.
"""

from stocktake.catalog import CATALOG

TYPES = (
    # ec2
    "AWS::EC2::Instance",
    "AWS::EC2::SecurityGroup",
    "AWS::EC2::Subnet",
    "AWS::EC2::VPC",
    # query
    "AWS::CloudFormation::Stack",
    "AWS::ElasticLoadBalancingV2::Listener",  # children; tags in batches
    "AWS::ElasticLoadBalancingV2::LoadBalancer",
    "AWS::IAM::Role",  # global
    "AWS::IAM::User",  # global
    "AWS::RDS::DBInstance",  # some items are of other types
    "AWS::RDS::DBSubnetGroup",  # tags in bulk
    "AWS::SNS::Topic",  # tags and attributes of each
    # json
    "AWS::DynamoDB::Table",  # a description of each
    "AWS::ECS::Cluster",  # descriptions in batches
    "AWS::ECS::Service",  # children, described in batches
    "AWS::Events::EventBus",  # `paging`; tags in bulk
    "AWS::KMS::Key",
    "AWS::Logs::LogGroup",  # tags in bulk
    "AWS::SQS::Queue",
    # rest-json
    "AWS::EFS::MountTarget",  # children
    "AWS::Lambda::Function",
    "AWS::SES::ConfigurationSet",  # `paging`; tags in bulk
    # rest-xml
    "AWS::CloudFront::Function",  # global; `paging`
    "AWS::Route53::HostedZone",  # global; tags in batches
    "AWS::S3::Bucket",  # global
    # smithy-rpc-v2-cbor
    "AWS::CloudWatch::Alarm",  # tags in bulk
    "AWS::CloudWatch::MetricStream",  # `paging`; tags in bulk
    "AWS::CodeBuild::Project",  # descriptions in batches
)
ROWS = {name: CATALOG[name] for name in TYPES}
