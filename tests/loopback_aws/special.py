"""What is not made from the model: who one is, which accounts and regions there are, where buckets lie."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from tests.loopback_aws.estate import SECRET, Estate
from tests.loopback_aws.failures import Refused, bad_page_size, bad_token
from tests.loopback_aws.marks import IDENTITY, digest, identity_in, place
from tests.loopback_aws.pages import listing, read_token, token
from tests.loopback_aws.selection import salt_of, size_of, spans

BEGIN = datetime(2026, 1, 5, tzinfo=UTC)

BY_DEFAULT = frozenset({
    "ap-northeast-1", "ap-northeast-2", "ap-northeast-3", "ap-south-1", "ap-southeast-1", "ap-southeast-2",
    "ca-central-1", "eu-central-1", "eu-north-1", "eu-west-1", "eu-west-2", "eu-west-3", "sa-east-1", "us-east-1",
    "us-east-2", "us-west-1", "us-west-2",
})  # fmt: skip
"""Regions that every account has (Account Management reference guide, "Enable or disable AWS Regions")."""


@dataclass(frozen=True)
class Context:
    """A call, and who makes it: `who` is the caller's ARN."""

    estate: Estate
    account: str
    region: str
    parameters: Mapping[str, Any]
    who: str
    name: str
    hollow: bool = False

    def paged(self, things: list[Any], default: int, largest: int) -> tuple[list[Any], str, int]:
        """The page of a list that the call asks for, the next one's token, and its own number."""
        here = listing(*self.name.split(":"))
        size = self.parameters.get(here.limit, default)
        if size > largest:
            raise bad_page_size(here.model, here.limit, size, largest)
        secret = digest(self.estate.seed, self.account, self.region, self.name)
        sent = self.parameters.get(here.tokens_in[0])
        begin = read_token(secret, sent) if sent else (0, 0)
        if begin is None:
            raise bad_token(here.model, here.tokens_in[0])
        offset, number = begin
        end = offset if self.hollow else offset + min(size, self.estate.page_size or size)
        is_last = end >= len(things) and not self.hollow
        return things[offset:end], "" if is_last else token(secret, end, number + 1), number


Answer = tuple[dict[str, Any], int]
"""What a call is answered with, and the page's number."""


def user_of(account: str) -> str:
    """The ARN of whoever calls with an account's own key."""
    return f"arn:aws:iam::{account}:user/loopback"


def caller_identity(context: Context) -> Answer:
    session = context.who.rpartition("/")[2]
    user = f"AROA{digest(context.who)[:17].upper()}:{session}" if ":assumed-role/" in context.who else "AIDALOOPBACK"
    return {"UserId": user, "Account": context.account, "Arn": context.who}, 0


def assume_role(context: Context) -> Answer:
    arn = str(context.parameters["RoleArn"])
    account, _, role = arn.partition("iam::")[2].partition(":role/")
    if account not in context.estate.accounts:
        text = f"User: {context.who} is not authorized to perform: sts:AssumeRole on resource: {arn}"
        raise Refused("AccessDenied", text, 403)
    session = str(context.parameters["RoleSessionName"])
    key = session_key(account, role, session)
    return {
        "Credentials": {
            "AccessKeyId": key,
            "SecretAccessKey": SECRET,
            "SessionToken": f"{digest(key)}/{role}/{session}",
            "Expiration": datetime.now(UTC).replace(microsecond=0) + timedelta(hours=1),
        },
        "AssumedRoleUser": {
            "AssumedRoleId": f"AROA{digest(arn)[:17].upper()}:{session}",
            "Arn": f"arn:aws:sts::{account}:assumed-role/{role.rpartition('/')[2]}/{session}",
        },
    }, 0


def session_key(account: str, role: str, session: str) -> str:
    """A temporary key, which belongs to the account of the role."""
    return f"ASIA{account}{digest(role, session)[:4].upper()}"


def list_accounts(context: Context) -> Answer:
    _in_organisation(context)
    if context.account != context.estate.accounts[0]:
        raise Refused("AccessDeniedException", "You don't have permissions to access this resource.")
    accounts = [
        {
            "Id": account,
            "Arn": f"arn:aws:organizations::{context.estate.accounts[0]}:account/o-loopback0/{account}",
            "Email": f"aws+{account}@example.com",
            "Name": f"account-{number}",
            "Status": "ACTIVE",
            "State": "ACTIVE",
            "JoinedMethod": "CREATED" if number else "INVITED",
            "JoinedTimestamp": BEGIN + timedelta(days=number),
        }
        for number, account in enumerate(context.estate.accounts)
    ]
    some, following, number = context.paged(accounts, 20, 20)
    return {"Accounts": some, **({"NextToken": following} if following else {})}, number


def list_roots(context: Context) -> Answer:
    _in_organisation(context)
    root = {
        "Id": "r-loop",
        "Arn": f"arn:aws:organizations::{context.estate.accounts[0]}:root/o-loopback0/r-loop",
        "Name": "Root",
        "PolicyTypes": [{"Type": "SERVICE_CONTROL_POLICY", "Status": "ENABLED"}],
    }
    return {"Roots": [root]}, 0


def describe_organization(context: Context) -> Answer:
    _in_organisation(context)
    management = context.estate.accounts[0]
    return {
        "Organization": {
            "Id": "o-loopback0",
            "Arn": f"arn:aws:organizations::{management}:organization/o-loopback0",
            "FeatureSet": "ALL",
            "MasterAccountArn": f"arn:aws:organizations::{management}:account/o-loopback0/{management}",
            "MasterAccountId": management,
            "MasterAccountEmail": f"aws+{management}@example.com",
        }
    }, 0


def _in_organisation(context: Context) -> None:
    if len(context.estate.accounts) == 1:
        text = "Your account is not a member of an organization."
        raise Refused("AWSOrganizationsNotInUseException", text)


def list_regions(context: Context) -> Answer:
    wanted = context.parameters.get("RegionOptStatusContains")
    regions = [
        {"RegionName": region, "RegionOptStatus": status}
        for region, status in sorted(
            _states(context.estate, "ENABLED_BY_DEFAULT", "ENABLED", "ENABLING", "DISABLED").items()
        )
        if not wanted or status in wanted
    ]
    some, following, number = context.paged(regions, 20, 50)
    return {"Regions": some, **({"NextToken": following} if following else {})}, number


def describe_regions(context: Context) -> Answer:
    states = _states(context.estate, "opt-in-not-required", "opted-in", "opted-in", "not-opted-in")
    wanted = context.parameters.get("RegionNames")
    unknown = [name for name in wanted or () if name not in states]
    if unknown:
        raise Refused("InvalidParameterValue", f"Invalid region: {unknown[0]}")
    return {
        "Regions": [
            {"OptInStatus": state, "RegionName": region, "Endpoint": f"ec2.{region}.amazonaws.com"}
            for region, state in sorted(states.items())
            if (not wanted or region in wanted) and (context.parameters.get("AllRegions") or state != "not-opted-in")
        ]
    }, 0


def _states(estate: Estate, default: str, on: str, changing: str, off: str) -> dict[str, str]:
    states = {region: default if region in BY_DEFAULT else on for region in estate.regions}
    return states | dict.fromkeys(estate.changing, changing) | dict.fromkeys(estate.disabled, off)


def list_buckets(context: Context) -> Answer:
    salt = salt_of(context.estate.seed, context.account, "", "s3")
    total = size_of(context.estate, context.account, context.region, context.name)
    is_paged = "MaxBuckets" in context.parameters or "BucketRegion" in context.parameters
    buckets: list[dict[str, Any]] = []
    for span in spans(salt, 0, total):
        for index in range(span.first, span.first + span.count):
            name = f"bucket-{span.salt}{place(index)}"
            where = {"BucketRegion": bucket_region(context.estate, name)} if is_paged else {}
            buckets.append({"Name": name, "CreationDate": BEGIN + timedelta(minutes=index), **where})
    wanted, prefix = context.parameters.get("BucketRegion"), context.parameters.get("Prefix", "")
    buckets = [one for one in buckets if wanted in (None, one.get("BucketRegion")) and one["Name"].startswith(prefix)]
    buckets.sort(key=lambda one: str(one["Name"]))
    some, following, number = context.paged(buckets, 10_000, 10_000)
    owner = {"ID": digest("canonical", context.account) * 2}
    return {"Buckets": some, "Owner": owner, **({"ContinuationToken": following} if following else {})}, number


def bucket_location(context: Context) -> Answer:
    where = bucket_region(context.estate, str(context.parameters["Bucket"]))
    return {"LocationConstraint": "" if where == "us-east-1" else where}, 0


def head_bucket(context: Context) -> Answer:
    return {"BucketRegion": bucket_region(context.estate, str(context.parameters["Bucket"]))}, 0


def bucket_region(estate: Estate, bucket: str) -> str:
    """The region that a bucket lies in, by its name alone."""
    return estate.regions[int(digest("bucket", identity_in(bucket))[:6], 16) % len(estate.regions)]


def check_bucket(estate: Estate, account: str, region: str, operation: str, bucket: str) -> None:
    """Refuses calls about buckets that are not there, somebody else's, or in another region."""
    owner = next((one for one in estate.accounts if _owns(estate, one, bucket)), None)
    if owner is None:
        raise Refused(
            "NoSuchBucket", "The specified bucket does not exist", 404, (), f"<BucketName>{bucket}</BucketName>"
        )
    if owner != account:
        raise Refused("AccessDenied", "Access Denied", 403)
    where = bucket_region(estate, bucket)
    if where != region and operation != "GetBucketLocation":
        host = f"s3.{where}.amazonaws.com"
        text = "The bucket you are attempting to access must be addressed using the specified endpoint."
        extra = f"<Endpoint>{host}</Endpoint><Bucket>{bucket}</Bucket>"
        raise Refused("PermanentRedirect", text, 301, (("x-amz-bucket-region", where),), extra)


def _owns(estate: Estate, account: str, bucket: str) -> bool:
    found = IDENTITY.search(bucket)
    return bool(found) and identity_in(bucket).startswith(salt_of(estate.seed, account, "", "s3"))


BY_HAND: dict[str, Callable[[Context], Answer]] = {
    "account:ListRegions": list_regions,
    "ec2:DescribeRegions": describe_regions,
    "organizations:DescribeOrganization": describe_organization,
    "organizations:ListAccounts": list_accounts,
    "organizations:ListRoots": list_roots,
    "s3:GetBucketLocation": bucket_location,
    "s3:HeadBucket": head_bucket,
    "s3:ListBuckets": list_buckets,
    "sts:AssumeRole": assume_role,
    "sts:GetCallerIdentity": caller_identity,
}
