"""How the golden run was made.

`format-1/` was made with this once. Its files are committed, pinned by SHA256SUMS, and NEVER edited and never made
again: they stand for the snapshots that are in other people's buckets, which must decode for ever. Where today's code
would write something else, add a `format-1-….` folder beside it, or change the test that compares; not the files.

    python -m tests.golden.build FOLDER      writes them into a new folder, for a comparison
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from unittest.mock import patch

from stocktake import snapshot
from stocktake.model import GLOBAL, Outcome, Run
from stocktake.snapshot import (
    Content,
    Spool,
    UnitLines,
    UnitRecord,
    assemble,
    counts_of,
    last_seen_in,
    verdict_of,
)
from stocktake.store import DirectoryStore, Store, publish, read_lines, read_manifest, read_pointer
from tests.golden.estate import ACCOUNT, FIRST, IRELAND, SECOND, VIRGINIA, VOLATILE, Seen

SMALL_BLOCK = 4096
"""Blocks of 16 MB make no small file; a unit of several blocks is to be among them all the same."""

MEMORY_MB = 1769


def build(folder: Path) -> None:
    """Publishes both runs into a new folder."""
    folder.mkdir(parents=True)
    store = DirectoryStore(folder)
    with patch.object(snapshot, "BLOCK_BYTES", SMALL_BLOCK):
        _publish(store, 12, FIRST, seconds=21.5, catalogue="5d1f0c9a7b3e")
        _publish(store, 13, SECOND, seconds=41.238, catalogue="c0ffee123456")


def _publish(store: Store, hour: int, estate: Sequence[Seen], *, seconds: float, catalogue: str) -> None:
    scheduled = f"2026-11-22T{hour}:00:00Z"
    run = Run(f"20261122T{hour}0000Z", "default", "schedule", scheduled, f"2026-11-22T{hour}:00:02Z")
    with Spool() as spool:
        records = [_record(seen, spool) for seen in estate]
        objects = assemble(run, records, spool, _last_seen(store))
        manifest = _manifest(run, records, seconds, catalogue)
        manifest["objects"] = [one.as_json() for one in objects]
        publish(store, run, objects, manifest, moves_pointer=True)


def _record(seen: Seen, spool: Spool) -> UnitRecord:
    outcome = Outcome(
        seen.unit, seen.state, seen.reason, seen.pages, seen.calls, seen.retries, seen.throttles, seen.seconds
    )
    if not seen.resources:
        return UnitRecord(outcome, Content())
    lines = UnitLines(spool, VOLATILE.get(seen.unit.type, ()))
    lines.add(seen.resources)
    return UnitRecord(outcome, lines.finish())


def _last_seen(store: Store) -> dict[tuple[str, str, str], Any]:
    pointer, _ = read_pointer(store, "default")
    if pointer is None:
        return {}
    earlier = read_manifest(store, pointer["manifest"], pointer["sha256"])
    return last_seen_in(pointer["run"], read_lines(store, earlier, "units"))


def _manifest(run: Run, records: Sequence[UnitRecord], seconds: float, catalogue: str) -> dict[str, Any]:
    verdict, coverage = verdict_of(records)
    counts = counts_of(records)
    del counts["accepted"], counts["newly_lost"]  # which came later
    hour = run.id[9:11]
    return {
        "format": 1,
        "run": {
            "id": run.id,
            "inventory": run.inventory,
            "trigger": run.trigger,
            "scheduled": run.scheduled,
            "started": run.started,
            "finished": f"2026-11-22T{hour}:00:{2 + int(seconds):02}Z",
            "seconds": seconds,
        },
        "verdict": verdict,
        "coverage": coverage,
        "scope": {
            "accounts": [ACCOUNT],
            "regions": [IRELAND, GLOBAL, VIRGINIA],
            "regions_from": "account:ListRegions",
            "regions_refused": [],
            "regions_disabled": ["ap-east-1", "me-south-1"],
            "types": sorted({record.unit.type for record in records}),
            "inventory": {
                "name": "default",
                "regions": [IRELAND, VIRGINIA, GLOBAL],
                "exclude_regions": [],
                "types": ["*"],
                "tier": "full",
                "detail": "full",
            },
            "filters": {"regions": [], "exclude_regions": [], "types": []},
            "narrowed": False,
        },
        "counts": counts,
        "versions": {"catalogue": catalogue, "botocore": "1.44.5", "stocktake": "0.1.0"},
        "calls": _calls(records),
        "cost": {"lambda_gb_seconds": round(seconds * MEMORY_MB / 1024, 3)},
    }


def _calls(records: Sequence[UnitRecord]) -> dict[str, dict[str, int]]:
    """By service, with the two calls that find the account and its regions."""
    services = {name: {"calls": 1, "retries": 0, "throttles": 0} for name in ("account", "sts")}
    for record in records:
        name = record.unit.type.split("::")[1].lower()
        made = services.setdefault(name, {"calls": 0, "retries": 0, "throttles": 0})
        made["calls"] += record.outcome.calls
        made["retries"] += record.outcome.retries
        made["throttles"] += record.outcome.throttles
    return services


if __name__ == "__main__":
    build(Path(sys.argv[1]))
