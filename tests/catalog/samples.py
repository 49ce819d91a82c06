"""Answers that AWS could give, made from botocore's output shapes: with all members, and an element in every list.

The same `seed` gives the same sample, another seed other names and numbers.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import reduce
from typing import Any

import jmespath
from jmespath.exceptions import JMESPathError

from stocktake.aws import hidden_in
from stocktake.catalog.spec import Item

TIME = "2026-01-05T00:00:00Z"
"""Every timestamp: the runtime's parser gives times as text."""

WIDTH = 40
"""Of a text: longer than any identifier or ARN must be at least."""


class AnyKey(dict[str, Any]):
    """A map whose keys the model does not name: it has every key, with the value of the one that it was made with."""

    def __contains__(self, key: object) -> bool:
        return True

    def __missing__(self, key: str) -> Any:
        return next(iter(self.values()))

    def get(self, key: str, default: Any = None) -> Any:
        return self[key]


AnyKey.__name__ = "dict"  # by which JMESPath's functions know an object


def sample(shape: Any, seed: int = 1, *, name: str = "Value", returns: int = 0, above: tuple[str, ...] = ()) -> Any:
    """A value of `shape`. A recursive shape stands `returns` times under itself, then it is empty."""

    def inside(member: Any, name: str) -> Any:
        return sample(member, seed, name=name, returns=returns, above=(*above, shape.name))

    metadata = shape.metadata
    match shape.type_name:
        case "structure" | "list" | "map" as kind if above.count(shape.name) > returns:
            return [] if kind == "list" else {}
        case "structure":
            return {member: inside(there, member) for member, there in shape.members.items()}
        case "list":
            return [inside(shape.member, name)]
        case "map" if shape.key.enum:
            return {key: inside(shape.value, key) for key in shape.key.enum}
        case "map":
            return AnyKey({inside(shape.key, f"{name}Key"): inside(shape.value, name)})
        case "timestamp":
            return TIME
        case "boolean":
            return True
        case "integer" | "long":
            return min(max(seed, metadata.get("min", seed)), metadata.get("max", seed))
        case "float" | "double":
            return float(seed)
        case "blob":
            return f"{name}-{seed}".encode()
    if shape.enum:
        return shape.enum[0]
    digits = max(WIDTH, metadata.get("min", 0)) - len(name) - 1
    text = f"{name}-{seed:0{max(digits, 4)}}"
    return text[-metadata.get("max", len(text)) :]


def merged(one: Any, other: Any) -> Any:
    """Two samples of one shape as one that has the lists' elements and the maps' entries of both."""
    if isinstance(one, list):
        return one + other
    if isinstance(one, AnyKey):
        return AnyKey({**one, **other})
    if isinstance(one, dict):
        return {key: merged(value, other[key]) for key, value in one.items()}
    return one


def answer(operation: Any, *seeds: int) -> Any:
    """An operation's answer as the call layer hands it on, redacted; each seed brings its own element of every list."""
    shape = operation.output_shape
    if shape is None:
        return {}
    given = reduce(merged, (sample(shape, seed) for seed in seeds))
    hidden_in(shape).redact(given)
    return given


def make_true(expression: str, item: Item) -> bool:
    """Changes one member that the expression mentions, where it must, so that the expression holds for the item.

    Answers whether it does: it may ask for more than one change can give.
    """
    compiled = jmespath.compile(expression)

    def holds() -> bool:
        try:
            return bool(compiled.search(item))
        except JMESPathError:
            return False

    if holds():
        return True
    nodes = list(_nodes(compiled.parsed))
    mentioned = {node["value"] for node in nodes if node["type"] == "field"}
    literals = [node["value"] for node in nodes if node["type"] == "literal"]
    for holder, key in list(_places(item, mentioned)):
        before = holder[key]
        for value in [None, False, *literals]:
            holder[key] = value
            if holds():
                return True
        holder[key] = before
    return False


def _nodes(node: Any) -> Iterator[Any]:
    """A JMESPath syntax tree's nodes; a slice's children are numbers."""
    if isinstance(node, dict):
        yield node
        for child in node.get("children", []):
            yield from _nodes(child)


def _places(value: Any, names: set[str]) -> Iterator[tuple[dict[str, Any], str]]:
    """Every place in a sample at which one of the names stands."""
    if isinstance(value, dict):
        for key, inner in value.items():
            if key in names:
                yield value, key
            yield from _places(inner, names)
    elif isinstance(value, list):
        for inner in value:
            yield from _places(inner, names)
