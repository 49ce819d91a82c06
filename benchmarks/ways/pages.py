"""What the boto3 ways have in common: every page of an operation."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jmespath
from botocore import xform_name


def every_item(client: Any, call: dict[str, Any]) -> Iterator[Any]:
    method = xform_name(call["operation"])
    if client.can_paginate(method):
        pages = client.get_paginator(method).paginate(**call["parameters"])
    else:
        pages = [getattr(client, method)(**call["parameters"])]
    for page in pages:
        yield from jmespath.search(call["items"], page) or []


def planned_calls() -> list[dict[str, Any]]:
    calls: list[dict[str, Any]] = json.loads(Path(sys.argv[1]).read_text())["calls"]
    return calls


def answer(found: list[Any]) -> None:
    print(json.dumps({"resources": len(found)}))
