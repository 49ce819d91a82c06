"""Parameters that a model accepts, for calling an operation of which one knows nothing else."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

DEPTH = 6
KINDS = ("channel", "queue")
"""Kinds of Kinesis's ARNs, which its endpoint rules read."""


def made_up(shape: Any, name: str, account: str = "111111111111", depth: int = 0) -> Any:
    """A value of an input shape with no more than its required members; None for no shape at all."""
    metadata = shape.metadata
    match shape.type_name:
        case "structure" if shape.is_document_type or depth >= DEPTH:
            return {}
        case "structure":
            names = list(shape.members)[:1] if shape.is_tagged_union else shape.required_members
            return {one: made_up(shape.members[one], one, account, depth + 1) for one in names}
        case "list":
            count = max(1, int(metadata.get("min", 1)))
            return [made_up(shape.member, name, account, depth + 1) for _ in range(count)]
        case "map":
            return {"made-up-key": made_up(shape.value, name, account, depth + 1)}
        case "timestamp":
            return datetime(2026, 1, 1, tzinfo=UTC)
        case "boolean":
            return True
        case "integer" | "long":
            return max(1, int(metadata.get("min", 1)))
        case "float" | "double":
            return float(metadata.get("min", 1))
        case "blob":
            return b"made up"
    if metadata.get("enum"):
        return metadata["enum"][0]
    text = f"made-up-{name.lower().replace('_', '-')}"
    if name.lower().endswith("accountid"):
        text = account
    elif name.lower().endswith("arn"):
        kind = name.lower().removesuffix("arn")
        text = f"arn:aws:kinesis:us-east-1:{account}:{kind if kind in KINDS else 'stream'}/made-up/consumer/c:1"
    return text.ljust(int(metadata.get("min", 0)), "x")[: int(metadata.get("max", 1000))]
