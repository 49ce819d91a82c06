"""Errors as each service spells them, and as each protocol writes them."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Any
from xml.sax.saxutils import escape

import cbor2

from tests.loopback_aws.render import CONTENT_TYPES, Rendered


@dataclass(eq=False)
class Refused(Exception):
    """An error to answer with."""

    code: str
    message: str = ""
    status: int = 400
    headers: tuple[tuple[str, str], ...] = ()
    extra: str = ""
    """Further elements of an S3 error."""


def protocol_of(model: Any) -> str:
    """The protocol that a service's errors are spelt by: a service that moved on to another keeps its codes."""
    return str(model.service_model.protocol)


THROTTLES = {
    "apigateway": ("TooManyRequestsException", 429),
    "apigatewayv2": ("TooManyRequestsException", 429),
    "dynamodb": ("ThrottlingException", 400),
    "iam": ("Throttling", 400),
    "lambda": ("TooManyRequestsException", 429),
    "organizations": ("TooManyRequestsException", 400),
    "account": ("TooManyRequestsException", 429),
    "kinesis": ("LimitExceededException", 400),
    "eks": ("ThrottlingException", 429),
    "route53": ("Throttling", 400),
    "s3": ("SlowDown", 503),
    "ssm": ("ThrottlingException", 400),
    "sqs": ("RequestThrottled", 403),
    "wafv2": ("ThrottlingException", 400),
}
"""A service's own throttling error, from the API references; others: by protocol."""


def throttled(service: str, model: Any) -> Refused:
    protocol = protocol_of(model)
    if service in THROTTLES:
        code, status = THROTTLES[service]
        return Refused(code, "Rate exceeded", status)
    if protocol == "ec2":
        return Refused("RequestLimitExceeded", "Request limit exceeded.", 503)
    if protocol in ("query", "rest-xml"):
        return Refused("Throttling", "Rate exceeded", 400)
    modeled = (shape for shape in model.error_shapes if re.search("Throttl|TooManyRequests", shape.name))
    shape = next(modeled, None)
    status = 429 if protocol == "rest-json" else 400
    if shape is None:
        return Refused("ThrottlingException", "Rate exceeded", status)
    return Refused(shape.name, "Rate exceeded", shape.metadata.get("error", {}).get("httpStatusCode", status))


def denied(service: str, model: Any, who: str) -> Refused:
    action = f"{service}:{model.name}"
    message = (
        f"User: {who} is not authorized to perform: {action} "
        f"because no identity-based policy allows the {action} action"
    )
    if protocol_of(model) == "ec2":
        return Refused("UnauthorizedOperation", f"You are not authorized to perform this operation. {message}", 403)
    if protocol_of(model) in ("query", "rest-xml"):
        return Refused("AccessDenied", message, 403)
    return Refused("AccessDeniedException", message, 403 if protocol_of(model) == "rest-json" else 400)


def unknown_key(service: str, protocol: str) -> Refused:
    """What a key that is nobody's gets, or one in a region that its account has not enabled."""
    if protocol == "ec2":
        return Refused("AuthFailure", "AWS was not able to validate the provided access credentials", 401)
    if service == "s3":
        return Refused("InvalidAccessKeyId", "The AWS Access Key Id you provided does not exist in our records.", 403)
    text = "The security token included in the request is invalid."
    if protocol in ("query", "rest-xml"):
        return Refused("InvalidClientTokenId", text, 403)
    return Refused("UnrecognizedClientException", text, 403 if protocol == "rest-json" else 400)


def bad_page_size(model: Any, name: str, value: Any, most: int) -> Refused:
    protocol = protocol_of(model)
    if protocol == "ec2":
        text = f"Value ( {value} ) for parameter {name} is invalid. Expecting a value less than or equal to {most}."
        return Refused("InvalidParameterValue", text)
    text = (
        f"1 validation error detected: Value '{value}' at '{name[0].lower() + name[1:]}' failed to satisfy constraint: "
        f"Member must have value less than or equal to {most}"
    )
    if protocol in ("query", "rest-xml"):
        return Refused("ValidationError" if protocol == "query" else "InvalidArgument", text)
    return Refused(
        _modeled(model, r"Validation|InvalidParameter|InvalidInput|BadRequest") or "ValidationException", text
    )


def bad_token(model: Any, name: str) -> Refused:
    protocol = protocol_of(model)
    text = f"The value of {name} is not valid."
    if protocol == "ec2":
        return Refused("InvalidParameterValue", f"Invalid value for parameter {name}")
    found = _modeled(model, r"Invalid(Next|Pagination|Page|Continuation)?(Token|Marker)")
    if found:
        return Refused(found, text)
    if protocol in ("query", "rest-xml"):
        return Refused("InvalidArgument" if model.service_model.service_name == "s3" else "ValidationError", text)
    return Refused(
        _modeled(model, r"Validation|InvalidParameter|InvalidInput|BadRequest") or "ValidationException", text
    )


EC2_NOT_FOUND = {
    "Instance": "InvalidInstanceID.NotFound",
    "Volume": "InvalidVolume.NotFound",
    "Snapshot": "InvalidSnapshot.NotFound",
    "SecurityGroup": "InvalidGroup.NotFound",
    "Image": "InvalidAMIID.NotFound",
    "Address": "InvalidAllocationID.NotFound",
    "NatGateway": "NatGatewayNotFound",
    "LaunchTemplate": "InvalidLaunchTemplateId.NotFound",
}


def not_found(model: Any, kind: str, what: str) -> Refused | None:
    """The operation's own word for a thing that is not there; None where it has none."""
    if protocol_of(model) == "ec2":
        code = EC2_NOT_FOUND.get(kind, f"Invalid{kind}ID.NotFound")
        return Refused(code, f"The {kind.lower()} ID '{what}' does not exist")
    shapes = [one for one in model.error_shapes if re.search("NotFound|NoSuch|DoesNotExist|NonExistent", one.name)]
    shapes.sort(key=lambda one: (kind.lower() not in one.name.lower(), "Resource" not in one.name))
    if not shapes:
        return None
    error = shapes[0].metadata.get("error", {})
    status = error.get("httpStatusCode", 404 if "rest" in protocol_of(model) else 400)
    return Refused(error.get("code", shapes[0].name), f"{kind} {what} not found", status)


def _modeled(model: Any, pattern: str) -> str:
    for shape in model.error_shapes:
        if re.search(pattern, shape.name):
            return str(shape.metadata.get("error", {}).get("code", shape.name))
    return ""


def render_error(protocol: str, service: str, model: Any, error: Refused, request_id: str) -> Rendered:
    """`model` may be None, where nobody knows what was asked for."""
    headers = {"Content-Type": CONTENT_TYPES.get(protocol, "application/x-amz-json-1.0"), **dict(error.headers)}
    code, message = escape(error.code), escape(error.message)
    if protocol == "ec2":
        text = (
            f'<?xml version="1.0" encoding="UTF-8"?>\n<Response><Errors><Error><Code>{code}</Code>'
            f"<Message>{message}</Message></Error></Errors><RequestID>{request_id}</RequestID></Response>"
        )
        return Rendered(error.status, text.encode(), headers)
    if service in ("s3", "s3control") and protocol == "rest-xml":
        text = (
            f'<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>{code}</Code><Message>{message}</Message>'
            f"{error.extra}<RequestId>{request_id}</RequestId><HostId>{request_id}</HostId></Error>"
        )
        return Rendered(error.status, text.encode(), headers)
    if protocol in ("query", "rest-xml"):
        sender = "Sender" if error.status < 500 else "Receiver"
        text = (
            f"<ErrorResponse><Error><Type>{sender}</Type><Code>{code}</Code><Message>{message}</Message></Error>"
            f"<RequestId>{request_id}</RequestId></ErrorResponse>"
        )
        return Rendered(error.status, text.encode(), headers)
    if protocol == "cbor":
        headers["smithy-protocol"] = "rpc-v2-cbor"
        return Rendered(error.status, cbor2.dumps({"__type": error.code, "message": error.message}), headers)
    prefix = model.service_model.metadata.get("targetPrefix") if model is not None and protocol == "json" else None
    code = f"{prefix}#{error.code}" if prefix else error.code
    if model is not None and "awsQueryCompatible" in model.service_model.metadata:
        headers["x-amzn-query-error"] = f"{error.code};{'Sender' if error.status < 500 else 'Receiver'}"
    headers["x-amzn-ErrorType"] = error.code
    return Rendered(error.status, json.dumps({"__type": code, "message": error.message}).encode(), headers)
