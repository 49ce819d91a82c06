"""The format that Stocktake writes, as JSON Schema (draft 2020-12): every member, each with one sentence.

Members that a schema does not name are allowed everywhere: readers must ignore what they do not know, so that additions
keep the format's number. Tests hold the schemas against real runs both ways: nothing is written that is not described
here, and nothing that is described here as required is left out.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from stocktake.model import ReasonCode, State, Verdict
from stocktake.settings import ACCEPTABLE, DETAILS, TIERS
from stocktake.snapshot import FORMAT

Schema = dict[str, Any]

DIALECT = "https://json-schema.org/draft/2020-12/schema"

ACCOUNT = r"^\d{12}$"
INVENTORY = r"[A-Za-z0-9][A-Za-z0-9_-]{0,62}"
REGION = r"^(global|[a-z]+(-[a-z]+)+-\d+)$"
RUN_ID = r"\d{8}T\d{6}Z"
SHA256 = r"^[0-9a-f]{64}$"
TIME = r"^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}Z$"
TYPE = r"^\w+::\w+::\w+$"
PLACE = rf"inventory={INVENTORY}/date=\d{{4}}-\d{{2}}-\d{{2}}/hour=\d{{2}}/{RUN_ID}"
DATA_KEY = rf"^(snapshots|units|changes)/{PLACE}-(\d{{12}}|all)-[0-9a-f]{{12}}\.ndjson\.gz$"
MANIFEST_KEY = rf"^manifests/{PLACE}\.r[1-9]\d*\.json$"

KINDS = ("snapshot", "partial", "units", "changes")
CHANGES = ("added", "removed", "modified")


# --- words ---


def text(description: str, pattern: str = "") -> Schema:
    return {"type": "string", "description": description} | ({"pattern": pattern} if pattern else {})


def whole(description: str, *, least: int = 0) -> Schema:
    return {"type": "integer", "minimum": least, "description": description}


def number(description: str, **bounds: float) -> Schema:
    return {"type": "number", "minimum": 0, "description": description, **bounds}


def truth(description: str) -> Schema:
    return {"type": "boolean", "description": description}


def one_of(description: str, words: Iterable[str]) -> Schema:
    return {"type": "string", "enum": [str(word) for word in words], "description": description}


def array(description: str, items: Schema) -> Schema:
    return {"type": "array", "items": items, "description": description}


def texts(description: str, pattern: str = "") -> Schema:
    return array(description, {"type": "string"} | ({"pattern": pattern} if pattern else {}))


def table(description: str, names: Schema, values: Schema) -> Schema:
    """An object whose members' names are data."""
    return {"type": "object", "propertyNames": names, "additionalProperties": values, "description": description}


def record(description: str, members: dict[str, Schema], *, optional: Iterable[str] = ()) -> Schema:
    """An object whose members are known; others are allowed."""
    required = [name for name in members if name not in set(optional)]
    return {"type": "object", "description": description, "properties": members, "required": required}


def ref(name: str, description: str) -> Schema:
    return {"$ref": f"#/$defs/{name}", "description": description}


def nullable(schema: Schema) -> Schema:
    """The same, or null."""
    if "$ref" in schema:
        description = schema["description"]
        return {"anyOf": [{"$ref": schema["$ref"]}, {"type": "null"}], "description": description}
    return {**schema, "type": [schema["type"], "null"]}


def document(name: str, title: str, body: Schema, definitions: dict[str, Schema] | None = None) -> Schema:
    about = {"$schema": DIALECT, "$id": f"urn:stocktake:format:{FORMAT}:{name}", "title": title}
    return about | body | ({"$defs": definitions} if definitions else {})


# --- what several documents hold ---

FORMAT_NUMBER: Schema = {
    "const": FORMAT,
    "description": "The number of the format, which additions leave as it is and which any other change raises.",
}

REASON = record(
    "Why something was not read.",
    {
        "code": one_of("What kind of obstacle it was.", ReasonCode),
        "message": text("What AWS, or Stocktake, said, cut to a few hundred characters; data, not to be interpreted."),
    },
)

BLOCK = record(
    "A gzip member that holds some of a unit's lines, and can be read alone.",
    {
        "object": text("The key of the object that it lies in.", DATA_KEY),
        "offset": whole("The place of its first byte in that object."),
        "length": whole("How many bytes it has.", least=1),
        "sha256": text("The SHA-256 of those bytes.", SHA256),
        "first": text("The id of its first resource, so that a reader can choose the block that an id is in."),
    },
)

FINGERPRINT = "The SHA-256 over its lines, each with its newline and without the members that change by themselves"

LAST = record(
    "Where a unit was last collected.",
    {
        "run": text("The run that collected it.", f"^{RUN_ID}$"),
        "blocks": array("The blocks of that run.", {"$ref": "#/$defs/block"}),
        "fingerprint": text(f"{FINGERPRINT}, as of that run.", SHA256),
    },
)

WHERE = {
    "account": text("The account's number.", ACCOUNT),
    "region": text("The region, or global for what belongs to none.", REGION),
    "type": text("The CloudFormation type name, or a name of that form where CloudFormation has none.", TYPE),
}

NAMED = {
    "id": text("What is unique among the resources of its unit, but for those that differ by ARN.") | {"minLength": 1},
    "arn": nullable(text("The ARN, or null where it has none or it cannot be known.", "^arn:")),
    "name": nullable(text("The name that people know it by; whatever its owner typed, so not to be interpreted.")),
}

NAMED_RUN = {
    "run": text("The run's id.", f"^{RUN_ID}$"),
    "manifest": text("The key of its manifest.", MANIFEST_KEY),
    "sha256": text("The SHA-256 of the manifest's bytes.", SHA256),
}

# --- the documents ---

RESOURCE = document(
    "resource",
    "A resource",
    record(
        "One line of a snapshot object (snapshots/…): one resource, in the one form that every type has.",
        {
            **WHERE,
            "region": text(
                "The region that it lies in, which for a bucket is not its unit's, or global for what belongs to none.",
                REGION,
            ),
            **NAMED,
            "tags": nullable(
                table(
                    "Its tags, null where they are not known and empty where there are none; names differ by case.",
                    {"type": "string"},
                    {"type": "string"},
                )
            ),
            "created": nullable(text("When it was created, in UTC and ISO 8601, or null where AWS does not say.")),
            "data": {
                "type": "object",
                "description": "The resource as AWS described it, with secrets replaced by [redacted], bytes as base64 "
                "and times in UTC and ISO 8601.",
            },
            "gaps": array(
                "The parts that could not be read; the member is absent where there are none.",
                {"$ref": "#/$defs/gap"},
            )
            | {"minItems": 1},
        },
        optional=["gaps"],
    ),
    {
        "gap": record(
            "A part of a resource that could not be read.",
            {
                "path": text("The member of data that is missing for it."),
                "reason": ref("reason", "Why it could not be read."),
            },
        ),
        "reason": REASON,
    },
)

ACCEPTED_WORD = {
    "by": text("Who accepts it.") | {"minLength": 1},
    "until": text("From when on that no longer holds.", TIME),
    "why": text("Why, in that person's words.") | {"minLength": 1},
}

UNIT = document(
    "unit",
    "A unit",
    record(
        "One line of a units object (units/…): what became of one resource type at one account and region.",
        {
            **WHERE,
            "state": one_of("What became of it; only collected means that every page was read.", State),
            "reason": nullable(ref("reason", "Why it is not collected, or null where it is.")),
            "count": whole("How many resources were read."),
            "gaps": whole("How many of them have a part that could not be read."),
            "pages": whole("How many answers were read."),
            "calls": whole("How many requests were sent."),
            "retries": whole("How many of them were sent again."),
            "throttles": whole("How many of them were refused for their rate."),
            "seconds": number("The time from its first request to its end."),
            "fingerprint": nullable(text(f"{FINGERPRINT}, or null where it is not collected.", SHA256)),
            "blocks": array("Where its resources are, in the order of their ids.", {"$ref": "#/$defs/block"}),
            "last": nullable(
                ref("last", "Where it was last collected, or null where that is not known; absent where it is now.")
            ),
            "accepted": record(
                "Who accepts that it is not seen, by a configured rule that held when the run began; absent where "
                "nobody does.",
                ACCEPTED_WORD,
            ),
            "newly_lost": {
                "const": True,
                "description": "That the run before had collected it, or is known to have had resources of it that are "
                "unavailable now; absent where that is not so or not known, and where somebody accepts it.",
            },
        },
        optional=["last", "accepted", "newly_lost"],
    )
    | {
        "if": {"properties": {"state": {"const": State.COLLECTED.value}}},
        "then": {
            "properties": {
                "reason": {"type": "null"},
                "fingerprint": {"type": "string"},
                "last": False,
                "accepted": False,
                "newly_lost": False,
            }
        },
        "else": {
            "properties": {"reason": {"type": "object"}, "fingerprint": {"type": "null"}},
            "required": ["last"],
        },
    },
    {"reason": REASON, "block": BLOCK, "last": LAST},
)

RUN = record(
    "The run.",
    {
        "id": text("Its scheduled time, or where it has none that of its start, as YYYYMMDDTHHMMSSZ.", f"^{RUN_ID}$"),
        "revision": whole(
            "1, and more where the manifest was written again: because another run was published meanwhile, or because "
            "the run was gone on with.",
            least=1,
        ),
        "inventory": text("The inventory that it is of.", f"^{INVENTORY}$"),
        "trigger": text("What began it: schedule, invoke, cli or, of a run that was gone on with, resume."),
        "scheduled": nullable(text("The time that it was scheduled for, or null.", TIME)),
        "started": text("When it began.", TIME),
        "finished": text("When all was collected, before it was published.", TIME),
        "seconds": number("How long it took until it finished; all revisions together."),
        "resumed": text("When this revision was begun, if the run was gone on with.", TIME),
    },
    optional=["resumed"],
)

GLOBS = "globs, of which at least one must match"

INVENTORY_SCOPE = record(
    "What the inventory covers, as configured.",
    {
        "name": text("Its name.", f"^{INVENTORY}$"),
        "accounts": texts(f"Accounts: {GLOBS}; empty for the caller's own."),
        "regions": texts(f"Regions: {GLOBS}."),
        "exclude_regions": texts("Regions that are left out all the same: globs."),
        "types": texts(f"Resource types: {GLOBS}."),
        "tier": one_of("Whether types of the tier full are covered too.", TIERS),
        "detail": one_of("Whether calls per resource were made (full) or not (basic).", DETAILS),
    },
    optional=["accounts"],
)

FILTERS = record(
    "What the event, or the command line, left of the inventory; empty lists leave all.",
    {
        "accounts": texts(f"Accounts: {GLOBS}."),
        "regions": texts(f"Regions: {GLOBS}."),
        "exclude_regions": texts("Regions that are left out: globs."),
        "types": texts(f"Resource types: {GLOBS}."),
    },
    optional=["accounts"],
)

REGIONS = {
    "regions": texts("The regions, global among them where a type needs it.", REGION),
    "regions_from": text(
        "Who named the regions: account:ListRegions, ec2:DescribeRegions or botocore; for an account that could not be "
        "entered, other accounts."
    ),
    "regions_refused": texts("Who was asked for the regions before and refused, and in what words."),
    "regions_disabled": texts("Regions that the account has not enabled, where that is known.", REGION),
}

SCOPE = record(
    "What the run was to look at; with several accounts, its regions are those of all of them.",
    {
        "accounts": texts("The accounts.", ACCOUNT),
        "accounts_from": text(
            "Who named the accounts: sts:GetCallerIdentity for the caller's own alone, organizations:ListAccounts, or "
            "the inventory where that was refused."
        ),
        "accounts_refused": texts("Who was asked for the accounts before and refused, and in what words."),
        "accounts_skipped": table(
            "Accounts that are left out as they are not active, with the status that AWS Organizations gives.",
            {"pattern": ACCOUNT},
            {"type": "string"},
        ),
        **REGIONS,
        "by_account": table(
            "The same for each account; absent where the inventory asks for no accounts.",
            {"pattern": ACCOUNT},
            record(
                "An account.",
                {
                    **REGIONS,
                    "problem": nullable(
                        ref("reason", "Why the account could not be entered, so that none of its units was called.")
                    ),
                },
            ),
        ),
        "types": texts("The resource types.", TYPE),
        "inventory": INVENTORY_SCOPE,
        "filters": FILTERS,
        "narrowed": truth("Whether the run saw less than its inventory, and so moved no pointer."),
    },
    optional=["accounts_from", "accounts_refused", "accounts_skipped", "by_account"],
)

COUNTS = record(
    "How much there is in the run.",
    {
        "resources": whole("Resources."),
        "units": whole("Units."),
        "gaps": whole("Resources with a part that could not be read."),
        "accepted": whole("Units that are not seen, which somebody accepts; absent before there were such rules."),
        "newly_lost": nullable(
            whole(
                "Units that are not seen, and not accepted as unseen, which the run before had collected, and units "
                "that are unavailable of which it had resources; null where what it had could not be read in time, and "
                "absent before there was such a count."
            )
        ),
        "by_state": table(
            "Units by state; a state that no unit is in is absent.",
            {"enum": [state.value for state in State]},
            {"type": "integer", "minimum": 1},
        ),
        "by_type": table("Resources by type.", {"pattern": TYPE}, {"type": "integer", "minimum": 0}),
        "by_region": table(
            "Resources by the region of their unit.", {"pattern": REGION}, {"type": "integer", "minimum": 0}
        ),
    },
    optional=["accepted", "newly_lost"],
)

ACCEPTANCE = record(
    "A rule.",
    {
        "accounts": texts(f"Accounts: {GLOBS}."),
        "regions": texts(f"Regions: {GLOBS}."),
        "types": texts(f"Resource types: {GLOBS}."),
        "reasons": array("Codes of reasons, of which one must be the unit's.", {"enum": [*map(str, ACCEPTABLE)]}),
        **ACCEPTED_WORD,
        "units": whole(
            "How many units that are not seen it accepts, of those that no rule before it does; where it has expired, "
            "how many are no longer accepted for that."
        ),
        "expired": truth("Whether it no longer held when the run began."),
    },
)

MANIFEST = document(
    "manifest",
    "A manifest",
    record(
        "What a run is (manifests/…): its scope, its verdict, and every object that it wrote, with its hash. "
        "What no manifest names is no part of a run.",
        {
            "format": FORMAT_NUMBER,
            "run": RUN,
            "verdict": one_of(
                "Whether everything was seen that is there, or somebody accepts that it was not (complete), some "
                "(partial) or nothing (failed).",
                Verdict,
            ),
            "coverage": number("Units collected ÷ (units − unavailable ones); 1 only where they are equal.", maximum=1),
            "scope": SCOPE,
            "counts": COUNTS,
            "accepted": array(
                "The configured rules by which somebody accepts that units are not seen; absent before there were such "
                "rules.",
                ACCEPTANCE,
            ),
            "versions": record(
                "What wrote the run.",
                {
                    "catalogue": text("A hash of the catalogue of resource types.", "^[0-9a-f]{12}$"),
                    "botocore": text("The version of the AWS SDK."),
                    "stocktake": text("The version of Stocktake."),
                },
            ),
            "objects": array(
                "The objects of the run.",
                record(
                    "An object of lines, compressed with gzip.",
                    {
                        "key": text("Its key, which ends in the first twelve digits of its hash.", DATA_KEY),
                        "kind": one_of(
                            "What its lines are: resources of collected units (snapshot) or of partial ones (partial), "
                            "units, or changes (reserved).",
                            KINDS,
                        ),
                        "bytes": whole("Its size.", least=1),
                        "sha256": text("The SHA-256 of its bytes.", SHA256),
                        "count": whole("How many lines it has."),
                    },
                ),
            ),
            "previous": nullable(
                record("The run that the pointer named when this one was published, or null for the first.", NAMED_RUN)
            ),
            "calls": table(
                "The API calls that the run made, by service.",
                {"type": "string"},
                record(
                    "The calls of one service.",
                    {
                        "calls": whole("How many requests were sent."),
                        "retries": whole("How many of them were sent again."),
                        "throttles": whole("How many of them were refused for their rate."),
                        "peak_rate": whole("The most of them that spent one request quota within a second."),
                    },
                    optional=["peak_rate"],
                ),
            ),
            "cost": record(
                "What the run used.",
                {
                    "lambda_gb_seconds": nullable(
                        number("Lambda's measure of the time until it finished, or null outside of Lambda.")
                    )
                },
            ),
        },
        optional=["accepted"],
    ),
    {"reason": REASON},
)

POINTER = document(
    "pointer",
    "A pointer",
    record(
        "Where an inventory's newest good run is (latest/INVENTORY.json); but for leases, the only object that is ever "
        "replaced.",
        {
            "format": FORMAT_NUMBER,
            "run": NAMED_RUN["run"],
            "verdict": one_of("The run's verdict.", Verdict),
            "manifest": NAMED_RUN["manifest"],
            "sha256": NAMED_RUN["sha256"],
        },
    ),
)

EVENT = document(
    "event",
    "An event",
    record(
        "The detail of the event that announces a run on an EventBridge bus (source stocktake, detail type Stocktake "
        "Run Published), once its pointer has moved; a run may be announced more than once.",
        {
            "format": FORMAT_NUMBER,
            "run": NAMED_RUN["run"],
            "revision": RUN["properties"]["revision"],
            "inventory": RUN["properties"]["inventory"],
            "trigger": RUN["properties"]["trigger"],
            "verdict": one_of("The run's verdict.", Verdict),
            "coverage": number("Units collected ÷ (units − unavailable ones); 1 only where they are equal.", maximum=1),
            "latest": truth("Whether the inventory's pointer leads to the run."),
            "repeated": truth("Whether the run had been published before, by another delivery of the same event."),
            "resources": whole("How many resources it has."),
            "gaps": whole("How many of them have a part that could not be read."),
            "unseen": whole("How many units are neither seen nor accepted as unseen."),
            "newly_lost": nullable(whole("How many units are newly lost, or null where that is not known.")),
            "by_state": COUNTS["properties"]["by_state"],
            "store": text("The store, as it was configured: s3://BUCKET/PREFIX or a directory."),
            "manifest": NAMED_RUN["manifest"],
            "objects": texts("The keys of its objects, or as many as fit.", DATA_KEY),
            "objects_more": whole("How many more there are."),
        },
    ),
)

LEASE = document(
    "lease",
    "A lease",
    record(
        "Which run of an inventory is being taken, and by whom (leases/INVENTORY.json); no part of any run.",
        {
            "format": FORMAT_NUMBER,
            "run": NAMED_RUN["run"],
            "invocation": text("The function's invocation that takes it, by the id that Lambda gave it."),
            "attempt": text("What tells this writing of the lease from every other."),
            "taken": text("When it was taken.", TIME),
            "until": text("When it ends by itself.", TIME),
            "released": nullable(text("When it was given back, or null where it was not.", TIME)),
        },
    ),
)

CHANGE = document(
    "change",
    "A change",
    record(
        "One line of a changes object (changes/…): one resource that differs from the run before. "
        "Reserved: this version of Stocktake writes none.",
        {
            "change": one_of("What happened to the resource.", CHANGES),
            **WHERE,
            **NAMED,
            "fields": array(
                "What differs, where a resource was modified.",
                record(
                    "A member that differs.",
                    {
                        "path": text("Where it stands in the resource."),
                        "before": {"description": "What it was, or null where it was not there."},
                        "after": {"description": "What it is, or null where it is not there."},
                    },
                ),
            ),
        },
        optional=["fields"],
    ),
)

SCHEMAS: dict[str, Schema] = {
    "change": CHANGE,
    "event": EVENT,
    "lease": LEASE,
    "manifest": MANIFEST,
    "pointer": POINTER,
    "resource": RESOURCE,
    "unit": UNIT,
}
