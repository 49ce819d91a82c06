"""One session, a client per region and service, one call after the other."""

from __future__ import annotations

from typing import Any

import boto3

from benchmarks.ways.pages import answer, every_item, planned_calls


def main() -> None:
    session = boto3.Session()
    found: list[Any] = []
    for call in planned_calls():
        for region in call["regions"]:
            client = session.client(call["service"], region_name=region)
            found += every_item(client, call)
    answer(found)


if __name__ == "__main__":
    main()
