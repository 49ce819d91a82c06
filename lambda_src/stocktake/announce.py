"""What a run says of itself once its pointer has moved: the summary that answers an invocation, its measures, and the
event that announces it."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from stocktake.errors import classify, unexpected
from stocktake.model import State, Verdict
from stocktake.snapshot import FORMAT, canonical

GROUPS = 100
REGIONS = 40
MESSAGE = 200
UNSEEN_BYTES = 128 * 1024
TEXT = 120
SOURCE = "stocktake"
DETAIL_TYPE = "Stocktake Run Published"
KEYS_BYTES = 128 * 1024
"""Of the keys that an event names. With all else it stays far below the 256 kB that EventBridge takes (EventBridge user
guide, "Calculating PutEvents event entry size"), and those to whom rules hand it on."""

RULE = ("by", "until", "why", "units", "expired")
Measure = tuple[str, str, float]


def summary(
    manifest: Mapping[str, Any], groups: Sequence[Mapping[str, Any]], key: str, *, latest: bool
) -> dict[str, Any]:
    """A run in brief, from its manifest and its groups of units that were not seen (snapshot.unseen).

    Stays far under Lambda's 256 kB for asynchronous results, whatever the
    estate: what was not seen is grouped, and what does not fit is counted."""
    unseen = _as_fit(groups)
    return {
        "run": manifest["run"]["id"],
        "revision": manifest["run"]["revision"],
        "inventory": manifest["run"]["inventory"],
        "trigger": str(manifest["run"].get("trigger"))[:TEXT],
        "verdict": manifest["verdict"],
        "coverage": manifest["coverage"],
        "resources": manifest["counts"]["resources"],
        "gaps": manifest["counts"]["gaps"],
        "accepted": manifest["counts"].get("accepted", 0),
        "newly_lost": manifest["counts"].get("newly_lost"),
        "accepted_rules": [{name: rule[name] for name in RULE} for rule in manifest.get("accepted", ())],
        "by_state": manifest["counts"]["by_state"],
        "by_type": manifest["counts"]["by_type"],
        "narrowed": bool(manifest["scope"].get("narrowed")),
        "accounts": len(manifest["scope"]["accounts"]),
        "unseen": unseen,
        "unseen_more": len(groups) - len(unseen),
        "regions_from": manifest["scope"]["regions_from"],
        "manifest": key,
        "objects": [one["key"] for one in manifest["objects"]],
        "latest": latest,
        "seconds": manifest["run"]["seconds"],
        "calls": sum(service["calls"] for service in manifest["calls"].values()),
        "throttles": sum(service["throttles"] for service in manifest["calls"].values()),
    }


def _as_fit(groups: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """The first groups, as many as UNSEEN_BYTES of ASCII JSON hold: a character may take twelve of them."""
    fitting: list[dict[str, Any]] = []
    left = UNSEEN_BYTES
    for group in groups[:GROUPS]:
        short = _shortened(group)
        left -= len(json.dumps(short))
        if left < 0:
            break
        fitting.append(short)
    return fitting


def _shortened(group: Mapping[str, Any]) -> dict[str, Any]:
    """Why it is accepted stands among the rules, once."""
    regions = group["regions"]
    accepted = {"accepted": {name: group["accepted"][name] for name in ("by", "until")}} if "accepted" in group else {}
    return {
        **{name: value[:TEXT] if isinstance(value, str) else value for name, value in group.items()},
        **accepted,
        "message": group["message"][:MESSAGE],
        "regions": [region[:TEXT] for region in regions[:REGIONS]],
        "regions_more": max(0, len(regions) - REGIONS),
    }


def measures(summary: Mapping[str, Any]) -> list[Measure]:
    """(name, CloudWatch unit, value) of each metric of a run.

    Ten at most: CloudWatch charges for each more (Amazon CloudWatch pricing, free tier). `Published` is 1 where the
    snapshot stands for its inventory. `NewlyLost` is left out where it is not known.
    """
    lost = summary["newly_lost"]
    stands = summary["latest"] and not summary["narrowed"] and summary["verdict"] != Verdict.FAILED
    return [
        ("Coverage", "Percent", 100 * summary["coverage"]),
        ("Resources", "Count", summary["resources"]),
        ("Gaps", "Count", summary["gaps"]),
        ("Unseen", "Count", unseen_units(summary)),
        *([] if lost is None else [("NewlyLost", "Count", lost)]),
        ("Published", "Count", int(stands)),
        ("Calls", "Count", summary["calls"]),
        ("Throttles", "Count", summary["throttles"]),
        ("AnnouncementsFailed", "Count", int(summary.get("announced") is False)),
    ]


def unseen_units(summary: Mapping[str, Any]) -> int:
    """How many units of a run are not seen, without those that are accepted as unseen."""
    states = summary["by_state"]
    seen = (State.COLLECTED, State.UNAVAILABLE)
    return int(sum(states.get(state, 0) for state in State if state not in seen) - summary["accepted"])


def by_service(summary: Mapping[str, Any]) -> dict[str, int]:
    """Resources by service, the first two words of a type: AWS::EC2."""
    resources: Counter[str] = Counter()
    for of_type, number in summary["by_type"].items():
        resources["::".join(of_type.split("::")[:2])] += number
    return dict(sorted(resources.items()))


EVENT = (
    *("run", "revision", "inventory", "trigger", "verdict", "coverage", "latest", "resources", "gaps", "newly_lost"),
    "manifest",
)


def event(summary: Mapping[str, Any], store: str) -> dict[str, Any]:
    """What is announced of a run: numbers and keys, and no text of AWS's. Of more objects than fit, how many more."""
    keys: list[str] = []
    left = KEYS_BYTES
    for key in summary["objects"]:
        left -= len(canonical(key)) + 1
        if left < 0:
            break
        keys.append(key)
    states = summary["by_state"]
    return {
        "format": FORMAT,
        **{name: summary[name] for name in EVENT},
        "repeated": bool(summary.get("repeated")),
        "unseen": unseen_units(summary),
        "by_state": {state.value: states[state] for state in State if state in states},
        "store": store,
        "objects": keys,
        "objects_more": len(summary["objects"]) - len(keys),
    }


def put(client: Callable[[], Any], bus: str, detail: Mapping[str, Any]) -> str:
    """Puts an event on a bus; `client` makes an EventBridge client. Answers nothing where the bus has taken it, and
    otherwise why not, in AWS's words: EventBridge answers 200 for an entry that it refuses."""
    text = canonical(detail).decode()
    entry = {"Source": SOURCE, "DetailType": DETAIL_TYPE, "Detail": text, "EventBusName": bus}
    try:
        answer = client().put_events(Entries=[entry])
        (taken,) = answer.get("Entries") or [{}]
        code, said = taken.get("ErrorCode"), taken.get("ErrorMessage")
        if taken.get("EventId") and not code and not answer.get("FailedEntryCount"):
            return ""
    except Exception as error:  # whatever it is, the run is published
        return classify(error).reason.message
    words = f"{code}: {said}" if code else "the answer is not one of EventBridge's: it has no id of the event"
    return unexpected(f"PutEvents: {words}").reason.message
