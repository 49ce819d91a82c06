"""What botocore's own parser takes for the answers of a recording, and nothing else: the bodies are fetched first, to
a file, and only the calls of `parse` are timed, in processor seconds."""

from __future__ import annotations

import json
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import Any

import botocore.session
import jmespath
from botocore.parsers import create_parser

from benchmarks.ways.floor import replay


def main() -> None:
    plan = json.loads(Path(sys.argv[1]).read_text())
    chains = json.loads(Path(plan["recording"]).read_text())
    items = {(call["service"], call["operation"]): call["items"] for call in plan["calls"]}
    session = botocore.session.Session()
    fetched: list[tuple[tuple[str, str], int]] = []
    lock = threading.Lock()
    with tempfile.TemporaryFile() as file:

        def keep(chain: dict[str, Any], body: bytes) -> None:
            with lock:
                fetched.append(((chain["service"], chain["operation"]), file.write(body)))

        replay(chains, keep)
        file.seek(0)
        seconds = 0.0
        resources = 0
        for (service, operation), length in fetched:
            model = session.get_service_model(service)
            parser = create_parser(model.resolved_protocol)
            shape = model.operation_model(operation).output_shape
            answer = {"status_code": 200, "headers": {}, "body": file.read(length)}
            began = time.process_time()
            page = parser.parse(answer, shape)
            seconds += time.process_time() - began
            resources += len(jmespath.search(items.get((service, operation), "[]"), page) or [])
    print(json.dumps({"resources": resources, "parse_seconds": seconds, "calls": len(fetched)}))


if __name__ == "__main__":
    main()
