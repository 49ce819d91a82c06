"""The catalogue's actions as identity policies, as few as IAM's limit allows."""

from __future__ import annotations

import json
from collections.abc import Iterable
from itertools import groupby
from typing import Any

LONGEST = 6_144
"""Characters of a managed policy, white space not counted ("IAM and AWS STS quotas" in the IAM user guide)."""


def policies(actions: Iterable[str]) -> tuple[dict[str, Any], ...]:
    """Documents that together allow the actions over all resources, which is how IAM grants listing. A service's
    actions stand in one of them."""
    documents: list[list[str]] = [[]]
    for _, of_service in groupby(sorted(actions), key=lambda action: action.partition(":")[0]):
        together = list(of_service)
        if documents[-1] and length(_document(len(documents), documents[-1] + together)) > LONGEST:
            documents.append([])
        documents[-1] += together
    return tuple(_document(number, some) for number, some in enumerate(documents, 1))


def length(document: dict[str, Any]) -> int:
    """As IAM counts it."""
    return len(json.dumps(document, separators=(",", ":")))


def _document(number: int, actions: list[str]) -> dict[str, Any]:
    statement = {"Sid": f"ListAndDescribe{number}", "Effect": "Allow", "Action": actions, "Resource": "*"}
    return {"Version": "2012-10-17", "Statement": [statement]}
