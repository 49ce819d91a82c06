"""How long the deployed artifact takes and what memory it has, cold and warm, on one processor.

    python -m tests.deploy.measure

writes out/deploy.json. The function has processor 0 for itself, the AWS that it asks has another.
"""

from __future__ import annotations

import json
import os
import re
import statistics
import sys
import tempfile
from pathlib import Path
from typing import Any

from demo.estate import seed
from demo.implemented import answered
from tests.deploy.deployment import ACCOUNT, ROOT, Deployment, ExtendedServer
from tests.loopback import Loopback, Reply

REGIONS = ("us-east-1", "eu-west-1", "ca-central-1")
EVENTS: dict[str, dict[str, Any]] = {
    "one type": {"types": ["AWS::SQS::Queue"]},
    "every type that the emulator answers": {"types": answered()},
}
COLD, WARM = 3, 5
OUT = ROOT / "out/deploy.json"


def main() -> None:
    processors = sorted(os.sched_getaffinity(0))
    if len(processors) < 2:
        sys.exit("two processors are needed: one for the function, one for the AWS that it asks")
    os.sched_setaffinity(0, processors[1:])
    inventories = json.dumps({"default": {"regions": [*REGIONS, "global"]}})
    with (
        tempfile.TemporaryDirectory() as home,
        Loopback(lambda _: Reply(502)) as outside,
        ExtendedServer(cpu=processors[0]) as server,
    ):
        deployment = Deployment(server, Path(home), outside.url)
        deployment.cdk("bootstrap", f"aws://{ACCOUNT}/us-east-1", "--no-notices", tree=deployment.home)
        function = deployment.deploy({"inventories": inventories})["FunctionName"]
        seed(server.url, REGIONS)
        measured = {name: measure(deployment, function, event) for name, event in EVENTS.items()}
    OUT.parent.mkdir(exist_ok=True)
    OUT.write_text(json.dumps(measured, indent=1) + "\n")
    print(OUT.read_text())


def measure(deployment: Deployment, function: str, event: dict[str, Any]) -> dict[str, float | None]:
    """Milliseconds and MB: medians, the most of memory.

    The emulator starts the runtime while the first event waits, and counts that time with the event's. How long that
    took stands at the beginning of the log, of which AWS shows the end: None where that is too long.
    """
    cold, warm = [], []
    client = deployment.client("lambda")
    for turn in range(COLD):
        # Another configuration is another execution environment.
        client.update_function_configuration(FunctionName=function, Timeout=900 - turn)
        cold.append(report(deployment, function, event))
    for _ in range(WARM):
        warm.append(report(deployment, function, event))
    return {
        "init_ms": statistics.median(one["init"] for one in cold) or None,
        "cold_ms": statistics.median(one["duration"] for one in cold),
        "warm_ms": statistics.median(one["duration"] for one in warm),
        "cold_mb": max(one["memory"] for one in cold),
        "warm_mb": max(one["memory"] for one in warm),
        "resources": warm[-1]["resources"],
        "calls": warm[-1]["calls"],
    }


def report(deployment: Deployment, function: str, event: dict[str, Any]) -> dict[str, float]:
    invoked = deployment.invoke(function, event)
    if invoked.error:
        sys.exit(f"the function failed: {invoked.answer}")
    numbers = {
        "init": r"INIT REPORT\(durationMs: ([\d.]+)\)",
        "duration": r"\tDuration: ([\d.]+) ms",
        "memory": r"Max Memory Used: (\d+) MB",
    }
    found = {name: float((re.findall(one, invoked.log) or [0])[-1]) for name, one in numbers.items()}
    return {**found, "resources": invoked.answer["resources"], "calls": invoked.answer["calls"]}


if __name__ == "__main__":
    main()
