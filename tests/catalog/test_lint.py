"""The lint cannot be fooled: a good row broken in one way gives one finding: where, what, and what to write instead."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import fields, is_dataclass, replace
from enum import Enum
from typing import Any

import pytest

from stocktake.catalog import CATALOG
from stocktake.catalog.spec import Batch, Call, Enrich, Item, Paging, ResourceType, Scope, item, parent
from stocktake.catalog.tagging import tags_in_bulk
from tests.catalog.lint import LAWS, lint
from tests.catalog.study import study

Mistake = tuple[ResourceType, str, str]
"""A row that breaks one law, what stands before its finding's semicolon, and something of what stands behind it."""

VPC = CATALOG["AWS::EC2::VPC"]
INSTANCE = CATALOG["AWS::EC2::Instance"]
TABLE = CATALOG["AWS::DynamoDB::Table"]
SERVICE = CATALOG["AWS::ECS::Service"]
BALANCER = CATALOG["AWS::ElasticLoadBalancingV2::LoadBalancer"]
FUNCTION = CATALOG["AWS::Lambda::Function"]
DATABASE = CATALOG["AWS::RDS::DBInstance"]
BUCKET = CATALOG["AWS::S3::Bucket"]
QUEUE = CATALOG["AWS::SQS::Queue"]
DISTRIBUTION = CATALOG["AWS::CloudFront::Distribution"]
LOG_GROUP = CATALOG["AWS::Logs::LogGroup"]
RESOLVER = CATALOG["AWS::Route53Resolver::ResolverEndpoint"]

LINK = ResourceType(
    name="AWS::ApiGatewayV2::VpcLink",
    service="apigatewayv2",
    doc="A listing for which botocore has no paginator.",
    calls=(
        Call(
            operation="GetVpcLinks",
            items="Items",
            parameters={"MaxResults": "100"},
            paging=Paging(("NextToken",), ("NextToken",)),
            iam=("apigateway:GET",),
        ),
    ),
    id="VpcLinkId",
    label="Name",
    tags="Tags",
    created="CreatedDate",
)
ROLE = ResourceType(
    name="AWS::IAM::Role",
    service="iam",
    scope=Scope.GLOBAL,
    doc="An enrichment that brings several members.",
    calls=(Call(operation="ListRoles", items="Roles", parameters={"MaxItems": 1000}),),
    enrich=(
        Enrich(
            call=Call(
                operation="GetRole",
                items="Role",
                parameters={"RoleName": item("RoleName")},
                absent=("NoSuchEntity",),
            ),
            into=("PermissionsBoundary", "RoleLastUsed", "Tags"),
        ),
    ),
    id="RoleName",
    arn="Arn",
    label="RoleName",
    tags="Tags",
    created="CreateDate",
    volatile=("RoleLastUsed",),
)
PROJECT = ResourceType(
    name="AWS::CodeBuild::Project",
    service="codebuild",
    doc="A batch for which botocore knows the maximum.",
    calls=(
        Call(operation="ListProjects", items="projects"),
        Call(operation="BatchGetProjects", items="projects", batch=Batch("names", 100), unanswered="projectsNotFound"),
    ),
    id="name",
    arn="arn",
    label="name",
    tags="tags",
    created="created",
)


GOOD = (VPC, INSTANCE, TABLE, SERVICE, BALANCER, ROLE, FUNCTION, DATABASE, BUCKET, QUEUE, LINK, PROJECT)

WITHOUT_A_SAYING_MODEL = {"root", "into"}
"""Members of a row that are free text to the models: a slip in them is nobody's to find."""


INVENTORIES = Enrich(
    call=Call(
        operation="ListBucketInventoryConfigurations",
        items="InventoryConfigurationList",
        parameters={"Bucket": item("Name")},
        root="ListInventoryConfigurationsResult",
        iam=("s3:GetInventoryConfiguration",),
    ),
    into="InventoryConfigurations",
)


def call(row: ResourceType, index: int = 0, **changes: Any) -> ResourceType:
    """The row with another call in its chain."""
    calls = list(row.calls)
    calls[index] = replace(calls[index], **changes)
    return replace(row, calls=tuple(calls))


def enrich(row: ResourceType, index: int = 0, **changes: Any) -> ResourceType:
    """The row with another enrichment; `call` is a mapping of what is other in its call."""
    enrichments = list(row.enrich)
    changes["call"] = replace(enrichments[index].call, **changes.get("call", {}))
    enrichments[index] = replace(enrichments[index], **changes)
    return replace(row, enrich=tuple(enrichments))


def changes_its_item(found: Item) -> Item:
    found["QueueName"] = found["QueueUrl"]
    return found


def needs_enrichments(found: Item) -> Item:
    return {**found, "QueueName": found["Attributes"]["QueueArn"]}


def moves_tags(found: Item) -> Item:
    return {**found, "Labels": found.get("Tags")}


MISTAKES: dict[str, tuple[Mistake, ...]] = {
    "_name_has_the_form_of_a_cloudformation_type": (
        (replace(VPC, name="EC2::VPC"), "name is 'EC2::VPC', not of CloudFormation's form", "write AWS::Service::Type"),
    ),
    "_cloudformation_says_whether_it_has_the_type": (
        (replace(VPC, name="AWS::EC2::VPCs"), "name is 'AWS::EC2::VPCs', no type of CloudFormation's", "AWS::EC2::VPC"),
        (replace(VPC, cloudformation=False), "cloudformation is False, wrong", "remove it"),
    ),
    "_doc_is_one_or_two_sentences": (
        (replace(VPC, doc="Virtual networks"), "doc is 'Virtual networks', not one or two sentences", "a full stop"),
        (replace(VPC, doc="virtual networks."), "doc is 'virtual networks.', not one", "from a capital letter"),
        (replace(VPC, doc="One. Two. Three."), "doc is 'One. Two. Three.', not one or two", "write what the type is"),
        (replace(VPC, doc=""), "doc is '', not one or two sentences", "write what the type is"),
    ),
    "_services_exist": (
        (replace(VPC, service="ec3"), "service is 'ec3', no service of botocore's", "ec2)"),
        (call(VPC, service="ec3"), "calls[0].service is 'ec3', no service of botocore's", "ec2)"),
    ),
    "_a_call_names_a_service_only_where_it_is_another": (
        (call(VPC, service="ec2"), "calls[0].service is 'ec2', the row's own", "remove it"),
    ),
    "_operations_exist": (
        (replace(VPC, calls=()), "calls is (), empty", "write the call that lists the items"),
        (
            call(VPC, operation="DescribeVpc"),
            "calls[0].operation is 'DescribeVpc', no operation of ec2",
            "DescribeVpcs",
        ),
        (
            enrich(FUNCTION, call={"operation": "ListTag"}),
            "enrich[0].call.operation is 'ListTag', no operation of lambda",
            "nearest: ListTags",
        ),
    ),
    "_parameters_exist": (
        (
            call(VPC, parameters={"MaxResults": 1000, "Filter": []}),
            "calls[0].parameters is 'Filter', no parameter of DescribeVpcs",
            "nearest: Filters",
        ),
        (
            call(SERVICE, 2, batch=Batch("service", 10), parameters={"cluster": parent(), "services": ["one"]}),
            "calls[2].parameters is 'service', no parameter of DescribeServices",
            "nearest: services",
        ),
    ),
    "_required_parameters_are_given": (
        (
            call(TABLE, 1, parameters={}),
            "calls[1].parameters is [], not all that DescribeTable requires",
            "add TableName",
        ),
    ),
    "_parameters_have_the_models_types": (
        (
            call(VPC, parameters={"MaxResults": "1000"}),
            "calls[0].parameters.MaxResults is '1000', refused by botocore (Invalid type for parameter MaxResults",
            "write what the model takes for the integer",
        ),
        (
            call(VPC, parameters={"MaxResults": 1000, "Filters": [{"Nam": "state"}]}),
            "calls[0].parameters.Filters is [{'Nam': 'state'}], refused by botocore (Unknown parameter in Filters[0]",
            "write what the model takes for the list",
        ),
        (
            enrich(FUNCTION, call={"parameters": {"Resource": item("Layers")}}),
            "enrich[0].call.parameters.Resource is From(source='item', path='Layers'), refused by botocore",
            "write what the model takes for the string",
        ),
        (
            enrich(BALANCER, call={"batch": Batch("ResourceArns", 20, "AvailabilityZones")}),
            "enrich[0].call.parameters.ResourceArns is Batch(parameter='ResourceArns'",
            "write what the model takes for the list",
        ),
    ),
    "_literals_lie_within_enumerations_and_ranges": (
        (
            call(VPC, parameters={"MaxResults": 5000}),
            "calls[0].parameters.MaxResults is 5000, not what the model allows",
            "write 1000 or less",
        ),
        (
            call(VPC, parameters={"MaxResults": 1}),
            "calls[0].parameters.MaxResults is 1, not what the model allows",
            "write 5 or more",
        ),
        (
            call(SERVICE, 2, parameters={"cluster": parent(), "include": ["TAG"]}),
            "calls[2].parameters.include[0] is 'TAG', no value of the model's enumeration",
            "nearest: TAGS",
        ),
    ),
    "_sources_are_there": (
        (
            call(VPC, parameters={"MaxResults": 1000, "NextToken": item()}),
            "calls[0].parameters.NextToken is 'item', nothing that this call has",
            "write target(…)",
        ),
        (
            call(SERVICE, 2, parameters={"cluster": item(), "include": ["TAGS"]}),
            "calls[2].parameters.cluster is 'item', nothing that this call has",
            "write parent(…) or target(…)",
        ),
        (
            enrich(TABLE, call={"parameters": {"ResourceArn": item("TableArn"), "NextToken": parent()}}),
            "enrich[0].call.parameters.NextToken is 'parent', nothing that this call has",
            "write item(…) or target(…)",
        ),
        (
            call(VPC, parameters={"MaxResults": 1000, "Filters": [{"Name": "owner-id", "Values": [item()]}]}),
            "calls[0].parameters.Filters[0].Values[0] is 'item', nothing that this call has",
            "write target(…)",
        ),
    ),
    "_a_further_call_asks_about_the_item_before": (
        (
            call(TABLE, 1, parameters={"TableName": "one"}),
            "calls[1].parameters is {'TableName': 'one'}, the same question for every item",
            "write item(…)",
        ),
    ),
    "_a_batch_fits_its_parameter": (
        (
            call(PROJECT, 1, batch=Batch("names", 200)),
            "calls[1].batch.size is 200, not what the model allows",
            "write 100",
        ),
        (call(PROJECT, 1, batch=Batch("names", 0)), "calls[1].batch.size is 0, not what the model allows", "write 1"),
        (
            call(SERVICE, 2, batch=Batch("cluster", 10), parameters={"services": ["one"]}),
            "calls[2].batch.parameter is 'cluster', a string, which takes no batch",
            "nearest: include",
        ),
    ),
    "_a_batch_stands_where_there_are_items_to_batch": (
        (call(VPC, batch=Batch("VpcIds", 10)), "calls[0].batch is Batch(parameter='VpcIds'", "remove it"),
        (call(SERVICE, 2, region="@"), "calls[2].region is '@', asked of no item", "remove it, or the batch"),
        (
            enrich(BALANCER, match=""),
            "enrich[0].match is '', not given",
            "write the path",
        ),
        (enrich(TABLE, match="Key"), "enrich[0].match is 'Key', looked at", "remove it"),
        (enrich(TABLE, value="[0]"), "enrich[0].value is '[0]', looked at for a batch only", "remove it"),
    ),
    "_a_batch_asks_by_what_is_known_without_a_call_per_resource": (
        (
            replace(QUEUE, arn="Attributes.QueueArn", enrich=(QUEUE.enrich[0], tags_in_bulk("Attributes.QueueArn"))),
            "enrich[1].call.batch.value is 'Attributes.QueueArn', which needs Attributes",
            "write what the chain gives",
        ),
    ),
    "_managed_resources_are_asked_for": (
        (
            call(INSTANCE, parameters={"MaxResults": 1000}),
            "calls[0].parameters is {'MaxResults': 1000}, without the resources that AWS services manage",
            "add IncludeManagedResources: True",
        ),
    ),
    "_expressions_can_be_read": (
        (replace(VPC, id="VpcId["), "id is 'VpcId[', no JMESPath that can be evaluated", "https://jmespath.org"),
        (call(VPC, items="Vpcs["), "calls[0].items is 'Vpcs[', no JMESPath", "https://jmespath.org"),
        (replace(VPC, label="keys(VpcId)"), "label is 'keys(VpcId)', no JMESPath", "https://jmespath.org"),
    ),
    "_expressions_mention_what_is_there": (
        (replace(VPC, id="VPCID"), "id is 'VPCID', which mentions VPCID, and nothing is there", "nearest: VpcId"),
        (replace(VPC, id="VpcId.Id"), "id is 'VpcId.Id', which mentions Id, and nothing", "leads through objects"),
        (replace(VPC, arn="arn:{partition}:ec2:{region}:{Owner}:vpc/{VpcId}"), "arn is 'Owner'", "nearest: OwnerId"),
        (replace(VPC, tags="Tag"), "tags is 'Tag', which mentions Tag", "nearest: Tags"),
        (call(VPC, items="VPCS"), "calls[0].items is 'VPCS', which mentions VPCS", "nearest: Vpcs"),
        (
            call(DATABASE, where="Engine != 'neptune' && engine != 'docdb'"),
            "calls[0].where is \"Engine != 'neptune' && engine != 'docdb'\", which mentions engine",
            "nearest: Engine",
        ),
        (
            call(SERVICE, 2, unanswered="failures[?code != 'MISSING']"),
            "calls[2].unanswered is \"failures[?code != 'MISSING']\", which mentions code",
            "arn, reason, detail",
        ),
        (call(TABLE, 1, parameters={"TableName": item("Name")}), "calls[1].parameters.TableName is 'Name'", "objects"),
        (enrich(BUCKET, when="!BucketRegio"), "enrich[0].when is '!BucketRegio'", "nearest: BucketRegion"),
        (enrich(BALANCER, match="Arn"), "enrich[0].match is 'Arn'", "known: ResourceArn"),
        (replace(enrich(BALANCER, value="Tag"), tags=""), "enrich[0].value is 'Tag'", "nearest: Tags"),
        (
            enrich(BALANCER, call={"batch": Batch("ResourceArns", 20, "Arn")}),
            "enrich[0].call.batch.value is 'Arn'",
            "LoadBalancerArn",
        ),
        (
            call(LINK, paging=Paging(("NextToken",), ("nextToken",))),
            "calls[0].paging.tokens_out[0] is 'nextToken'",
            "nearest: NextToken",
        ),
        (
            replace(BUCKET, enrich=(BUCKET.enrich[1], BUCKET.enrich[0], *BUCKET.enrich[-1:])),
            f"enrich[0].call.region is {BUCKET.region!r}, which mentions Location",
            "nearest: CreationDate",
        ),
    ),
    "_expressions_bear_items_without_members": (
        (
            replace(VPC, region="join('-', [VpcId])"),
            "region is \"join('-', [VpcId])\", an error where a member is missing",
            "guard it: Member && function(Member)",
        ),
    ),
    "_items_are_found": (
        (call(VPC, items="NextToken"), "calls[0].items is 'NextToken', no list in the answer", "the list of items"),
        (replace(TABLE, calls=TABLE.calls[:1]), "calls[0].items is 'TableNames', a list of what are", "{Name: @}"),
        (
            replace(enrich(FUNCTION, call={"items": "Tags.* | [5]"}), tags=""),
            "enrich[0].call.items is 'Tags.* | [5]', nothing in the answer",
            "write the path to the value that joins",
        ),
        (
            enrich(TABLE, call={"items": "Tags[0]"}),
            "enrich[0].call.items is 'Tags[0]', no list, which the answer's pages cannot join",
            "write the path to a list",
        ),
    ),
    "_a_whole_answer_is_known_by_a_member": (
        (
            call(TABLE, 1, items="[@.Table]"),
            "calls[1].items is '[@.Table]', which takes an empty answer for a whole one",
            "Member && @",
        ),
        (
            enrich(FUNCTION, call={"items": "@.Tags"}),
            "enrich[0].call.items is '@.Tags', which takes an empty answer for a whole one",
            "Member && @",
        ),
    ),
    "_where_stands_at_the_end_of_the_chain": (
        (call(TABLE, 0, where="@ != 'x'"), "calls[0].where is \"@ != 'x'\", looked at in the chain's", "move it there"),
        (enrich(TABLE, call={"where": "Key"}), "enrich[0].call.where is 'Key', looked at in the chain's", "move it"),
    ),
    "_what_is_answered_and_what_is_not_are_lists": (
        (
            call(SERVICE, 2, unanswered="failures[0]"),
            "calls[2].unanswered is 'failures[0]', no list",
            "the path to the",
        ),
        (enrich(FUNCTION, call={"unanswered": "Tags"}), "enrich[0].call.unanswered is 'Tags', looked at", "remove it"),
        (
            call(SERVICE, 2, batch=Batch("services", 10, accounted="services[0]")),
            "calls[2].batch.accounted is 'services[0]', no list",
            "lists what was answered",
        ),
    ),
    "_paging_is_given_where_botocore_has_none": (
        (
            call(LINK, paging=None),
            "calls[0].paging is None, not given, and GetVpcLinks has pages without a paginator in botocore",
            "write Paging(tokens_in=('NextToken',), tokens_out=('NextToken',), more='')",
        ),
        (
            replace(BUCKET, enrich=(*BUCKET.enrich, INVENTORIES)),
            "enrich[6].call.paging is None, not given, and ListBucketInventoryConfigurations has pages",
            "write Paging(tokens_in=('ContinuationToken',), tokens_out=('NextContinuationToken',), more='IsTruncated')",
        ),
        (
            call(VPC, paging=Paging(("NextToken",), ("NextToken",))),
            "calls[0].paging is Paging(tokens_in=('NextToken',), tokens_out=('NextToken',), more=''), given",
            "remove it",
        ),
    ),
    "_page_tokens_go_into_the_operation": (
        (
            call(LINK, paging=Paging(("nextToken",), ("NextToken",))),
            "calls[0].paging.tokens_in is 'nextToken', no parameter of GetVpcLinks",
            "nearest: NextToken",
        ),
        (
            call(LINK, paging=Paging(("NextToken", "MaxResults"), ("NextToken",))),
            "calls[0].paging.tokens_in is ('NextToken', 'MaxResults'), not as many as tokens_out",
            "write one for each of tokens_out",
        ),
    ),
    "_a_page_size_is_asked_for": (
        (call(VPC, parameters={}), "calls[0].parameters is {}, without a page size", "add MaxResults, at most 1000"),
        (
            call(LINK, parameters={}),
            "calls[0].parameters is {}, without a page size",
            "as large as AWS's API reference",
        ),
        (
            call(SERVICE, 1, parameters={"cluster": item()}),
            "calls[1].parameters is {'cluster': From(source='item', path='@')}, without a page size",
            "add maxResults",
        ),
    ),
    "_enrichments_overwrite_nothing": (
        (
            replace(enrich(TABLE, into="TableStatus"), tags=""),
            "enrich[0].into is 'TableStatus', there already",
            "write another name, or, if AWS documents that it is left out, add it to LEFT_OUT",
        ),
        (
            replace(TABLE, enrich=TABLE.enrich * 2),
            "enrich[1].into is 'Tags', there already",
            "write another name",
        ),
        (
            replace(enrich(FUNCTION, into="Tags.All"), tags=""),
            "enrich[0].into is 'Tags.All', no member's name",
            "write one name, no path",
        ),
    ),
    "_enrichments_bring_the_members_that_they_name": (
        (
            replace(enrich(ROLE, into=("RoleLastUsed", "Tag")), tags=""),
            "enrich[0].into is 'Tag', no member of what GetRole brings",
            "nearest: Tags",
        ),
    ),
    "_id_is_a_scalar_without_enrichments": (
        (replace(VPC, id=""), "id is '', not given", "write the path to what is unique"),
        (replace(VPC, id="Tags"), "id is 'Tags', not text or number", "write the path to one"),
        (replace(VPC, id="IsDefault"), "id is 'IsDefault', not text or number", "write the path to one"),
        (
            replace(QUEUE, id="Attributes.QueueArn"),
            "id is 'Attributes.QueueArn', nothing where `detail: basic` switches enrichments off",
            "write the path to a member of the described item",
        ),
    ),
    "_label_is_a_scalar": ((replace(VPC, label="Tags"), "label is 'Tags', not text", "write the path to a text"),),
    "_region_is_text": (
        (replace(VPC, region="Tags"), "region is 'Tags', not text", "write the path to a region's name"),
        (enrich(BUCKET, 1, call={"region": "`1`"}), "enrich[1].call.region is '`1`', not text", "a region's name"),
    ),
    "_created_is_a_time": (
        (
            replace(TABLE, created="TableName"),
            "created is 'TableName', no timestamp",
            "write the path to one (CreationDa",
        ),
        (replace(VPC, created="VpcId"), "created is 'VpcId', no timestamp in botocore's model", "remove it"),
    ),
    "_tags_have_one_of_awss_shapes": (
        (
            replace(VPC, tags="CidrBlockAssociationSet"),
            "tags is 'CidrBlockAssociationSet', no tags",
            "write the path to a map, or to a list of Key, key, TagKey and their values",
        ),
        (replace(VPC, tags="VpcId"), "tags is 'VpcId', no tags", "write the path to a map"),
    ),
    "_tags_of_an_enrichment_are_known_by_its_name": (
        (
            replace(FUNCTION, tags="Tags || Tags"),
            "tags is 'Tags || Tags', brought by an enrichment",
            "begins with Tags",
        ),
        (replace(FUNCTION, tags="Labels", reshape=moves_tags), "tags is 'Labels', brought by", "begins with Tags"),
    ),
    "_tags_in_bulk_are_those_that_the_tagging_api_knows": (
        (
            replace(RESOLVER, enrich=(tags_in_bulk("Arn"),)),
            "enrich[0].call.operation is 'GetResources', which is not known to give the tags of AWS::Route53Resolver",
            "write the service's own call, or",
        ),
        (
            replace(LOG_GROUP, enrich=(tags_in_bulk("arn"),)),
            "enrich[0].call.batch.value is 'arn', not the ARN that the type has",
            "write 'logGroupArn",
        ),
    ),
    "_tags_in_bulk_are_asked_for_in_the_services_home": (
        (
            replace(DISTRIBUTION, enrich=(tags_in_bulk("ARN"),)),
            "enrich[0].partitions is (), though in aws-cn the home of cloudfront is not where global units ask",
            "write HOMES",
        ),
    ),
    "_partitions_are_there": (
        (
            replace(DISTRIBUTION, enrich=(tags_in_bulk("ARN", partitions=("aws-gov",)),)),
            "enrich[0].partitions is 'aws-gov', no partition that has a home region",
            "nearest: aws-us-gov",
        ),
    ),
    "_what_can_have_tags_has_them": (
        (replace(VPC, tags=""), "tags is '', though CloudFormation says that the type can have them", "ask for them"),
        (
            replace(CATALOG["AWS::ECR::LifecyclePolicy"], name="AWS::ECR::Lifecycle"),
            "tags is '', though the service authorization reference says that the type can have them",
            "add the type to TAGGABLE_WITHOUT_TAGS",
        ),
    ),
    "_arn_is_an_arn": (
        (
            replace(VPC, arn="arn:aws:ec2:::vpc/{VpcId}"),
            "arn is 'arn:aws:ec2:::vpc/{VpcId}', no",
            "write arn:{partition}:",
        ),
        (replace(TABLE, arn="TableId"), "arn is 'TableId', neither a template nor a member", "nearest: TableArn"),
        (replace(VPC, arn="arn:{partition}:ec2:{region}:{account}:vpc/{Tags}"), "arn is 'Tags', not text", "to a text"),
    ),
    "_arn_template_is_in_awss_reference": (
        (
            replace(VPC, arn="arn:{partition}:ec2:{region}:{OwnerId}:net/{VpcId}"),
            "arn is 'arn:{partition}:ec2:{region}:{OwnerId}:net/{VpcId}', not in the service authorization reference",
            "write one of its forms (nearest: arn:*:ec2:*:*:",
        ),
    ),
    "_reshape_is_pure": (
        (
            replace(QUEUE, reshape=changes_its_item),
            "reshape is 'changes_its_item', which changes the item that it is given",
            "write a pure function",
        ),
        (
            replace(QUEUE, reshape=needs_enrichments),
            "reshape is 'needs_enrichments', which raises KeyError('Attributes')",
            "write a pure function that every item can go through",
        ),
    ),
    "_paths_lead_somewhere": (
        (replace(VPC, volatile=("state",)), "volatile is 'state', which leads nowhere from state on", "nearest: State"),
        (
            replace(VPC, secret=("CidrBlockAssociationSet.AssociationId",)),
            "secret is 'CidrBlockAssociationSet.AssociationId', which leads nowhere from AssociationId on",
            "write [] after a list and .* after a map",
        ),
    ),
    "_secrets_are_not_those_that_the_model_knows": (
        (
            replace(FUNCTION, secret=("Environment.Variables.*",)),
            "secret is 'Environment.Variables.*', redacted already",
            "remove it: botocore's model says so",
        ),
    ),
    "_nothing_that_is_used_is_sensitive": (
        (
            replace(FUNCTION, label="Environment.Error.Message"),
            "label is 'Environment.Error.Message', marked sensitive by botocore's model",
            "write a path to what may be read",
        ),
        (
            call(FUNCTION, where="Environment.Error.Message == 'x'"),
            "calls[0].where is \"Environment.Error.Message == 'x'\", marked sensitive",
            "write a path to what may be read",
        ),
        (
            enrich(FUNCTION, call={"parameters": {"Resource": item("Environment.Error.Message")}}),
            "enrich[0].call.parameters.Resource is 'Environment.Error.Message', marked sensitive",
            "write a path to what may be read",
        ),
    ),
    "_absent_codes_are_the_operations_own": (
        (
            call(TABLE, 1, absent=("ResourceNotFound",)),
            "calls[1].absent is 'ResourceNotFound', no error code of DescribeTable",
            "nearest: ResourceNotFoundException",
        ),
        (
            call(BALANCER, absent=("LoadBalancerNotFoundException",)),
            "calls[0].absent is 'LoadBalancerNotFoundException', no error code of DescribeLoadBalancers",
            "nearest: LoadBalancerNotFound",
        ),
        (
            enrich(BUCKET, 5, call={"absent": ("NoTagSet",)}),
            "enrich[5].call.absent is 'NoTagSet', no error code of GetBucketTagging",
            "nearest: NoSuchTagSet",
        ),
    ),
    "_a_batch_of_an_enrichment_has_no_absent_codes": (
        (
            enrich(BALANCER, call={"absent": ("LoadBalancerNotFound",)}),
            "enrich[0].call.absent is ('LoadBalancerNotFound',), said of a whole batch",
            "remove it: what is refused is a gap",
        ),
    ),
    "_root_is_given_where_the_model_does_not_say_it": (
        (call(BUCKET, root=""), "calls[0].root is '', not given, and the model does not", "AWS's API reference"),
        (enrich(BUCKET, 1, call={"root": "Other"}), "enrich[1].call.root is 'Other', known without it", "remove it"),
        (call(VPC, root="Other"), "calls[0].root is 'Other', known without it", "remove it"),
    ),
    "_iam_is_given_only_where_it_differs": (
        (call(VPC, iam=("ec2:DescribeVpcs",)), "calls[0].iam is ('ec2:DescribeVpcs',), what it would be", "remove it"),
    ),
    "_actions_exist_and_read_only": (
        (call(BUCKET, iam=()), "calls[0].iam is 's3:ListBuckets', no action of IAM's", "nearest: s3:ListBucket"),
        (
            call(BALANCER, iam=()),
            "calls[0].iam is 'elbv2:DescribeLoadBalancers', no action of IAM's",
            "write iam=('elasticloadbalancing:DescribeLoadBalancers',)",
        ),
        (
            call(VPC, iam=("ec2:CreateVpc",)),
            "calls[0].iam is 'ec2:CreateVpc', an action of access level Write",
            "write a call that needs List or Read alone",
        ),
    ),
    "_actions_are_of_the_service_that_is_called": (
        (
            call(TABLE, iam=("rds:DescribeDBInstances",)),
            "calls[0].iam is 'rds:DescribeDBInstances', not an action of dynamodb",
            "write dynamodb:…, or add the prefix to IAM_PREFIXES",
        ),
    ),
    "_scope_is_the_services": (
        (
            replace(VPC, scope=Scope.GLOBAL),
            "scope is 'global', not ec2's",
            "remove it, or, if one region answers for all",
        ),
        (replace(ROLE, scope=Scope.REGIONAL), "scope is 'regional', not iam's", "write scope=Scope.GLOBAL"),
    ),
}


@pytest.mark.parametrize("row", GOOD, ids=lambda row: row.name)
def test_a_good_row_has_no_finding(row: ResourceType) -> None:
    assert lint(row) == []


@pytest.mark.parametrize(
    ("law", "mistake"),
    [
        pytest.param(law, mistake, id=f"{law[1:]}-{number}")
        for law, mistakes in MISTAKES.items()
        for number, mistake in enumerate(mistakes)
    ],
)
def test_a_broken_law_gives_one_finding_that_says_where_and_what_to_write(law: str, mistake: Mistake) -> None:
    row, says, write = mistake
    (finding,) = lint(row)
    before, _, behind = finding.partition("; ")
    assert before.startswith(f"{row.name}: {says}")
    assert write in behind
    assert finding.endswith(".")
    studied = study(row)
    assert [one.__name__ for one in LAWS if any(one(studied))] == [law]


def test_every_law_is_broken_here() -> None:
    assert list(MISTAKES) == [law.__name__ for law in LAWS]


# LINK's page size is a text: to the model any will do.
@pytest.mark.parametrize("row", [row for row in GOOD if row is not LINK], ids=lambda row: row.name)
def test_a_slip_of_the_pen_is_found_wherever_it_happens(row: ResourceType) -> None:
    assert [place for place, slipped in slips(row, "") if not lint(slipped)] == []


def slips(value: Any, place: str) -> Iterator[tuple[str, Any]]:
    """A row, or a part of it, with one text after the other mistyped."""
    if isinstance(value, str) and value and not isinstance(value, Enum):
        yield place, f"{value}x"
    elif is_dataclass(value) and not isinstance(value, type):
        for field in fields(value):
            if field.name not in WITHOUT_A_SAYING_MODEL:
                for inner, slipped in slips(getattr(value, field.name), f"{place}.{field.name}"):
                    yield inner, replace(value, **{field.name: slipped})
    elif isinstance(value, Mapping):
        for key, one in value.items():
            for inner, slipped in slips(one, f"{place}.{key}"):
                yield inner, {**value, key: slipped}
            yield f"{place}.{key}", {(f"{key}x" if name == key else name): one for name, one in value.items()}
    elif isinstance(value, list | tuple):
        for index, one in enumerate(value):
            for inner, slipped in slips(one, f"{place}[{index}]"):
                yield inner, type(value)((*value[:index], slipped, *value[index + 1 :]))
