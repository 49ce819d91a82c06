"""What is written and how it is read: lines, blocks, the manifest, keys, and the format's version.

A snapshot is the units' blocks one after another. A block is up to BLOCK_BYTES of a unit's resource lines, sorted by
id, as one gzip member: any gzip reader reads the whole, and a block alone can be read by its offset. Nothing of the run
stands in a line, and a gzip header carries neither time nor name, so that two runs over the same estate give
byte-identical objects.

While a unit is collected its lines are kept as sorted runs: in memory up to RUN_BYTES, then compressed in the spool
file. At the unit's end they are merged into blocks. What is in memory is therefore a page or two a unit, whatever the
estate.
"""

from __future__ import annotations

import base64
import gzip
import hashlib
import heapq
import io
import json
import math
import struct
import tempfile
import threading
import zlib
from collections import Counter
from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from datetime import date, datetime
from operator import itemgetter
from typing import IO, Any

from stocktake.catalog.spec import holders, steps
from stocktake.errors import Damaged
from stocktake.model import Outcome, Resource, Run, State, Unit, Verdict
from stocktake.settings import Acceptance

FORMAT = 1
BLOCK_BYTES = 16 * 1024 * 1024
RUN_BYTES = 1024 * 1024
LEVEL = 6
RUN_LEVEL = 1
RUN_WINDOW = 13  # 8 kB: hundreds of runs are open at once when a large unit is merged, each with its window
CHUNK = 64 * 1024

GZIP_HEADER = b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\xff"
"""No name, no time, unknown system (RFC 1952, 2.3)."""

# (id, ARN, line): the order of lines in a unit, and what makes two of them the same resource.
Entry = tuple[str, str, bytes]


# --- lines ---


def canonical(value: Any) -> bytes:
    """Canonical JSON in UTF-8: sorted keys, no spaces, bytes as base64, no NaN, lone surrogates as U+FFFD."""
    try:
        return _dump(value).encode()
    except (ValueError, TypeError):  # UnicodeEncodeError is a ValueError
        return _dump(_plain(value)).encode()


def _dump(value: Any) -> str:
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False, default=_odd)


def well_formed(text: str) -> str:
    """Text that UTF-8 can say: lone surrogates, which JSON lets through, become U+FFFD."""
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def _odd(value: Any) -> Any:
    if isinstance(value, bytes | bytearray):
        return base64.b64encode(value).decode()
    if isinstance(value, datetime | date):
        return value.isoformat()
    return str(value)


def _plain(value: Any) -> Any:
    """Without what JSON and UTF-8 cannot say: NaN and infinities become their names, keys become text that is well
    formed; two keys that become one are told apart."""
    if isinstance(value, Mapping):
        plain: dict[str, Any] = {}
        for key, inner in value.items():
            name = well_formed(str(key))
            while name in plain:
                name += "\ufffd"
            plain[name] = _plain(inner)
        return plain
    if isinstance(value, list | tuple):
        return [_plain(inner) for inner in value]
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    if isinstance(value, str):
        return well_formed(value)
    return value if value is None or isinstance(value, int | float | bool) else well_formed(_odd(value))


def resource_line(resource: Resource) -> bytes:
    """One resource as its line, without the line's end."""
    record: dict[str, Any] = {
        "account": resource.account,
        "region": resource.region,
        "type": resource.type,
        "id": resource.id,
        "arn": resource.arn,
        "name": resource.name,
        "tags": resource.tags,
        "created": resource.created,
        "data": resource.data,
    }
    if resource.gaps:
        record["gaps"] = [gap.as_json() for gap in resource.gaps]
    return canonical(record)


def stable_line(line: bytes, volatile: Iterable[tuple[str, ...]]) -> bytes:
    """A resource's line without the members that change by themselves."""
    record = json.loads(line)
    for path in volatile:
        for holder, key in list(holders(record["data"], path)):
            del holder[key]
    return canonical(record)


# --- spool and blocks ---


class Spool:
    """A temporary file that runs and finished blocks go to, from any thread; gone, with those made by `new_file`, when
    it is left."""

    def __init__(self) -> None:
        self._files = ExitStack()
        self._file = self.new_file()
        self._lock = threading.Lock()
        self._end = 0

    def new_file(self) -> IO[bytes]:
        return self._files.enter_context(tempfile.TemporaryFile(prefix="stocktake-"))

    def append(self, data: bytes) -> int:
        """Where it stands now."""
        with self._lock:
            offset = self._end
            self._file.seek(offset)
            self._file.write(data)
            self._end += len(data)
            return offset

    def read(self, offset: int, length: int) -> bytes:
        with self._lock:
            self._file.seek(offset)
            return self._file.read(length)

    def __enter__(self) -> Spool:
        return self

    def __exit__(self, *_: object) -> None:
        self._files.close()


@dataclass(frozen=True, slots=True)
class Block:
    """A gzip member of a unit's lines. `offset` is in the spool until `assemble` has placed it."""

    offset: int
    length: int
    sha256: str
    first: str
    count: int


@dataclass(frozen=True, slots=True)
class Content:
    """A unit's resources, encoded: `gaps` counts those with an unread part."""

    count: int = 0
    gaps: int = 0
    fingerprint: str = hashlib.sha256().hexdigest()
    blocks: tuple[Block, ...] = ()


class UnitLines:
    """Takes a unit's resources in any order, in any number, and gives them back sorted, each once, as blocks."""

    def __init__(self, spool: Spool, volatile: Iterable[str] = ()) -> None:
        self._spool = spool
        self._volatile = tuple(steps(path) for path in volatile)
        self._entries: list[Entry] = []
        self._bytes = 0
        self._runs: list[tuple[int, int]] = []
        self._gapped: set[tuple[str, str]] = set()

    def add(self, resources: Iterable[Resource]) -> None:
        for resource in resources:
            identity, arn = well_formed(resource.id), well_formed(resource.arn or "")
            line = resource_line(resource)
            self._entries.append((identity, arn, line))
            self._bytes += len(line)
            if resource.gaps:
                self._gapped.add((identity, arn))
            else:
                self._gapped.discard((identity, arn))
        if self._bytes > RUN_BYTES:
            self._set_aside()

    def _set_aside(self) -> None:
        self._entries.sort(key=itemgetter(0, 1))
        lines = b"".join(canonical([identity, arn]) + b"\n" + line + b"\n" for identity, arn, line in self._entries)
        data = zlib.compress(lines, RUN_LEVEL, RUN_WINDOW)
        self._runs.append((self._spool.append(data), len(data)))
        self._entries = []
        self._bytes = 0

    def finish(self) -> Content:
        self._entries.sort(key=itemgetter(0, 1))
        runs: list[Iterator[Entry]] = [self._read(offset, length) for offset, length in self._runs]
        sources: list[Iterable[Entry]] = [*runs, self._entries]
        fingerprint = hashlib.sha256()
        count = 0
        blocks: list[Block] = []
        lines: list[bytes] = []
        size = 0
        first = ""
        # Pages of a changing estate repeat resources; the later page's word counts.
        for identity, _, line in _latest(heapq.merge(*sources, key=itemgetter(0, 1))):
            if lines and size + len(line) >= BLOCK_BYTES:
                blocks.append(self._block(lines, first))
                lines, size = [], 0
            if not lines:
                first = identity
            lines.append(line)
            size += len(line) + 1
            count += 1
            fingerprint.update((stable_line(line, self._volatile) if self._volatile else line) + b"\n")
        if lines:
            blocks.append(self._block(lines, first))
        return Content(count, len(self._gapped), fingerprint.hexdigest(), tuple(blocks))

    def _read(self, offset: int, length: int) -> Iterator[Entry]:
        """A run's entries, a chunk at a time: many runs are open at once."""
        inflate = zlib.decompressobj(RUN_WINDOW)
        rest = b""
        end = offset + length
        heading: list[str] | None = None
        packed = b""
        while packed or offset < end:
            if not packed:
                packed = self._spool.read(offset, min(CHUNK, end - offset))
                offset += len(packed)
            *whole, rest = (rest + inflate.decompress(packed, CHUNK)).split(b"\n")
            packed = inflate.unconsumed_tail
            for line in whole:
                if heading is None:
                    heading = json.loads(line)
                else:
                    yield heading[0], heading[1], line
                    heading = None

    def _block(self, lines: Sequence[bytes], first: str) -> Block:
        data = member(b"\n".join(lines) + b"\n")
        return Block(self._spool.append(data), len(data), hashlib.sha256(data).hexdigest(), first, len(lines))


def _latest(entries: Iterable[Entry]) -> Iterator[Entry]:
    held: Entry | None = None
    for entry in entries:
        if held is not None and held[:2] != entry[:2]:
            yield held
        held = entry
    if held is not None:
        yield held


def member(data: bytes) -> bytes:
    """One gzip member, the same for the same data: Python's own header depends on version and platform."""
    deflate = zlib.compressobj(LEVEL, zlib.DEFLATED, -zlib.MAX_WBITS)
    packed = deflate.compress(data) + deflate.flush()
    return GZIP_HEADER + packed + struct.pack("<II", zlib.crc32(data), len(data) & 0xFFFFFFFF)


# --- the objects of a run ---


@dataclass(frozen=True, slots=True)
class UnitRecord:
    """What a run knows of one unit. `accepted` is the rule by which it may be unseen, if it is and one holds."""

    outcome: Outcome
    content: Content = Content()
    accepted: Acceptance | None = None

    @property
    def unit(self) -> Unit:
        return self.outcome.unit


@dataclass(frozen=True, slots=True)
class StoredObject:
    """An object to be written, as the manifest names it. `count` is of lines."""

    key: str
    kind: str
    size: int
    sha256: str
    count: int
    file: IO[bytes]

    def as_json(self) -> dict[str, Any]:
        return {"key": self.key, "kind": self.kind, "bytes": self.size, "sha256": self.sha256, "count": self.count}


def place(run: Run, kind: str) -> str:
    """The folder of a run's objects of one kind; `run.id` is `YYYYMMDDTHHMMSSZ`."""
    day = f"{run.id[:4]}-{run.id[4:6]}-{run.id[6:8]}"
    return f"{kind}/inventory={run.inventory}/date={day}/hour={run.id[9:11]}/"


def manifest_key(run: Run, revision: int) -> str:
    return f"{place(run, 'manifests')}{run.id}.r{revision}.json"


def pointer_key(inventory: str) -> str:
    return f"latest/{inventory}.json"


def assemble(
    run: Run, records: Sequence[UnitRecord], spool: Spool, last_seen: Mapping[tuple[str, str, str], Any]
) -> list[StoredObject]:
    """The run's objects, in the order of writing: the snapshot; what partial units gave, apart, so that a later
    revision can drop it; and the units, a line each. `last_seen` says where a unit was last collected."""
    records = sorted(records, key=lambda record: record.unit.key)
    accounts = {record.unit.target.account for record in records}
    account = accounts.pop() if len(accounts) == 1 else "all"
    objects: list[StoredObject] = []
    placed: dict[tuple[str, str, str], list[dict[str, Any]]] = {}
    for kind, state in (("snapshot", State.COLLECTED), ("partial", State.PARTIAL)):
        those = [record for record in records if record.outcome.state is state]
        if kind == "partial" and not any(record.content.blocks for record in those):
            continue
        objects.append(_snapshot_object(run, account, kind, those, spool, placed))
    lines = [_unit_line(record, placed.get(record.unit.key, []), last_seen) for record in records]
    data = member(b"".join(line + b"\n" for line in lines))
    file = spool.new_file()
    file.write(data)
    digest = hashlib.sha256(data).hexdigest()
    objects.append(StoredObject(_data_key(run, "units", account, digest), "units", len(data), digest, len(lines), file))
    return objects


def _snapshot_object(
    run: Run,
    account: str,
    kind: str,
    records: Iterable[UnitRecord],
    spool: Spool,
    placed: dict[tuple[str, str, str], list[dict[str, Any]]],
) -> StoredObject:
    file = spool.new_file()
    digest = hashlib.sha256()
    offset = count = 0
    mine: list[dict[str, Any]] = []
    for record in records:
        for block in record.content.blocks:
            data = spool.read(block.offset, block.length)
            file.write(data)
            digest.update(data)
            position = {"offset": offset, "length": block.length, "sha256": block.sha256, "first": block.first}
            placed.setdefault(record.unit.key, []).append(position)
            mine.append(position)
            offset += block.length
            count += block.count
    if not offset:
        data = member(b"")
        file.write(data)
        digest.update(data)
        offset = len(data)
    key = _data_key(run, "snapshots", account, digest.hexdigest())
    for position in mine:
        position["object"] = key
    return StoredObject(key, kind, offset, digest.hexdigest(), count, file)


def _data_key(run: Run, folder: str, account: str, digest: str) -> str:
    return f"{place(run, folder)}{run.id}-{account}-{digest[:12]}.ndjson.gz"


def _unit_line(
    record: UnitRecord, blocks: list[dict[str, Any]], last_seen: Mapping[tuple[str, str, str], Any]
) -> bytes:
    outcome, content = record.outcome, record.content
    line: dict[str, Any] = {
        "account": outcome.unit.target.account,
        "region": outcome.unit.target.region,
        "type": outcome.unit.type,
        "state": outcome.state,
        "reason": outcome.reason and outcome.reason.as_json(),
        "count": content.count,
        "gaps": content.gaps,
        "pages": outcome.pages,
        "calls": outcome.calls,
        "retries": outcome.retries,
        "throttles": outcome.throttles,
        "seconds": round(outcome.seconds, 3),
        "fingerprint": content.fingerprint if outcome.state is State.COLLECTED else None,
        "blocks": blocks,
    }
    if outcome.state is not State.COLLECTED:
        line["last"] = last_seen.get(record.unit.key)
    if record.accepted is not None:
        line["accepted"] = record.accepted.word()
    return canonical(line)


def accept(
    records: Iterable[UnitRecord], rules: Sequence[Acceptance], started: str
) -> tuple[list[UnitRecord], list[dict[str, Any]]]:
    """The records, with the rule by which each may be unseen, and the rules as the manifest has them.

    `started` is the run's time, by which rules expire. Nothing but `accepted` differs in a record.
    """
    at = datetime.fromisoformat(started)
    units: Counter[int | None] = Counter()
    marked: list[UnitRecord] = []
    for record in records:
        reason = record.outcome.reason
        place = deciding(rules, at, record.unit.key, record.outcome.state, reason.code if reason else "")
        rule = None if place is None or rules[place].expired(at) else rules[place]
        units[place] += 1
        marked.append(replace(record, accepted=rule))
    listed = [
        {**rule.as_json(), "units": units[place], "expired": rule.expired(at)} for place, rule in enumerate(rules)
    ]
    return marked, listed


def deciding(
    rules: Sequence[Acceptance], at: datetime, key: tuple[str, str, str], state: str, reason: str
) -> int | None:
    """The place of the rule that decides about a unit: the first that fits and holds, else the first that fits and has
    expired. None where none fits, or where there is nothing to accept."""
    if state in (State.COLLECTED, State.UNAVAILABLE):
        return None
    fitting = [place for place, rule in enumerate(rules) if rule.fits(*key, reason)]
    return min(fitting, key=lambda place: rules[place].expired(at), default=None)


def verdict_of(records: Sequence[UnitRecord]) -> tuple[Verdict, float]:
    states = Counter(record.outcome.state for record in records)
    return verdict_from(states, sum(record.accepted is not None for record in records))


def verdict_from(states: Mapping[Any, int], accepted: int) -> tuple[Verdict, float]:
    """The verdict and the coverage: units collected ÷ (planned − unavailable), 1 where that is nothing.

    From the number of units in each state and of those that are accepted as unseen, which makes a run complete but
    neither raises its coverage nor saves one that collected nothing.
    """
    there = sum(states.values()) - states.get(State.UNAVAILABLE, 0)
    collected = states.get(State.COLLECTED, 0)
    if collected == there:
        return Verdict.COMPLETE, 1.0
    if not collected and not states.get(State.PARTIAL, 0):
        return Verdict.FAILED, 0.0
    verdict = Verdict.COMPLETE if collected and collected + accepted == there else Verdict.PARTIAL
    return verdict, min(round(collected / there, 6), 0.999999)


def counts_of(records: Iterable[UnitRecord]) -> dict[str, Any]:
    """Resources by type and region, units by state, and how many of them are accepted as unseen."""
    by_state: Counter[str] = Counter()
    by_type: Counter[str] = Counter()
    by_region: Counter[str] = Counter()
    gaps = accepted = 0
    for record in records:
        by_state[record.outcome.state] += 1
        by_type[record.unit.type] += record.content.count
        by_region[record.unit.target.region] += record.content.count
        gaps += record.content.gaps
        accepted += record.accepted is not None
    return {
        "resources": by_type.total(),
        "units": by_state.total(),
        "gaps": gaps,
        "accepted": accepted,
        "by_state": by_state,
        "by_type": by_type,
        "by_region": by_region,
    }


def last_seen_in(run: str, units: Iterable[Mapping[str, Any]]) -> dict[tuple[str, str, str], Any]:
    """From the units of an earlier run: where each was last collected."""
    seen: dict[tuple[str, str, str], Any] = {}
    for unit in units:
        last: Any = unit.get("last")
        if unit["state"] == State.COLLECTED:
            last = {"run": run, "blocks": unit["blocks"], "fingerprint": unit["fingerprint"]}
        if last:
            seen[(unit["account"], unit["region"], unit["type"])] = last
    return seen


def seconds_in(units: Iterable[Mapping[str, Any]]) -> dict[tuple[str, str, str], float]:
    """From the units of an earlier run: how long those took that were read to their end."""
    return {
        (unit["account"], unit["region"], unit["type"]): unit["seconds"]
        for unit in units
        if unit["state"] == State.COLLECTED
    }


def not_entered(manifest: Mapping[str, Any]) -> set[str]:
    """The accounts of a run that could not be entered, so that none of their units was called."""
    by_account = manifest["scope"].get("by_account", {})
    return {account for account, scope in by_account.items() if scope["problem"]}


def unseen(units: Iterable[Mapping[str, Any]], whole: Container[str] = ()) -> list[dict[str, Any]]:
    """The units that are not collected, those of one type, state and reason together, most regions first, but those
    that are accepted as unseen, by one rule together, last. `whole` are accounts whose types are taken together too, as
    `*`."""
    groups: dict[tuple[str, ...], dict[str, Any]] = {}
    for unit in units:
        if unit["state"] == State.COLLECTED:
            continue
        reason = unit["reason"] or {"code": "", "message": ""}
        of_type = "*" if unit["account"] in whole else unit["type"]
        accepted = unit.get("accepted") or {}
        key = (unit["account"], of_type, unit["state"], reason["code"], *accepted.values())
        group = groups.setdefault(
            key,
            {
                "account": unit["account"],
                "type": of_type,
                "state": unit["state"],
                "reason": reason["code"],
                "message": reason["message"],
                "regions": [],
                **({"accepted": accepted} if accepted else {}),
            },
        )
        if unit["region"] not in group["regions"]:
            group["regions"].append(unit["region"])
    return sorted(
        groups.values(),
        key=lambda group: ("accepted" in group, -len(group["regions"]), group["type"], group["state"]),
    )


# --- reading ---


def lines_of(data: bytes, name: str) -> Iterator[dict[str, Any]]:
    """The records of an ndjson.gz object or block, a chunk at a time. Raises Damaged, naming it, where it is none."""
    rest = b""
    try:
        if not data:
            raise EOFError
        with gzip.open(io.BytesIO(data)) as file:
            while chunk := file.read(CHUNK):
                *whole, rest = (rest + chunk).split(b"\n")
                for line in whole:
                    yield json.loads(line)
        if rest:
            raise EOFError
    except (OSError, EOFError, zlib.error, ValueError, RecursionError) as error:
        raise Damaged(f"{name} cannot be read: {type(error).__name__}") from error


def document(data: bytes, name: str) -> dict[str, Any]:
    """A manifest or pointer. Raises Damaged for what is none, or of a format that this version does not know."""
    try:
        value = json.loads(data)
    except ValueError as error:
        raise Damaged(f"{name} is no JSON") from error
    if not isinstance(value, dict) or value.get("format") != FORMAT:
        found = value.get("format") if isinstance(value, dict) else None
        raise Damaged(f"{name} has format {found!r}; this version of stocktake reads format {FORMAT}")
    return value
