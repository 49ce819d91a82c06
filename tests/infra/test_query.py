"""The tables and the saved queries: each query runs on a real run, beside what must not count, and says what the reader
says."""

from __future__ import annotations

import gzip
import json
import re
import shutil
from collections import Counter
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pytest
import sqlglot
from sqlglot import expressions as sql

from infra.config import StackConfig
from infra.query import TABLES, UNPARTITIONED
from infra.saved_queries import SAVED, saved
from stocktake.settings import Inventory
from stocktake.snapshot import FORMAT
from stocktake.store import DirectoryStore, read_manifest, read_pointer, read_resources
from tests.infra.conftest import Synthesise, Template

ROOT = Path(__file__).parents[2]
GOLDEN = ROOT / "tests/golden/format-1"
DAY = date(2026, 11, 22)
HOUR = "inventory=default/date=2026-11-22/hour=13"
RUN = "20261122T130000Z"
SCHEMAS = {
    "resources": "resource",
    "units": "unit",
    "changes": "change",
    "manifests": "manifest",
    "pointers": "pointer",
}
TYPES = {"boolean": "BOOLEAN", "string": "VARCHAR", "bigint": "BIGINT", "double": "DOUBLE", "int": "INTEGER"}


def tables(template: Template) -> dict[str, dict[str, Any]]:
    return {one["TableInput"]["Name"]: one["TableInput"] for one in template.all("AWS::Glue::Table").values()}


# --- the tables ---


@pytest.mark.parametrize("name", TABLES)
def test_a_table_has_the_members_that_the_schema_has(name: str, template: Template) -> None:
    schema = json.loads((ROOT / f"docs/schema/{SCHEMAS[name]}.json").read_text())["properties"]
    columns = {one["Name"]: one["Type"] for one in tables(template)[name]["StorageDescriptor"]["Columns"]}
    assert columns.keys() == schema.keys()
    for member, column in columns.items():
        constant = "boolean" if schema[member].get("const") is True else "integer"
        kind = schema[member].get("type", constant if "const" in schema[member] else "object")
        kinds = set(kind if isinstance(kind, list) else [kind]) - {"null"}
        assert column == {"integer": "bigint", "number": "double", "boolean": "boolean"}.get(
            *kinds, "string"
        )  # objects and lists as text
    assert name != "pointers" or schema["format"]["const"] == FORMAT


@pytest.mark.parametrize("name", TABLES)
def test_a_table_is_over_its_part_of_the_bucket_and_tells_names_by_case(name: str, template: Template) -> None:
    bucket, _ = template.one("AWS::S3::Bucket")
    stored = tables(template)[name]["StorageDescriptor"]
    assert stored["Location"] == f"s3://{bucket}/{TABLES[name][0]}"
    assert stored["SerdeInfo"] == {
        "SerializationLibrary": "org.openx.data.jsonserde.JsonSerDe",
        "Parameters": {"case.insensitive": "FALSE", "ignore.malformed.json": "FALSE", "dots.in.keys": "FALSE"},
    }


def test_partitions_are_computed_for_every_inventory_for_as_long_as_snapshots_are_kept(configured: Synthesise) -> None:
    made = configured(StackConfig(inventories=(Inventory("a-b"), Inventory("c")), snapshot_retention_days=90))
    for name, table in tables(made).items():
        if name in UNPARTITIONED:
            assert table["PartitionKeys"] == []
            assert "projection.enabled" not in table["Parameters"]
            continue
        assert [one["Name"] for one in table["PartitionKeys"]] == ["inventory", "date", "hour"]
        projection = {key.removeprefix("projection."): value for key, value in table["Parameters"].items()}
        assert projection["enabled"] == "true"
        assert (projection["inventory.type"], projection["inventory.values"]) == ("enum", "a-b,c")
        assert (projection["date.type"], projection["date.range"]) == ("date", "NOW-90DAYS,NOW")
        assert (projection["date.format"], projection["date.interval.unit"]) == ("yyyy-MM-dd", "DAYS")
        assert (projection["hour.type"], projection["hour.range"], projection["hour.digits"]) == (
            "integer",
            "0,23",
            "2",
        )


def test_the_keys_of_a_store_are_where_partitions_are_computed_to_be() -> None:
    """Without a template, Athena looks under LOCATION/inventory=…/date=…/hour=…/."""
    for path in GOLDEN.rglob("*.*"):
        key = path.relative_to(GOLDEN).as_posix()
        (name,) = [name for name, (prefix, *_) in TABLES.items() if key.startswith(prefix)]
        folder = key.removeprefix(TABLES[name][0]).rpartition("/")[0]
        if name in UNPARTITIONED:
            assert folder == ""
        else:
            assert re.fullmatch(r"inventory=[\w-]+/date=\d{4}-\d\d-\d\d/hour=\d\d", folder)


# --- the workgroup ---


def work_group(template: Template) -> dict[str, Any]:
    configuration: dict[str, Any] = template.one("AWS::Athena::WorkGroup")[1]["WorkGroupConfiguration"]
    return configuration


def test_no_query_scans_more_than_is_said_and_nobody_can_say_otherwise(configured: Synthesise) -> None:
    configuration = work_group(configured(StackConfig(query_scan_gb=3)))
    assert configuration["BytesScannedCutoffPerQuery"] == 3_000_000_000
    assert configuration["EnforceWorkGroupConfiguration"] is True


def test_results_lie_encrypted_in_the_bucket(template: Template, configured: Synthesise) -> None:
    bucket, _ = template.one("AWS::S3::Bucket")
    results = work_group(template)["ResultConfiguration"]
    assert results["OutputLocation"] == f"s3://{bucket}/query-results/"
    assert results["ExpectedBucketOwner"] == "AWS::AccountId"
    assert results["EncryptionConfiguration"] == {"EncryptionOption": "SSE_S3"}
    made = configured(StackConfig(kms_key="create"))
    key, _ = made.one("AWS::KMS::Key")
    assert work_group(made)["ResultConfiguration"]["EncryptionConfiguration"] == {
        "EncryptionOption": "SSE_KMS",
        "KmsKey": f"arn:{key}",
    }


def test_where_objects_are_locked_athena_keeps_results_itself(configured: Synthesise) -> None:
    configuration = work_group(configured(StackConfig(object_lock_days=30)))
    assert configuration["ManagedQueryResultsConfiguration"] == {"Enabled": True}
    assert "ResultConfiguration" not in configuration


def test_each_saved_query_is_in_the_workgroup_with_what_it_answers(template: Template) -> None:
    group, _ = template.one("AWS::Athena::WorkGroup")
    database, _ = template.one("AWS::Glue::Database")
    found = {one["Name"]: one for one in template.all("AWS::Athena::NamedQuery").values()}
    assert {name: (one["Description"], one["QueryString"]) for name, one in found.items()} == saved(1) == SAVED
    assert {(one["WorkGroup"], one["Database"]) for one in found.values()} == {(group, database)}


@pytest.mark.parametrize(
    ("config", "days"),
    [
        (StackConfig(schedule="rate(5 minutes)"), 1),
        (StackConfig(schedule="rate(25 hours)"), 2),
        (StackConfig(schedule="rate(20 days)", stale_minutes={"default": 0}), 20),
        (StackConfig(schedule="cron(0 6 ? * MON-FRI *)", stale_minutes={"default": 0}), 7),
        (StackConfig(schedules={"default": None}), 7),
        (StackConfig(inventories=(Inventory("a"), Inventory("b")), schedules={"b": "rate(3 days)"}), 3),
    ],
)
def test_the_latest_run_is_looked_for_as_far_back_as_the_longest_pause(
    config: StackConfig, days: int, configured: Synthesise
) -> None:
    found = {one["Name"]: one["QueryString"] for one in configured(config).all("AWS::Athena::NamedQuery").values()}
    assert found == {name: question for name, (_, question) in saved(days).items()}
    looking = [name for name, question in found.items() if "FROM pointers" in question]
    for name in looking:
        assert set(re.findall(r"INTERVAL '(\d+)' DAY", found[name])) == {str(days)}
    assert len(looking) == 4


# --- the saved queries ---


Rows = list[dict[str, Any]]


class Athena:
    """Runs Athena's SQL on a directory: the declared columns, hive partitions, and where each row came from."""

    def __init__(self, root: Path, template: Template) -> None:
        self._connection = duckdb.connect()
        for name, table in tables(template).items():
            columns = {one["Name"]: TYPES[one["Type"]] for one in table["StorageDescriptor"]["Columns"]}
            partitions = {one["Name"]: TYPES[one["Type"]] for one in table["PartitionKeys"]}
            files = [str(path) for path in sorted((root / TABLES[name][0]).rglob("*.*"))]
            names = ", ".join(f'"{column}"' for column in (*columns, *partitions))
            hive = f"hive_partitioning=true, hive_types={partitions}" if partitions else "hive_partitioning=false"
            self._connection.execute(
                f"""CREATE VIEW {name} AS SELECT {names}, filename AS "$path"
                FROM read_json({files}, format='newline_delimited', columns={columns}, filename=true, {hive})"""
                if files
                else f"CREATE VIEW {name} AS {_nothing({**columns, **partitions})}"
            )

    def ask(self, name: str, *, today: date, instead: dict[str, str] | None = None) -> Rows:
        question = SAVED[name][1]
        for old, new in (instead or {}).items():
            assert old in question
            question = question.replace(old, new)
        parsed = sqlglot.parse_one(question, read="athena")
        day = sql.cast(sql.Literal.string(today.isoformat()), "date")
        dated = parsed.transform(lambda node: day.copy() if isinstance(node, sql.CurrentDate) else node)
        answer = self._connection.execute(dated.sql(dialect="duckdb"))
        titles = [column[0] for column in answer.description]
        return [dict(zip(titles, row, strict=True)) for row in answer.fetchall()]


def _nothing(columns: dict[str, str]) -> str:
    nulls = (f'CAST(NULL AS {kind}) AS "{name}"' for name, kind in {**columns, "$path": "VARCHAR"}.items())
    return f"SELECT * FROM (SELECT {', '.join(nulls)}) WHERE false"


def lines(path: Path) -> Iterator[dict[str, Any]]:
    for line in gzip.decompress(path.read_bytes()).splitlines():  # of bytes: text has other ends of lines in names
        yield json.loads(line)


@pytest.fixture
def store(tmp_path: Path) -> Path:
    """The golden runs, and beside the newest what must not count: an orphan of each kind, a run that was narrowed, one
    that failed, and a revision that another replaced, which named an object of its own."""
    root = tmp_path / "store"
    shutil.copytree(GOLDEN, root)
    for kind in ("snapshots", "units"):
        orphan = root / kind / HOUR / f"{RUN}-111122223333-000000000000.ndjson.gz"
        shutil.copy(next((root / kind / HOUR).iterdir()), orphan)
    manifest = json.loads((root / "manifests" / HOUR / f"{RUN}.r1.json").read_text())
    left = next(one for one in manifest["objects"] if one["kind"] == "partial")
    resumed = {**manifest, "run": {**manifest["run"], "revision": 2}}
    resumed["objects"] = [one for one in manifest["objects"] if one != left]
    resumed["counts"] = {**manifest["counts"], "resources": manifest["counts"]["resources"] - left["count"]}
    write(root / "manifests" / HOUR / f"{RUN}.r2.json", resumed)
    for identity, change in (
        ("20261122T135000Z", {"scope": {**manifest["scope"], "narrowed": True}}),
        ("20261122T135500Z", {"verdict": "failed"}),
    ):
        other = {**manifest, **change, "run": {**manifest["run"], "id": identity}}
        write(root / "manifests" / HOUR / f"{identity}.r1.json", other)
    pointer = json.loads((root / "latest/default.json").read_text())
    write(root / "latest/default.json", {**pointer, "manifest": f"manifests/{HOUR}/{RUN}.r2.json"})
    return root


def write(path: Path, document: dict[str, Any]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(document, separators=(",", ":")))


def latest(root: Path) -> list[dict[str, Any]]:
    """What the reader reads of the newest run."""
    reader = DirectoryStore(root)
    pointer, _ = read_pointer(reader, "default")
    assert pointer is not None
    manifest = json.loads((root / pointer["manifest"]).read_text())
    objects = [one["key"] for one in manifest["objects"] if one["key"].startswith("snapshots/")]
    return [line for key in objects for line in lines(root / key)]


@pytest.fixture
def athena(store: Path, template: Template) -> Athena:
    return Athena(store, template)


def test_every_saved_query_is_athenas_and_reads_no_more_than_some_days(athena: Athena) -> None:
    for name, (_, question) in SAVED.items():
        athena.ask(name, today=DAY)
        parsed = sqlglot.parse_one(question, read="athena")
        for table in parsed.find_all(sql.Table):
            if table.name not in TABLES or table.name in UNPARTITIONED:
                continue
            bounded = [
                one
                for one in parsed.find_all(sql.GTE, sql.EQ)
                if isinstance(one.this, sql.Column)
                and (one.this.name, one.this.table) == ("date", table.alias)
                and one.expression.find(sql.CurrentDate)
            ]
            assert bounded, f"{name}: {table.name}"


def test_what_the_reader_reads_is_what_counts(store: Path) -> None:
    """The golden run as it is: what `latest` makes of a manifest is what the reader makes of it."""
    reader = DirectoryStore(GOLDEN)
    pointer, _ = read_pointer(reader, "default")
    assert pointer is not None
    read = sorted(one["id"] for one in read_resources(reader, read_manifest(reader, pointer["manifest"])))
    assert sorted(one["id"] for one in latest(GOLDEN)) == read
    assert len(latest(store)) < len(read)  # without what the replaced revision alone named


def test_resources_are_counted_by_type_and_region(athena: Athena, store: Path) -> None:
    counted = Counter((one["type"], one["account"], one["region"]) for one in latest(store))
    rows = athena.ask("resources-by-type-and-region", today=DAY)
    assert {(row["type"], row["account"], row["region"]): row["resources"] for row in rows} == counted
    assert {row["inventory"] for row in rows} == {"default"}
    assert athena.ask("resources-by-type-and-region", today=DAY + timedelta(days=1)) == rows


def test_what_was_not_seen_stands_beside_the_coverage(athena: Athena, store: Path) -> None:
    units = [
        line
        for line in lines(next(path for path in (store / "units" / HOUR).iterdir() if "000000000000" not in path.name))
        if line["state"] not in ("collected", "unavailable")
    ]
    rows = athena.ask("coverage-and-what-was-not-seen", today=DAY)
    assert sorted((row["type"], row["region"], row["state"], row["reason"], row["message"]) for row in rows) == sorted(
        (one["type"], one["region"], one["state"], one["reason"]["code"], one["reason"]["message"]) for one in units
    )
    assert {(row["run"], row["verdict"], round(row["coverage_percent"], 4)) for row in rows} == {
        (RUN, "partial", 73.6842)
    }


def test_a_run_that_saw_everything_is_one_row_without_a_type(store: Path, template: Template) -> None:
    for path in (store / "units" / HOUR).iterdir():
        seen = [{**line, "state": "collected", "reason": None} for line in lines(path)]
        path.write_bytes(gzip.compress("".join(json.dumps(line) + "\n" for line in seen).encode()))
    (row,) = Athena(store, template).ask("coverage-and-what-was-not-seen", today=DAY)
    assert (row["inventory"], row["run"], row["type"], row["state"]) == ("default", RUN, None, None)


def test_a_run_that_is_older_than_is_looked_for_is_said_to_be_there(athena: Athena) -> None:
    (row,) = athena.ask("coverage-and-what-was-not-seen", today=DAY + timedelta(days=2))
    assert (row["inventory"], row["run"], row["verdict"]) == ("default", RUN, "partial")
    assert (row["coverage_percent"], row["type"]) == (None, None)


@pytest.mark.parametrize("sought", ["web-1", "i-0a1b2c3d4e5f60001", ":table/orders"])
def test_something_is_found_by_a_part_of_its_id_arn_or_name(sought: str, athena: Athena, store: Path) -> None:
    rows = athena.ask("find-by-id-arn-or-name", today=DAY, instead={"web-1": sought})
    wanted = [one for one in latest(store) if any(sought in (one[part] or "") for part in ("id", "arn", "name"))]
    assert wanted
    assert sorted((row["type"], row["id"]) for row in rows) == sorted((one["type"], one["id"]) for one in wanted)
    by_id = {row["id"]: row for row in rows}
    for one in wanted:
        assert json.loads(by_id[one["id"]]["data"]) == one["data"]  # as text, nothing of it is lost
        assert json.loads(by_id[one["id"]]["tags"] or "null") == one["tags"]


def test_what_has_no_tags_is_told_from_what_may_have_some(athena: Athena, store: Path) -> None:
    rows = athena.ask("untagged", today=DAY)
    wanted = [one for one in latest(store) if one["tags"] == {}]
    unknown = [one for one in latest(store) if one["tags"] is None]
    assert wanted
    assert unknown
    assert sorted((row["type"], row["id"]) for row in rows) == sorted((one["type"], one["id"]) for one in wanted)


def test_what_there_was_at_the_end_of_a_day_is_of_its_last_whole_run(athena: Athena, store: Path) -> None:
    rows = athena.ask("what-there-was-a-week-ago", today=DAY + timedelta(days=7))
    assert sorted((row["type"], row["id"]) for row in rows) == sorted((one["type"], one["id"]) for one in latest(store))
    assert {row["run"] for row in rows} == {RUN}
    assert athena.ask("what-there-was-a-week-ago", today=DAY + timedelta(days=6)) == []


def test_changes_are_those_that_a_run_of_the_last_seven_days_names(store: Path, template: Template) -> None:
    change = {"change": "modified", "account": "111122223333", "region": "eu-west-1", "type": "AWS::EC2::Instance"}
    change |= {"id": "i-1", "arn": None, "name": "web-1", "fields": [{"path": "data.State", "before": 1, "after": {}}]}
    folder = store / "changes" / HOUR
    folder.mkdir(parents=True)
    named, orphan = (folder / f"{RUN}-111122223333-{digest * 12}.ndjson.gz" for digest in "ab")
    named.write_bytes(gzip.compress(json.dumps(change).encode() + b"\n"))
    orphan.write_bytes(gzip.compress(json.dumps({**change, "change": "removed"}).encode() + b"\n"))
    path = store / "manifests" / HOUR / f"{RUN}.r2.json"
    manifest = json.loads(path.read_text())
    manifest["objects"].append({"key": named.relative_to(store).as_posix(), "kind": "changes", "count": 1})
    write(path, manifest)
    athena = Athena(store, template)
    (row,) = athena.ask("changes-of-seven-days", today=DAY + timedelta(days=7))
    assert {key: row[key] for key in change if key != "fields"} == {
        key: change[key] for key in change if key != "fields"
    }
    assert json.loads(row["fields"]) == change["fields"]
    assert row["run"] == RUN
    assert athena.ask("changes-of-seven-days", today=DAY + timedelta(days=8)) == []


def test_growth_is_of_the_last_whole_run_of_each_day(athena: Athena, store: Path) -> None:
    (row,) = athena.ask("growth", today=DAY + timedelta(days=90))
    assert (row["date"], row["run"], row["verdict"]) == ("2026-11-22", RUN, "partial")
    assert row["resources"] == len(latest(store))
    assert athena.ask("growth", today=DAY + timedelta(days=91)) == []
