"""Requests' parameters by the names of botocore's model, from each protocol's own form.

Only what matters for an answer is converted: numbers, booleans and names. Times and blobs stay as they were sent.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any
from xml.etree import ElementTree

import cbor2

Parameters = dict[str, Any]


def from_json(model: Any, body: bytes) -> Parameters:
    found: Parameters = _by_member(model.input_shape, json.loads(body or b"{}"))
    return found


def from_cbor(model: Any, body: bytes) -> Parameters:
    found: Parameters = _by_member(model.input_shape, cbor2.loads(body) if body else {})
    return found


def from_form(model: Any, form: Mapping[str, str]) -> Parameters:
    """The query and ec2 protocols: `Filter.1.Name`, `Names.member.1`, `Tags.entry.1.key`."""
    tree: dict[str, Any] = {}
    for key, value in form.items():
        node = tree
        *above, last = key.split(".")
        for label in above:
            node = node.setdefault(label, {})
            if not isinstance(node, dict):  # an empty list is sent as its bare name
                return {}
        node[last] = value
    return _from_tree(model.input_shape, tree, model.service_model.protocol == "ec2") if model.input_shape else {}


def from_rest(
    model: Any,
    protocol: str,
    label: Callable[[str], str | None],
    query: list[tuple[str, str]],
    headers: Mapping[str, str],
    body: bytes,
) -> Parameters:
    """`label` answers what stood in a place of the path."""
    shape = model.input_shape
    if shape is None:
        return {}
    found: Parameters = {}
    for name, member in shape.members.items():
        wire = member.serialization.get("name", name)
        match member.serialization.get("location"):
            case "uri":
                value: Any = label(wire)
            case "querystring" if member.type_name == "list":
                value = [text for key, text in query if key == wire] or None
            case "querystring" if member.type_name == "map":
                value = dict(query)
            case "querystring":
                value = next((text for key, text in query if key == wire), None)
            case "header":
                value = headers.get(wire.lower())
            case "headers":
                value = {key[len(wire) :]: text for key, text in headers.items() if key.startswith(wire.lower())}
            case _:
                continue
        if value not in (None, {}):
            found[name] = _scalar(member, value)
    payload = shape.serialization.get("payload")
    inner = shape.members[payload] if payload else shape
    if not body or inner.type_name != "structure":
        return found
    sent = _from_xml(inner, ElementTree.fromstring(body)) if protocol == "rest-xml" else _json_body(inner, body)
    return {**found, payload: sent} if payload else {**sent, **found}


def _json_body(shape: Any, body: bytes) -> Parameters:
    sent = json.loads(body)
    return _by_member(shape, sent) if isinstance(sent, dict) else {}


def _by_member(shape: Any, value: Any) -> Any:
    """Decoded JSON or CBOR with the model's names in place of the wire's."""
    if shape is None:
        return {}
    if isinstance(value, dict) and shape.type_name == "structure" and not shape.is_document_type:
        wire = {member.serialization.get("name", name): (name, member) for name, member in shape.members.items()}
        return {wire[key][0]: _by_member(wire[key][1], inner) for key, inner in value.items() if key in wire}
    if isinstance(value, dict) and shape.type_name == "map":
        return {key: _by_member(shape.value, inner) for key, inner in value.items()}
    if isinstance(value, list) and shape.type_name == "list":
        return [_by_member(shape.member, inner) for inner in value]
    return value


def _from_tree(shape: Any, node: Any, is_ec2: bool) -> Any:
    if shape.type_name == "structure":
        if not isinstance(node, dict):
            return {}
        found = {}
        for name, member in shape.members.items():
            inner = node.get(_form_name(member, name, is_ec2))
            if inner is not None:
                found[name] = _from_tree(member, inner, is_ec2)
        return found
    if shape.type_name == "list":
        return [_from_tree(shape.member, inner, is_ec2) for inner in _numbered(node)]
    if shape.type_name == "map":
        key, value = (
            one.serialization.get("name") or name for one, name in ((shape.key, "key"), (shape.value, "value"))
        )
        return {pair[key]: _from_tree(shape.value, pair.get(value, ""), is_ec2) for pair in _numbered(node)}
    return _scalar(shape, node)


def _form_name(shape: Any, name: str, is_ec2: bool) -> str:
    """The name on the wire; a flattened list's is its element's where that has one."""
    if is_ec2:
        queried: str | None = shape.serialization.get("queryName")
        if queried:
            return queried
        wire: str = shape.serialization.get("name", name)
        return wire[0].upper() + wire[1:]
    if shape.type_name == "list" and shape.serialization.get("flattened"):
        inner: str | None = shape.member.serialization.get("name")
        if inner:
            return inner
    plain: str = shape.serialization.get("name", name)
    return plain


def _numbered(node: Any) -> list[Any]:
    """The elements of `{"1": …, "2": …}`, or of those below `member` or whatever else the model calls them."""
    while isinstance(node, dict) and len(node) == 1 and not next(iter(node)).isdigit():
        node = next(iter(node.values()))
    if not isinstance(node, dict):
        return []
    return [node[key] for key in sorted(filter(str.isdigit, node), key=int)]


def _from_xml(shape: Any, node: Any) -> Any:
    if shape.type_name == "structure":
        found: Parameters = {}
        for name, member in shape.members.items():
            wire = member.serialization.get("name", name)
            children = [child for child in node if child.tag.rpartition("}")[2] == wire]
            if not children:
                continue
            if member.type_name == "list" and not member.serialization.get("flattened"):
                found[name] = [_from_xml(member.member, child) for child in children[0]]
            elif member.type_name == "list":
                found[name] = [_from_xml(member.member, child) for child in children]
            else:
                found[name] = _from_xml(member, children[0])
        return found
    return _scalar(shape, node.text or "")


def _scalar(shape: Any, value: Any) -> Any:
    if not isinstance(value, str):
        return value
    try:
        if shape.type_name in ("integer", "long"):
            return int(value)
        if shape.type_name in ("float", "double"):
            return float(value)
    except ValueError:
        return value
    return value == "true" if shape.type_name == "boolean" else value
