"""The error tree, and the one place where an exception becomes a state and a reason.

StocktakeError
├── UsageError          an event, an option, a setting or a filter that cannot be taken: says which and what can
├── CredentialsError    AWS does not accept, or we do not have, credentials
├── Renewed             credentials had expired; there are others now, with which the call may be made again
├── ClockSkew           AWS refuses what was signed by our clock, which is not AWS's
├── TookTooLong         a call was given up, though something may still have come
├── NoSuchEndpoint      a service has no host in a region
├── RunFailed           a run was published in which nothing was collected
├── Overlap             another invocation is taking a run of the same inventory
├── MalformedAnswer     an answer that botocore would take, but that is cut, empty or not the operation's
├── WrongTarget         a request about to leave for another account, region or host than its target's
└── StoreError          the store refused or lost something
    ├── AlreadyExists   a key that is written once exists with other content
    ├── Missing         a key that should be there is not
    └── Damaged         an object is not what its hash, its size or its format says
"""

from __future__ import annotations

import difflib
import os
import re
import traceback
from collections.abc import Iterable, Mapping
from typing import Any

from botocore import exceptions as aws

from stocktake.model import Problem, Reason, ReasonCode, State

MESSAGE_LIMIT = 400
VALUE_LIMIT = 2000


class StocktakeError(Exception):
    """Whatever Stocktake raises on purpose. Its text is a sentence for a person."""


class UsageError(StocktakeError):
    """Input that cannot be taken."""

    def __init__(self, name: str, value: object, accepted: str) -> None:
        said = repr(value)
        shown = said if len(said) <= VALUE_LIMIT else f"{said[:VALUE_LIMIT]}… ({len(said):,} characters)"
        super().__init__(f"{name}: {shown} cannot be taken; {accepted}")


class CredentialsError(StocktakeError):
    pass


class Renewed(StocktakeError):
    pass


class ClockSkew(StocktakeError):
    pass


class TookTooLong(StocktakeError):
    pass


class NoSuchEndpoint(StocktakeError):
    pass


class RunFailed(StocktakeError):
    pass


class Overlap(StocktakeError):
    """`holder` says which run is being taken, by which invocation, and until when at the latest."""

    def __init__(self, inventory: str, run: str, holder: Mapping[str, str]) -> None:
        super().__init__(
            f"the run {holder['run']} of the inventory {inventory} is being taken by the invocation "
            f"{holder['invocation']}, until {holder['until']} at the latest"
        )
        self.inventory, self.run, self.holder = inventory, run, dict(holder)


class MalformedAnswer(StocktakeError):
    pass


class WrongTarget(StocktakeError):
    pass


class StoreError(StocktakeError):
    pass


class AlreadyExists(StoreError):
    pass


class Missing(StoreError):
    pass


class Damaged(StoreError):
    pass


def nearest(word: str, known: Iterable[str]) -> str:
    """The known words most like `word`, as the end of a sentence: "nearest: a, b"."""
    choices = list(known)
    folded = {choice.casefold(): choice for choice in choices}
    close = difflib.get_close_matches(word.casefold(), folded, n=3, cutoff=0.5)
    return "nearest: " + ", ".join(folded[name] for name in close) if close else "known: " + listed(choices)


def listed(words: Iterable[str], most: int = 40) -> str:
    names = list(words)
    return ", ".join(names[:most]) + (f" and {len(names) - most} more" if len(names) > most else "")


# Error codes, from botocore's retry data and the services' API references. Services coin new spellings of the same
# thing, so that each set ends in a pattern.
THROTTLED = re.compile(
    r"Throttl|TooManyRequests|RequestLimitExceeded|SlowDown|BandwidthLimitExceeded|ProvisionedThroughputExceeded"
    r"|PriorRequestNotComplete|^LimitExceeded(Exception|Fault)?$|RateExceeded|^429$"
)
# InvalidAccessException: "The account doesn't have permission to perform this action" (Security Hub API reference).
DENIED = re.compile(
    r"^(AccessDenied|UnauthorizedOperation|UnauthorizedAccess|Unauthorized|NotAuthorized|AuthorizationError"
    r"|InsufficientPrivileges|AccessDenial|Forbidden|AuthorizationFailure|InvalidAccessException)"
)
POLICY_ABOVE = re.compile(r"(service|resource) control policy", re.IGNORECASE)
AUTH = {
    "AuthFailure",
    "CloudTrailInvalidClientTokenIdException",
    "ExpiredToken",
    "ExpiredTokenException",
    "IncompleteSignature",
    "IncompleteSignatureException",
    "InvalidAccessKeyId",
    "InvalidClientTokenId",
    "InvalidSignatureException",
    "InvalidToken",
    "MissingAuthenticationToken",
    "MissingAuthenticationTokenException",
    "SignatureDoesNotMatch",
    "TokenRefreshRequired",
    "UnrecognizedClientException",
}
EXPIRED = {"ExpiredToken", "ExpiredTokenException", "TokenRefreshRequired"}
CLOCK = {"RequestExpired", "RequestInTheFuture", "RequestTimeTooSkewed"}
EXPIRED_OR_CLOCK = "RequestExpired"
"""EC2 says it of both (API reference, client error codes)."""
SIGNED_AT_ANOTHER_TIME = re.compile(r"signature (expired|not yet current)", re.IGNORECASE)
PAGE_TOKEN = re.compile(
    r"^(Invalid|Expired)(Next|Pagination|Page|Continuation)?(Token|Marker)|^InvalidPagination|^PaginationTokenExpired"
)
PAGE_TOKEN_IF_IT_SAYS_SO = re.compile(
    r"\b(next|page|pagination|continuation|starting)[ _-]?(token|marker)\b|\btoken\b.*\b(expired|invalid)\b",
    re.IGNORECASE,
)
MAY_MEAN_PAGE_TOKEN = {
    "BadRequestException",
    "InvalidArgument",
    "InvalidInputException",
    "InvalidParameter",
    "InvalidParameterException",
    "InvalidParameterValue",
    "InvalidParameterValueException",
    "InvalidRequestException",
    "ValidationError",
    "ValidationException",
}
NOT_OFFERED = {"InvalidAction", "UnknownOperation", "UnknownOperationException"}
NOT_OFFERED_IF_IT_SAYS_SO = re.compile(r"not (supported|available|offered)\b.*\bregion", re.IGNORECASE | re.DOTALL)
MAY_MEAN_NOT_OFFERED = {
    "BadRequestException",
    "InvalidRequestException",
    "OperationNotSupportedException",
    "UnsupportedOperation",
    "UnsupportedOperationException",
    "ValidationException",
}
# What is said where a service is, but not all of it, in terms of a denial though no policy is meant: by RDS, DAX and
# ElastiCache ("Access Denied to API Version: DAX_V3"), and by the door of services that do not know an operation.
NOT_OFFERED_THOUGH_IT_SAYS_DENIED = re.compile(
    r"^(Access Denied to API Version\b|Unable to determine service/operation name to be authorized\b)", re.IGNORECASE
)
MAY_SAY_DENIED = {"AccessDenied", "AccessDeniedException", "InvalidParameterValue", "InvalidParameterValueException"}
NOT_ENABLED = {
    "AWSOrganizationsNotInUseException",
    "OptInRequired",
    "OptInRequiredException",
    "SubscriptionRequiredException",
}
# Security Hub and Macie say it with the codes of a denial: "Macie is not enabled".
NOT_ENABLED_IF_IT_SAYS_SO = re.compile(
    r"\A(?!.*\bauthorized\b).*\bis not (enabled|subscribed)\b", re.IGNORECASE | re.DOTALL
)
MAY_MEAN_NOT_ENABLED = {"AccessDeniedException", "InvalidAccessException"}
TIMED_OUT = {"RequestTimeout", "RequestTimeoutException", "408", "504"}


def classify(error: BaseException) -> Problem:
    """What a failed call means. Looks at types and codes; at texts only where AWS has one code for two things."""
    if isinstance(error, aws.ClientError):
        return _from_code(error)
    if isinstance(error, MalformedAnswer):
        return _problem(State.FAILED, ReasonCode.MALFORMED, str(error), retry=True)
    if isinstance(error, Renewed):
        return _problem(State.FAILED, ReasonCode.AUTH, str(error), retry=True)
    if isinstance(error, ClockSkew):
        return _problem(State.FAILED, ReasonCode.CLOCK_SKEW, str(error), account=True)
    if isinstance(error, TookTooLong):
        return _problem(State.FAILED, ReasonCode.TIMEOUT, str(error), retry=True)
    if isinstance(error, NoSuchEndpoint):
        return _problem(State.UNAVAILABLE, ReasonCode.NOT_OFFERED, str(error))
    if isinstance(error, WrongTarget):
        return _problem(State.FAILED, ReasonCode.UNEXPECTED, str(error))
    if isinstance(error, aws.ConnectTimeoutError | aws.ReadTimeoutError):
        return _problem(State.FAILED, ReasonCode.TIMEOUT, _named(error), retry=True)
    if isinstance(error, aws.HTTPClientError | aws.ConnectionError):
        return _problem(State.FAILED, ReasonCode.NETWORK, _named(error), retry=True)
    if isinstance(
        error,
        CredentialsError
        | aws.NoCredentialsError
        | aws.PartialCredentialsError
        | aws.CredentialRetrievalError
        | aws.TokenRetrievalError
        | aws.LoginError
        | aws.SSOError,
    ):
        return _problem(State.FAILED, ReasonCode.AUTH, _named(error), account=True)
    if isinstance(error, OSError):  # out of descriptors, say: others will be given back
        return _problem(State.FAILED, ReasonCode.UNEXPECTED, _named(error), retry=True)
    return _problem(State.FAILED, ReasonCode.UNEXPECTED, _placed(error))


def _from_code(error: Any) -> Problem:
    response = error.response
    code = str(response.get("Error", {}).get("Code") or "Unknown")
    text = str(response.get("Error", {}).get("Message") or "")
    status = response.get("ResponseMetadata", {}).get("HTTPStatusCode") or 0
    if code.isdigit():  # no AWS error: botocore then takes the status for the code, and the whole body for the message
        text = "an HTTP status without an AWS error"
    message = f"{error.operation_name}: {code}: {text}"

    def problem(state: State, reason: ReasonCode, *, retry: bool = False, throttled: bool = False) -> Problem:
        return _problem(state, reason, message, error=code, retry=retry, throttled=throttled)

    if THROTTLED.search(code) or status == 429 or text.startswith("Rate exceeded"):
        return problem(State.FAILED, ReasonCode.THROTTLED, retry=True, throttled=True)
    if code in CLOCK or SIGNED_AT_ANOTHER_TIME.search(text):
        return problem(State.FAILED, ReasonCode.CLOCK_SKEW)
    if code in AUTH:
        return problem(State.FAILED, ReasonCode.AUTH)
    if code in NOT_ENABLED or (code in MAY_MEAN_NOT_ENABLED and NOT_ENABLED_IF_IT_SAYS_SO.search(text)):
        return problem(State.UNAVAILABLE, ReasonCode.NOT_ENABLED)
    if code in NOT_OFFERED or (code in MAY_MEAN_NOT_OFFERED and NOT_OFFERED_IF_IT_SAYS_SO.search(text)):
        return problem(State.UNAVAILABLE, ReasonCode.NOT_OFFERED)
    if code in MAY_SAY_DENIED and NOT_OFFERED_THOUGH_IT_SAYS_DENIED.search(text):
        return problem(State.UNAVAILABLE, ReasonCode.NOT_OFFERED)
    if DENIED.search(code):
        return problem(State.DENIED, ReasonCode.SCP if POLICY_ABOVE.search(text) else ReasonCode.IAM)
    if PAGE_TOKEN.search(code) or (code in MAY_MEAN_PAGE_TOKEN and PAGE_TOKEN_IF_IT_SAYS_SO.search(text)):
        return problem(State.FAILED, ReasonCode.PAGE_TOKEN)
    if code in TIMED_OUT or status in (408, 504):
        return problem(State.FAILED, ReasonCode.TIMEOUT, retry=True)
    return problem(State.FAILED, ReasonCode.UNEXPECTED, retry=status >= 500)


def _named(error: BaseException) -> str:
    return f"{type(error).__name__}: {error}"


def _placed(error: BaseException) -> str:
    """The error's kind and place, not its text, which may quote what AWS answered."""
    frames = traceback.extract_tb(error.__traceback__)
    place = f" at {os.path.basename(frames[-1].filename)}:{frames[-1].lineno}" if frames else ""
    return f"{type(error).__name__}{place}"


def _problem(state: State, code: ReasonCode, message: str, **more: Any) -> Problem:
    if len(message) > MESSAGE_LIMIT:
        message = message[: MESSAGE_LIMIT - 1] + "…"
    return Problem(state, Reason(code, message), **more)


def unexpected(message: str) -> Problem:
    return _problem(State.FAILED, ReasonCode.UNEXPECTED, message)


def deadline_problem() -> Problem:
    return Problem(State.NOT_REACHED, Reason(ReasonCode.DEADLINE, "the deadline came first"))
