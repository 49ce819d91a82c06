"""Whatever botocore can ask is answered, in each service's own protocol, and is read back as it was meant.

The sample goes over real connections; all services, in one process, are for .ci/run.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from datetime import datetime
from functools import cache
from typing import Any

import botocore.session
import pytest
from botocore import xform_name
from botocore.config import Config

from tests.loopback_aws import Estate, LoopbackAWS, access_key
from tests.loopback_aws.answers import Answers
from tests.loopback_aws.made_up import made_up
from tests.loopback_aws.models import heads, service_model
from tests.loopback_aws.offline import attach
from tests.loopback_aws.render import render
from tests.loopback_aws.route import Asked
from tests.loopback_aws.service import Service
from tests.loopback_aws.special import bucket_region

ACCOUNT = "111111111111"
WHO = f"arn:aws:iam::{ACCOUNT}:user/loopback"
ESTATE = Estate(accounts=(ACCOUNT, "222222222222"), items=(1, 4), latency=0, service_seconds=0)
READS = re.compile(r"(List|Describe|Get|BatchGet|BatchDescribe|Search)[A-Z]")

SAMPLE = [
    "account", "acm", "apigateway", "apigatewayv2", "appsync", "athena", "autoscaling", "backup", "batch",
    "cloudformation", "cloudfront", "cloudtrail", "cloudwatch", "cloudwatchomni", "codebuild", "cognito-idp",
    "config", "dynamodb", "dynamodbstreams", "ec2", "ecr", "ecs", "efs", "eks", "elasticache", "elb", "elbv2",
    "emr", "es", "eventbridgev2", "events", "firehose", "fsx", "glue", "guardduty", "iam", "iot", "kafka",
    "kinesis", "kms", "lambda", "logs", "mq", "opensearch", "organizations", "rds", "redshift",
    "resource-explorer-2", "route53", "route53domains", "s3", "s3control", "sagemaker", "secretsmanager",
    "servicecatalog", "sns", "sqs", "ssm", "sso-admin", "stepfunctions", "sts", "transfer", "wafv2",
]  # fmt: skip

# Of 8,415 operations; the others are those of services that nothing in a request tells apart (DocumentDB and Neptune
# are asked as RDS is), of services that want a bearer's token, and of a few that no made-up name satisfies.
READ_BACK = 8_314


def reads(service: str) -> Iterator[str]:
    model = service_model(service)
    for name in model.operation_names:
        operation = model.operation_model(name)
        if READS.match(name) and not operation.has_event_stream_output and not operation.has_event_stream_input:
            yield name


@cache
def bucket() -> tuple[str, str]:
    """A bucket and the region that it lies in."""
    (name, *_) = (
        one["Name"] for one in Answers(ESTATE).items(ACCOUNT, "us-east-1", Asked("s3", "ListBuckets", "", {}))
    )
    return name, bucket_region(ESTATE, name)


def parameters_of(service: str, operation: str) -> dict[str, Any]:
    shape = service_model(service).operation_model(operation).input_shape
    given: dict[str, Any] = made_up(shape, operation, ACCOUNT) if shape is not None else {}
    if service == "s3" and "Bucket" in given:
        given["Bucket"] = bucket()[0]
    return given


def session() -> Any:
    made = botocore.session.Session()
    made.set_credentials(access_key(ACCOUNT), "any")
    return made


def client_of(of: Any, service: str, **options: Any) -> Any:
    region = bucket()[1] if service == "s3" else "us-east-1"
    return of.create_client(service, region, config=Config(retries={"total_max_attempts": 1}), **options)


def plain(value: Any) -> Any:
    """A value without what the wire does not tell: empty lists and maps, and the length of a body."""
    if isinstance(value, dict):
        members = {name: plain(inner) for name, inner in value.items() if name != "ContentLength"}
        return {name: inner for name, inner in members.items() if inner not in ([], {})}
    if isinstance(value, list):
        return [plain(inner) for inner in value]
    if isinstance(value, datetime):
        return value.timestamp()
    return value.read() if hasattr(value, "read") else value


def meant(service: str, operation: str, region: str, parameters: dict[str, Any]) -> Any:
    asked = Asked(service, operation, "", parameters)
    return plain(Answers(ESTATE).value(ACCOUNT, region, asked, WHO)[0])


@pytest.fixture(scope="module")
def server() -> Iterator[LoopbackAWS]:
    with LoopbackAWS(ESTATE) as running:
        yield running


@pytest.mark.parametrize("service", SAMPLE)
def test_a_sample_of_every_protocol_is_read_back_over_the_wire(server: LoopbackAWS, service: str) -> None:
    operations = list(reads(service))
    chosen = [one for one in operations if one.startswith(("List", "Describe"))][:3] + operations[-2:]
    server.reset(ESTATE)
    with server.patched():
        client = client_of(session(), service, verify=server.ca_bundle)
        try:
            got = {one: getattr(client, xform_name(one))(**parameters_of(service, one)) for one in chosen}
        finally:
            client.close()
    log = {entry["operation"]: entry for entry in server.log()}
    for operation, answer in got.items():
        assert log[operation]["service"] == service
        del answer["ResponseMetadata"]
        assert plain(answer) == meant(service, operation, log[operation]["region"], log[operation]["parameters"])


def test_the_sample_has_every_protocol() -> None:
    protocols = {
        head.service: service_model(head.service).resolved_protocol for head in heads() if head.service in SAMPLE
    }
    assert protocols.keys() == set(SAMPLE)
    assert set(protocols.values()) == {"ec2", "json", "query", "rest-json", "rest-xml", "smithy-rpc-v2-cbor"}


@pytest.mark.parametrize("protocol", ["json", "cbor", "query"])
def test_a_service_answers_in_whatever_protocol_it_is_asked(protocol: str) -> None:
    """CloudWatch speaks three; which of them an SDK takes depends on its age."""
    model = service_model("cloudwatch")
    answers = Answers(ESTATE)
    asked = Asked("cloudwatch", "DescribeAlarms", protocol, {})
    whole = answers.answer(ACCOUNT, "us-east-1", asked)
    value, _ = answers.value(ACCOUNT, "us-east-1", asked)
    assert b"".join(whole.pieces) == render(protocol, model.operation_model("DescribeAlarms"), value, "").body.replace(
        b"<RequestId></RequestId>", b"<RequestId>5e1f0000-0000-4000-8000-0123456789ab</RequestId>"
    )


@pytest.mark.slow
def test_every_read_of_every_service_is_answered_and_read_back() -> None:
    service = Service(ESTATE, 0.0)
    of = session()
    became: Counter[str] = Counter()
    for head in heads():
        client = client_of(of, head.service)
        attach(client, service)
        for operation in reads(head.service):
            became[_outcome(service, client, head.service, operation)] += 1
        service.reset(ESTATE, 0.0)
    assert became["InternalFailure"] == 0
    assert became["equal"] >= READ_BACK, became


def _outcome(service: Service, client: Any, name: str, operation: str) -> str:
    try:
        answer = getattr(client, xform_name(operation))(**parameters_of(name, operation))
    except Exception as error:  # whatever it is, it is not the answer
        response = getattr(error, "response", {})
        return str(response["Error"]["Code"]) if response else type(error).__name__
    entry = service.counts.log[-1]
    if (entry["service"], entry["operation"]) != (name, operation):
        return "taken for another's"
    del answer["ResponseMetadata"]
    return "equal" if plain(answer) == meant(name, operation, entry["region"], entry["parameters"]) else "different"
