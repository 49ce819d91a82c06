"""The way of "Concurrency in Boto3" (C. Ozbey, 2019): an asyncio loop hands a function for each region to a thread
pool of the default size; the function makes its client and describes.

https://medium.com/tysonworks/concurrency-with-boto3-41cfa300aab4
"""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import boto3

from benchmarks.ways.pages import answer, every_item, planned_calls


def describe(region: str, calls: list[dict[str, Any]]) -> list[Any]:
    found: list[Any] = []
    for call in calls:
        client = boto3.client(call["service"], region_name=region)
        found += every_item(client, call)
    return found


async def main() -> None:
    by_region: dict[str, list[dict[str, Any]]] = {}
    for call in planned_calls():
        for region in call["regions"]:
            by_region.setdefault(region, []).append(call)
    boto3.setup_default_session()  # threads would race to make it
    loop = asyncio.get_running_loop()
    with ThreadPoolExecutor() as executor:
        tasks = [loop.run_in_executor(executor, describe, region, calls) for region, calls in by_region.items()]
        answer([item for found in await asyncio.gather(*tasks) for item in found])


if __name__ == "__main__":
    asyncio.run(main())
