"""classify(): the fault table of the design's reference, row by row, and what holds whatever the exception is."""

from __future__ import annotations

import inspect
import io
import string
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import botocore.session
import pytest
from botocore import exceptions as aws
from botocore.awsrequest import AWSResponse
from botocore.config import Config
from botocore.retries.standard import ThrottledRetryableChecker
from hypothesis import example, given
from hypothesis import strategies as st

from stocktake import errors
from stocktake.errors import MalformedAnswer, UsageError, WrongTarget, classify, nearest
from stocktake.model import Problem, ReasonCode, State
from tests.helpers import law

SECRET = "hunter2-and-a-half"


# --- the fault table ---


@dataclass(frozen=True)
class Fault:
    """What AWS answers, and what it must be taken for."""

    row: str
    code: str
    status: int
    state: State
    reason: ReasonCode
    message: str = "as AWS put it"
    operation: str = "ListThings"
    retry: bool = False
    throttled: bool = False

    def __str__(self) -> str:
        return f"{self.row} {self.code} {self.status} {self.message[:30]}"


def throttle(row: str, code: str, status: int, message: str = "Rate exceeded") -> Fault:
    return Fault(row, code, status, State.FAILED, ReasonCode.THROTTLED, message, retry=True, throttled=True)


def denial(row: str, code: str, status: int, message: str, reason: ReasonCode = ReasonCode.IAM) -> Fault:
    return Fault(row, code, status, State.DENIED, reason, message)


def failure(row: str, code: str, status: int, reason: ReasonCode, message: str = "", *, retry: bool = False) -> Fault:
    return Fault(row, code, status, State.FAILED, reason, message, retry=retry)


def absence(row: str, code: str, status: int, reason: ReasonCode, message: str = "") -> Fault:
    return Fault(row, code, status, State.UNAVAILABLE, reason, message)


WHO = "User: arn:aws:sts::123456789012:assumed-role/stocktake/x is not authorized to perform: ec2:DescribeInstances"
BAD_TOKEN = "The security token included in the request is invalid."
NOT_VALIDATED = "AWS was not able to validate the provided access credentials"
API_VERSION = "Access Denied to API Version: DAX_V3"
NO_OPERATION = "Unable to determine service/operation name to be authorized"
HTML = f"<html><body><h1>Too many</h1>{SECRET}</body></html>"

# F12 (no endpoint), F16 to F19 (answers that are not whole), F20, F21 and F33 are exceptions, not error codes: below.
# F22 (drip) is the deadline's, F24 and F25 (tokens that repeat) are the collector's.
FAULTS = (
    throttle("F1", "RequestLimitExceeded", 503, "Request limit exceeded."),
    throttle("F1", "RequestLimitExceeded", 400),
    throttle("F1", "EC2ThrottledException", 503),
    throttle("F1", "Throttling", 400),
    throttle("F2", "ThrottlingException", 400),
    throttle("F2", "ThrottlingException", 429),
    throttle("F2", "TooManyRequestsException", 429, "Rate exceeded: CallerRateLimitExceeded"),
    throttle("F2", "TooManyRequestsException", 400),
    throttle("F2", "ThrottledException", 400),
    throttle("F2", "RequestThrottledException", 400),
    throttle("F2", "RequestThrottled", 403),
    throttle("F2", "ProvisionedThroughputExceededException", 400, "The level of configured throughput was exceeded."),
    throttle("F2", "BandwidthLimitExceeded", 509, "Slower"),
    throttle("F2", "PriorRequestNotComplete", 400, "The request was rejected"),
    throttle("F2", "SomethingNew", 400, "Rate exceeded"),
    throttle("F3", "429", 429, ""),
    throttle("F3", "429", 429, HTML),
    throttle("F3", "Unknown", 429, HTML),
    throttle("F3", "SomethingNew", 429, "Slower, please"),
    throttle("F4", "ThrottlingException", 400),
    denial("F5", "AccessDenied", 403, WHO),
    denial("F5", "AccessDeniedException", 400, WHO),
    denial("F5", "AccessDeniedException", 403, f"{WHO} because no identity-based policy allows it"),
    denial("F5", "UnauthorizedOperation", 403, "You are not authorized to perform this operation."),
    denial("F5", "AuthorizationError", 403, WHO),
    denial("F5", "AuthorizationErrorException", 403, WHO),
    denial("F5", "NotAuthorized", 403, WHO),
    denial("F5", "NotAuthorizedException", 400, WHO),
    denial("F5", "InsufficientPrivilegesException", 403, WHO),
    denial("F5", "UnauthorizedException", 401, WHO),
    denial("F5", "ForbiddenException", 403, WHO),
    denial("F5", "AccessDeniedFault", 400, WHO),
    denial("F5", "AccessDenied", 403, f"{WHO} with an explicit deny in a permissions boundary"),
    denial("F5", "AccessDenied", 403, f"{WHO} with an explicit deny in an identity-based policy"),
    denial(
        "F6", "AccessDenied", 403, f"{WHO} with an explicit deny in a service control policy", reason=ReasonCode.SCP
    ),
    denial(
        "F6",
        "UnauthorizedOperation",
        403,
        f"{WHO} because no service control policy allows the action",
        reason=ReasonCode.SCP,
    ),
    denial(
        "F6",
        "AccessDeniedException",
        400,
        f"{WHO} with an explicit deny in a resource control policy",
        reason=ReasonCode.SCP,
    ),
    # F7, F8 and F9 come with the same codes: whether the region is disabled is asked of discovery, not of the error.
    failure("F7", "AuthFailure", 401, ReasonCode.AUTH, NOT_VALIDATED),
    failure("F7", "InvalidClientTokenId", 403, ReasonCode.AUTH, BAD_TOKEN),
    failure("F7", "UnrecognizedClientException", 400, ReasonCode.AUTH, BAD_TOKEN),
    absence("F7", "OptInRequired", 401, ReasonCode.NOT_ENABLED, "You are not subscribed to this service."),
    failure("F8", "AuthFailure", 401, ReasonCode.AUTH, NOT_VALIDATED),
    failure("F9", "SignatureDoesNotMatch", 403, ReasonCode.AUTH, "The request signature we calculated does not match"),
    failure("F9", "InvalidAccessKeyId", 403, ReasonCode.AUTH),
    failure("F9", "IncompleteSignature", 400, ReasonCode.AUTH),
    failure("F9", "MissingAuthenticationToken", 403, ReasonCode.AUTH),
    failure("F10", "ExpiredToken", 400, ReasonCode.AUTH, "The provided token has expired."),
    failure("F10", "ExpiredToken", 403, ReasonCode.AUTH),
    failure("F10", "ExpiredTokenException", 400, ReasonCode.AUTH),
    failure(
        "F10", "ExpiredTokenException", 403, ReasonCode.AUTH, "The security token included in the request is expired"
    ),
    failure("F11", "RequestTimeTooSkewed", 403, ReasonCode.CLOCK_SKEW),
    failure("F11", "RequestExpired", 400, ReasonCode.CLOCK_SKEW, "Request has expired."),
    failure(
        "F11", "InvalidSignatureException", 400, ReasonCode.CLOCK_SKEW, "Signature expired: 20261122T130000Z is now"
    ),
    failure("F11", "SignatureDoesNotMatch", 403, ReasonCode.CLOCK_SKEW, "Signature not yet current: 20261122T130000Z"),
    failure("F11", "InvalidSignatureException", 400, ReasonCode.AUTH, "The request signature does not match"),
    absence("F14", "InvalidAction", 400, ReasonCode.NOT_OFFERED, "The action ListThings is not valid"),
    absence("F14", "UnknownOperationException", 400, ReasonCode.NOT_OFFERED, "not supported in the called region"),
    absence("F14", "UnknownOperationException", 400, ReasonCode.NOT_OFFERED),
    absence("F14", "InvalidRequestException", 400, ReasonCode.NOT_OFFERED, "X is not available in the current Region."),
    absence("F14", "UnsupportedOperation", 400, ReasonCode.NOT_OFFERED, "This is not available in this region."),
    absence("F14", "BadRequestException", 400, ReasonCode.NOT_OFFERED, "This is not offered in\nthe Region me-south-1"),
    failure("F14", "InvalidRequestException", 400, ReasonCode.UNEXPECTED, "MaxResults is out of range"),
    failure("F14", "UnsupportedOperation", 400, ReasonCode.UNEXPECTED, "The operation is not supported for this thing"),
    failure("F14", "ValidationException", 400, ReasonCode.UNEXPECTED, "The region must be named"),
    absence("F14", "InvalidParameterValueException", 400, ReasonCode.NOT_OFFERED, API_VERSION),
    absence("F14", "InvalidParameterValue", 400, ReasonCode.NOT_OFFERED, API_VERSION),
    absence("F14", "AccessDeniedException", 403, ReasonCode.NOT_OFFERED, NO_OPERATION),
    absence("F14", "AccessDenied", 403, ReasonCode.NOT_OFFERED, NO_OPERATION),
    failure("F14", "InvalidParameterValueException", 400, ReasonCode.UNEXPECTED, "MaxResults is out of range"),
    denial("F14", "AccessDeniedException", 403, f"{WHO} on resource: {API_VERSION}"),
    denial("F14", "AccessDeniedException", 403, f"{WHO} on resource: {NO_OPERATION}"),
    absence("F15", "SubscriptionRequiredException", 400, ReasonCode.NOT_ENABLED),
    absence("F15", "AWSOrganizationsNotInUseException", 400, ReasonCode.NOT_ENABLED),
    failure("F23", "InternalError", 500, ReasonCode.UNEXPECTED, retry=True),
    failure("F23", "InternalFailure", 500, ReasonCode.UNEXPECTED, retry=True),
    failure("F23", "ServiceUnavailable", 503, ReasonCode.UNEXPECTED, retry=True),
    failure("F23", "Unavailable", 503, ReasonCode.UNEXPECTED, retry=True),
    failure("F23", "503", 503, ReasonCode.UNEXPECTED, HTML, retry=True),
    failure("F23", "504", 504, ReasonCode.TIMEOUT, HTML, retry=True),
    failure("F26", "InvalidNextToken", 400, ReasonCode.PAGE_TOKEN),
    failure("F26", "InvalidNextTokenException", 400, ReasonCode.PAGE_TOKEN),
    failure("F26", "InvalidPaginationToken", 400, ReasonCode.PAGE_TOKEN),
    failure("F26", "InvalidPaginationTokenException", 400, ReasonCode.PAGE_TOKEN),
    failure("F26", "ExpiredNextTokenException", 400, ReasonCode.PAGE_TOKEN),
    failure("F26", "PaginationTokenExpiredException", 400, ReasonCode.PAGE_TOKEN),
    failure("F26", "InvalidMarkerException", 400, ReasonCode.PAGE_TOKEN),
    failure("F26", "InvalidMarker", 400, ReasonCode.PAGE_TOKEN),
    failure("F26", "ValidationException", 400, ReasonCode.PAGE_TOKEN, "The provided next token is not valid"),
    failure("F26", "InvalidParameterValue", 400, ReasonCode.PAGE_TOKEN, "Pagination token has expired"),
    failure("F26", "ValidationError", 400, ReasonCode.UNEXPECTED, "The token bucket's name is too long"),
    throttle("F31", "LimitExceededException", 400, "Too many"),
    throttle("F31", "LimitExceeded", 400, "Too many"),
    throttle("F32", "SlowDown", 503, "Please reduce your request rate."),
    failure("F32", "RequestTimeout", 400, ReasonCode.TIMEOUT, "Your socket connection was not read from", retry=True),
    failure("F32", "RequestTimeoutException", 408, ReasonCode.TIMEOUT, retry=True),
    failure("F32", "InternalError", 500, ReasonCode.UNEXPECTED, retry=True),
)


def client_error(code: str, status: int, message: str, operation: str = "ListThings") -> aws.ClientError:
    answer: Any = {"Error": {"Code": code, "Message": message}, "ResponseMetadata": {"HTTPStatusCode": status}}
    return aws.ClientError(answer, operation)


@pytest.mark.parametrize("fault", FAULTS, ids=str)
def test_every_row_of_the_fault_table_has_its_state_and_reason(fault: Fault) -> None:
    problem = classify(client_error(fault.code, fault.status, fault.message, fault.operation))
    assert (problem.state, problem.reason.code) == (fault.state, fault.reason)
    assert (problem.retry, problem.throttled) == (fault.retry, fault.throttled)
    assert problem.error == fault.code
    assert problem.reason.message.startswith(f"{fault.operation}: {fault.code}: ")


def test_a_reason_carries_what_aws_said_and_which_call_it_said_it_of() -> None:
    problem = classify(client_error("AuthFailure", 401, "the very words", "DescribeInstances"))
    assert problem.reason.message == "DescribeInstances: AuthFailure: the very words"


# TransactionInProgressException is the answer to a write of a DynamoDB transaction; nothing is written here.
BOTOCORES = sorted(set(ThrottledRetryableChecker._THROTTLED_ERROR_CODES) - {"TransactionInProgressException"})


@pytest.mark.parametrize("code", BOTOCORES)
def test_what_botocore_takes_for_a_throttle_is_one(code: str) -> None:
    assert classify(client_error(code, 400, "")).throttled


@pytest.mark.parametrize(
    "fault",
    [
        absence(
            "F15",
            "InvalidAccessException",
            401,
            ReasonCode.NOT_ENABLED,
            "Account 123456789012 is not subscribed to AWS Security Hub",
        ),
        absence("F15", "AccessDeniedException", 403, ReasonCode.NOT_ENABLED, "Macie is not enabled"),
        denial("F15", "InvalidAccessException", 401, "The account doesn't have permission to perform this action."),
        denial("F15", "AccessDeniedException", 403, f"{WHO} on resource: a thing that is not enabled"),
        denial("F15", "AccessDeniedException", 403, f"Macie is not enabled for you. {WHO}"),
        denial("F15", "AccessDeniedException", 403, f"Macie is not enabled for you.\n{WHO}"),
        absence("F15", "OptInRequiredException", 400, ReasonCode.NOT_ENABLED, "The account is not opted in."),
        failure("F26", "InvalidContinuationTokenException", 400, ReasonCode.PAGE_TOKEN),
        failure("F26", "InvalidPaginationException", 400, ReasonCode.PAGE_TOKEN),
        failure("F7", "CloudTrailInvalidClientTokenIdException", 400, ReasonCode.AUTH, BAD_TOKEN),
    ],
)
def test_every_spelling_in_botocores_models_has_its_state_and_reason(fault: Fault) -> None:
    test_every_row_of_the_fault_table_has_its_state_and_reason(fault)


# --- through botocore's own parsers ---


class _Raw(io.BytesIO):
    """A body as urllib3 would give it."""

    def stream(self) -> Iterator[bytes]:
        yield self.read()


OPERATIONS = {
    "dynamodb": "list_tables",  # json
    "lambda": "list_functions",  # rest-json
    "sts": "get_caller_identity",  # query
    "ec2": "describe_instances",  # ec2
    "s3": "list_buckets",  # rest-xml
}


@pytest.fixture(scope="module")
def answered() -> Iterator[Callable[[str, int, bytes], aws.ClientError]]:
    """The ClientError that botocore makes of a service's answer with this status and body."""
    core = botocore.session.Session()
    answer: list[tuple[int, bytes]] = []

    def respond(request: Any, **_: Any) -> AWSResponse:
        status, body = answer[-1]
        return AWSResponse(request.url, status, {"content-type": "text/html"}, _Raw(body))

    clients: dict[str, Any] = {}
    for service in OPERATIONS:
        clients[service] = core.create_client(
            service,
            region_name="eu-west-1",
            aws_access_key_id="key",
            aws_secret_access_key="secret",
            config=Config(retries={"total_max_attempts": 1, "mode": "standard"}),
        )
        clients[service].meta.events.register("before-send", respond)

    def error_of(service: str, status: int, body: bytes) -> aws.ClientError:
        answer.append((status, body))
        with pytest.raises(aws.ClientError) as raised:
            getattr(clients[service], OPERATIONS[service])()
        return raised.value

    yield error_of
    for client in clients.values():
        client.close()


@pytest.mark.parametrize("service", OPERATIONS)
def test_an_html_429_is_a_throttle_in_every_protocol_and_its_body_is_not_told(
    service: str, answered: Callable[[str, int, bytes], aws.ClientError]
) -> None:
    problem = classify(answered(service, 429, HTML.encode()))
    assert (problem.reason.code, problem.retry, problem.throttled) == (ReasonCode.THROTTLED, True, True)
    assert SECRET not in problem.reason.message
    assert "html" not in problem.reason.message.lower()


@pytest.mark.parametrize("status", [403, 500, 503])
@pytest.mark.parametrize("service", OPERATIONS)
def test_an_html_error_of_any_status_does_not_tell_its_body(
    service: str, status: int, answered: Callable[[str, int, bytes], aws.ClientError]
) -> None:
    problem = classify(answered(service, status, HTML.encode()))
    assert problem.state is State.FAILED
    assert problem.retry is (status >= 500)
    assert SECRET not in problem.reason.message


@pytest.mark.parametrize("service", ["dynamodb", "lambda", "s3"])
def test_a_bare_429_is_a_throttle(service: str, answered: Callable[[str, int, bytes], aws.ClientError]) -> None:
    problem = classify(answered(service, 429, b""))
    assert problem.throttled
    assert problem.error == "429"


def test_a_429_is_a_throttle_whatever_its_code() -> None:
    error = {"Error": {"Code": "Later", "Message": "no"}, "ResponseMetadata": {"HTTPStatusCode": 429}}
    problem = classify(aws.ClientError(error, "List"))  # type: ignore[arg-type]
    assert (problem.reason.code, problem.retry, problem.throttled) == (ReasonCode.THROTTLED, True, True)


def test_a_json_denial_and_an_xml_denial_are_the_same(
    answered: Callable[[str, int, bytes], aws.ClientError],
) -> None:
    json = answered("dynamodb", 400, b'{"__type": "com.amazon.coral#AccessDeniedException", "Message": "no"}')
    xml = answered(
        "ec2", 403, b"<Response><Errors><Error><Code>UnauthorizedOperation</Code></Error></Errors></Response>"
    )
    assert classify(json).state is classify(xml).state is State.DENIED
    assert classify(json).reason.message == "ListTables: AccessDeniedException: no"


# --- exceptions that carry no error code ---


def botocore_exceptions() -> list[type[Exception]]:
    return [
        kind
        for _, kind in sorted(vars(aws).items())
        if inspect.isclass(kind) and issubclass(kind, Exception) and kind.__module__ == aws.__name__
    ]


def made(kind: type[Exception]) -> Exception:
    """An exception of a botocore class, every part of its message filled in."""
    if issubclass(kind, aws.ClientError):
        return kind({"Error": {"Code": "Odd", "Message": "odd"}}, "ListThings")
    if issubclass(kind, aws.WaiterError):
        return kind("a waiter", "a reason", {})
    parts = {name.split(".")[0] for _, name, _, _ in string.Formatter().parse(getattr(kind, "fmt", "")) if name}
    return kind(**dict.fromkeys(parts, "x"))


@pytest.mark.parametrize("kind", botocore_exceptions(), ids=lambda kind: kind.__name__)
def test_every_exception_of_botocore_has_one_state_and_reason(kind: type[Exception]) -> None:
    assert_lawful(classify(made(kind)))


RETRIED = {
    aws.ConnectTimeoutError: ReasonCode.TIMEOUT,  # F21
    aws.ReadTimeoutError: ReasonCode.TIMEOUT,
    aws.ConnectionClosedError: ReasonCode.NETWORK,  # F20
    aws.ConnectionError: ReasonCode.NETWORK,
    aws.EndpointConnectionError: ReasonCode.NETWORK,  # F12
    aws.HTTPClientError: ReasonCode.NETWORK,
    aws.ProxyConnectionError: ReasonCode.NETWORK,
    aws.ResponseStreamingError: ReasonCode.NETWORK,
    aws.SSLError: ReasonCode.NETWORK,  # F33
}


@pytest.mark.parametrize("kind", RETRIED, ids=lambda kind: kind.__name__)
def test_a_connection_that_broke_or_hung_is_tried_again(kind: type[Exception]) -> None:
    problem = classify(made(kind))
    assert (problem.state, problem.reason.code, problem.retry) == (State.FAILED, RETRIED[kind], True)
    assert not problem.throttled
    assert problem.reason.message.startswith(kind.__name__)


def test_every_exception_that_botocore_itself_retries_is_retried() -> None:
    """botocore.retries.standard.TransientRetryableChecker: ConnectionError and HTTPClientError."""
    for kind in botocore_exceptions():
        if issubclass(kind, aws.ConnectionError | aws.HTTPClientError):
            assert classify(made(kind)).retry, kind


UNAUTHENTICATED = (
    aws.NoCredentialsError,
    aws.PartialCredentialsError,
    aws.CredentialRetrievalError,
    aws.TokenRetrievalError,
    aws.SSOTokenLoadError,
    aws.UnauthorizedSSOTokenError,
)


@pytest.mark.parametrize("kind", UNAUTHENTICATED, ids=lambda kind: kind.__name__)
def test_missing_and_expired_credentials_are_no_fault_of_the_service(kind: type[Exception]) -> None:
    problem = classify(made(kind))
    assert (problem.state, problem.reason.code, problem.retry) == (State.FAILED, ReasonCode.AUTH, False)


@pytest.mark.parametrize(
    "kind", [kind for kind in botocore_exceptions() if issubclass(kind, aws.LoginError)], ids=lambda kind: kind.__name__
)
def test_an_expired_login_is_an_authentication_failure(kind: type[Exception]) -> None:
    assert classify(made(kind)).reason.code is ReasonCode.AUTH


def test_an_answer_that_is_not_whole_is_malformed_and_asked_for_again() -> None:
    problem = classify(MalformedAnswer("ListThings: 100 bytes were announced and 60 came"))
    assert (problem.state, problem.reason.code, problem.retry) == (State.FAILED, ReasonCode.MALFORMED, True)
    assert problem.reason.message == "ListThings: 100 bytes were announced and 60 came"


def test_a_request_for_another_target_is_not_sent_again() -> None:
    assert not classify(WrongTarget("refused to send")).retry


def test_a_lack_of_descriptors_passes() -> None:
    assert classify(OSError(24, "Too many open files")).retry


def test_an_unexpected_exception_is_named_and_placed_but_not_quoted() -> None:
    try:
        dict[str, str]()[SECRET]
    except KeyError as error:
        problem = classify(error)
    assert problem.reason.code is ReasonCode.UNEXPECTED
    assert SECRET not in problem.reason.message
    assert problem.reason.message.startswith("KeyError at test_errors.py:")


def test_an_exception_that_was_never_raised_has_no_place() -> None:
    assert classify(ValueError(SECRET)).reason.message == "ValueError"


# --- laws ---


def assert_lawful(problem: Problem) -> None:
    assert isinstance(problem.state, State)
    assert isinstance(problem.reason.code, ReasonCode)
    assert problem.state not in (State.COLLECTED, State.PARTIAL)
    assert 0 < len(problem.reason.message) <= errors.MESSAGE_LIMIT
    assert problem.retry or not problem.throttled


texts = st.text(max_size=1000)
codes = st.sampled_from(sorted({fault.code for fault in FAULTS})) | texts


@law
@given(codes, st.integers(0, 999), texts, texts)
@example("x" * 1000, 400, "y" * 1000, "z" * 1000)
@example("", 0, "", "")
def test_whatever_aws_answers_has_one_state_and_a_short_reason(
    code: str, status: int, message: str, operation: str
) -> None:
    problem = classify(client_error(code, status, message, operation))
    assert_lawful(problem)
    if status == 429:
        assert problem.throttled


PLAIN = (KeyError, ValueError, TypeError, AttributeError, RuntimeError, MemoryError, RecursionError, AssertionError)


@law
@given(st.sampled_from(PLAIN), st.text(min_size=12, max_size=1000))
def test_no_unexpected_exception_is_quoted(kind: type[Exception], text: str) -> None:
    problem = classify(kind(text))
    assert_lawful(problem)
    assert text not in problem.reason.message


@law
@given(texts)
def test_our_own_sentences_are_cut_to_a_reasons_length(text: str) -> None:
    for error in (MalformedAnswer(text or "x"), WrongTarget(text or "x"), OSError(text)):
        assert_lawful(classify(error))


@pytest.mark.parametrize(
    "answer",
    [
        {},
        {"Error": {}},
        {"Error": {"Code": None, "Message": None}},
        {"Error": {"Code": "Odd"}, "ResponseMetadata": {}},
        {"Error": {"Code": 503, "Message": 7}, "ResponseMetadata": {"HTTPStatusCode": None}},
    ],
)
def test_an_error_answer_with_parts_missing_is_classified_all_the_same(answer: dict[str, Any]) -> None:
    assert_lawful(classify(aws.ClientError(answer, "ListThings")))


def test_a_cut_message_says_so() -> None:
    message = classify(MalformedAnswer("x" * 1000)).reason.message
    assert len(message) == errors.MESSAGE_LIMIT
    assert message.endswith("x…")


@given(st.sampled_from([BaseException, KeyboardInterrupt, SystemExit, GeneratorExit]))
@law
def test_even_what_is_no_exception_is_classified(kind: type[BaseException]) -> None:
    assert_lawful(classify(kind()))


# --- sentences ---


def test_a_usage_error_names_the_field_the_value_and_what_is_accepted() -> None:
    assert str(UsageError("detail", "deep", "it is one of basic, full")) == (
        "detail: 'deep' cannot be taken; it is one of basic, full"
    )


def test_nearest_finds_what_was_meant_whatever_the_case() -> None:
    known = ["AWS::EC2::Instance", "AWS::EC2::Volume", "AWS::S3::Bucket"]
    assert nearest("aws::ec2::instances", known).startswith("nearest: AWS::EC2::Instance")
    assert nearest("AWS::S3::Buckets", known).startswith("nearest: AWS::S3::Bucket")
    assert nearest("bucket", ["Bucket", "Volume"]) == "nearest: Bucket"


def test_nearest_lists_what_there_is_where_nothing_is_like_it() -> None:
    assert nearest("zzz", ["a", "b"]) == "known: a, b"


def test_a_long_list_is_cut_and_counted() -> None:
    names = [f"q{number}" for number in range(50)]
    assert nearest("zzz", names) == "known: " + ", ".join(names[:40]) + " and 10 more"


def test_every_error_of_ours_is_in_the_tree_that_the_docstring_draws() -> None:
    drawn = {line.strip("│├└─ ").split(" ")[0] for line in (errors.__doc__ or "").splitlines()}
    ours = {
        name
        for name, kind in vars(errors).items()
        if inspect.isclass(kind) and issubclass(kind, errors.StocktakeError) and kind.__module__ == errors.__name__
    }
    assert ours <= drawn


def test_a_value_that_cannot_be_taken_is_quoted_as_far_as_anybody_reads() -> None:
    text = str(UsageError("resume", "x" * 1_000_000, "it is the id of a run"))
    assert len(text) < 3000
    assert text.startswith("resume: 'xxx")
    assert text.endswith("(1,000,002 characters) cannot be taken; it is the id of a run")
