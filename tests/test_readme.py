"""What the README tells people to type, and what it says of defaults, is so."""

from __future__ import annotations

import fnmatch
import json
import re
import shutil
import subprocess
from collections import Counter
from dataclasses import fields
from pathlib import Path
from typing import Any

import duckdb
import pytest

from infra.config import KEYS, StackConfig
from stocktake.errors import UsageError
from stocktake.settings import ACCEPTABLE, FORESEEN, NEVER_ACCEPTED, PREFIX, Settings
from stocktake.store import DirectoryStore, read_manifest, read_pointer, read_resources

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text()
GOLDEN = ROOT / "tests/golden/format-1"


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", README, re.MULTILINE | re.DOTALL)


AS_JSON = {
    "inventories": '{"default": {}}',
    "accepted": "[]",
    "alarm_emails": "[]",
    "dashboard": "true",
    "query": "true",
}
"""Defaults that stand there as they would be written."""


def table(first: str) -> dict[str, str]:
    """Name → default of the rows of a table whose names start so."""
    return {
        name: default.strip().strip("`")
        for name, default in re.findall(rf"^\| `({first}[^`]*)` \|([^|]*)\|", README, re.MULTILINE)
    }


def everything() -> list[dict[str, Any]]:
    store = DirectoryStore(GOLDEN)
    pointer, _ = read_pointer(store, "default")
    assert pointer is not None
    return list(read_resources(store, read_manifest(store, pointer["manifest"])))


def test_every_context_key_stands_there_with_its_default() -> None:
    listed = table("stocktake:")
    assert list(listed) == ["stocktake:" + name.replace("_", "-") for name in KEYS]
    for field in fields(StackConfig):
        default = listed["stocktake:" + field.name.replace("_", "-")]
        assert default == AS_JSON.get(field.name, str(getattr(StackConfig(), field.name)))


def test_every_setting_stands_there_with_its_default() -> None:
    listed = table(PREFIX)
    run_only = ("inventory", "filters", "narrowed", "scheduled", "resume")
    names = [field.name for field in fields(Settings) if field.name not in run_only]
    assert set(listed) == {PREFIX + name.upper() for name in names}
    for name in names:
        default = listed[PREFIX + name.upper()]
        assert default == AS_JSON.get(name, str(getattr(Settings(), name)))


def test_the_examples_of_inventories_and_events_are_taken() -> None:
    context, inventories, event, resume = (text for text in blocks("json") if text.startswith('{"'))
    config = StackConfig.from_context(json.loads(context)["context"])
    assert config.scheduled == {"core": "rate(1 hour)", "full": "rate(1 day)"}
    assert [inventory.name for inventory in config.inventories] == ["core", "full", "audit"]
    settings = Settings.from_environment({"STOCKTAKE_INVENTORIES": inventories})
    assert [inventory.name for inventory in settings.inventories] == list(json.loads(inventories))
    assert settings.for_event(json.loads(event)).narrowed
    assert settings.for_event(json.loads(resume)).resume == json.loads(resume)["resume"]


def test_the_example_of_a_late_snapshot_is_taken_and_needed() -> None:
    (schedule,) = re.findall(r"`(cron\(\S+ \S+ \? .*?\))`", README)
    (minutes,) = re.findall(r"when a snapshot is late: `(.*?)`", README)
    context = {"stocktake:inventories": {"full": {}}, "stocktake:schedules": {"full": schedule}}
    assert StackConfig.from_context(context | {"stocktake:stale-minutes": minutes}).stale_after("full") == 4400
    with pytest.raises(UsageError, match="stocktake:stale-minutes has to say"):
        StackConfig.from_context(context)


def test_the_example_of_accepted_gaps_is_taken_and_the_reasons_are_as_the_text_says() -> None:
    (rules,) = (text for text in blocks("json") if text.startswith('[{"'))
    assert [rule.by for rule in Settings.from_environment({"STOCKTAKE_ACCEPTED": rules}).accepted] == [
        rule["by"] for rule in json.loads(rules)
    ]
    (paragraph,) = re.findall(r"^`reasons` must be given(.*?)^$", README, re.MULTILINE | re.DOTALL)
    by_glob, by_name, never = (
        re.findall(r"`([a-z_]+)`", part) for part in re.split(r"What nobody|the run's", paragraph)
    )
    assert by_glob == list(FORESEEN)
    assert by_name == [code for code in ACCEPTABLE if code not in FORESEEN]
    assert never[: len(NEVER_ACCEPTED)] == list(NEVER_ACCEPTED)


def test_the_query_counts_what_is_there(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(GOLDEN)
    (query,) = blocks("sql")
    latest = query.replace("**/*.ndjson.gz", "**/20261122T130000Z*.ndjson.gz")
    rows = duckdb.sql(latest).fetchall()
    wanted = Counter((one["region"], one["type"]) for one in everything() if (one["tags"] or {}).get("env") == "prod")
    assert wanted
    assert {(region, name): number for region, name, number in rows} == wanted


@pytest.mark.skipif(shutil.which("jq") is None, reason="jq is not installed; .ci/run installs it")
def test_the_jq_programs_find_what_is_there() -> None:
    programs = re.findall(r"jq -r ('[^']+'|\.\w+)$", README, re.MULTILINE)
    pointer = (GOLDEN / "latest/default.json").read_text()
    manifest = (GOLDEN / json.loads(pointer)["manifest"]).read_text()
    lines = "\n".join(json.dumps(one) for one in everything())
    told = []
    for program, given in zip(programs, (pointer, manifest, lines), strict=True):
        command = ["jq", "-r", program.strip("'")]
        told.append(subprocess.run(command, input=given, capture_output=True, text=True, check=True).stdout.split())
    assert told[0] == [json.loads(pointer)["manifest"]]
    assert told[1] == [json.loads(manifest)["verdict"], *(one["key"] for one in json.loads(manifest)["objects"])]
    assert told[2] == [one["id"] for one in everything() if one["type"] == "AWS::EC2::Instance"]


def test_the_keys_are_those_of_a_real_store() -> None:
    (layout,) = [text for text in blocks("text") if text.startswith("latest/default.json")]
    there = [path.relative_to(GOLDEN).as_posix() for path in GOLDEN.rglob("*") if path.is_file()]
    for line in layout.splitlines():
        key = line.split()[0]
        assert fnmatch.filter(there, key.replace("…", "*")), key


def test_the_outputs_are_the_stacks() -> None:
    (outputs,) = [text for text in blocks("text") if text.startswith("Stocktake.")]
    stack = (ROOT / "infra/stack.py").read_text()
    assert sorted(re.findall(r'CfnOutput\(self, "(\w+)"', stack)) == sorted(re.findall(r"Stocktake\.(\w+) =", outputs))
