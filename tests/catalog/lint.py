"""The laws that a row keeps, checked against botocore's model, CloudFormation's type list and AWS's service
authorization reference.

A finding is one sentence: row, field, value, what is wrong with it, and what to write instead. A law is silent where
another law has spoken, so that one mistake is one finding.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import cache
from typing import Any

import jmespath
from botocore.validate import ParamValidator
from cfnlint.schema.manager import PROVIDER_SCHEMA_MANAGER  # type: ignore[import-untyped]
from jmespath.exceptions import JMESPathError
from policy_sentry.querying.actions import get_action_data, get_actions_for_service
from policy_sentry.querying.arns import get_raw_arns_for_service
from policy_sentry.shared.iam_data import get_service_prefix_data

from stocktake.catalog.spec import Paging, ResourceType, Scope, holders, steps
from stocktake.errors import listed, nearest
from stocktake.expressions import PLACE
from stocktake.model import GLOBAL_HOME
from stocktake.normalise import TAG_KEYS
from tests.catalog.models import homes_of, is_regional, paginator, service_model, services
from tests.catalog.samples import TIME, sample
from tests.catalog.study import UNKNOWN, Asked, Study, is_secret, study
from tests.catalog.tagging import TAGGABLE_WITHOUT_TAGS, is_known

# --- what AWS's data does not say ---

# Services and types whose list answers for all regions at once, though there is an endpoint in each.
GLOBAL_LISTS = {
    "directconnect",  # Direct Connect gateways are of no region (Direct Connect user guide, "Direct Connect gateways").
    "globalaccelerator",  # "you must specify the US West (Oregon) Region" (Global Accelerator API reference, Welcome).
    "s3",
    "wafv2",  # What is for CloudFront is listed in US East (N. Virginia) (WAF API reference, ListWebACLs, Scope).
    # "CloudWatch dashboards are global" (CloudWatch user guide, "Using Amazon CloudWatch dashboards").
    "AWS::CloudWatch::Dashboard",
}

# Error codes that an operation answers and its model does not declare.
UNDECLARED_ERRORS = {
    # Amazon S3 API reference, "Error responses": S3's model declares hardly any.
    "s3": {
        "NoSuchBucket",
        "NoSuchBucketPolicy",
        "NoSuchCORSConfiguration",
        "NoSuchLifecycleConfiguration",
        "NoSuchPublicAccessBlockConfiguration",
        "NoSuchTagSet",
        "NoSuchWebsiteConfiguration",
        "ObjectLockConfigurationNotFoundError",
        "OwnershipControlsNotFoundError",
        "ReplicationConfigurationNotFoundError",
        "ServerSideEncryptionConfigurationNotFoundError",
    },
    # The code of SQS's old query protocol, which its JSON answers carry in `x-amzn-query-error`.
    "sqs": {"AWS.SimpleQueueService.NonExistentQueue"},
}

# rest-xml services whose answers' root is the operation's name with "Response" or "Result", or the output shape's name.
# S3's is neither: ListBuckets answers <ListAllMyBucketsResult>.
ROOT_BY_OPERATION = {"cloudfront", "route53", "s3control"}

# IAM's name of a service, where requests to the service are not signed with it.
IAM_PREFIXES = {"cloudwatch": "cloudwatch", "resourcegroupstaggingapi": "tag"}

# ARN templates that the service authorization reference does not have, by row.
UNLISTED_ARNS = {
    # A stack set's id is its name and its own id, joined by the colon that the reference has between them
    # (CloudFormation API reference, StackSetSummary).
    "AWS::CloudFormation::StackSet",
}

# Members that are ARNs by another name, by row.
ARN_MEMBERS = {
    # CloudFormation API reference, Stack.
    "AWS::CloudFormation::Stack": "StackId",
    # "For virtual MFA devices, the serial number is the device ARN" (IAM API reference, MFADevice).
    "AWS::IAM::VirtualMFADevice": "SerialNumber",
}

# Rows whose time the model has as text or a number.
TIMES_AS_TEXT = {
    # EC2 API reference, Image.
    "AWS::EC2::Image",
    # "The timestamp of when the detector was created", as text (GuardDuty API reference, GetDetector).
    "AWS::GuardDuty::Detector",
    # "The date on which this image pipeline was created", as text (Image Builder API reference, ImagePipeline).
    "AWS::ImageBuilder::ImagePipeline",
    # Milliseconds (CloudWatch Logs API reference, LogGroup).
    "AWS::Logs::LogGroup",
    # "The Epoch time when the collection was created" (OpenSearch Serverless API reference, CollectionDetail).
    "AWS::OpenSearchServerless::Collection",
    # Seconds, as text (SQS API reference, GetQueueAttributes).
    "AWS::SQS::Queue",
    # "The date and time when Security Hub was enabled in the account", as text (Security Hub API reference,
    # DescribeHub).
    "AWS::SecurityHub::Hub",
}

# --- what names look like ---

TYPE_NAME = re.compile(r"AWS::[A-Z][A-Za-z0-9]+::[A-Z][A-Za-z0-9]+")
SENTENCES = re.compile(r"[A-Z].*\.", re.DOTALL)
FULL_STOP = re.compile(r"\.(?=\s|$)")
TOKEN_OUT = re.compile(
    r"next\w*(token|marker|key)|lastevaluated\w+|\w*marker|(page|pagination|continuation)token|position", re.I
)
FOLLOWING = re.compile(r"next|lastevaluated", re.I)
TOKEN_IN = re.compile(r"\w*(token|marker|position)|(exclusive)?start\w+", re.I)
MORE = re.compile(r"(is)?truncated|hasmore\w*", re.I)
PAGE_SIZE = re.compile(
    r"max\w*(results|records|items|keys|buckets|uploads|jobs)|limit|(maximum)?pagesize|resourcesperpage", re.I
)
RAW_PLACE = re.compile(r"\$\{[^}]+\}")

Law = Callable[[Study], Iterator[str]]


def lint(row: ResourceType) -> list[str]:
    """What is wrong with a row; empty where nothing is."""
    studied = study(row)
    return [f"{row.name}: {finding}." for law in LAWS for finding in law(studied)]


# --- name and words ---


def _name_has_the_form_of_a_cloudformation_type(studied: Study) -> Iterator[str]:
    if not TYPE_NAME.fullmatch(studied.row.name):
        yield _finding("name", studied.row.name, "not of CloudFormation's form", "write AWS::Service::Type")


def _cloudformation_says_whether_it_has_the_type(studied: Study) -> Iterator[str]:
    row = studied.row
    if not TYPE_NAME.fullmatch(row.name):
        return
    types = cloudformation_types()
    if row.cloudformation and row.name not in types:
        remedy = f"write a type that it has ({nearest(row.name, types)}) or cloudformation=False"
        yield _finding("name", row.name, "no type of CloudFormation's", remedy)
    if not row.cloudformation and row.name in types:
        yield _finding("cloudformation", False, "wrong, for CloudFormation has the type", "remove it")


def _doc_is_one_or_two_sentences(studied: Study) -> Iterator[str]:
    doc = studied.row.doc
    if not SENTENCES.fullmatch(doc) or len(FULL_STOP.findall(doc)) > 2:
        remedy = "write what the type is, from a capital letter to a full stop"
        yield _finding("doc", doc, "not one or two sentences", remedy)


# --- calls ---


def _services_exist(studied: Study) -> Iterator[str]:
    given = {"service": studied.row.service}
    given |= {f"{asked.field}.service": asked.call.service for asked in studied.asked if asked.call.service}
    for field, service in given.items():
        if service_model(service) is None:
            yield _finding(field, service, "no service of botocore's", _one_of(service, services()))


def _a_call_names_a_service_only_where_it_is_another(studied: Study) -> Iterator[str]:
    for asked in studied.asked:
        if asked.call.service == studied.row.service:
            yield _finding(f"{asked.field}.service", asked.call.service, "the row's own", "remove it")


def _operations_exist(studied: Study) -> Iterator[str]:
    if not studied.calls:
        yield _finding("calls", (), "empty", "write the call that lists the items")
    for asked in studied.asked:
        model = service_model(asked.service)
        if model is not None and asked.model is None:
            operation = asked.call.operation
            remedy = _one_of(operation, model.operation_names)
            yield _finding(f"{asked.field}.operation", operation, f"no operation of {asked.service}", remedy)


def _parameters_exist(studied: Study) -> Iterator[str]:
    for asked in _modelled(studied):
        for name in asked.parameters:
            if name not in asked.input_members:
                trouble = f"no parameter of {asked.call.operation}"
                yield _finding(f"{asked.field}.parameters", name, trouble, _one_of(name, asked.input_members))


def _required_parameters_are_given(studied: Study) -> Iterator[str]:
    for asked in _modelled(studied):
        missing = _missing(asked)
        if missing:
            trouble = f"not all that {asked.call.operation} requires"
            yield _finding(f"{asked.field}.parameters", list(asked.parameters), trouble, f"add {listed(missing)}")


def _parameters_have_the_models_types(studied: Study) -> Iterator[str]:
    for asked in _modelled(studied):
        shapes = asked.input_members
        filled = {name: sample(shapes[name]) for name in _required(asked)}
        for name, value in asked.given.items():
            takes_it = name in asked.call.parameters or (name in shapes and shapes[name].type_name == "list")
            if name not in shapes or value is UNKNOWN or not takes_it:
                continue
            report = ParamValidator().validate({**filled, name: value}, asked.model.input_shape)
            lines = [line for line in report.generate_report().splitlines() if not line.startswith("Invalid value")]
            if lines:
                trouble = f"refused by botocore ({listed(lines)})"
                remedy = f"write what the model takes for the {shapes[name].type_name}"
                yield _finding(f"{asked.field}.parameters.{name}", _written(asked, name), trouble, remedy)


def _literals_lie_within_enumerations_and_ranges(studied: Study) -> Iterator[str]:
    """botocore itself looks at minima only."""
    for asked in _modelled(studied):
        for name, value in asked.call.parameters.items():
            if name in asked.input_members:
                yield from _beyond(asked.input_members[name], value, f"{asked.field}.parameters.{name}")


def _beyond(shape: Any, value: Any, field: str) -> Iterator[str]:
    match shape.type_name, value:
        case "structure", Mapping():
            for name, inner in value.items():
                if name in shape.members:
                    yield from _beyond(shape.members[name], inner, f"{field}.{name}")
        case "list", list():
            for index, inner in enumerate(value):
                yield from _beyond(shape.member, inner, f"{field}[{index}]")
        case "string", str() if shape.enum and value not in shape.enum:
            yield _finding(field, value, "no value of the model's enumeration", _one_of(value, shape.enum))
        case "integer" | "long", int():
            least, most = shape.metadata.get("min", value), shape.metadata.get("max", value)
            if not least <= value <= most:
                remedy = f"write {least} or more" if value < least else f"write {most} or less"
                yield _finding(field, value, "not what the model allows", remedy)


def _sources_are_there(studied: Study) -> Iterator[str]:
    for asked in studied.asked:
        there = [source for source in asked.sources if source != "item" or not asked.call.batch]
        for field, come in asked.come_from:
            if come.source not in there:
                remedy = f"write {' or '.join(f'{source}(…)' for source in sorted(there))}"
                yield _finding(field, come.source, "nothing that this call has", remedy)


def _a_further_call_asks_about_the_item_before(studied: Study) -> Iterator[str]:
    for asked in (*studied.calls[1:], *studied.enrichments):
        asks = asked.call.batch or any(come.source == "item" for _, come in asked.come_from)
        if not asks and not _missing(asked):
            trouble = "the same question for every item"
            remedy = "write item(…) for the parameter that says which item, or a batch"
            yield _finding(f"{asked.field}.parameters", dict(asked.call.parameters), trouble, remedy)


def _a_batch_fits_its_parameter(studied: Study) -> Iterator[str]:
    for asked in _modelled(studied):
        batch = asked.call.batch
        shape = asked.input_members.get(batch.parameter) if batch else None
        if batch is None or shape is None:
            continue
        if shape.type_name != "list":
            lists = [name for name, member in asked.input_members.items() if member.type_name == "list"]
            trouble = f"a {shape.type_name}, which takes no batch"
            yield _finding(f"{asked.field}.batch.parameter", batch.parameter, trouble, _one_of(batch.parameter, lists))
        most = shape.metadata.get("max", batch.size)
        if not 1 <= batch.size <= most:
            remedy = f"write {most}" if batch.size > most else "write 1 or more"
            yield _finding(f"{asked.field}.batch.size", batch.size, "not what the model allows", remedy)


def _a_batch_stands_where_there_are_items_to_batch(studied: Study) -> Iterator[str]:
    for asked in studied.asked:
        batch, enrichment = asked.call.batch, asked.enrichment
        if batch and asked.field == "calls[0]":
            yield _finding(f"{asked.field}.batch", batch, "without items to batch in the first call", "remove it")
        if batch and asked.call.region:
            trouble = "asked of no item, for a batch has many"
            yield _finding(f"{asked.field}.region", asked.call.region, trouble, "remove it, or the batch")
        if enrichment and batch and not enrichment.match:
            remedy = "write the path from an entry of the answer to what was asked for"
            yield _finding(_of_enrichment(asked, "match"), enrichment.match, "not given for a batch", remedy)
        if enrichment and not batch and (enrichment.match or enrichment.value != "@"):
            name = "match" if enrichment.match else "value"
            trouble = "looked at for a batch only"
            yield _finding(_of_enrichment(asked, name), getattr(enrichment, name), trouble, "remove it")


def _a_batch_asks_by_what_is_known_without_a_call_per_resource(studied: Study) -> Iterator[str]:
    """With `detail: basic` there is none."""
    brought = {name for one in studied.row.enrich if one.per_resource for name in one.members}
    for asked in studied.enrichments:
        batch = asked.call.batch
        if batch and (needed := brought.intersection(re.findall(r"\w+", batch.value))):
            trouble = f"which needs {listed(sorted(needed))}, asked for per resource"
            yield _finding(f"{asked.field}.batch.value", batch.value, trouble, "write what the chain gives")


def _managed_resources_are_asked_for(studied: Study) -> Iterator[str]:
    for asked in _modelled(studied):
        asks = asked.call.parameters.get("IncludeManagedResources")
        if "IncludeManagedResources" in asked.input_members and asks is not True:
            trouble = "without the resources that AWS services manage"
            remedy = "add IncludeManagedResources: True"
            yield _finding(f"{asked.field}.parameters", dict(asked.call.parameters), trouble, remedy)


# --- expressions ---


def _expressions_can_be_read(studied: Study) -> Iterator[str]:
    for expression in studied.expressions:
        if expression.error:
            trouble = f"no JMESPath that can be evaluated ({expression.error})"
            yield _finding(expression.field, expression.text, trouble, "write one, see https://jmespath.org")


def _expressions_mention_what_is_there(studied: Study) -> Iterator[str]:
    for expression in studied.expressions:
        for absent in expression.absent:
            trouble = f"which mentions {absent.name}, and nothing is there"
            remedy = _one_of(absent.name, absent.there) if absent.there else "write a path that leads through objects"
            yield _finding(expression.field, expression.text, trouble, remedy)


def _expressions_bear_items_without_members(studied: Study) -> Iterator[str]:
    """One odd item must not cost the page."""
    for expression in studied.expressions:
        if expression.error_on_nothing and not expression.error:
            trouble = f"an error where a member is missing ({expression.error_on_nothing})"
            yield _finding(expression.field, expression.text, trouble, "guard it: Member && function(Member)")


def _items_are_found(studied: Study) -> Iterator[str]:
    for asked in studied.asked:
        found = asked.value("items")
        if found is UNKNOWN:
            continue
        field, text = f"{asked.field}.items", asked.call.items
        joins = asked.enrichment is not None and asked.call.batch is None
        if joins and asked.model and _pages(asked) and not isinstance(found, list):
            trouble = "no list, which the answer's pages cannot join"
            yield _finding(field, text, trouble, "write the path to a list")
        elif joins and found is None:
            yield _finding(field, text, "nothing in the answer", "write the path to the value that joins")
        elif not joins and (not isinstance(found, list) or not found):
            yield _finding(field, text, "no list in the answer", "write the path to the list of items")
        elif asked.is_last and not all(isinstance(one, dict) for one in found):
            trouble = "a list of what are no objects"
            yield _finding(field, text, trouble, "write {Name: @} behind it, or describe the items in a further call")


def _a_whole_answer_is_known_by_a_member(studied: Study) -> Iterator[str]:
    """An empty answer must not be taken for "there is none". S3's settings are known by their root element, and some
    of them are empty where nothing was ever set."""
    for asked in _modelled(studied):
        protocol = asked.model.service_model.resolved_protocol
        if not asked.call.needs and protocol != "rest-xml" and asked.value("items") is not UNKNOWN:
            trouble = "which takes an empty answer for a whole one"
            remedy = "begin with a member that is in every whole answer: Member && @"
            yield _finding(f"{asked.field}.items", asked.call.items, trouble, remedy)


def _where_stands_at_the_end_of_the_chain(studied: Study) -> Iterator[str]:
    for asked in studied.asked:
        if asked.call.where and not asked.is_last:
            trouble = "looked at in the chain's last call only"
            yield _finding(f"{asked.field}.where", asked.call.where, trouble, "move it there")


def _what_is_answered_and_what_is_not_are_lists(studied: Study) -> Iterator[str]:
    for asked in studied.asked:
        field, text = f"{asked.field}.unanswered", asked.call.unanswered
        if text and asked.enrichment and not asked.call.batch:
            yield _finding(field, text, "looked at in the chain and in batches only", "remove it")
        elif not isinstance(found := asked.value("unanswered"), list) and found is not UNKNOWN:
            yield _finding(field, text, "no list in the answer", "write the path to the list of what is left out")
        batch = asked.call.batch
        if batch and not isinstance(found := asked.value("accounted"), list) and found is not UNKNOWN:
            right = "write an expression that lists what was answered and what was not"
            yield _finding(f"{asked.field}.batch.accounted", batch.accounted, "no list in the answer", right)


# --- pages ---


def _paging_is_given_where_botocore_has_none(studied: Study) -> Iterator[str]:
    for asked in _modelled(studied):
        field, operation = f"{asked.field}.paging", asked.call.operation
        known = paginator(asked.service, operation)
        if known and asked.call.paging:
            yield _finding(field, asked.call.paging, "given, and botocore has its own paginator", "remove it")
        members = paging_members(asked.model)
        if members and not known and not asked.call.paging:
            trouble = f"not given, and {operation} has pages without a paginator in botocore"
            yield _finding(field, None, trouble, f"write {members}")


def _page_tokens_go_into_the_operation(studied: Study) -> Iterator[str]:
    for asked in _modelled(studied):
        paging = asked.call.paging
        if paging is None:
            continue
        field = f"{asked.field}.paging.tokens_in"
        for name in paging.tokens_in:
            if name not in asked.input_members:
                trouble = f"no parameter of {asked.call.operation}"
                yield _finding(field, name, trouble, _one_of(name, asked.input_members))
        if len(paging.tokens_in) != len(paging.tokens_out):
            yield _finding(field, paging.tokens_in, "not as many as tokens_out", "write one for each of tokens_out")


def _a_page_size_is_asked_for(studied: Study) -> Iterator[str]:
    """Without one, AWS takes a small one; and an unpaginated EC2 describe lives in a smaller quota bucket.

    A batch is as long as it is, and EC2 refuses a page size beside ids.
    """
    for asked in _modelled(studied):
        size = page_size(asked)
        if size and not asked.call.batch and size not in asked.parameters:
            most = asked.input_members[size].metadata.get("max")
            remedy = f"add {size}, " + (f"at most {most}" if most else "as large as AWS's API reference allows")
            trouble = "without a page size"
            yield _finding(f"{asked.field}.parameters", dict(asked.call.parameters), trouble, remedy)


# --- enrichments ---


def _enrichments_overwrite_nothing(studied: Study) -> Iterator[str]:
    taken = set(studied.described) if isinstance(studied.described, dict) else set()
    for asked, enrichment in zip(studied.enrichments, studied.row.enrich, strict=True):
        for member in enrichment.members:
            if member in taken:
                trouble = "there already"
                remedy = "write another name, or, if AWS documents that it is left out, add it to LEFT_OUT in study.py"
                yield _finding(_of_enrichment(asked, "into"), member, trouble, remedy)
            elif not member.isidentifier():
                yield _finding(_of_enrichment(asked, "into"), member, "no member's name", "write one name, no path")
        taken.update(enrichment.members)


def _enrichments_bring_the_members_that_they_name(studied: Study) -> Iterator[str]:
    for asked, enrichment in zip(studied.enrichments, studied.row.enrich, strict=True):
        value = asked.value("value")
        if isinstance(enrichment.into, str) or value is UNKNOWN:
            continue
        there = list(value) if isinstance(value, dict) else []
        for member in enrichment.into:
            if member not in there:
                trouble = f"no member of what {asked.call.operation} brings"
                yield _finding(_of_enrichment(asked, "into"), member, trouble, _one_of(member, there))


# --- the record ---


def _id_is_a_scalar_without_enrichments(studied: Study) -> Iterator[str]:
    reading = studied.readings.get("id")
    if reading is None:
        yield _finding("id", studied.row.id, "not given", "write the path to what is unique among the type's resources")
    elif not _is_scalar(reading.value):
        yield _finding("id", reading.text, "not text or number", "write the path to one")
    elif reading.value is not UNKNOWN and not _is_scalar(_search(reading.text, studied.bare)):
        trouble = "nothing where `detail: basic` switches enrichments off"
        yield _finding("id", reading.text, trouble, "write the path to a member of the described item")


def _label_is_a_scalar(studied: Study) -> Iterator[str]:
    if "label" in studied.readings and not _is_scalar(studied.readings["label"].value):
        yield _finding("label", studied.row.label, "not text", "write the path to a text")


def _region_is_text(studied: Study) -> Iterator[str]:
    for expression in (studied.readings.get("region"), *(asked.expressions.get("region") for asked in studied.asked)):
        if expression and expression.value is not UNKNOWN and not isinstance(expression.value, str):
            yield _finding(expression.field, expression.text, "not text", "write the path to a region's name")


def _created_is_a_time(studied: Study) -> Iterator[str]:
    value = studied.readings["created"].value if "created" in studied.readings else UNKNOWN
    if value is not UNKNOWN and value != TIME and not is_secret(value) and studied.row.name not in TIMES_AS_TEXT:
        times = [name for name, there in studied.record.items() if there == TIME]
        remedy = f"write the path to one ({listed(times)})" if times else "remove it"
        remedy += ", or, if AWS documents that it is a time, add the row to TIMES_AS_TEXT in lint.py"
        yield _finding("created", studied.row.created, "no timestamp in botocore's model", remedy)


def _tags_have_one_of_awss_shapes(studied: Study) -> Iterator[str]:
    tags = studied.readings["tags"].value if "tags" in studied.readings else UNKNOWN
    if tags is UNKNOWN or (isinstance(tags, dict) and all(isinstance(value, str) for value in tags.values())):
        return
    is_list = isinstance(tags, list) and tags and isinstance(tags[0], dict)
    if not is_list or not any(key in tags[0] and value in tags[0] for key, value in TAG_KEYS):
        remedy = f"write the path to a map, or to a list of {listed(key for key, _ in TAG_KEYS)} and their values"
        yield _finding("tags", studied.row.tags, "no tags", remedy)


def _tags_of_an_enrichment_are_known_by_its_name(studied: Study) -> Iterator[str]:
    """Where the enrichment was denied, tags are null, not empty: normalise looks for the first name of the path."""
    row = studied.row
    reading = studied.readings.get("tags")
    if reading is None or reading.value is UNKNOWN or _search(row.tags, studied.bare):
        return
    brought = [member for enrichment in row.enrich for member in enrichment.members]
    if row.tags.partition(".")[0] not in brought:
        trouble = "brought by an enrichment and not called by its name"
        yield _finding("tags", row.tags, trouble, f"write a path that begins with {listed(brought)}")


def _tags_in_bulk_are_those_that_the_tagging_api_knows(studied: Study) -> Iterator[str]:
    """What it does not mention has no tags: of what it does not know, that is not so."""
    row = studied.row
    for asked in _in_bulk(studied):
        field, batch = f"{asked.field}.operation", asked.call.batch
        if not is_known(row.name):
            trouble = f"which is not known to give the tags of {row.name}"
            remedy = "write the service's own call, or, if AWS says that it does, add the type to tagging.py"
            yield _finding(field, asked.call.operation, trouble, remedy)
        elif batch and row.arn and batch.value != row.arn.partition(" || ")[0]:
            trouble = "not the ARN that the type has"
            yield _finding(f"{asked.field}.batch.value", batch.value, trouble, f"write {row.arn!r}")


def _tags_in_bulk_are_asked_for_in_the_services_home(studied: Study) -> Iterator[str]:
    """Tags of a global service's resources are known in the region where it has its home."""
    row = studied.row
    if row.scope is not Scope.GLOBAL:
        return
    homes = homes_of(row.service)
    elsewhere = {partition for partition, home in homes.items() if home != GLOBAL_HOME.get(partition, home)}
    for asked in _in_bulk(studied):
        partitions = asked.enrichment.partitions if asked.enrichment else ()
        if elsewhere.intersection(partitions or homes):
            trouble = f"though in {listed(sorted(elsewhere))} the home of {row.service} is not where global units ask"
            yield _finding(_of_enrichment(asked, "partitions"), partitions, trouble, "write HOMES")


def _partitions_are_there(studied: Study) -> Iterator[str]:
    for asked in studied.enrichments:
        for partition in asked.enrichment.partitions if asked.enrichment else ():
            if partition not in GLOBAL_HOME:
                trouble = "no partition that has a home region"
                yield _finding(_of_enrichment(asked, "partitions"), partition, trouble, _one_of(partition, GLOBAL_HOME))


def _what_can_have_tags_has_them(studied: Study) -> Iterator[str]:
    """What asks for tags and makes nothing of them is another law's."""
    row = studied.row
    asks = any("Tag" in name for one in row.enrich for name in (one.call.operation, *one.members))
    if row.tags or asks or row.name in TAGGABLE_WITHOUT_TAGS:
        return
    says = _says_that_it_is_taggable(row)
    if says:
        remedy = "write where they are, or ask for them, or add the type to TAGGABLE_WITHOUT_TAGS in tagging.py"
        yield _finding("tags", row.tags, f"though {says} says that the type can have them", remedy)


def _says_that_it_is_taggable(row: ResourceType) -> str:
    if row.cloudformation and row.name in cloudformation_types():
        schema = PROVIDER_SCHEMA_MANAGER.get_resource_schema("us-east-1", row.name).schema
        tagging = schema.get("tagging") or {"taggable": "Tags" in schema.get("properties", {})}
        if tagging.get("taggable"):
            return "CloudFormation"
    prefixes = {action.partition(":")[0] for action in row.actions()}
    known = [get_service_prefix_data(prefix)["resources"] for prefix in prefixes if get_actions_for_service(prefix)]
    for resource in (one for resources in known for one in resources.values()):
        form = RAW_PLACE.sub("*", resource["arn"])
        if form == PLACE.sub("*", row.arn) and any("ResourceTag" in key for key in resource["condition_keys"]):
            return "the service authorization reference"
    return ""


def _in_bulk(studied: Study) -> Iterator[Asked]:
    return (one for one in studied.enrichments if one.service == "resourcegroupstaggingapi")


def _arn_is_an_arn(studied: Study) -> Iterator[str]:
    arn = studied.row.arn
    if PLACE.search(arn) and not arn.startswith("arn:{partition}:"):
        yield _finding("arn", arn, "no template of an ARN", "write arn:{partition}: before the rest")
    elif (
        arn and not PLACE.search(arn) and not re.search(r"arn$", arn, re.I) and arn != ARN_MEMBERS.get(studied.row.name)
    ):
        names = studied.record if isinstance(studied.record, dict) else {}
        remedy = _one_of(arn + "Arn", [name for name in names if re.search(r"arn$", name, re.I)])
        yield _finding("arn", arn, "neither a template nor a member whose name ends in Arn", remedy)
    for name, reading in studied.readings.items():
        if name.startswith("arn") and not _is_scalar(reading.value):
            yield _finding("arn", reading.text, "not text", "write the path to a text")


def _arn_template_is_in_awss_reference(studied: Study) -> Iterator[str]:
    row = studied.row
    if not row.arn.startswith("arn:{partition}:") or row.name in UNLISTED_ARNS:
        return
    prefixes = {action.partition(":")[0] for action in row.actions()}
    known = [prefix for prefix in prefixes if get_actions_for_service(prefix)]
    forms = {RAW_PLACE.sub("*", raw) for prefix in known for raw in get_raw_arns_for_service(prefix)}
    form = PLACE.sub("*", row.arn)
    if forms and form not in forms:
        remedy = f"write one of its forms ({nearest(form, forms)}) or add the row to UNLISTED_ARNS in lint.py"
        yield _finding("arn", row.arn, "not in the service authorization reference", remedy)


def _reshape_is_pure(studied: Study) -> Iterator[str]:
    if studied.reshape_error:
        name = getattr(studied.row.reshape, "__name__", "")
        trouble = f"which {studied.reshape_error}"
        yield _finding("reshape", name, trouble, "write a pure function that every item can go through")


# --- secrets and what changes by itself ---


def _paths_lead_somewhere(studied: Study) -> Iterator[str]:
    for field in ("secret", "volatile"):
        for path in getattr(studied.row, field):
            if studied.record is not UNKNOWN and not _values(studied.record, path):
                name, there = _first_missing(studied.record, steps(path))
                remedy = _one_of(name, there) if there else "write [] after a list and .* after a map"
                yield _finding(field, path, f"which leads nowhere from {name} on", remedy)


def _secrets_are_not_those_that_the_model_knows(studied: Study) -> Iterator[str]:
    for path in studied.row.secret:
        values = _values(studied.record, path) if studied.record is not UNKNOWN else []
        if values and all(map(is_secret, values)):
            yield _finding("secret", path, "redacted already", "remove it: botocore's model says so")


def _nothing_that_is_used_is_sensitive(studied: Study) -> Iterator[str]:
    for expression in studied.expressions:
        if expression.is_used and (expression.touches_secret or is_secret(expression.value)):
            trouble = "marked sensitive by botocore's model, so that it is redacted"
            yield _finding(expression.field, expression.text, trouble, "write a path to what may be read")


# --- errors and roots ---


def _absent_codes_are_the_operations_own(studied: Study) -> Iterator[str]:
    for asked in _modelled(studied):
        declared = (codes_on_the_wire(shape, asked.model) for shape in asked.model.error_shapes)
        known = UNDECLARED_ERRORS.get(asked.service, set()).union(*declared)
        for code in asked.call.absent:
            if code not in known:
                trouble = f"no error code of {asked.call.operation}"
                remedy = (
                    f"{_one_of(code, sorted(known))}, or, if AWS documents it, add it to UNDECLARED_ERRORS in lint.py"
                )
                yield _finding(f"{asked.field}.absent", code, trouble, remedy)


def _a_batch_of_an_enrichment_has_no_absent_codes(studied: Study) -> Iterator[str]:
    """One item that is gone would make null what the others have."""
    for asked in studied.enrichments:
        if asked.call.batch and asked.call.absent:
            trouble = "said of a whole batch, of which one item may be meant"
            yield _finding(f"{asked.field}.absent", asked.call.absent, trouble, "remove it: what is refused is a gap")


def _root_is_given_where_the_model_does_not_say_it(studied: Study) -> Iterator[str]:
    for asked in _modelled(studied):
        needed = _needs_root(asked)
        if needed and not asked.call.root:
            trouble = f"not given, and the model does not say the root element of {asked.call.operation}'s answer"
            yield _finding(f"{asked.field}.root", "", trouble, "write the one in AWS's API reference")
        if asked.call.root and not needed:
            yield _finding(f"{asked.field}.root", asked.call.root, "known without it", "remove it")


# --- permissions ---


def _iam_is_given_only_where_it_differs(studied: Study) -> Iterator[str]:
    for asked in studied.asked:
        if asked.call.iam == (f"{asked.service}:{asked.call.operation}",):
            yield _finding(f"{asked.field}.iam", asked.call.iam, "what it would be without", "remove it")


def _actions_exist_and_read_only(studied: Study) -> Iterator[str]:
    for asked in _modelled(studied):
        for action in _actions(asked):
            prefix, _, name = action.partition(":")
            entries = (get_action_data(prefix, name) or {}).get(prefix) or []
            levels = {entry["access_level"] for entry in entries}
            if not levels:
                actions = get_actions_for_service(prefix)
                own = f"write iam=({iam_prefix(asked) + ':' + asked.call.operation!r},)"
                remedy = _one_of(action, actions) if actions else own
                yield _finding(f"{asked.field}.iam", action, "no action of IAM's", remedy)
            elif not levels <= {"List", "Read"} and not (levels == {"Tagging"} and name.startswith(("Get", "List"))):
                trouble = f"an action of access level {listed(sorted(levels))}"
                yield _finding(f"{asked.field}.iam", action, trouble, "write a call that needs List or Read alone")


def _actions_are_of_the_service_that_is_called(studied: Study) -> Iterator[str]:
    for asked in _modelled(studied):
        for action in _actions(asked):
            prefix, expected = action.partition(":")[0], iam_prefix(asked)
            if prefix != expected and get_actions_for_service(prefix):
                trouble = f"not an action of {asked.service}"
                remedy = f"write {expected}:…, or add the prefix to IAM_PREFIXES in lint.py"
                yield _finding(f"{asked.field}.iam", action, trouble, remedy)


def _scope_is_the_services(studied: Study) -> Iterator[str]:
    row = studied.row
    if service_model(row.service) is None:
        return
    regional = is_regional(row.service)
    if row.scope is Scope.GLOBAL and regional and GLOBAL_LISTS.isdisjoint((row.service, row.name)):
        remedy = "remove it, or, if one region answers for all, add the type to GLOBAL_LISTS in lint.py"
        yield _finding("scope", str(row.scope), f"not {row.service}'s, which has an endpoint a region", remedy)
    if row.scope is Scope.REGIONAL and not regional:
        trouble = f"not {row.service}'s, which has one endpoint for all regions"
        yield _finding("scope", str(row.scope), trouble, "write scope=Scope.GLOBAL")


LAWS: tuple[Law, ...] = (
    _name_has_the_form_of_a_cloudformation_type,
    _cloudformation_says_whether_it_has_the_type,
    _doc_is_one_or_two_sentences,
    _services_exist,
    _a_call_names_a_service_only_where_it_is_another,
    _operations_exist,
    _parameters_exist,
    _required_parameters_are_given,
    _parameters_have_the_models_types,
    _literals_lie_within_enumerations_and_ranges,
    _sources_are_there,
    _a_further_call_asks_about_the_item_before,
    _a_batch_fits_its_parameter,
    _a_batch_stands_where_there_are_items_to_batch,
    _a_batch_asks_by_what_is_known_without_a_call_per_resource,
    _managed_resources_are_asked_for,
    _expressions_can_be_read,
    _expressions_mention_what_is_there,
    _expressions_bear_items_without_members,
    _items_are_found,
    _a_whole_answer_is_known_by_a_member,
    _where_stands_at_the_end_of_the_chain,
    _what_is_answered_and_what_is_not_are_lists,
    _paging_is_given_where_botocore_has_none,
    _page_tokens_go_into_the_operation,
    _a_page_size_is_asked_for,
    _enrichments_overwrite_nothing,
    _enrichments_bring_the_members_that_they_name,
    _id_is_a_scalar_without_enrichments,
    _label_is_a_scalar,
    _region_is_text,
    _created_is_a_time,
    _tags_have_one_of_awss_shapes,
    _tags_of_an_enrichment_are_known_by_its_name,
    _tags_in_bulk_are_those_that_the_tagging_api_knows,
    _tags_in_bulk_are_asked_for_in_the_services_home,
    _partitions_are_there,
    _what_can_have_tags_has_them,
    _arn_is_an_arn,
    _arn_template_is_in_awss_reference,
    _reshape_is_pure,
    _paths_lead_somewhere,
    _secrets_are_not_those_that_the_model_knows,
    _nothing_that_is_used_is_sensitive,
    _absent_codes_are_the_operations_own,
    _a_batch_of_an_enrichment_has_no_absent_codes,
    _root_is_given_where_the_model_does_not_say_it,
    _iam_is_given_only_where_it_differs,
    _actions_exist_and_read_only,
    _actions_are_of_the_service_that_is_called,
    _scope_is_the_services,
)

# --- what the laws look things up with ---


def _finding(field: str, value: object, trouble: str, remedy: str) -> str:
    return f"{field} is {value!r}, {trouble}; {remedy}"


def _one_of(word: str, known: Iterable[str]) -> str:
    choices = list(known)
    return f"write one that is there ({nearest(word, choices)})" if choices else "remove it, for there are none"


def _modelled(studied: Study) -> Iterator[Asked]:
    return (asked for asked in studied.asked if asked.model is not None)


def _of_enrichment(asked: Asked, name: str) -> str:
    return f"{asked.field.removesuffix('.call')}.{name}"


def _required(asked: Asked) -> list[str]:
    shape = asked.model and asked.model.input_shape
    return list(shape.required_members) if shape else []


def _missing(asked: Asked) -> list[str]:
    return [name for name in _required(asked) if name not in asked.parameters]


def _written(asked: Asked, parameter: str) -> object:
    return asked.call.parameters.get(parameter, asked.call.batch)


def _is_scalar(value: object) -> bool:
    return value is UNKNOWN or (isinstance(value, str | int | float) and not isinstance(value, bool) and value != "")


def _search(text: str, over: Any) -> Any:
    try:
        return UNKNOWN if over is UNKNOWN else jmespath.search(text, over)
    except JMESPathError:
        return None


def _values(data: Any, path: str) -> list[Any]:
    return [holder[key] for holder, key in holders(data, steps(path))]


def _first_missing(data: Any, path: tuple[str, ...]) -> tuple[str, list[str]]:
    """The first step of a record path that leads nowhere, and the members that are there instead."""
    reached = [data]
    for end, step in enumerate(path):
        following = [holder[key] for holder, key in holders(data, path[: end + 1])]
        if not following:
            return step, list(reached[0]) if isinstance(reached[0], dict) else []
        reached = following
    return "", []


def _pages(asked: Asked) -> bool:
    known = asked.call.paging or paginator(asked.service, asked.call.operation)
    return bool(known or paging_members(asked.model))


def paging_members(model: Any) -> Paging | None:
    """How an operation pages, by the names of its members: botocore has a paginator for most of those that do."""
    inputs = model.input_shape.members if model.input_shape else {}
    outputs = model.output_shape.members if model.output_shape else {}
    places = dict(outputs)
    for name, shape in outputs.items():
        if shape.type_name == "structure":
            places |= {f"{name}.{inner}": member for inner, member in shape.members.items()}
    tokens_in = [name for name in inputs if TOKEN_IN.fullmatch(name)]
    tokens_out, more = [], []
    for path, shape in places.items():
        name = path.rpartition(".")[2]
        if shape.type_name == "string" and TOKEN_OUT.fullmatch(name):
            tokens_out.append(path)
        elif shape.type_name == "boolean" and MORE.fullmatch(name):
            more.append(path)
    # S3's answers repeat the token that they were asked with.
    following = [path for path in tokens_out if FOLLOWING.match(path.rpartition(".")[2])]
    tokens_out = following or [path for path in tokens_out if path in inputs]
    if not tokens_in or not (tokens_out or more):
        return None
    return Paging(tuple(tokens_in), tuple(tokens_out), *more[:1])


def page_size(asked: Asked) -> str | None:
    """The parameter that says how long a page is."""
    known = paginator(asked.service, asked.call.operation) or {}
    if known.get("limit_key"):
        return str(known["limit_key"])
    return next((name for name in asked.input_members if PAGE_SIZE.fullmatch(name) and _pages(asked)), None)


def codes_on_the_wire(error: Any, model: Any) -> set[str]:
    """What an error shape is called in an answer: XML protocols, and the JSON ones that replace them, have codes."""
    code = error.metadata.get("error", {}).get("code", error.name)
    if "awsQueryCompatible" in model.service_model.metadata:
        return {error.name, code}
    return {code} if model.service_model.resolved_protocol in ("query", "ec2", "rest-xml") else {error.name}


def _needs_root(asked: Asked) -> bool:
    """Whether neither the model nor a convention says the root element of the answer (see `_Operation` in aws.py)."""
    model = asked.model
    shape = model and model.output_shape
    if shape is None or model.service_model.resolved_protocol != "rest-xml" or asked.service in ROOT_BY_OPERATION:
        return False
    has_body = any(not member.serialization.get("location") for member in shape.members.values())
    return has_body and "payload" not in shape.serialization and "name" not in shape.serialization


def _actions(asked: Asked) -> tuple[str, ...]:
    return asked.call.iam or (f"{asked.service}:{asked.call.operation}",)


def iam_prefix(asked: Asked) -> str:
    model = service_model(asked.service)
    return IAM_PREFIXES.get(asked.service) or (model.signing_name if model else asked.service)


@cache
def cloudformation_types() -> frozenset[str]:
    return frozenset(PROVIDER_SCHEMA_MANAGER.get_resource_types("us-east-1"))
