"""Lambda's functions: what is deployed runs in execution environments, one for each event at a time, as in AWS."""

from __future__ import annotations

import atexit
import base64
import json
import os
import threading
from typing import Any

from moto.awslambda.models import LambdaFunction
from moto.sqs.models import sqs_backends
from moto.sts.models import sts_backends

from tests.deploy.aws.emulator import ExecutionEnvironment, Function, Outcome

TAIL = 4096
"""Bytes of the log that an answer carries (API reference of Lambda's Invoke, LogType)."""

_lock = threading.Lock()
_idle: dict[tuple[Any, ...], list[ExecutionEnvironment]] = {}
_all: list[ExecutionEnvironment] = []
_cpu: int | None = None


def install(cpu: int | None) -> None:
    """Has every function run, each on that processor alone; None: on any."""
    global _cpu
    _cpu = cpu
    LambdaFunction.invoke = invoke
    atexit.register(stop)


def stop() -> None:
    """Ends all environments, those that are at work too."""
    for one in _all:
        one.stop()


def invoke(self: LambdaFunction, body: str, request_headers: Any, response_headers: dict[str, str]) -> bytes:
    # Where nothing is sent, AWS hands over an empty event.
    event = (body.encode() if isinstance(body, str) else body) or b"{}"
    kind = request_headers.get("x-amz-invocation-type", "RequestResponse")
    if kind == "DryRun":
        return b""
    if kind == "Event":
        threading.Thread(target=_deliver, args=(self, event), daemon=True).start()
        return b""
    outcome = _run(self, event)
    if outcome.failed:
        response_headers["x-amz-function-error"] = "Unhandled"
    response_headers["x-amz-log-result"] = base64.b64encode(outcome.log.encode()[-TAIL:]).decode()
    return outcome.answer


def _deliver(function: LambdaFunction, event: bytes) -> None:
    """An asynchronous invocation: what fails is tried again as configured, at once instead of after a minute, and then
    put into the queue for failures."""
    config = function.event_invoke_config[-1].config if function.event_invoke_config else {}
    attempts = 1 + int(config.get("MaximumRetryAttempts", 2))
    for _ in range(attempts):
        outcome = _run(function, event)
        if not outcome.failed:
            return
    destination = config.get("DestinationConfig", {}).get("OnFailure", {}).get("Destination", "")
    if destination.split(":")[2:3] == ["sqs"]:
        record = {
            "requestContext": {"condition": "RetriesExhausted", "approximateInvokeCount": attempts},
            "requestPayload": json.loads(event),
            "responseContext": {"functionError": "Unhandled"},
            "responsePayload": json.loads(outcome.answer),
        }
        queues = sqs_backends[function.account_id][function.region]
        queues.send_message(destination.split(":")[-1], json.dumps(record))


def _run(function: LambdaFunction, event: bytes) -> Outcome:
    environment, key = _environment(function)
    try:
        outcome = environment.invoke(event)
    except BaseException:
        environment.stop()
        raise
    with _lock:
        _idle.setdefault(key, []).append(environment)
    function.logs_backend.ensure_log_group(function.logs_group_name)
    function.save_logs(outcome.log)
    return outcome


def _environment(function: LambdaFunction) -> tuple[ExecutionEnvironment, tuple[Any, ...]]:
    """One that is warm and idle, of just this code and configuration, else a new one. Those of others are ended."""
    variables = function.environment_vars
    key = (
        *(function.function_arn, function.code_sha_256, function.handler, function.role, function.timeout),
        *(function.memory_size, json.dumps(variables, sort_keys=True), function.logs_group_name),
    )
    with _lock:
        stale = [one for other in list(_idle) if other[0] == key[0] and other != key for one in _idle.pop(other)]
        found = _idle[key].pop() if _idle.get(key) else None
    for one in stale:
        one.stop()
    if found:
        return found, key
    deployed = Function(
        name=function.function_name,
        handler=function.handler,
        code=function.code_bytes,
        timeout=int(function.timeout),
        memory_mb=int(function.memory_size),
        log_group=function.logs_group_name,
        environment=_of_aws(function) | {name: str(value) for name, value in variables.items()},
    )
    made = ExecutionEnvironment(deployed, _cpu)
    _all.append(made)
    return made, key


def _of_aws(function: LambdaFunction) -> dict[str, str]:
    """The region, the role's credentials, and the way to this server, which the function's own variables may change."""
    role = sts_backends[function.account_id][function.partition].assume_role(
        region_name=function.region,
        role_session_name=function.function_name,
        role_arn=function.role,
        policy="",
        duration=12 * 3600,
        external_id="",
    )
    return {
        "AWS_REGION": function.region,
        "AWS_DEFAULT_REGION": function.region,
        "AWS_ACCESS_KEY_ID": role.access_key_id,
        "AWS_SECRET_ACCESS_KEY": role.secret_access_key,
        "AWS_SESSION_TOKEN": role.session_token,
        "AWS_ENDPOINT_URL": f"http://127.0.0.1:{os.environ['MOTO_PORT']}",
    }
