"""What a loopback AWS's answers follow from: accounts, regions, sizes, times and faults, all from one seed."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from fnmatch import fnmatchcase
from typing import Any

REGIONS = (
    "af-south-1",
    "ap-east-1",
    "ap-east-2",
    "ap-northeast-1",
    "ap-northeast-2",
    "ap-northeast-3",
    "ap-south-1",
    "ap-south-2",
    "ap-southeast-1",
    "ap-southeast-2",
    "ap-southeast-3",
    "ap-southeast-4",
    "ap-southeast-5",
    "ap-southeast-6",
    "ap-southeast-7",
    "ca-central-1",
    "ca-west-1",
    "eu-central-1",
    "eu-central-2",
    "eu-north-1",
    "eu-south-1",
    "eu-south-2",
    "eu-west-1",
    "eu-west-2",
    "eu-west-3",
    "il-central-1",
    "me-central-1",
    "me-south-1",
    "mx-central-1",
    "sa-east-1",
    "us-east-1",
    "us-east-2",
    "us-west-1",
    "us-west-2",
)
"""The commercial regions, as botocore 1.44.5 lists them for EC2."""

KEY = re.compile(r"(AKIA|ASIA)(\d{12})([A-Z0-9]{4})\Z")
SECRET = "not-a-secret"
"""The secret of every key: signatures are not checked, whose key it is, is."""


def access_key(account: str) -> str:
    """The access key of an account's own user."""
    return f"AKIA{account}LOOP"


@dataclass(frozen=True)
class Fault:
    """Something that goes wrong. The first fault that fits a call and has `times` left is applied to it.

    kind       "throttle"  the service's own throttling error and status
               "denied"    the service's own refusal
               "error"     the error `code` with `status` and `message`
               "status"    `status` and an empty body
               "reset"     the connection is cut before the answer
               "hang"      no answer, ever; with `seconds`: cut after them
               "truncate"  the first `at` bytes of the body, announced as the whole
               "short"     the first `at` bytes of the body, announced as what they are
               "surplus"   the whole body, announced as the first `at` bytes of it
               "gzip"      the first `at` bytes of the body in gzip, announced as what they are
               "unsized"   the first `at` bytes of the body, without a length: its end is the connection's
               "chunked"   the first `at` bytes of the body in chunks, which are cut off if it is not the whole
               "empty"     200 and no body
               "html"      200 and a page of HTML
               "null"      200 and the body `null`
               "body"      `status` and `body`, under the answer's own headers
               "prefix"    `body` before the answer's own
               "suffix"    `body` after the answer's own
               "utf-16"    the body in UTF-16, without a mark
               "bare"      200 and an answer of the right form that has nothing in it, not even an empty list
               "other"     200 and what the operation `code` of the same service answers
               "again"     of a listing: the first page, whichever is asked for
               "hollow"    of a listing: a page without items, and the token of a page that has these
               "twice"     the answer, and at once the same again
               "drip"      the body in 16 pieces over `seconds`
               "delay"     the answer, `seconds` later
    operation  glob over "service:Operation"
    page       of a listing, from 0; None: all
    times      how often; None: always
    at         0: half of the body; below 0: all but so many bytes
    body       bytes as Latin-1
    """

    kind: str
    operation: str = "*"
    region: str = "*"
    account: str = "*"
    page: int | None = None
    times: int | None = None
    code: str = ""
    message: str = ""
    status: int = 400
    at: int = 0
    seconds: float = 0.0
    body: str = ""

    def fits(self, operation: str, region: str, account: str, page: int) -> bool:
        return (
            self.page in (None, page)
            and fnmatchcase(operation, self.operation)
            and fnmatchcase(region, self.region)
            and fnmatchcase(account, self.account)
        )


@dataclass(frozen=True)
class Estate:
    """All that the answers follow from; the same estate gives the same answers, byte for byte.

    accounts         the first is the management account of the organisation, which there is where there are several
    regions          those that are enabled
    disabled         those that the account and EC2 say are not opted in, and that refuse every key
    changing         those of the enabled that are being enabled: they, too, refuse every key
    items            of a listing: a number, or a range out of which the seed chooses
    sizes            items of a listing by "ec2:DescribeInstances", "…@eu-west-1" or "…@eu-west-1@222222222222"; the
                     longest that fits wins over `items`
    latency          factor on the round-trip times of `latency.py`; 0: none. Service times stay as they are
    service_seconds  what every call takes in the service
    slow             that by operation, "ec2:DescribeInstances"
    quotas           whether the published quotas hold (`quotas.py`)
    rival            the share of each quota's refill that another client of the account spends, steadily
    page_size        the most items of a page, whatever is asked for; 0: as many as the service gives
    bare             whether answers lack every member that neither the model requires nor the catalogue's rows need:
                     to know items by, to choose them, to ask further
    """

    seed: int = 1
    accounts: tuple[str, ...] = ("111111111111",)
    regions: tuple[str, ...] = REGIONS
    disabled: tuple[str, ...] = ()
    changing: tuple[str, ...] = ()
    items: int | tuple[int, int] = (0, 6)
    sizes: Mapping[str, int] = field(default_factory=dict)
    latency: float = 1.0
    service_seconds: float = 0.02
    slow: Mapping[str, float] = field(default_factory=dict)
    quotas: bool = False
    rival: float = 0.0
    faults: tuple[Fault, ...] = ()
    page_size: int = 0
    bare: bool = False

    def to_json(self) -> str:
        return json.dumps(asdict(self))

    @classmethod
    def from_json(cls, text: str) -> Estate:
        given: dict[str, Any] = json.loads(text)
        unknown = given.keys() - {one.name for one in fields(cls)}
        if unknown:
            raise ValueError(f"an estate has no {', '.join(sorted(unknown))}")
        for name in ("accounts", "regions", "disabled", "changing"):
            if name in given:
                given[name] = tuple(given[name])
        if isinstance(given.get("items"), list):
            given["items"] = tuple(given["items"])
        given["faults"] = tuple(Fault(**one) for one in given.get("faults", ()))
        return cls(**given)
