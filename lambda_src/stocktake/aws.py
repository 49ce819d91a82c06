"""The only place that makes sessions, credentials, clients and API calls.

One client per service serves every region and account. What is particular to a call (region, credentials, where its
next page token goes) travels in a context variable that worker threads set and reset around the call, and is put in
place by botocore's `before-endpoint-resolution` event. What hooks into botocore:

    before-endpoint-resolution   region and credentials of the call (`_route`)
    before-sign                  leaves the host of an endpoint that has one name as it is (`_without_prefix`)
    before-send                  refuses a request that is signed for, or goes to, anywhere but its target (`_verify`)
    before-parse                 refuses an answer that botocore would silently read as `{}`, and reads the next page
                                 token, so that the next page is asked for before this one is parsed (`_inspect`)

The cost of a sweep is not the network: it is CA bundles loaded per client, clients built per region, and threads
fighting over both. Hence one TLS context and one table of connections for all (`_SharedHTTP`). botocore has no public
seam for that: `_endpoint.http_session` and what `_SharedHTTP` overrides are private, and held by tests.
"""

from __future__ import annotations

import html
import json
import logging
import os
import queue
import re
import socket
import ssl
import threading
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from functools import partial
from traceback import walk_tb
from typing import Any
from urllib.parse import urlsplit

import botocore.handlers
import botocore.session
import jmespath
from botocore import xform_name
from botocore.awsrequest import AWSHTTPConnection, AWSHTTPConnectionPool, AWSHTTPSConnection, AWSHTTPSConnectionPool
from botocore.config import Config
from botocore.credentials import Credentials, RefreshableCredentials
from botocore.exceptions import ClientError, EndpointConnectionError
from botocore.httpsession import ProxyConfiguration, URLLib3Session, create_urllib3_context, get_cert_path
from botocore.utils import get_environ_proxies, parse_timestamp
from urllib3 import PoolManager

from stocktake.catalog.spec import REDACTED, Paging, has, holders, without_content
from stocktake.errors import (
    EXPIRED,
    EXPIRED_OR_CLOCK,
    ClockSkew,
    CredentialsError,
    MalformedAnswer,
    NoSuchEndpoint,
    Renewed,
    TookTooLong,
    UsageError,
    WrongTarget,
    classify,
    listed,
)
from stocktake.model import GLOBAL_HOME, Page, ReasonCode, Request, ServiceCalls
from stocktake.runtime import within_descriptors
from stocktake.settings import Settings

# A client must have credentials of its own to sign at all; these open nothing, so that a call that lost its context
# cannot succeed as somebody else.
NO_KEY = "STOCKTAKENOKEY"

HOSTS = 400
IDLE_SOCKETS = 450
FIRST = ("sts", "account")
PLACES = 2
LARGE_BYTES = 64 * 1024
WAITING_BYTES = 32 * 1024 * 1024
SESSION_SECONDS = 3600  # the most that AWS gives a role that assumes another
SKEW_SECONDS = 240.0
"""AWS takes a signature for five minutes (Signature Version 4); what the answer's own way takes is left aside."""

STORE_ATTEMPTS = 4
STORE_SHARE = 2 / 3
EVENT_ATTEMPTS = 2
EVENT_CONNECT_SECONDS = 2.0
EVENT_READ_SECONDS = 3.0
PATIENCE_SECONDS = 2.0
LEAST_PATIENCE_SECONDS = 0.5
EXPECT_SECONDS = 1.0  # botocore waits as long for S3's word that a body may follow (awsrequest.py)

# botocore switches urllib3's TCP_NODELAY off: a body that follows its head then waits for the head's acknowledgement,
# which the other side may delay by 40 ms.
NO_DELAY = [(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)]

NO_SUCH_NAME = {socket.EAI_NONAME, getattr(socket, "EAI_NODATA", socket.EAI_NONAME)}

AWS_HOST = re.compile(r"\.(amazonaws\.com(\.cn)?|api\.aws)(:\d+)?\Z")
REGION_NAME = re.compile(r"[a-z]{2,4}(-[a-z]+)+-\d+\Z")
CREDENTIAL = re.compile(r"Credential=([^/]+)/\d+/([^/]+)/")
XML_ROOT = re.compile(
    rb"^\s*(?:\xef\xbb\xbf)?\s*(?:<\?xml[^>]*\?>)?\s*(?:<!--.*?-->\s*)*<([A-Za-z_][\w.-]*)", re.DOTALL
)
PLAIN_UTC = re.compile(r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$")

OnNext = Callable[[Request], None]


@dataclass(slots=True)
class _Current:
    """What is particular to the call that this thread is making."""

    request: Request
    facts: _Operation
    credentials: Credentials
    on_next: OnNext
    desk: _Desk
    endpoint: str | None = None
    status: int = 0
    early: Request | None = None
    seated: bool = False
    connection: Any = None
    given_up: bool = False


_current: ContextVar[_Current] = ContextVar("current")


@dataclass(eq=False, slots=True)
class _Door:
    """The way into another account: the credentials of its role, or why there are none."""

    lock: threading.Lock = field(default_factory=threading.Lock)
    credentials: RefreshableCredentials | None = None
    failures: int = 0
    refusal: Exception | None = None


@dataclass(eq=False, slots=True)
class _Doubt:
    """Whether AWS still knows whose an account's credentials are, as far as it was asked."""

    lock: threading.Lock = field(default_factory=threading.Lock)
    regions: set[str] = field(default_factory=set)
    refusal: str = ""


class Aws:
    """Calls AWS for the fan-out, and makes the clients that the store writes and a run is announced with.

    `core` is a botocore session that already has a profile and a region, or none.
    """

    def __init__(self, settings: Settings, core: Any = None) -> None:
        self._settings = settings
        self._core = core or new_session()
        self._http = _SharedHTTP(
            ca_bundle=self._core.get_config_variable("ca_bundle"),
            timeout=(settings.connect_timeout, settings.read_timeout),
            idle=within_descriptors(settings.threads, IDLE_SOCKETS)[1],
        )
        self._desk = _Desk()
        self._under_way: dict[Request, _Current] = {}
        self.own_calls = ServiceCalls()
        """Calls of STS that the fan-out does not know of: into accounts, and for those that are in doubt."""
        self._lock = threading.Lock()
        self._clients: dict[str, Any] = {}
        self._facts: dict[tuple[str, str, Paging | None, str], _Operation] = {}
        self._credentials: Any = None
        self._caller = ""
        self._expired: set[str] = set()
        self._doors: dict[str, _Door] = {}
        self._doubts: dict[str, _Doubt] = {}
        self._session_name = f"stocktake-{settings.scheduled or datetime.now(UTC):%Y%m%dT%H%M%SZ}"

    @property
    def home(self) -> str:
        """The region that the environment or the profile names; the partition's first where it names none."""
        return str(self._core.get_config_variable("region") or "us-east-1")

    @property
    def partition(self) -> str:
        return str(self._core.get_partition_for_region(self.home))

    def known_regions(self) -> dict[str, tuple[str, ...]]:
        """botocore's own list of every partition's regions: all there may be, not what an account has enabled.

        From its list of endpoints: `get_available_regions` would read all of EC2's model first.
        """
        endpoints = self._endpoints()
        return {
            name: tuple(sorted(endpoints.get_available_endpoints("ec2", name)))
            for name in endpoints.get_available_partitions()
        }

    def _endpoints(self) -> Any:
        return self._core._get_internal_component("endpoint_resolver")

    def call(self, request: Request, on_next: OnNext) -> Page:
        """Makes one call, once, and answers its page. Calls `on_next` with the request for the page after it as soon
        as the token is known, which is before the page is parsed.

        The credentials are the environment's for the caller's own account and for the account "", and those of the role
        for any other, where the inventory asks for accounts.

        Raises botocore's exceptions, MalformedAnswer, WrongTarget and TookTooLong; Renewed where the credentials had
        expired and there are others now; ClockSkew and CredentialsError for what no call of the account can mend.
        """
        credentials = self._credentials_for(request.account)
        try:
            current, answer = self._ask(request, credentials, on_next)
        except ClientError as error:
            _without_secrets(error, credentials)
            self._look_into(error, request, credentials)
            raise
        if request.needs and not has(answer, request.needs):
            raise MalformedAnswer(f"{request.operation}: the answer has no {'.'.join(request.needs)}")
        following = current.facts.next_request(request, answer, current.early)
        current.facts.hidden.redact(answer)
        if (request.operation, request.account) == ("GetCallerIdentity", ""):
            self._caller = str(answer.get("Account") or "")
        return Page(answer, following)

    def give_up(self, request: Request) -> None:
        """Ends a call that is under way: its connection is shut, so that the thread that waits for it comes free."""
        current = self._under_way.get(request)
        sock = getattr(current and current.connection, "sock", None)
        if current is not None and sock is not None:
            current.given_up = True
            with suppress(OSError):
                # Not SSLSocket's own, which takes the TLS state away from under the thread that reads.
                socket.socket.shutdown(sock, socket.SHUT_RDWR)

    def _look_into(self, error: ClientError, request: Request, credentials: Credentials) -> None:
        """Raises what a refusal of credentials means, if it means more than it says."""
        problem = classify(error)
        code = problem.error
        if problem.reason.code not in (ReasonCode.AUTH, ReasonCode.CLOCK_SKEW):
            return
        skew = _skew_in(error)
        if problem.reason.code is ReasonCode.CLOCK_SKEW and abs(skew) > SKEW_SECONDS:
            ahead = "ahead of" if skew > 0 else "behind"
            raise ClockSkew(f"{problem.reason.message} (our clock is {abs(skew):,.0f} s {ahead} AWS's)") from None
        may_be_renewed = code in EXPIRED or code == EXPIRED_OR_CLOCK
        if may_be_renewed and self._renew(request.account, credentials):
            raise Renewed(f"{request.operation}: the credentials had expired; there are others now") from None
        if request.operation != "GetCallerIdentity" and self._is_unknown(request):
            raise CredentialsError(
                f"{problem.reason.message}; AWS does not know any more whose credentials these are: "
                f"{self._doubts[request.account].refusal}"
            ) from None

    def _is_unknown(self, request: Request) -> bool:
        """Whether credentials that a call refused are refused everywhere, or only there: a region that is not enabled
        for an account says the same of good ones. STS is asked once for each region that does so."""
        with self._lock:
            doubt = self._doubts.setdefault(request.account, _Doubt())
        with doubt.lock:
            if not doubt.refusal and request.region not in doubt.regions:
                doubt.regions.add(request.region)
                home = GLOBAL_HOME.get(self.partition, self.home)
                asked = Request("sts", "GetCallerIdentity", {}, request.account, home if request.account else self.home)
                try:
                    self._ask(asked, self._credentials_for(request.account), lambda _: None)
                except Exception as error:
                    problem = classify(error)
                    if problem.reason.code in (ReasonCode.AUTH, ReasonCode.CLOCK_SKEW):
                        doubt.refusal = problem.reason.message
                with self._lock:
                    self.own_calls.calls += 1
        return bool(doubt.refusal)

    def _ask(self, request: Request, credentials: Credentials, on_next: OnNext) -> tuple[_Current, dict[str, Any]]:
        """One call with these credentials: what was noted on the way, and the answer as it is, secrets included."""
        client = self._client(request.service)
        facts = self._operation(client, request)
        current = _Current(request, facts, credentials, on_next, self._desk)
        parameters = dict(request.parameters)
        if request.token is not None:
            tokens = zip(facts.tokens_in, request.token, strict=True)
            parameters.update((name, token) for name, token in tokens if token is not None)
        mark = _current.set(current)
        self._under_way[request] = current
        try:
            answer: dict[str, Any] = getattr(client, facts.method)(**parameters)
        except EndpointConnectionError as error:
            if _names_nobody(error) and self._knows_no_endpoint(client, request.region):
                host = urlsplit(error.kwargs["endpoint_url"]).hostname
                raise NoSuchEndpoint(
                    f"{request.operation}: there is no {host}, the SDK knows none, and {request.region} has others"
                ) from None
            raise
        except Exception as error:
            if current.given_up:  # a body that ends early is an error of many kinds
                raise TookTooLong(f"{request.operation}: the answer took too long") from None
            if not _raised_by_parser(error):
                raise
            # ResponseParserError, KeyError, AttributeError, UnicodeDecodeError…; its text may quote the body.
            if current.status >= 300:  # a throttle or an outage in plain text is still one
                metadata = {"HTTPStatusCode": current.status}
                answer = {"Error": {"Code": str(current.status), "Message": ""}, "ResponseMetadata": metadata}
                raise ClientError(answer, request.operation) from None
            raise MalformedAnswer(f"{request.operation}: the answer could not be parsed") from None
        finally:
            _current.reset(mark)
            self._under_way.pop(request, None)
            if current.seated:
                self._desk.leave()
        answer.pop("ResponseMetadata", None)
        return current, answer

    def has_room(self) -> bool:
        """Whether more may be asked for: not while what has come is more than can soon be read."""
        return self._desk.waiting < WAITING_BYTES

    def prepare(self, services: Iterable[str]) -> None:
        """Makes the clients of services before they are called: a thread's work while the first answers are awaited,
        and so those first that are called first."""
        for service in (*FIRST, *services):
            self._client(service)

    def connect(self, service: str, region: str) -> None:
        """Opens a connection to a service's host in a region, which the first call to it then finds open.

        For a thread of its own, while the SDK's models are loaded: a cold run is as long as its start and three round
        trips to the farthest region, and a connection is two of them. Says nothing of what fails, as the call will, and
        does nothing where the host is not sure without the service's model: where the SDK's list of endpoints knows the
        service by another name, and where endpoints are configured.
        """
        endpoints = self._endpoints()
        known = endpoints.get_available_endpoints(service, self._core.get_partition_for_region(region))
        if region in known and self._ordinary_endpoints():
            self._http.connect(f"https://{endpoints.construct_endpoint(service, region)['hostname']}")

    def _knows_no_endpoint(self, client: Any, region: str) -> bool:
        """Whether a name that does not exist means that the service is not offered in a region, and not that the
        network is gone: the SDK has no endpoint there either, and EC2, which every region has, can be found."""
        partition = self._core.get_partition_for_region(region)
        endpoints = self._endpoints()
        if region in endpoints.get_available_endpoints(client.meta.service_model.endpoint_prefix, partition):
            return False
        try:
            socket.getaddrinfo(endpoints.construct_endpoint("ec2", region)["hostname"], 443)
        except OSError:
            return False
        return True

    def _ordinary_endpoints(self) -> bool:
        configured = self._core.get_scoped_config()
        return not (
            any(name.startswith("AWS_ENDPOINT_URL") for name in os.environ)
            or any(name in configured for name in ("endpoint_url", "services"))
            or any(self._core.get_config_variable(f"use_{kind}_endpoint") for kind in ("dualstack", "fips"))
        )

    def s3(self) -> Any:
        """An ordinary S3 client with the environment's own credentials, for the store. Sends again by itself, and gives
        up early enough for a run to end in an error instead of being killed (`store_patience`)."""
        attempts, connect, read = store_patience(self._settings)
        return self._core.create_client(
            "s3",
            region_name=self.home,
            config=Config(
                retries={"mode": "standard", "total_max_attempts": attempts},
                connect_timeout=connect,
                read_timeout=read,
            ),
        )

    def events(self, bus: str) -> Any:
        """An ordinary EventBridge client with the environment's own credentials, in the region of a bus that is named
        by its ARN. A bus that does not answer has been given up after some ten seconds."""
        with self._lock:  # threads may still be making clients from this session
            return self._core.create_client(
                "events",
                region_name=bus.split(":")[3] if ":" in bus else self.home,
                config=Config(
                    retries={"mode": "standard", "total_max_attempts": EVENT_ATTEMPTS},
                    connect_timeout=EVENT_CONNECT_SECONDS,
                    read_timeout=EVENT_READ_SECONDS,
                ),
            )

    def _client(self, service: str) -> Any:
        client = self._clients.get(service)
        if client is None:
            with self._lock:  # making clients from one session is not thread-safe (boto3 issue 801)
                client = self._clients.get(service) or self._make_client(service)
                self._clients[service] = client
        return client

    def _make_client(self, service: str) -> Any:
        client = self._core.create_client(
            service,
            region_name=self.home,
            aws_access_key_id=NO_KEY,
            aws_secret_access_key=NO_KEY,
            config=Config(
                retries={"mode": "standard", "total_max_attempts": 1},
                connect_timeout=self._settings.connect_timeout,
                read_timeout=self._settings.read_timeout,
                account_id_endpoint_mode="disabled",
                endpoint_discovery_enabled=False,
                s3={"addressing_style": "path", "us_east_1_regional_endpoint": "regional"},
                user_agent_appid="stocktake",
            ),
        )
        client._endpoint.http_session = self._http
        service_id = client.meta.service_model.service_id.hyphenize()
        client.meta.events.register(f"before-endpoint-resolution.{service_id}", _route)
        client.meta.events.register(f"before-sign.{service_id}", _without_prefix)
        client.meta.events.register_last(f"before-send.{service_id}", _verify)
        client.meta.events.register_first(f"before-parse.{service_id}", _inspect)
        if service == "route53":
            client.meta.events.register("before-parameter-build.route53.ListTagsForResources", with_bare_ids)
        if service == "s3":  # this would hide a bad 200 behind a 500 before `_inspect` sees it
            client.meta.events.unregister("before-parse.s3.*", botocore.handlers._handle_200_error)
        return client

    def _operation(self, client: Any, request: Request) -> _Operation:
        key = (request.service, request.operation, request.paging, request.root)
        facts = self._facts.get(key)
        if facts is None:
            with self._lock:
                paging = request.paging or _botocore_paging(self._core, request.service, request.operation)
                facts = _Operation(client.meta.service_model.operation_model(request.operation), paging, request.root)
                self._facts[key] = facts
        return facts

    def _credentials_for(self, account: str) -> Credentials:
        if account in ("", self._caller) or not self._settings.inventory.accounts:
            return self._own_credentials()
        door = self._doors.get(account)
        if door is None:
            with self._lock:
                door = self._doors.setdefault(account, _Door())
        credentials = door.credentials  # `_renew` may take them away meanwhile
        if credentials is None:
            with door.lock:  # one call for all who wait at this door; other accounts' are not held up
                credentials = door.credentials
                if credentials is None:
                    enter = partial(self._enter, account, door)
                    credentials = RefreshableCredentials.create_from_metadata(enter(), enter, "assume-role")
                    door.credentials = credentials
        return _frozen(credentials)

    def _renew(self, account: str, expired: Credentials) -> bool:
        """Whether there are other credentials for an account than those that AWS says have expired. botocore renews
        them by the clock alone; but a session can be revoked, and a clock be wrong."""
        with self._lock:
            renewed = expired.access_key in self._expired
            self._expired.add(expired.access_key)
            door = self._doors.get(account)
            if not renewed and door is not None:
                door.credentials = None
            elif not renewed:
                self._credentials = self._core.get_component("credential_provider").load_credentials()
        return self._credentials_for(account).access_key not in self._expired

    def _own_credentials(self) -> Credentials:
        if self._credentials is None:
            with self._lock:
                self._credentials = self._core.get_credentials()
        if self._credentials is None:
            raise CredentialsError(
                "no AWS credentials found: set AWS_PROFILE, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, "
                "or run where a role provides them"
            )
        return _frozen(self._credentials)

    def _enter(self, account: str, door: _Door) -> dict[str, str]:
        """Assumes the account's role, for the first time or again. A refusal is remembered, as is the last failure of
        as many first attempts as a call has: it is said to all who ask, and AWS is asked no more."""
        if door.refusal is not None:
            raise door.refusal.with_traceback(None)
        try:
            entered = self._assume_role(account)
        except Exception as error:
            door.failures += door.credentials is None
            if door.failures >= self._settings.attempts or not classify(error).retry:
                door.refusal = error
            raise
        return entered

    def _assume_role(self, account: str) -> dict[str, str]:
        asked = {
            "RoleArn": f"arn:{self.partition}:iam::{account}:role/{self._settings.role}",
            "RoleSessionName": self._session_name,
            "DurationSeconds": SESSION_SECONDS,
        }
        if self._settings.external_id:
            asked["ExternalId"] = self._settings.external_id
        # In the partition's home, which every account has enabled: AWS refuses in a region that the other has not.
        request = Request("sts", "AssumeRole", asked, "", GLOBAL_HOME.get(self.partition, self.home))
        with self._lock:
            self.own_calls.calls += 1
        _, answer = self._ask(request, self._own_credentials(), lambda _: None)
        who = (answer.get("AssumedRoleUser") or {}).get("Arn") or ""
        given = answer.get("Credentials") or {}
        names = {
            "access_key": "AccessKeyId",
            "secret_key": "SecretAccessKey",
            "token": "SessionToken",
            "expiry_time": "Expiration",
        }
        entered = {name: str(given.get(member) or "") for name, member in names.items()}
        if not who or not all(entered.values()):
            raise MalformedAnswer("AssumeRole: the answer has no credentials")
        if who.split(":")[4:5] != [account]:
            raise WrongTarget(f"AssumeRole: refused the credentials of {who}, which is not in account {account}")
        return entered


def _frozen(credentials: Any) -> Credentials:
    """Credentials as they are now, refreshed where they are about to expire."""
    try:
        frozen = credentials.get_frozen_credentials()
    except RuntimeError as error:  # botocore's word for credentials that are expired after their refresh
        raise CredentialsError(str(error)) from error
    return Credentials(frozen.access_key, frozen.secret_key, frozen.token)


def store_patience(settings: Settings) -> tuple[int, float, float]:
    """How often a request of the store is sent, and the seconds for its connection and for each wait for its answer.

    A request that is never answered has failed when STORE_SHARE of the reserve is over, waits between sends included:
    the rest is for what comes before publishing, and the run can still say what is wrong. Where the reserve is short, a
    request is sent less often rather than with less than PATIENCE_SECONDS each time.
    """
    time = STORE_SHARE * settings.reserve_seconds
    for attempts in range(STORE_ATTEMPTS, 0, -1):
        waits = sum(2**n for n in range(attempts - 1))  # botocore's standard mode: at most 1, 2, 4… seconds
        each = (time - waits) / attempts - EXPECT_SECONDS
        if each >= PATIENCE_SECONDS:
            break
    each = max(each, LEAST_PATIENCE_SECONDS)
    connect = min(settings.connect_timeout, each / 4)
    return attempts, connect, each - connect


def new_session(profile: str | None = None, region: str | None = None) -> Any:
    """A botocore session. Times in answers come as canonical text.

    Raises UsageError for a profile that the AWS configuration does not have.
    """
    core = botocore.session.Session(profile=profile)
    if core.profile and core.profile not in core.available_profiles:
        raise UsageError("AWS_PROFILE", core.profile, f"the configured profiles are {listed(core.available_profiles)}")
    region = region or os.environ.get("AWS_REGION")  # which botocore, unlike AWS's other SDKs, does not read
    if region:
        core.set_config_variable("region", region)
    core.get_component("response_parser_factory").set_parser_defaults(timestamp_parser=canonical_time)
    return core


def canonical_time(value: Any) -> str:
    """A time as AWS's protocols write it (ISO 8601, HTTP date, seconds since 1970) as UTC ISO 8601 text.

    What is no time stays as it is, as text: one odd field must not cost the page.
    """
    if isinstance(value, str) and PLAIN_UTC.match(value):
        whole, _, fraction = value[:-1].partition(".")
        fraction = fraction[:6].rstrip("0")
        return f"{whole}.{fraction}Z" if fraction else f"{whole}Z"
    try:
        time: datetime = parse_timestamp(value).astimezone(UTC)
    except (ValueError, OverflowError, OSError, RuntimeError, TypeError):
        return str(value)
    text = time.replace(tzinfo=None).isoformat()
    return (text.rstrip("0") if "." in text else text) + "Z"


def _route(builtins: dict[str, Any], context: dict[str, Any], **_: Any) -> None:
    """Gives the call at hand its own region and credentials."""
    current = _current.get()
    region = current.request.region
    builtins["AWS::Region"] = region
    context["client_region"] = region
    context["signing"] = {"region": region, "request_credentials": current.credentials}
    if "s3_redirect" in context:
        context["s3_redirect"]["redirected"] = True  # botocore would otherwise send it again, elsewhere
    current.endpoint = builtins.get("SDK::Endpoint")


def _without_prefix(request: Any, **_: Any) -> None:
    """Takes what an operation puts before its host (an account, `api.`) off that of a configured endpoint: an emulator
    has one name. AWS's own, behind PrivateLink, has them all."""
    there = urlsplit(_current.get().endpoint or "").netloc
    if there and not AWS_HOST.search(there) and urlsplit(request.url).netloc.endswith("." + there):
        request.url = urlsplit(request.url)._replace(netloc=there).geturl()


def _verify(request: Any, **_: Any) -> None:
    """Refuses a request whose key, signing region or host is not its target's."""
    current = _current.get()
    region = current.request.region
    header = request.headers.get("Authorization") or b""
    signed = CREDENTIAL.search(header.decode() if isinstance(header, bytes) else header)
    host = urlsplit(request.url).netloc
    if current.endpoint is not None:
        there = urlsplit(current.endpoint).netloc
        host_fits = host == there or host.endswith("." + there)
    else:
        host_fits = all(label == region for label in host.split(".") if REGION_NAME.match(label))
    if not signed or signed[1] != current.credentials.access_key or signed[2] != region or not host_fits:
        raise WrongTarget(
            f"{current.request.operation}: refused to send a request for {region} to {host}, "
            f"signed for {signed[2] if signed else 'nobody'}"
        )


def _inspect(response_dict: Mapping[str, Any], **_: Any) -> None:
    """Refuses an answer that is not whole, and passes the next page's request on."""
    current = _current.get()
    current.status = response_dict["status_code"]
    body = response_dict["body"]
    if current.status >= 300 or not isinstance(body, bytes):
        return
    headers = response_dict["headers"]
    length = headers.get("Content-Length")
    if length is not None and "Content-Encoding" not in headers and length.isdigit() and int(length) != len(body):
        raise MalformedAnswer(f"{current.request.operation}: {length} bytes were announced and {len(body)} came")
    if len(body) >= LARGE_BYTES:
        current.desk.sit(len(body))
        current.seated = True
    token = current.facts.inspect(body)
    if token is not None:
        current.early = current.request.at(token)
        current.on_next(current.early)


class _Operation:
    """What is known of an operation from its model: its paging, what its answers must look like, what they hide."""

    def __init__(self, model: Any, paging: Paging | None, root: str) -> None:
        self.name = model.name
        self.method = xform_name(model.name)
        self._protocol = model.service_model.resolved_protocol
        shape = model.output_shape
        payload = shape.serialization.get("payload") if shape is not None else None
        body = shape.members.get(payload) if payload else shape
        members = body.members if body is not None and body.type_name == "structure" else {}
        self._structured = bool(members)
        self._wire = {
            member.serialization.get("name", name): name
            for name, member in members.items()
            if member.serialization.get("location") in (None, "")
        }
        self._roots = {f"{model.name}Response"}
        if self._protocol == "rest-xml":
            names = (root, payload, shape and shape.name, body and body.serialization.get("name"))
            self._roots |= {f"{model.name}Result", *filter(None, names)}
            members_there = "|".join(re.escape(name) for name in (*self._wire, payload or "") if name)
            self._xml_member = re.compile(rf"<(?:{members_there})[\s/>]".encode())
        self.hidden = hidden_in(shape)
        self.tokens_in = paging.tokens_in if paging else ()
        self._tokens_out = [jmespath.compile(path) for path in paging.tokens_out] if paging else []
        self._more = jmespath.compile(paging.more) if paging and paging.more else None
        by_member = {name: wire for wire, name in self._wire.items()}
        self._wire_token = by_member.get(paging.tokens_out[0]) if paging and len(paging.tokens_out) == 1 else None
        self._wire_more = by_member.get(paging.more) if paging and paging.more else None
        tag = re.escape(self._wire_token or "").encode()
        self._xml_token = re.compile(rb"<" + tag + rb">([^<]+)</" + tag + rb">") if tag else None

    def inspect(self, body: bytes) -> tuple[str] | None:
        """The next page's token, where the raw answer shows one plainly; raises MalformedAnswer where the body is not
        this operation's. botocore reads a truncated, empty or HTML 200 of a JSON service as `{}`, and an HTML one of
        an XML service too, without error or retry in any mode."""
        if not self._structured:
            return None
        if self._protocol in ("query", "ec2", "rest-xml"):
            return self._inspect_xml(body)
        if self._protocol in ("json", "rest-json"):
            return self._inspect_json(body)
        if not body or body[0] >> 5 != 5:  # CBOR's major type 5 is a map (RFC 8949, 3.1)
            raise MalformedAnswer(f"{self.name}: the answer is no CBOR map")
        return None

    def _inspect_xml(self, body: bytes) -> tuple[str] | None:
        found = XML_ROOT.match(body[:2000])
        root = found[1].decode() if found else ""
        if root not in self._roots and (
            self._protocol != "rest-xml"
            or not root
            or root.lower() in ("html", "error")
            or not self._xml_member.search(body)
        ):
            raise MalformedAnswer(f"{self.name}: the answer is not the operation's XML")
        tokens = self._xml_token.findall(body) if self._xml_token else []
        return (html.unescape(tokens[0].decode()),) if len(tokens) == 1 else None

    def _inspect_json(self, body: bytes) -> tuple[str] | None:
        try:
            answer = json.loads(body.decode())  # of bytes, it would take more encodings than botocore does
        except (ValueError, RecursionError):
            raise MalformedAnswer(f"{self.name}: the answer is no JSON") from None
        if not isinstance(answer, dict) or (answer and not any(name in self._wire for name in answer)):
            raise MalformedAnswer(f"{self.name}: the answer has no member of the operation's")
        token = answer.get(self._wire_token) if self._wire_token else None
        if not isinstance(token, str) or not token or (self._more and not answer.get(self._wire_more)):
            return None
        return (token,)

    def next_request(self, request: Request, answer: Mapping[str, Any], early: Request | None) -> Request | None:
        """The request for the next page by the parsed answer, which is the truth; the early one where it agrees. Where
        the answer does not say whether there is more, its token does."""
        more = self._more.search(answer) if self._more else None
        if not self._tokens_out or (more is not None and not more):
            return None
        token = tuple(path.search(answer) or None for path in self._tokens_out)
        if not any(token):
            if more:
                raise MalformedAnswer(f"{self.name}: the answer says that there is more, but has no token for it")
            return None
        return early if early is not None and early.token == token else request.at(token)


def with_bare_ids(params: dict[str, Any], **_: Any) -> None:
    """Route 53 lists a zone as `/hostedzone/Z1D633PJN98FT9` and wants to be asked for the last part. botocore sees to
    that everywhere but in lists of ids."""
    params["ResourceIds"] = [one.rpartition("/")[2] for one in params["ResourceIds"]]


def _without_secrets(error: ClientError, credentials: Credentials) -> None:
    """Takes our own secrets out of what an answer says: something may send back what it was sent."""
    said = error.response.get("Error", {})
    for secret in (credentials.secret_key, credentials.token):
        for member, text in said.items():
            if secret and isinstance(text, str):
                said[member] = text.replace(secret, REDACTED)


def _skew_in(error: ClientError) -> float:
    """Seconds that our clock is ahead of AWS's, by the answer's `Date`; 0 where it has none."""
    date = error.response.get("ResponseMetadata", {}).get("HTTPHeaders", {}).get("date")
    with suppress(ValueError, TypeError):
        return (datetime.now(UTC) - parsedate_to_datetime(date)).total_seconds()
    return 0.0


def _names_nobody(error: EndpointConnectionError) -> bool:
    """Whether the name service says that there is no such host, rather than nothing."""
    cause: BaseException | None = error.kwargs.get("error")
    while cause is not None and not isinstance(cause, socket.gaierror):
        cause = cause.__cause__ or cause.__context__
    return cause is not None and cause.errno in NO_SUCH_NAME


def _raised_by_parser(error: Exception) -> bool:
    """Whether botocore could not make sense of an answer: its parsers raise nearly anything."""
    return any(frame.f_globals.get("__name__") == "botocore.parsers" for frame, _ in walk_tb(error.__traceback__))


@dataclass(eq=False, slots=True)
class Hidden:
    """What is sensitive under an output shape: all of it, or what its members hide (`[]` stands for the elements of a
    list, `*` for the values of a map). Cyclic where the shape is."""

    everything: bool
    members: dict[str, Hidden] = field(default_factory=dict)

    def redact(self, value: Any) -> None:
        """Replaces, in place, what is hidden in a value of the shape; the keys of objects and lengths of lists stay."""
        for name, inner in self.members.items():
            for holder, key in holders(value, (name,)):
                if inner.everything:
                    holder[key] = without_content(holder[key])
                else:
                    inner.redact(holder[key])


def hidden_in(shape: Any) -> Hidden:
    """What botocore's model marks `sensitive` in an output shape (None: nothing), however deep shapes return."""
    seen: dict[str, Hidden] = {}

    def read(shape: Any) -> Hidden:
        if shape.name not in seen:
            hidden = seen[shape.name] = Hidden(bool(shape.metadata.get("sensitive")))
            if shape.type_name == "structure":
                hidden.members = {name: read(member) for name, member in shape.members.items()}
            elif shape.type_name == "list":
                hidden.members = {"[]": read(shape.member)}
            elif shape.type_name == "map":
                hidden.members = {"*": read(shape.value)}
        return seen[shape.name]

    if shape is None:
        return Hidden(False)
    top = read(shape)
    leading = {hidden for hidden in seen.values() if hidden.everything}
    before = -1
    while before < len(leading):
        before = len(leading)
        leading |= {hidden for hidden in seen.values() if not leading.isdisjoint(hidden.members.values())}
    for hidden in seen.values():
        hidden.members = {name: inner for name, inner in hidden.members.items() if inner in leading}
    return top


def _botocore_paging(core: Any, service: str, operation: str) -> Paging | None:
    try:
        data = core.get_paginator_model(service).get_paginator(operation)
    except Exception:  # an unknown service has no paginator file, an operation no entry: ValueError, DataNotFoundError
        return None
    tokens_in, tokens_out = (
        tuple(value) if isinstance(value, list) else (value,) for value in (data["input_token"], data["output_token"])
    )
    return Paging(tokens_in, tokens_out, data.get("more_results", ""))


class _Desk:
    """Where large answers are read, few at a time: read, one is ten times as large, and Python reads one at a time
    anyway. The others wait as they came."""

    def __init__(self) -> None:
        self._places = threading.Semaphore(PLACES)
        self._lock = threading.Lock()
        self.waiting = 0

    def sit(self, size: int) -> None:
        with self._lock:
            self.waiting += size
        self._places.acquire()
        with self._lock:
            self.waiting -= size

    def leave(self) -> None:
        self._places.release()


class _Proxies(ProxyConfiguration):  # type: ignore[misc]
    """The environment's proxies, looked up once a host: one session serves all of them."""

    def __init__(self) -> None:
        super().__init__()
        self._by_host: dict[tuple[str, str], str | None] = {}

    def proxy_url_for(self, url: str) -> str | None:
        place = urlsplit(url)[:2]
        if place not in self._by_host:
            proxy = get_environ_proxies(url).get(place[0])
            self._by_host[place] = self._fix_proxy_url(proxy) if proxy else None
        return self._by_host[place]


class _Idle:
    """How many connections wait to be used again, over all hosts; `most` may."""

    def __init__(self, most: int) -> None:
        self._lock = threading.Lock()
        self._most = most
        self.count = 0

    def take(self) -> bool:
        """Whether there was room for one more."""
        with self._lock:
            room = self.count < self._most
            self.count += room
            return room

    def give_back(self) -> None:
        with self._lock:
            self.count -= 1


class _Waiting:
    """The idle connections of one host, for urllib3's pool in place of its queue, which has a fixed number of places a
    host: a hot host would throw connections away while cold ones keep theirs."""

    def __init__(self, idle: _Idle, _: int) -> None:
        self._idle = idle
        self._connections: list[Any] = []

    def put(self, connection: Any, block: bool = True, timeout: float | None = None) -> None:
        if connection is None:  # urllib3 fills its places so
            return
        if self._idle.take():
            self._connections.append(connection)
        else:
            connection.close()

    def get(self, block: bool = True, timeout: float | None = None) -> Any:
        try:
            connection = self._connections.pop()
        except IndexError:
            raise queue.Empty from None
        self._idle.give_back()
        return connection

    def qsize(self) -> int:
        return len(self._connections)


class _Noted:
    """Notes which connection a thread's call is on, so that it can be shut under it."""

    def connect(self) -> None:
        self._note()
        super().connect()  # type: ignore[misc]

    def request(self, *arguments: Any, **more: Any) -> Any:
        self._note()
        return super().request(*arguments, **more)  # type: ignore[misc]

    def _note(self) -> None:
        current = _current.get(None)
        if current is not None:
            current.connection = self


class _Connection(_Noted, AWSHTTPConnection):  # type: ignore[misc]
    pass


class _TLSConnection(_Noted, AWSHTTPSConnection):  # type: ignore[misc]
    @property
    def is_connected(self) -> bool:
        """Whether an idle connection can be used. urllib3 takes one that has something to read for one that was closed;
        after the handshake, though, a TLS 1.3 server sends session tickets (RFC 8446, 4.6.1): they are read here."""
        if self.sock is None:
            return False
        seconds = self.sock.gettimeout()
        self.sock.settimeout(0)
        try:
            self.sock.recv(1)
        except ssl.SSLWantReadError:
            return True
        except OSError:
            return False
        finally:
            self.sock.settimeout(seconds)
        return False


class _SharedHTTP(URLLib3Session):  # type: ignore[misc]
    """One TLS context, loaded once, and one table of connections for every client.

    The table is large enough that no host is evicted while in use (botocore leaves urllib3's 10). Idle sockets
    (at most `idle`) and those in flight (`Settings.threads`) together stay under Lambda's 1,024 descriptors.
    """

    def __init__(self, ca_bundle: str | None, timeout: tuple[float, float], idle: int = IDLE_SOCKETS) -> None:
        verify = ca_bundle or True
        self._context = create_urllib3_context()
        self._context.load_verify_locations(get_cert_path(verify))
        super().__init__(verify=verify, timeout=timeout, max_pool_connections=1, socket_options=NO_DELAY)
        self.idle = _Idle(idle)
        waiting = staticmethod(partial(_Waiting, self.idle))
        self._pool_classes_by_scheme = {
            scheme: type(base.__name__, (base,), {"QueueCls": waiting, "ConnectionCls": connection})
            for scheme, base, connection in (
                ("http", AWSHTTPConnectionPool, _Connection),
                ("https", AWSHTTPSConnectionPool, _TLSConnection),
            )
        }
        self._proxy_config = _Proxies()
        self._manager = PoolManager(num_pools=HOSTS, **self._get_pool_manager_kwargs())
        self._manager.pool_classes_by_scheme = self._pool_classes_by_scheme
        self._opening: dict[tuple[str, str], threading.Event] = {}
        self._patience = timeout[0]

    def connect(self, url: str) -> None:
        """Opens a connection to a host before it is called. Only the first call waits for it: those that are made at
        the same time need connections of their own."""
        place = urlsplit(url)[:2]
        opened = threading.Event()
        if self._proxy_config.proxy_url_for(url) or self._opening.setdefault(place, opened) is not opened:
            return
        try:
            pool: Any = self._manager.connection_from_url(url)
            self._setup_ssl_cert(pool, url, True)
            connection = pool._get_conn()
            pool._validate_conn(connection)
            pool._put_conn(connection)
        except Exception:
            logging.getLogger(__name__).debug("no connection to %s ahead of its first call", place[1])
        finally:
            opened.set()

    def send(self, request: Any) -> Any:
        opening = self._opening.pop(urlsplit(request.url)[:2], None)
        if opening is not None:
            opening.wait(self._patience)
        return super().send(request)

    def _get_ssl_context(self) -> Any:
        return self._context

    def _setup_ssl_cert(self, conn: Any, url: str, verify: Any) -> None:
        # The CAs are in the context already; naming a file here would load it again for every host.
        conn.cert_reqs = "CERT_REQUIRED"
