"""Marks: single characters in generated text that stand for what differs from item to item, call to call.

A thing has an identity of 17 hexadecimal digits, as EC2's ids have: 5 for where it is listed (account, region,
service, parent), 3 for its block of BLOCK items, 9 for its place in the block. So an identity alone is enough to make
the whole thing again, whichever call asks for it, and to say that it is somebody else's.

Text is made once, with marks; marks of an item's place in its block are filled when a page is prepared, the others,
which all items of a page share, when it is sent.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from functools import cache
from typing import Any

BLOCK = 1000
PLACES = 9

SALT, ACCOUNT, REGION, PARTITION, SUFFIX, COUNT, TOKEN, ITEMS = map(chr, range(0xE000, 0xE008))
"""The first 8 digits, and what a page shares; ITEMS is where the items of a page stand."""

PLACE = "\ue100"
"""The last 9 digits of the item's own identity."""
OTHER = range(0xE101, 0xE200)
"""… of other things' identities, all different."""
FEW = range(0xE200, 0xE240)
"""… of things that many items share: a network, an image."""
ADDRESS = range(0xE240, 0xE260)
DASHED = range(0xE260, 0xE280)
"""An address as it stands in a host's name."""
OCTETS = range(0xE280, 0xE2C0)
ACCOUNTS = range(0xE2C0, 0xE300)
"""Other accounts."""
ECHO = range(0xE400, 0xE440)
"""The values of the call's own parameters, in the order of their names."""

WIDTHS = {SALT: 8, ACCOUNT: 12, REGION: 12, PARTITION: 3, SUFFIX: 13}
ANY = re.compile("[\ue000-\ue4ff]")
ANY_BYTES = re.compile(rb"(\xee[\x80-\x93][\x80-\xbf])")
SHARED_BYTES = re.compile(rb"(\xee\x80[\x80-\xbf]|\xee\x90[\x80-\xbf])")
IDENTITY = re.compile(r"(?<![0-9a-f])[0-9a-f]{17}(?![0-9a-f])")


def digest(*parts: Any) -> str:
    return hashlib.blake2b("/".join(map(str, parts)).encode(), digest_size=16).hexdigest()


@cache
def place(index: int) -> str:
    """The last 9 digits of the item at an index of its block."""
    return digest("place", index)[:PLACES]


@cache
def _places() -> Mapping[str, int]:
    return {place(index): index for index in range(BLOCK)}


def index_of(identity: str) -> int:
    """The place in its block that an identity says; some place for a made-up one."""
    known = _places().get(identity[-PLACES:])
    return int(identity[-PLACES:], 16) % BLOCK if known is None else known


def identity_in(text: str) -> str:
    """The last identity that stands in an id, a name, an ARN or a URL; one made from the text where there is none."""
    found = IDENTITY.findall(text)
    return found[-1] if found else digest("made up", text)[:17]


@cache
def of_place(mark: str, index: int) -> str:
    """What a mark of an item's place stands for."""
    code = ord(mark)
    if mark == PLACE:
        return place(index)
    if code in OTHER:
        return digest("other", code, index)[:PLACES]
    if code in FEW:
        return digest("few", code, index % 7)[:PLACES]
    number = int(digest("number", code, index)[:6], 16)
    if code in ADDRESS or code in DASHED:
        octets = ("10", number % 250, number // 250 % 250, number // 62500 % 250 + 4)
        return ("." if code in ADDRESS else "-").join(map(str, octets))
    if code in ACCOUNTS:
        return f"{number % 10**6:06}{code % 10**6:06}"
    return ":".join(f"{number >> shift & 255:02x}" for shift in (0, 8, 16))


def width(text: str) -> int:
    """How long a text is with its marks filled, about."""
    return len(text) + sum(WIDTHS.get(mark, PLACES) - 1 for mark in ANY.findall(text))


def is_shared(mark: str) -> bool:
    return ord(mark) < 0xE040 or ord(mark) in ECHO


def fill(value: Any, shared: Mapping[str, str], index: int, identity: str = "") -> Any:
    """A generated value with its marks filled; `identity` is the item's own where it is not the place's."""

    def text_of(mark: str) -> str:
        if identity and mark == PLACE:
            return identity[-PLACES:]
        return shared[mark] if is_shared(mark) else of_place(mark, index)

    def walk(value: Any) -> Any:
        if isinstance(value, str):
            return value if value.isascii() else ANY.sub(lambda found: text_of(found[0]), value)
        if isinstance(value, dict):
            return type(value)((walk(key), walk(inner)) for key, inner in value.items())
        if isinstance(value, list):
            return [walk(inner) for inner in value]
        return value

    return walk(value)
