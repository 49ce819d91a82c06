"""aioboto3, 128 calls at once, a client per call and region, as its documentation does it.

Runs in an environment of its own (requirements.txt beside this package): aioboto3 needs an older botocore.
"""

from __future__ import annotations

import asyncio
from typing import Any

import aioboto3
import jmespath
from botocore import xform_name

from benchmarks.ways.pages import answer, planned_calls

AT_ONCE = 128


async def describe(
    session: aioboto3.Session, gate: asyncio.Semaphore, call: dict[str, Any], region: str, found: list[Any]
) -> None:
    method = xform_name(call["operation"])
    async with gate, session.client(call["service"], region_name=region) as client:
        if client.can_paginate(method):
            async for page in client.get_paginator(method).paginate(**call["parameters"]):
                found += jmespath.search(call["items"], page) or []
        else:
            page = await getattr(client, method)(**call["parameters"])
            found += jmespath.search(call["items"], page) or []


async def main() -> None:
    session = aioboto3.Session()
    gate = asyncio.Semaphore(AT_ONCE)
    found: list[Any] = []
    await asyncio.gather(
        *(describe(session, gate, call, region, found) for call in planned_calls() for region in call["regions"])
    )
    answer(found)


if __name__ == "__main__":
    asyncio.run(main())
