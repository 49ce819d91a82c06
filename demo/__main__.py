"""`make demo`: the main job, whole, on an AWS that lives in a child process.

Seeds an estate over ten regions, runs the real handler with that AWS's S3 as the store, shows the snapshot, changes the
estate and runs again.
"""

from __future__ import annotations

import gzip
import json
import os
import shutil
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path
from typing import Any

import boto3

from demo.estate import GLOBAL, REGIONS, SECRET, change, seed
from demo.implemented import answered
from demo.server import MotoServer
from stocktake.catalog import CATALOG
from stocktake.catalog.spec import steps
from stocktake.snapshot import stable_line

OUT = Path("out/demo")
BUCKET = "stocktake-demo"
STORE = f"s3://{BUCKET}"
INVENTORIES = {"default": {"regions": [*REGIONS, GLOBAL], "types": answered()}}

Environment = dict[str, str]
Resources = dict[tuple[str, str, str], bytes]


def main() -> None:
    shutil.rmtree(OUT, ignore_errors=True)
    OUT.mkdir(parents=True)
    say("Starting an AWS (moto server) and seeding an estate")
    with MotoServer() as server:
        environment = plain_environment() | server.environment()
        environment |= {"STOCKTAKE_STORE": STORE, "STOCKTAKE_INVENTORIES": json.dumps(INVENTORIES)}
        os.environ.clear()
        os.environ.update(environment)
        begun = time.monotonic()
        seeded = seed(server.url)
        boto3.client("s3").create_bucket(Bucket=BUCKET)
        regions = {region for _, region in seeded}
        print(
            f"{seeded.total()} resources of {len({name for name, _ in seeded})} types in {len(regions)} regions, ",
            end="",
        )
        print(f"in {time.monotonic() - begun:.1f} s; the regions' own default networks are among them.")

        say("Running the function: lambda_src/stocktake/handler.py, store " + STORE)
        first = invoke(environment, "first-run")
        print(json.dumps({key: first[key] for key in ("run", "verdict", "coverage", "resources", "calls", "seconds")}))
        if first["verdict"] != "complete":
            sys.exit(f"moto answers otherwise than demo/implemented.py says: {json.dumps(first['unseen'], indent=1)}")
        before = mirror()
        check(seeded, before)

        say("What it saw: stocktake show")
        subprocess.run([sys.executable, "-m", "stocktake", "show"], check=True, env=environment)

        say("Changing the estate and running again")
        for sentence in change(server.url):
            print("  " + sentence)
        second = invoke(environment, "second-run")
        after = mirror()
        print(f"\nbetween {first['run']} and {second['run']} the snapshot says:")
        for line in differences(before, after):
            print("  " + line)

    say("Done. The bucket is mirrored into out/demo; try")
    print("  .venv/bin/stocktake show --store out/demo --units")
    print(f"  .venv/bin/stocktake show --store out/demo {first['run']} --json")
    print("  zcat out/demo/snapshots/*/*/*/*.ndjson.gz | grep AWS::S3::Bucket | head -1 | python3 -m json.tool")
    print("  .venv/bin/stocktake run --help")


def say(title: str) -> None:
    print(f"\n=== {title}", flush=True)


def plain_environment() -> Environment:
    """This process's environment without what could lead a client elsewhere than to the demo's AWS."""
    return {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("AWS_", "STOCKTAKE_")) and not name.lower().endswith("_proxy")
    }


def invoke(environment: Environment, name: str) -> dict[str, Any]:
    """The function's answer; what it logged is in out/demo/NAME.log."""
    log, answer = OUT / f"{name}.log", OUT / f"{name}.json"
    with log.open("w") as written:
        command = [sys.executable, "-m", "demo.function", "{}", str(answer)]
        done = subprocess.run(command, env=environment, stdout=written, stderr=subprocess.STDOUT)
    if done.returncode:
        sys.exit(f"the function failed:\n{log.read_text()}")
    if SECRET in log.read_text():
        sys.exit(f"a secret stands in {log}")
    summary: dict[str, Any] = json.loads(answer.read_text())
    return summary


def mirror() -> Resources:
    """Copies the bucket into out/demo and reads the latest snapshot from the copy, without members that change by
    themselves."""
    s3 = boto3.client("s3")
    for page in s3.get_paginator("list_objects_v2").paginate(Bucket=BUCKET):
        for listed in page.get("Contents", []):
            path = OUT / listed["Key"]
            path.parent.mkdir(parents=True, exist_ok=True)
            s3.download_file(BUCKET, listed["Key"], str(path))
            if path.suffix == ".gz" and SECRET.encode() in gzip.decompress(path.read_bytes()):
                sys.exit(f"a secret stands in {path}")
    pointer = json.loads((OUT / "latest/default.json").read_text())
    manifest = json.loads((OUT / pointer["manifest"]).read_text())
    resources: Resources = {}
    for named in manifest["objects"]:
        if named["kind"] == "snapshot":
            for line in gzip.decompress((OUT / named["key"]).read_bytes()).splitlines():
                resource = json.loads(line)
                key = (resource["type"], resource["region"], resource["id"])
                volatile = [steps(path) for path in CATALOG[resource["type"]].volatile]
                resources[key] = stable_line(line, volatile)
    return resources


def check(seeded: Counter[tuple[str, str]], resources: Resources) -> None:
    """Holds the snapshot against what an ordinary client sees, type by type."""
    found = Counter(name for name, region, _ in resources)
    wanted: Counter[str] = Counter()
    for (name, _), number in seeded.items():
        wanted[name] += number
    short = {name: (found[name], number) for name, number in wanted.items() if found[name] < number}
    if short:
        sys.exit(f"the snapshot is short of what is there: {short}")
    print(f"every one of the {wanted.total()} resources is in the snapshot; no secret is in it, nor in the logs.")


def differences(before: Resources, after: Resources) -> list[str]:
    added = [
        f"added     {name} {identity} ({region})" for name, region, identity in sorted(after.keys() - before.keys())
    ]
    removed = [
        f"removed   {name} {identity} ({region})" for name, region, identity in sorted(before.keys() - after.keys())
    ]
    changed = [
        f"modified  {name} {identity} ({region})"
        for name, region, identity in sorted(before.keys() & after.keys())
        if before[name, region, identity] != after[name, region, identity]
    ]
    return added + removed + changed


if __name__ == "__main__":
    main()
