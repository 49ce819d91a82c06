"""A pool of 64 threads, a task per call and region; clients are made under a lock, because making them is not
thread-safe, and kept."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import boto3

from benchmarks.ways.pages import answer, every_item, planned_calls

THREADS = 64

session = boto3.Session()
lock = threading.Lock()
clients: dict[tuple[str, str], Any] = {}


def client_of(service: str, region: str) -> Any:
    with lock:
        if (service, region) not in clients:
            clients[service, region] = session.client(service, region_name=region)
        return clients[service, region]


def describe(call: dict[str, Any], region: str) -> list[Any]:
    return list(every_item(client_of(call["service"], region), call))


def main() -> None:
    with ThreadPoolExecutor(THREADS) as executor:
        tasks = [executor.submit(describe, call, region) for call in planned_calls() for region in call["regions"]]
        answer([item for task in tasks for item in task.result()])


if __name__ == "__main__":
    main()
