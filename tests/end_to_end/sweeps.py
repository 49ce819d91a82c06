"""Runs of the real pipeline over a loopback AWS, in this process, and what they published."""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from stocktake.aws import Aws
from stocktake.pipeline import take_snapshot
from stocktake.settings import Settings
from stocktake.snapshot import canonical
from stocktake.store import DirectoryStore, read_lines, read_manifest, read_pointer, read_resources
from tests.few_types import TYPES
from tests.loopback_aws import Estate, LoopbackAWS

QUICK = {"STOCKTAKE_BACKOFF_SECONDS": "0", "STOCKTAKE_READ_TIMEOUT": "30", "STOCKTAKE_QUOTA_SHARE": "0"}
FEW = {"STOCKTAKE_INVENTORIES": json.dumps({"default": {"types": TYPES}})}
EVERYTHING = {"STOCKTAKE_INVENTORIES": json.dumps({"default": {}})}


class Run:
    """What a run published."""

    def __init__(self, store: Path, summary: dict[str, Any]) -> None:
        opened = DirectoryStore(store)
        self.summary = summary
        self.key: str = summary["manifest"]
        self.manifest = read_manifest(opened, self.key)
        self.units = list(read_lines(opened, self.manifest, "units"))
        self.resources = [canonical(one) for one in read_resources(opened, self.manifest)]

    def states(self, region: str) -> Counter[tuple[str, str]]:
        return Counter(
            (unit["state"], unit["reason"] and unit["reason"]["code"])
            for unit in self.units
            if unit["region"] == region
        )

    def asked(self, region: str) -> set[str]:
        return {unit["type"] for unit in self.units if unit["region"] == region and unit["calls"]}


class Sweeps:
    """Takes runs into one directory, by default of a few types, at one hour after the other."""

    def __init__(self, server: LoopbackAWS, store: Path, patch: pytest.MonkeyPatch) -> None:
        self.server = server
        self.store = store
        self._patch = patch
        self._hour = 0

    def take(self, estate: Estate, event: dict[str, Any] | None = None, **environment: str) -> Run:
        """A run over an estate; by an event other than the schedule's, or with other settings."""
        self.server.reset(estate)
        for name, value in self.server.environment().items():
            self._patch.setenv(name, value)
        settings = Settings.from_environment({"STOCKTAKE_STORE": str(self.store), **QUICK, **FEW, **environment})
        if event is None:
            event = {"scheduled": f"2026-11-{22 + self._hour // 24}T{self._hour % 24:02}:00:00Z"}
            self._hour += 1
        settings = settings.for_event(event)
        with self.server.patched():
            summary = asyncio.run(take_snapshot(settings, Aws(settings), trigger="test", seconds=300))
        return Run(self.store, summary)

    def latest(self) -> str:
        pointer, _ = read_pointer(DirectoryStore(self.store), "default")
        assert pointer is not None
        return str(pointer["manifest"])
