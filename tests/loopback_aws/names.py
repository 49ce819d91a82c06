"""AWS's names for things, taken apart: what an operation is about, which members say which one it is."""

from __future__ import annotations

import re
from functools import cache
from typing import Any

VERB = re.compile(r"(List|Describe|Get|BatchGet|BatchDescribe|Search|Query|Lookup)(?=[A-Z])")
PRINCIPAL = re.compile(
    r"(Summar(y|ies)|Metadata|Details?|Descriptions?|Info(rmation)?|Records?|Response|Result|Output)$"
)
GATHERED = re.compile(r"(List|Set|Items|Collection)$")
IDENTIFYING = re.compile(r"(Identifier|Arns?|ARNs?|Ids?|IDs?|Names?|Urls?|URLs?|Uris?)$")
GENERIC = {"", "item", "result", "content", "member", "data", "value", "resource", "entry", "element", "object"}
PLAIN = {"arn", "id", "name", "identifier", "resourcearn", "arnvalue"}
NOT_LISTED = re.compile(r"fail|error|unprocessed|warning|invalid|notfound|missing|message", re.IGNORECASE)
"""Lists of what went wrong: nothing does unless a fault says so."""


ENDINGS = (
    ("ies", "y"),
    ("sses", "ss"),
    ("uses", "us"),
    ("xes", "x"),
    ("aches", "ache"),
    ("ches", "ch"),
    ("Indices", "Index"),
    ("s", ""),
)


@cache
def singular(word: str) -> str:
    if re.search(r"(us|ss|is)$", word):
        return word
    for ending, one in ENDINGS:
        if word.endswith(ending) and len(word) > len(ending):
            return word[: -len(ending)] + one
    return word


@cache
def subject(operation: str) -> str:
    """What an operation is about: "ListTagsOfResource" is about a Tag."""
    about = re.split(r"(?<=[a-z])(?:Of|For|By|In|From|With)(?=[A-Z])", VERB.sub("", operation, count=1))[0]
    return _bare(about) or operation


@cache
def kind_of(member: str, operation: str) -> str:
    """The kind of thing that stands in a member: "clusterArns" has a Cluster, "Items" what the operation is about."""
    bare = _bare(IDENTIFYING.sub("", member) or member)
    return subject(operation) if bare.lower() in GENERIC else bare[0].upper() + bare[1:]


def _bare(name: str) -> str:
    before = ""
    while name != before:
        before = name
        name = singular(PRINCIPAL.sub("", GATHERED.sub("", name)))
    return name


@cache
def stem(name: str) -> tuple[str, str]:
    """A name without what kind of identifier it is, and that: ("Cluster", "Arn")."""
    found = IDENTIFYING.search(name)
    return (name[: found.start()], singular(found[0])) if found else (name, "")


def _root(word: str) -> str:
    """What a word's forms have in common, for comparing them."""
    return re.sub(r"[es]+$", "", word.lower())


def identifying(shape: Any, kind: str) -> frozenset[str]:
    """The members of a structure by which one of its kind is known, at least one where there is any text."""
    texts = [
        name
        for name, member in shape.members.items()
        if member.type_name == "string" and not member.metadata.get("enum")
    ]
    whole = _root(kind)
    found = {name for name in texts if name.lower() in PLAIN or _root(name) == whole}
    for name in texts:
        about, suffix = stem(name)
        about = _root(about)
        if suffix and len(about) > 2 and (whole.endswith(about) or (len(whole) > 3 and about.endswith(whole))):
            found.add(name)
    if found:
        return frozenset(found)
    likely = [name for name in texts if stem(name)[1]] or texts
    return frozenset(likely[:1])
