"""Runs the Lambda handler once, as Lambda would: its own process, an event, a context that counts down.

    python -m demo.function EVENT_JSON ANSWER_FILE

Logs go to standard output, the answer to the file.
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path


class Context:
    """What the handler uses of Lambda's context object."""

    function_name = "stocktake"
    function_version = "$LATEST"
    memory_limit_in_mb = "1769"
    invoked_function_arn = "arn:aws:lambda:us-east-1:123456789012:function:stocktake"
    aws_request_id = "00000000-0000-0000-0000-000000000000"

    def __init__(self, seconds: float = 900) -> None:
        self._end = time.monotonic() + seconds

    def get_remaining_time_in_millis(self) -> int:
        return int((self._end - time.monotonic()) * 1000)


def main() -> None:
    from stocktake.handler import handler

    event, answer = sys.argv[1:]
    Path(answer).write_text(json.dumps(handler(json.loads(event), Context())))  # type: ignore[arg-type]


if __name__ == "__main__":
    main()
