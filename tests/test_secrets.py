"""No secret leaves the estate: canaries in every place of every answer where a secret can stand, on real sockets."""

from __future__ import annotations

import gzip
import json
import logging
import re
import sys
from collections.abc import Callable, Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from demo.function import Context
from stocktake.catalog import CATALOG, kinesisfirehose
from stocktake.catalog.spec import REDACTED, steps
from stocktake.cli import cli
from stocktake.errors import StocktakeError
from stocktake.store import DirectoryStore, read_manifest, read_pointer, read_resources
from tests.every_member import ACCOUNT, LATER, answering
from tests.few_types import TYPES
from tests.loopback import Call, Loopback, Reply
from tests.loopback_aws.models import operation_model
from tests.loopback_aws.route import Asked

OTHER = "444455556666"
CANARY = re.compile(r"canary\d{4}")
OWN_SECRET, OWN_TOKEN = "canary9001" + "s" * 30, "canary9002" + "t" * 300
GIVEN_SECRET, GIVEN_TOKEN = "canary9003" + "s" * 30, "canary9004" + "t" * 300

# Members that hold secrets and that botocore's model does not mark, by name (reference: AWS's API references). A call
# of the catalogue that answers with one of them must have it redacted by its row.
UNMARKED = {
    "ADDomainJoinPassword",
    "AdditionalInfo",
    "AuthToken",
    "ClientSecret",
    "ClientToken",
    "CrossRealmTrustPrincipalPassword",
    "DefaultArguments",
    "Environment",
    "HyperParameters",
    "KdcAdminPassword",
    "KeyMaterial",
    "MasterUserPassword",
    "NonOverridableArguments",
    "OutputValue",
    "ParameterValue",
    "ResolvedValue",
    "SecretString",
    "StageVariables",
    "TemplateBody",
    "UserData",
    "activationCode",
    "authKey",
    "clientRequestToken",
    "configurationValues",
    "customerRouterConfig",
    "driverOpts",
    "environment",
    "environmentVariables",
    "privateKey",
    "stageVariableOverrides",
    "variables",
}
UNMARKED_PATHS = {
    ("ByteMatchStatement", "SearchString"),
    ("Configurations", "[]", "Properties", "*"),
    ("ExternalSecretRotationMetadata", "[]", "Value"),
    ("GetApiKeys", "items", "[]", "value"),
    ("HttpHeaderConfig", "RegexValues", "[]"),
    ("HttpHeaderConfig", "Values", "[]"),
    ("containerDefinitions", "[]", "command", "[]"),
    ("containerDefinitions", "[]", "dockerLabels", "*"),
    ("containerDefinitions", "[]", "entryPoint", "[]"),
    ("containerDefinitions", "[]", "healthCheck", "command", "[]"),
    ("firelensConfiguration", "options", "*"),
    ("logConfiguration", "options", "*"),
    ("proxyConfiguration", "properties", "[]", "value"),
    ("webhook", "payloadUrl"),
}

# Every free map of texts that a call of the catalogue answers with and that the model does not mark, and why none
# of its values is a secret. A key that is named PASSWORD is redacted nowhere: tags are what people search by, and are
# said to be no place for secrets.
FREE_MAPS = {
    ("apigateway:GetApiKeys", "items[].tags"): "tags",
    ("apigateway:GetDomainNames", "items[].tags"): "tags",
    ("apigateway:GetRestApis", "items[].tags"): "tags",
    ("apigateway:GetStages", "item[].canarySettings.stageVariableOverrides"): "redacted by the row",
    ("apigateway:GetStages", "item[].tags"): "tags",
    ("apigateway:GetStages", "item[].variables"): "redacted by the row",
    ("apigateway:GetUsagePlans", "items[].tags"): "tags",
    ("apigateway:GetVpcLinks", "items[].tags"): "tags",
    ("apigatewayv2:GetApis", "Items[].Tags"): "tags",
    ("apigatewayv2:GetStages", "Items[].StageVariables"): "redacted by the row",
    ("apigatewayv2:GetStages", "Items[].Tags"): "tags",
    ("apigatewayv2:GetVpcLinks", "Items[].Tags"): "tags",
    ("backup:GetBackupPlan", "AdvancedBackupSettings[].BackupOptions"): "settings, with AWS's own names",
    ("backup:GetBackupPlan", "BackupPlan.AdvancedBackupSettings[].BackupOptions"): "settings, with AWS's own names",
    ("backup:ListBackupPlans", "BackupPlansList[].AdvancedBackupSettings[].BackupOptions"): "settings, with AWS's own "
    "names",
    ("batch:DescribeComputeEnvironments", "computeEnvironments[].computeResources.capacityTags"): "tags",
    ("batch:DescribeComputeEnvironments", "computeEnvironments[].computeResources.tags"): "tags",
    ("batch:DescribeComputeEnvironments", "computeEnvironments[].tags"): "tags",
    ("batch:DescribeJobQueues", "jobQueues[].tags"): "tags",
    ("ecs:DescribeTaskDefinition", "taskDefinition.containerDefinitions[].dockerLabels"): "redacted by the row",
    (
        "ecs:DescribeTaskDefinition",
        "taskDefinition.containerDefinitions[].firelensConfiguration.options",
    ): "redacted by the row",
    (
        "ecs:DescribeTaskDefinition",
        "taskDefinition.containerDefinitions[].logConfiguration.options",
    ): "redacted by the row",
    ("ecs:DescribeTaskDefinition", "taskDefinition.volumes[].dockerVolumeConfiguration.driverOpts"): "redacted by the "
    "row",
    ("ecs:DescribeTaskDefinition", "taskDefinition.volumes[].dockerVolumeConfiguration.labels"): "labels",
    ("eks:DescribeAddon", "addon.tags"): "tags",
    ("eks:DescribeCluster", "cluster.tags"): "tags",
    ("eks:DescribeFargateProfile", "fargateProfile.selectors[].labels"): "labels",
    ("eks:DescribeFargateProfile", "fargateProfile.tags"): "tags",
    ("eks:DescribeNodegroup", "nodegroup.labels"): "labels",
    ("eks:DescribeNodegroup", "nodegroup.tags"): "tags",
    (
        "elbv2:DescribeListeners",
        "Listeners[].DefaultActions[].AuthenticateCognitoConfig.AuthenticationRequestExtraParams",
    ): "what browsers are sent on with",
    (
        "elbv2:DescribeListeners",
        "Listeners[].DefaultActions[].AuthenticateOidcConfig.AuthenticationRequestExtraParams",
    ): "what browsers are sent on with",
    (
        "elbv2:DescribeRules",
        "Rules[].Actions[].AuthenticateCognitoConfig.AuthenticationRequestExtraParams",
    ): "what browsers are sent on with",
    (
        "elbv2:DescribeRules",
        "Rules[].Actions[].AuthenticateOidcConfig.AuthenticationRequestExtraParams",
    ): "what browsers are sent on with",
    ("emr:DescribeCluster", "Cluster.Applications[].AdditionalInfo"): "redacted by the row",
    ("emr:DescribeCluster", "Cluster.Configurations[].Properties"): "redacted by the row",
    (
        "emr:DescribeCluster",
        "Cluster.MonitoringConfiguration.S3LoggingConfiguration.LogTypeUploadPolicy",
    ): "settings, with AWS's own names",
    ("emr:DescribeCluster", "Cluster.Status.ErrorDetails[].ErrorData[]"): "what EMR says of a failure",
    ("emr:ListClusters", "Clusters[].Status.ErrorDetails[].ErrorData[]"): "what EMR says of a failure",
    ("lambda:ListTags", "Tags"): "tags",
    ("opensearch:DescribeDomains", "DomainStatusList[].AdvancedOptions"): "settings, with AWS's own names",
    ("opensearch:DescribeDomains", "DomainStatusList[].Endpoints"): "addresses",
    ("redshift-serverless:ListNamespaces", "namespaces[].s3TablePublishStatus.lastIngestionTimes"): "times",
    ("redshift:DescribeClusters", "Clusters[].LoggingPublishStatus.S3Tables.LastIngestionTimes"): "times",
    ("sqs:ListQueueTags", "Tags"): "tags",
    ("sns:GetTopicAttributes", "Attributes"): "settings, with AWS's own names",
    ("sqs:GetQueueAttributes", "Attributes"): "settings, with AWS's own names",
    (
        "ecs:DescribeServices",
        "services[].deployments[].serviceConnectConfiguration.logConfiguration.options",
    ): "redacted by the row",
    ("accessanalyzer:ListAnalyzers", "analyzers[].tags"): "tags",
    (
        "accessanalyzer:ListAnalyzers",
        "analyzers[].configuration.unusedAccess.analysisRule.exclusions[].resourceTags[]",
    ): "tags",
    ("amp:ListWorkspaces", "workspaces[].tags"): "tags",
    ("amplify:ListApps", "apps[].tags"): "tags",
    ("amplify:ListApps", "apps[].environmentVariables"): "redacted by the row",
    ("amplify:ListApps", "apps[].autoBranchCreationConfig.environmentVariables"): "redacted by the row",
    ("appsync:ListApis", "apis[].tags"): "tags",
    ("appsync:ListApis", "apis[].dns"): "host names",
    ("appsync:ListGraphqlApis", "graphqlApis[].uris"): "addresses, which a key is needed for",
    ("appsync:ListGraphqlApis", "graphqlApis[].tags"): "tags",
    ("appsync:ListGraphqlApis", "graphqlApis[].dns"): "host names",
    ("athena:GetWorkGroup", "WorkGroup.Configuration.EngineConfiguration.AdditionalConfigs"): "redacted by the row",
    ("athena:GetWorkGroup", "WorkGroup.Configuration.EngineConfiguration.SparkProperties"): "redacted by the row",
    (
        "athena:GetWorkGroup",
        "WorkGroup.Configuration.EngineConfiguration.Classifications[].Properties",
    ): "redacted by the row",
    ("cognito-identity:DescribeIdentityPool", "SupportedLoginProviders"): "redacted by the row",
    ("cognito-identity:DescribeIdentityPool", "IdentityPoolTags"): "tags",
    ("cognito-idp:DescribeUserPool", "UserPool.UserPoolTags"): "tags",
    ("dlm:GetLifecyclePolicies", "Policies[].Tags"): "tags",
    ("dlm:GetLifecyclePolicy", "Policy.Tags"): "tags",
    (
        "firehose:DescribeDeliveryStream",
        "DeliveryStreamDescription.Destinations[].ExtendedS3DestinationDescription."
        "DataFormatConversionConfiguration.InputFormatConfiguration.Deserializer.OpenXJsonSerDe.ColumnToJsonKeyMappings",
    ): "names of columns",
    ("glue:BatchGetWorkflows", "Workflows[].DefaultRunProperties"): "redacted by the row",
    ("glue:BatchGetWorkflows", "Workflows[].LastRun.WorkflowRunProperties"): "redacted by the row",
    (
        "glue:BatchGetWorkflows",
        "Workflows[].LastRun.Graph.Nodes[].TriggerDetails.Trigger.Actions[].Arguments",
    ): "redacted by the row",
    (
        "glue:BatchGetWorkflows",
        "Workflows[].LastRun.Graph.Nodes[].JobDetails.JobRuns[].Arguments",
    ): "redacted by the row",
    (
        "glue:BatchGetWorkflows",
        "Workflows[].Graph.Nodes[].TriggerDetails.Trigger.Actions[].Arguments",
    ): "redacted by the row",
    ("glue:BatchGetWorkflows", "Workflows[].Graph.Nodes[].JobDetails.JobRuns[].Arguments"): "redacted by the row",
    ("glue:GetConnections", "ConnectionList[].ConnectionProperties"): "redacted by the row",
    ("glue:GetConnections", "ConnectionList[].SparkProperties"): "redacted by the row",
    ("glue:GetConnections", "ConnectionList[].AthenaProperties"): "redacted by the row",
    ("glue:GetConnections", "ConnectionList[].PythonProperties"): "redacted by the row",
    (
        "glue:GetConnections",
        "ConnectionList[].AuthenticationConfiguration.OAuth2Properties.TokenUrlParametersMap",
    ): "redacted by the row",
    ("glue:GetDatabases", "DatabaseList[].Parameters"): "what its readers are told of data",
    ("glue:GetJobs", "Jobs[].DefaultArguments"): "redacted by the row",
    ("glue:GetJobs", "Jobs[].NonOverridableArguments"): "redacted by the row",
    ("glue:GetTables", "TableList[].StorageDescriptor.Columns[].Parameters"): "what its readers are told of data",
    ("glue:GetTables", "TableList[].StorageDescriptor.SerdeInfo.Parameters"): "what its readers are told of data",
    ("glue:GetTables", "TableList[].StorageDescriptor.Parameters"): "what its readers are told of data",
    (
        "glue:GetTables",
        "TableList[].StorageDescriptor.SkewedInfo.SkewedColumnValueLocationMaps",
    ): "what its readers are told of data",
    ("glue:GetTables", "TableList[].PartitionKeys[].Parameters"): "what its readers are told of data",
    ("glue:GetTables", "TableList[].Parameters"): "what its readers are told of data",
    ("glue:GetTables", "TableList[].ViewDefinition.SparkPipelineInfo"): "what its readers are told of data",
    ("glue:GetTables", "TableList[].IcebergTableMetadata.Properties"): "what its readers are told of data",
    ("glue:GetTriggers", "Triggers[].Actions[].Arguments"): "redacted by the row",
    ("guardduty:GetDetector", "Tags"): "tags",
    ("imagebuilder:ListImagePipelines", "imagePipelineList[].imageTags"): "tags",
    ("imagebuilder:ListImagePipelines", "imagePipelineList[].tags"): "tags",
    ("inspector2:ListFilters", "filters[].tags"): "tags",
    ("kafka:ListClustersV2", "ClusterInfoList[].Tags"): "tags",
    ("lakeformation:GetDataLakeSettings", "DataLakeSettings.Parameters"): "settings, with AWS's own names",
    (
        "logs:DescribeMetricFilters",
        "metricFilters[].metricTransformations[].dimensions",
    ): "names of dimensions and of fields",
    ("mq:DescribeBroker", "Tags"): "tags",
    ("mq:ListConfigurations", "Configurations[].Tags"): "tags",
    ("mwaa:GetEnvironment", "Environment.Tags"): "tags",
    ("resource-groups:ListGroups", "Groups[].ApplicationTag"): "tags",
    ("securityhub:GetEnabledStandards", "StandardsSubscriptions[].StandardsInput"): "settings, with AWS's own names",
    ("synthetics:DescribeCanaries", "Canaries[].Tags"): "tags",
}


def every_call() -> Iterator[tuple[str, str]]:
    seen = {(row.service_of(call), call.operation) for row in CATALOG.values() for call in row.every_call()}
    return iter(sorted(seen))


def walk(shape: Any, path: tuple[str, ...] = (), above: tuple[str, ...] = ()) -> Iterator[tuple[Any, tuple[str, ...]]]:
    """Every shape under a shape, and the path to it."""
    if shape is None or (shape.type_name == "structure" and shape.name in above):
        return
    yield shape, path
    if shape.type_name == "structure":
        for name, member in shape.members.items():
            yield from walk(member, (*path, name), (*above, shape.name))
    elif shape.type_name == "list":
        yield from walk(shape.member, (*path, "[]"), above)
    elif shape.type_name == "map":
        yield from walk(shape.value, (*path, "*"), above)


@cache
def marked(service: str, operation: str) -> frozenset[tuple[str, ...]]:
    """The paths of an answer that botocore's model marks sensitive."""
    shapes = walk(operation_model(service, operation).output_shape)
    return frozenset(path for shape, path in shapes if shape.metadata.get("sensitive"))


def is_secret(service: str, path: tuple[str, ...]) -> bool:
    """`path` begins with the operation. The names of a map's members are no secrets, nor are those of variables."""
    operation, inner = path[0], path[1:]
    if inner[-1] == "key" or (inner[-3:-1] == ("environmentVariables", "[]") and inner[-1] in ("name", "type")):
        return False
    return (
        any(inner[: len(above)] == above for above in marked(service, operation))
        or not UNMARKED.isdisjoint(name for name in inner if name not in ("Environment", "environment"))
        or any(path[-len(tail) :] == tail for tail in UNMARKED_PATHS)
    )


class Canaries:
    """Gives every secret place of every answer a text of its own."""

    def __init__(self) -> None:
        self.at: dict[str, tuple[str, ...]] = {}
        self.operations: set[str] = set()

    def text(self, shape: Any, path: tuple[str, ...]) -> str | None:
        services = SERVICES_OF.get(path[0], ())
        if not any(is_secret(service, path) for service in services):
            return None
        canary = f"canary{len(self.at):04}"
        self.at[canary] = path
        self.operations.add(path[0])
        return canary.ljust(int(shape.metadata.get("min", 0)), "x")


SERVICES_OF: dict[str, list[str]] = {}
for _service, _operation in every_call():
    SERVICES_OF.setdefault(_operation, []).append(_service)


@pytest.fixture
def store(tmp_path: Path) -> Path:
    return tmp_path / "store"


@pytest.fixture
def environment(store: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """Points the SDK at a server, with credentials that anybody would recognise."""

    def point(url: str, **more: str) -> None:
        given = {
            "AWS_ENDPOINT_URL": url,
            "AWS_ACCESS_KEY_ID": "AKIDOWN",
            "AWS_SECRET_ACCESS_KEY": OWN_SECRET,
            "AWS_SESSION_TOKEN": OWN_TOKEN,
            "STOCKTAKE_STORE": str(store),
            "STOCKTAKE_ATTEMPTS": "1",
            "STOCKTAKE_QUOTA_SHARE": "0",
            "STOCKTAKE_UNPUBLISHED_RATE": "1000",
            "STOCKTAKE_THREADS": "16",
            "POWERTOOLS_LOG_LEVEL": "DEBUG",
            **more,
        }
        for name, value in given.items():
            monkeypatch.setenv(name, value)

    return point


def invoke(event: Mapping[str, Any]) -> str:
    """What the handler answers, or the text of what it raises, chained causes included."""
    from stocktake.handler import handler, logger

    logger.registered_handler.stream = sys.stdout  # type: ignore[attr-defined]
    try:
        return json.dumps(handler(dict(event), Context(900)))  # type: ignore[arg-type]
    except Exception as error:
        return told(error)


def told(error: BaseException | None) -> str:
    texts = []
    while error is not None:
        texts.append(f"{error!r} {error}")
        error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    return " ".join(texts)


def command(*arguments: str) -> str:
    """All that a command shows, and its exception's text."""
    done = CliRunner().invoke(cli, arguments, standalone_mode=False)
    assert done.exception is None or isinstance(done.exception, StocktakeError), done.exception
    return done.output + told(done.exception)


def everything_stored(store: Path) -> str:
    texts = []
    for path in store.rglob("*"):
        texts.append(path.name)
        if path.is_file():
            data = path.read_bytes()
            texts.append((gzip.decompress(data) if path.suffix == ".gz" else data).decode())
    return "\n".join(texts)


def read_back(store: Path) -> str:
    where = ("--store", str(store))
    return "".join(
        command(*arguments, *where)
        for arguments in (
            ("show",),
            ("show", "--json"),
            ("show", "--units"),
            ("show", "--units", "--json"),
            ("find", "a"),
            ("find", "--json", "a"),
            ("find", "canary"),
            ("verify",),
        )
    )


def leaks(*texts: str) -> list[str]:
    return sorted({found for text in texts for found in CANARY.findall(text)})


@pytest.fixture(autouse=True)
def _our_own_debug_log(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG, logger="stocktake")


def test_every_secret_place_of_every_answer_is_redacted_everywhere(
    environment: Callable[..., None],
    store: Path,
    capfd: pytest.CaptureFixture[str],
    caplog: pytest.LogCaptureFixture,
) -> None:
    canaries = Canaries()
    with Loopback(answering(canaries.text)) as server:
        environment(server.url)
        answered = invoke({"scheduled": "2026-11-22T13:00:00Z"})
        ran = command("run", "--store", str(store)) + command(
            "run", "--json", "--types", ",".join(TYPES), "--store", str(store)
        )
    summary = json.loads(answered)
    assert (summary["verdict"], summary["gaps"]) == ("complete", 0)
    placed = set(canaries.at.values())
    for service, operation in every_call():
        for path in marked(service, operation):
            where = (operation, *path)
            is_token = len(path) == 1 and LATER.search(path[0])  # which a last page does not have
            assert is_token or any(one[: len(where)] == where for one in placed), f"nothing secret was put at {where}"
    assert len(placed) >= 10
    logged = "".join(capfd.readouterr()) + caplog.text
    assert "run published" in logged
    assert leaks(answered, ran, logged, everything_stored(store), read_back(store)) == []
    assert everything_stored(store).count(REDACTED) >= len(placed)


def test_the_names_of_what_is_redacted_stay(environment: Callable[..., None], store: Path) -> None:
    with Loopback(answering(Canaries().text)) as server:
        environment(server.url)
        invoke({"types": ["AWS::Lambda::Function", "AWS::ECS::Service", "AWS::CloudFormation::Stack"]})
    opened = DirectoryStore(store)
    pointer, _ = read_pointer(opened, "default")
    assert pointer is not None
    data = {one["type"]: one["data"] for one in read_resources(opened, read_manifest(opened, pointer["manifest"]))}
    assert set(data["AWS::Lambda::Function"]["Environment"]["Variables"].values()) == {REDACTED}
    options = data["AWS::ECS::Service"]["deployments"][0]["serviceConnectConfiguration"]["logConfiguration"]["options"]
    assert list(options.values()) == [REDACTED]
    assert data["AWS::CloudFormation::Stack"]["Outputs"][0]["OutputValue"] == REDACTED
    assert data["AWS::CloudFormation::Stack"]["Outputs"][0]["OutputKey"] != REDACTED


def in_the_middle(body: bytes) -> int:
    found = re.search(rb"canary\d{4}", body)
    assert found
    return found.end()


SPOILT: dict[str, Callable[[Reply], Reply]] = {
    "cut in a secret": lambda reply: Reply(200, reply.body[: in_the_middle(reply.body)], reply.headers),
    "cut in a secret, more announced": lambda reply: Reply(
        200, reply.body[: in_the_middle(reply.body)], reply.headers, length=len(reply.body)
    ),
    "not UTF-8 after a secret": lambda reply: Reply(
        200, reply.body.replace(b"canary", b"canary\xff\xfe", 1), reply.headers
    ),
    "a refusal with the answer's body": lambda reply: Reply(403, reply.body, reply.headers),
    "a failure with the answer's body": lambda reply: Reply(500, reply.body, reply.headers),
    "a page of HTML": lambda reply: Reply(200, b"<html>" + reply.body, {"Content-Type": "text/html"}),
    "a failure in plain text": lambda reply: Reply(
        502, b"upstream said: " + reply.body, {"Content-Type": "text/plain"}
    ),
    "a number for a text": lambda reply: Reply(200, re.sub(rb'"(canary\d{4})"', rb'["\1",{"a":"\1"}]', reply.body)),
}


@pytest.mark.parametrize("way", SPOILT)
def test_no_error_quotes_a_secret_of_the_answer_that_it_is_about(
    way: str,
    environment: Callable[..., None],
    store: Path,
    capfd: pytest.CaptureFixture[str],
    caplog: pytest.LogCaptureFixture,
) -> None:
    canaries = Canaries()
    spoilt = 0

    def spoil(asked: Asked, call: Call, reply: Reply) -> Reply:
        nonlocal spoilt
        if not CANARY.search(reply.body.decode(errors="replace")):
            return reply
        spoilt += 1
        return SPOILT[way](reply)

    with Loopback(answering(canaries.text, spoil)) as server:
        environment(server.url)
        answered = invoke({"types": TYPES})
    assert spoilt >= 6
    logged = "".join(capfd.readouterr()) + caplog.text
    assert leaks(answered, logged, everything_stored(store), read_back(store)) == []


# --- our own credentials ---


def several(asked: Asked, call: Call, reply: Reply) -> Reply:
    """Two accounts, the other one behind a role."""
    if asked.operation == "ListAccounts":
        accounts = [{"Id": one, "Status": "ACTIVE"} for one in (ACCOUNT, OTHER)]
        return Reply(200, json.dumps({"Accounts": accounts}).encode(), reply.headers)
    if asked.operation == "AssumeRole":
        given = (
            f"<Credentials><AccessKeyId>ASIAGIVEN</AccessKeyId><SecretAccessKey>{GIVEN_SECRET}</SecretAccessKey>"
            f"<SessionToken>{GIVEN_TOKEN}</SessionToken><Expiration>2099-01-01T00:00:00Z</Expiration></Credentials>"
            f"<AssumedRoleUser><Arn>arn:aws:sts::{OTHER}:assumed-role/r/s</Arn><AssumedRoleId>x</AssumedRoleId>"
            "</AssumedRoleUser>"
        )
        whole = f"<AssumeRoleResponse><AssumeRoleResult>{given}</AssumeRoleResult></AssumeRoleResponse>"
        return Reply(200, whole.encode(), reply.headers)
    if asked.operation == "GetCallerIdentity" and call.key == "ASIAGIVEN":
        return Reply(200, reply.body.replace(ACCOUNT.encode(), OTHER.encode()), reply.headers)
    return reply


def refused(code: str) -> Callable[[Asked, Call, Reply], Reply]:
    """Refusals that name the key, as AWS's do."""

    def spoil(asked: Asked, call: Call, reply: Reply) -> Reply:
        if asked.operation in ("GetCallerIdentity", "AssumeRole", "ListAccounts"):
            return several(asked, call, reply)
        text = f"{code} for the key {call.key}"
        if "json" in reply.headers.get("Content-Type", ""):
            return Reply(403, json.dumps({"__type": code, "message": text}).encode(), reply.headers)
        error = f"<Error><Code>{code}</Code><Message>{text}</Message></Error>"
        if asked.protocol == "ec2":
            return Reply(403, f"<Response><Errors>{error}</Errors></Response>".encode(), reply.headers)
        return Reply(403, f"<ErrorResponse>{error}</ErrorResponse>".encode(), reply.headers)

    return spoil


@pytest.mark.parametrize(
    "spoil",
    [several, refused("AccessDenied"), refused("InvalidSignatureException"), refused("ExpiredToken")],
    ids=["all is well", "denied", "signature", "expired"],
)
def test_neither_secret_key_nor_session_token_is_said_anywhere(
    spoil: Callable[[Asked, Call, Reply], Reply],
    environment: Callable[..., None],
    store: Path,
    capfd: pytest.CaptureFixture[str],
    caplog: pytest.LogCaptureFixture,
) -> None:
    with Loopback(answering(lambda _, __: None, spoil)) as server:
        environment(server.url, STOCKTAKE_INVENTORIES=json.dumps({"default": {"accounts": ["*"]}}))
        answered = invoke({"types": ["AWS::EC2::I*", "AWS::Lambda::*", "AWS::SNS::*"]})
        assert {call.key for call in server.calls} == {"AKIDOWN", "ASIAGIVEN"}
    logged = "".join(capfd.readouterr()) + caplog.text
    assert "ASIAGIVEN" not in answered or spoil is not several
    assert leaks(answered, logged, everything_stored(store), read_back(store)) == []


def test_a_token_that_an_answer_sends_back_is_not_said_either(environment: Callable[..., None], store: Path) -> None:
    def echo(asked: Asked, call: Call, reply: Reply) -> Reply:
        if asked.operation == "GetCallerIdentity":
            return reply
        text = f"the token {call.headers['X-Amz-Security-Token']} is not valid here"
        return Reply(403, json.dumps({"__type": "AccessDeniedException", "message": text}).encode(), reply.headers)

    with Loopback(answering(lambda _, __: None, echo)) as server:
        environment(server.url)
        answered = invoke({"types": ["AWS::Lambda::*"], "regions": ["us-east-1"]})
    assert leaks(answered, everything_stored(store)) == []


# --- the rows ---


VALUE = "ParameterValue"
PROCESSORS = [
    f"DeliveryStreamDescription.Destinations[].{kind}DestinationDescription.ProcessingConfiguration.Processors[]"
    for kind in kinesisfirehose.KINDS
]


def test_every_secret_member_that_the_model_does_not_mark_is_redacted_by_its_row() -> None:
    """That is: the canaries above were put there, and in nothing that a row reads its names from."""
    found = {
        (operation, *path)
        for service, operation in every_call()
        for shape, path in walk(operation_model(service, operation).output_shape)
        if path and path[-1] in UNMARKED - {"Environment", "MasterUserPassword"}
    }
    assert found == {
        ("DescribeAccessPoints", "AccessPoints", "[]", "ClientToken"),
        ("DescribeAddon", "addon", "configurationValues"),
        ("DescribeCluster", "Cluster", "Applications", "[]", "AdditionalInfo"),
        ("DescribeCluster", "Cluster", "KerberosAttributes", "ADDomainJoinPassword"),
        ("DescribeCluster", "Cluster", "KerberosAttributes", "CrossRealmTrustPrincipalPassword"),
        ("DescribeCluster", "Cluster", "KerberosAttributes", "KdcAdminPassword"),
        ("DescribeCluster", "cluster", "clientRequestToken"),
        ("DescribeCluster", "cluster", "connectorConfig", "activationCode"),
        ("DescribeHosts", "Hosts", "[]", "ClientToken"),
        ("BatchGetProjects", "projects", "[]", "environment"),
        ("BatchGetProjects", "projects", "[]", "environment", "environmentVariables"),
        ("DescribeConformancePacks", "ConformancePackDetails", "[]", "ConformancePackInputParameters", "[]", VALUE),
        *(("DescribeDeliveryStream", *steps(path), "Parameters", "[]", VALUE) for path in PROCESSORS),
        ("DescribeInstances", "Reservations", "[]", "Instances", "[]", "ClientToken"),
        ("DescribeLaunchConfigurations", "LaunchConfigurations", "[]", "UserData"),
        ("DescribeListeners", "Listeners", "[]", "DefaultActions", "[]", "AuthenticateOidcConfig", "ClientSecret"),
        ("DescribeRules", "Rules", "[]", "Actions", "[]", "AuthenticateOidcConfig", "ClientSecret"),
        ("DescribeSpotFleetRequests", "SpotFleetRequestConfigs", "[]", "SpotFleetRequestConfig", "ClientToken"),
        (
            "DescribeSpotFleetRequests",
            "SpotFleetRequestConfigs",
            "[]",
            "SpotFleetRequestConfig",
            "LaunchSpecifications",
            "[]",
            "UserData",
        ),
        ("DescribeStacks", "Stacks", "[]", "Outputs", "[]", "OutputValue"),
        ("DescribeStacks", "Stacks", "[]", "Parameters", "[]", "ParameterValue"),
        ("DescribeStacks", "Stacks", "[]", "Parameters", "[]", "ResolvedValue"),
        ("DescribeTaskDefinition", "taskDefinition", "containerDefinitions", "[]", "environment"),
        ("DescribeTaskDefinition", "taskDefinition", "volumes", "[]", "dockerVolumeConfiguration", "driverOpts"),
        ("DescribeVirtualInterfaces", "virtualInterfaces", "[]", "authKey"),
        ("DescribeVirtualInterfaces", "virtualInterfaces", "[]", "bgpPeers", "[]", "authKey"),
        ("DescribeVirtualInterfaces", "virtualInterfaces", "[]", "customerRouterConfig"),
        ("GetStages", "Items", "[]", "StageVariables"),
        ("GetStages", "item", "[]", "canarySettings", "stageVariableOverrides"),
        ("GetStages", "item", "[]", "variables"),
        ("GetJobs", "Jobs", "[]", "DefaultArguments"),
        ("GetJobs", "Jobs", "[]", "NonOverridableArguments"),
        ("GetJobs", "Jobs", "[]", "SourceControlDetails", "AuthToken"),
        ("ListApps", "apps", "[]", "autoBranchCreationConfig", "environmentVariables"),
        ("ListApps", "apps", "[]", "environmentVariables"),
    }


def test_every_free_map_of_texts_is_known_to_hold_no_secret() -> None:
    found = set()
    for service, operation in every_call():
        for shape, path in walk(operation_model(service, operation).output_shape):
            hidden = any((*path, "*")[: len(above)] == above for above in marked(service, operation))
            if shape.type_name == "map" and shape.value.type_name == "string" and not hidden:
                found.add((f"{service}:{operation}", ".".join(path).replace(".[]", "[]")))
    assert found == FREE_MAPS.keys()
