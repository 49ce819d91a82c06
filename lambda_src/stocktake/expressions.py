"""The rows' little languages, compiled: JMESPath over an item, and templates over an item and its target."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any

import jmespath

PLACE = re.compile(r"\{([^{}]+)\}")


@cache
def searcher(expression: str) -> Callable[[Any], Any]:
    """A JMESPath expression as a function; the plain ones, which are nearly all, without the interpreter."""
    if expression == "@":
        return lambda item: item
    names = expression.split(".")
    if not all(name.isidentifier() for name in names):
        compiled: Callable[[Any], Any] = jmespath.compile(expression).search
        return compiled
    if len(names) == 1:
        return lambda item: item.get(expression) if isinstance(item, dict) else None

    def walk(item: Any) -> Any:
        for name in names:
            if not isinstance(item, dict):
                return None
            item = item.get(name)
        return item

    return walk


def is_template(written: str) -> bool:
    """Whether an ARN is written as text with places, and not as the path to a member that has it."""
    return written.startswith("arn:{")


@cache
def filler(written: str) -> Callable[[Any, Mapping[str, str]], Any]:
    """A row's ARN as a function of an item and its target; None where the item has not what it needs."""
    if not written:
        return lambda item, target: None
    if not is_template(written):
        path = searcher(written)
        return lambda item, target: path(item) or None
    places = {place: searcher(place) for place in PLACE.findall(written)}

    def fill(item: Any, target: Mapping[str, str]) -> str | None:
        values = {place: target.get(place) or search(item) for place, search in places.items()}
        if not all(values.values()):
            return None
        return PLACE.sub(lambda match: str(values[match[1]]), written)

    return fill
