"""Values as the bytes of each protocol: answers whole, items alone, errors.

moto's serializers do the same, at fifty times the cost; `tests/test_loopback_aws_render.py` holds these against
botocore's parsers. Texts may hold marks (`marks.py`), which come out as they went in.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from email.utils import format_datetime
from typing import Any
from urllib.parse import quote
from xml.sax.saxutils import escape

import cbor2

from tests.loopback_aws.generate import Document
from tests.loopback_aws.marks import COUNT, ITEMS

CONTENT_TYPES = {
    "ec2": "text/xml;charset=UTF-8",
    "query": "text/xml",
    "rest-xml": "application/xml",
    "rest-json": "application/json",
    "cbor": "application/cbor",
}

S3_ROOTS = {
    "GetBucketAccelerateConfiguration": "AccelerateConfiguration",
    "GetBucketAcl": "AccessControlPolicy",
    "GetBucketCors": "CORSConfiguration",
    "GetBucketLifecycleConfiguration": "LifecycleConfiguration",
    "GetBucketLocation": "LocationConstraint",
    "GetBucketLogging": "BucketLoggingStatus",
    "GetBucketNotificationConfiguration": "NotificationConfiguration",
    "GetBucketRequestPayment": "RequestPaymentConfiguration",
    "GetBucketTagging": "Tagging",
    "GetBucketVersioning": "VersioningConfiguration",
    "GetBucketWebsite": "WebsiteConfiguration",
    "GetObjectAcl": "AccessControlPolicy",
    "GetObjectTagging": "Tagging",
    "ListBuckets": "ListAllMyBucketsResult",
    "ListMultipartUploads": "ListMultipartUploadsResult",
    "ListObjectVersions": "ListVersionsResult",
    "ListObjects": "ListBucketResult",
    "ListObjectsV2": "ListBucketResult",
    "ListParts": "ListPartsResult",
}
"""S3's root elements, which the model does not say (S3 API reference, response syntax of each)."""


@dataclass(slots=True)
class Rendered:
    """An answer but for its length; the texts of headers may hold marks too."""

    status: int
    body: bytes
    headers: dict[str, str] = field(default_factory=dict)


def render(protocol: str, model: Any, value: Mapping[str, Any], request_id: str) -> Rendered:
    """An operation's answer."""
    shape = model.output_shape
    status = int(model.http.get("responseCode", 200))
    if protocol in ("ec2", "query"):
        inner = "" if shape is None else _members(shape, value, protocol)
        text = _envelope(protocol, model, inner, request_id)
        return Rendered(200, text.encode(), {"Content-Type": CONTENT_TYPES[protocol]})
    if protocol == "json":
        text = _json_text({} if shape is None else jsonable(shape, value))
        version = model.service_model.metadata.get("jsonVersion", "1.0")
        return Rendered(200, text.encode(), {"Content-Type": f"application/x-amz-json-{version}"})
    if protocol == "cbor":
        body = cbor2.dumps({} if shape is None else cborable(shape, value))
        return Rendered(200, body, {"Content-Type": "application/cbor", "smithy-protocol": "rpc-v2-cbor"})
    return _rest(protocol, model, shape, value, status)


def render_item(protocol: str, list_shape: Any, value: Any) -> bytes:
    """One element of a list, with its tags in XML."""
    if protocol in ("ec2", "query", "rest-xml"):
        return _element(list_shape.member, value, _element_name(list_shape, ""), protocol).encode()
    return _json_text(jsonable(list_shape.member, value)).encode()


def _rest(protocol: str, model: Any, shape: Any, value: Mapping[str, Any], status: int) -> Rendered:
    if shape is None:
        return Rendered(status, b"" if protocol == "rest-xml" else b"{}", {})
    headers: dict[str, str] = {}
    in_body = {}
    for name, inner in value.items():
        member = shape.members[name]
        wire = member.serialization.get("name", name)
        match member.serialization.get("location"):
            case "header":
                headers[wire] = _header(member, inner)
            case "headers":
                headers.update({wire + key: str(text) for key, text in inner.items()})
            case "statusCode":
                pass
            case _:
                in_body[name] = inner
    payload = shape.serialization.get("payload")
    body_shape = shape.members[payload] if payload else shape
    content: Any = in_body.get(payload) if payload else in_body
    if payload and body_shape.type_name in ("blob", "string"):
        body = content if isinstance(content, bytes) else (content or "").encode()
        headers.setdefault("Content-Type", "application/octet-stream")
        return Rendered(status, body, headers)
    headers["Content-Type"] = CONTENT_TYPES[protocol]
    if payload and content is None:
        return Rendered(status, b"" if protocol == "rest-xml" else b"{}", headers)
    if protocol == "rest-json":
        return Rendered(status, _json_text(jsonable(body_shape, content)).encode(), headers)
    if not payload and all(member.serialization.get("location") for member in shape.members.values()):
        return Rendered(status, b"", headers)
    root = S3_ROOTS.get(model.name) if model.service_model.service_name == "s3" else None
    root = root or (body_shape.serialization.get("name") or body_shape.name if payload else f"{model.name}Response")
    namespace = model.service_model.metadata.get("xmlNamespace") or "http://s3.amazonaws.com/doc/2006-03-01/"
    if model.name == "GetBucketLocation":
        inner = escape(str(content.get("LocationConstraint", "")))
    else:
        inner = _members(body_shape, content, protocol)
    text = f'<?xml version="1.0" encoding="UTF-8"?>\n<{root} xmlns="{namespace}">{inner}</{root}>'
    return Rendered(status, text.encode(), headers)


def _envelope(protocol: str, model: Any, inner: str, request_id: str) -> str:
    namespace = model.service_model.metadata.get("xmlNamespace") or (
        f"http://ec2.amazonaws.com/doc/{model.service_model.api_version}/"
    )
    if protocol == "ec2":
        return (
            f'<?xml version="1.0" encoding="UTF-8"?>\n<{model.name}Response xmlns="{namespace}">'
            f"<requestId>{request_id}</requestId>{inner}</{model.name}Response>"
        )
    if model.output_shape is not None:
        wrapper = model.output_shape.serialization.get("resultWrapper", f"{model.name}Result")
        inner = f"<{wrapper}>{inner}</{wrapper}>"
    return (
        f'<{model.name}Response xmlns="{namespace}">{inner}'
        f"<ResponseMetadata><RequestId>{request_id}</RequestId></ResponseMetadata></{model.name}Response>"
    )


# XML: shapes' names are those that botocore's parsers look for.


def _members(shape: Any, value: Mapping[str, Any], protocol: str) -> str:
    parts = []
    for name, inner in value.items():
        member = shape.members[name]
        if not member.serialization.get("xmlAttribute"):
            parts.append(_member(member, inner, member.serialization.get("name", name), protocol))
    return "".join(parts)


def _member(shape: Any, value: Any, name: str, protocol: str) -> str:
    if shape.type_name == "list":
        element = _element_name(shape, name)
        items = "".join(
            ITEMS if isinstance(one, str) and one == ITEMS else _element(shape.member, one, element, protocol)
            for one in value
        )
        if shape.serialization.get("flattened"):
            return items
        return f"<{name}>{items}</{name}>" if items else f"<{name}/>"
    if shape.type_name == "map":
        key, inner = (
            one.serialization.get("name") or name for one, name in ((shape.key, "key"), (shape.value, "value"))
        )
        is_flat = shape.serialization.get("flattened")
        pair = name if is_flat else "entry"
        pairs = "".join(
            f"<{pair}><{key}>{escape(str(text))}</{key}>{_element(shape.value, one, inner, protocol)}</{pair}>"
            for text, one in value.items()
        )
        return pairs if is_flat else f"<{name}>{pairs}</{name}>"
    return _element(shape, value, name, protocol)


def _element_name(shape: Any, name: str) -> str:
    inner: str | None = shape.member.serialization.get("name")
    return inner or (name if shape.serialization.get("flattened") else "member")


def _element(shape: Any, value: Any, name: str, protocol: str) -> str:
    kind = shape.type_name
    if kind in ("list", "map"):
        return _member(shape, value, name, protocol)
    if kind == "structure":
        inner = _members(shape, value, protocol)
        attributes = "".join(
            f' {member.serialization["name"]}="{value[key]}"'
            for key, member in shape.members.items()
            if member.serialization.get("xmlAttribute") and key in value
        )
        namespace = shape.serialization.get("xmlNamespace")
        if attributes and isinstance(namespace, dict) and namespace.get("prefix"):
            attributes = f' xmlns:{namespace["prefix"]}="{namespace["uri"]}"{attributes}'
        return f"<{name}{attributes}>{inner}</{name}>"
    return f"<{name}>{_text(shape, value, 'iso8601')}</{name}>"


def _text(shape: Any, value: Any, times: str) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, datetime):
        return str(_time(shape, value, times))
    if isinstance(value, bytes):
        return base64.b64encode(value).decode()
    if isinstance(value, Document):
        return quote(json.dumps(value))
    return escape(str(value))


def _time(shape: Any, value: datetime, times: str) -> str | int:
    match (shape.serialization.get("timestampFormat") or times).lower():
        case "iso8601":
            return value.strftime("%Y-%m-%dT%H:%M:%SZ")
        case "rfc822":
            return format_datetime(value, usegmt=True)
    return int(value.timestamp())


def _header(shape: Any, value: Any) -> str:
    if shape.type_name == "list":
        return ",".join(_text(shape.member, one, "rfc822") for one in value)
    return _text(shape, value, "rfc822")


# JSON and CBOR.


def _json_text(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    return text.replace(f'"{ITEMS}"', ITEMS).replace(f'"{COUNT}"', COUNT)


def jsonable(shape: Any, value: Any) -> Any:
    kind = shape.type_name
    if kind == "structure" and not shape.is_document_type:
        return {
            shape.members[name].serialization.get("name", name): jsonable(shape.members[name], inner)
            for name, inner in value.items()
        }
    if kind == "list":
        return [one if isinstance(one, str) and one == ITEMS else jsonable(shape.member, one) for one in value]
    if kind == "map":
        return {key: jsonable(shape.value, inner) for key, inner in value.items()}
    if isinstance(value, datetime):
        return _time(shape, value, "unixtimestamp")
    if isinstance(value, bytes):
        return base64.b64encode(value).decode()
    return json.dumps(value) if isinstance(value, Document) else value


def cborable(shape: Any, value: Any) -> Any:
    """Times are CBOR's tag 1 (RFC 8949, 3.4.2), blobs its byte strings."""
    kind = shape.type_name
    if kind == "structure" and not shape.is_document_type:
        return {
            shape.members[name].serialization.get("name", name): cborable(shape.members[name], inner)
            for name, inner in value.items()
        }
    if kind == "list":
        return [cborable(shape.member, one) for one in value]
    if kind == "map":
        return {key: cborable(shape.value, inner) for key, inner in value.items()}
    return cbor2.CBORTag(1, value.timestamp()) if isinstance(value, datetime) else value
