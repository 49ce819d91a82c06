"""Calls the function as Lambda does, in a Python that has the function's code and the standard library and nothing
else. Then makes the client of every call of the catalogue, imports the rest of the code, and says where everything came
from.

    python -I -S -B alone.py ASSET HANDLER EVENT_JSON REPORT_FILE
"""

from __future__ import annotations

import importlib
import json
import os
import pkgutil
import sys
import time
from pathlib import Path


class Context:
    """What the function uses of Lambda's context object."""

    function_name = "stocktake"
    function_version = "$LATEST"
    memory_limit_in_mb = "1769"
    invoked_function_arn = "arn:aws:lambda:us-east-1:123456789012:function:stocktake"
    aws_request_id = "00000000-0000-0000-0000-000000000000"

    def __init__(self) -> None:
        self._end = time.monotonic() + 900

    def get_remaining_time_in_millis(self) -> int:
        return int((self._end - time.monotonic()) * 1000)


def every_call() -> list[tuple[str, str]]:
    """Each call of each row that a client of the run's own can make: a service and an operation."""
    from botocore import xform_name

    from stocktake.aws import Aws
    from stocktake.catalog import CATALOG
    from stocktake.settings import Settings

    aws = Aws(Settings.from_environment(os.environ))
    can = []
    for row in CATALOG.values():
        for call in row.every_call():
            client = aws._client(row.service_of(call))
            if callable(getattr(client, xform_name(call.operation), None)):
                client.meta.service_model.operation_model(call.operation)
                client.can_paginate(xform_name(call.operation))
                can.append((row.service_of(call), call.operation))
    return can


def main() -> None:
    asset, named, event, report = sys.argv[1:]
    found = list(sys.path)
    sys.path.append(asset)  # as Lambda's, which has the standard library first
    module, _, function = named.rpartition(".")
    answer = getattr(importlib.import_module(module), function)(json.loads(event), Context())
    calls = every_call()
    for inner in pkgutil.walk_packages([f"{asset}/{module.partition('.')[0]}"], f"{module.partition('.')[0]}."):
        importlib.import_module(inner.name)
    files = {name: getattr(one, "__file__", None) for name, one in sys.modules.items() if name != "__main__"}
    Path(report).write_text(json.dumps({"answer": answer, "files": files, "path": found, "calls": calls}))


main()
