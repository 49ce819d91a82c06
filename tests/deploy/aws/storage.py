"""Where data lies and how it is read: buckets, keys, tables, queries."""

from __future__ import annotations

import json
from typing import Any

from flask import request
from moto.iam.access_control import IAMPolicy, PermissionResult
from moto.s3.models import FakeBucket

from tests.deploy.aws.resource import NotMade, Resource


def install() -> None:
    FakeBucket.get_permission = permission


class Bucket(Resource):
    kind, named, service = "AWS::S3::Bucket", "BucketName", "s3"

    def create(self) -> None:
        where = {} if self.region == "us-east-1" else {"LocationConstraint": self.region}
        options: dict[str, Any] = {"CreateBucketConfiguration": where} if where else {}
        if self.properties.get("ObjectLockEnabled"):
            options["ObjectLockEnabledForBucket"] = True
        self.api.create_bucket(Bucket=self.name, **options)
        self.attributes = {
            "Arn": f"arn:aws:s3:::{self.name}",
            "DomainName": f"{self.name}.s3.amazonaws.com",
            "RegionalDomainName": f"{self.name}.s3.{self.region}.amazonaws.com",
        }
        self.update()

    def update(self) -> None:
        s3, bucket = self.api, self.name
        self.take("BucketName", "ObjectLockEnabled", "Tags")
        if self.take("AccessControl").get("AccessControl", "Private") != "Private":
            raise NotMade("a bucket with an access control list is not made here")
        for value in self.take("VersioningConfiguration").values():
            s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration=value)
        for value in self.take("PublicAccessBlockConfiguration").values():
            s3.put_public_access_block(Bucket=bucket, PublicAccessBlockConfiguration=value)
        for value in self.take("OwnershipControls").values():
            s3.put_bucket_ownership_controls(Bucket=bucket, OwnershipControls=value)
        for value in self.take("BucketEncryption").values():
            rules = [_encryption(rule) for rule in value["ServerSideEncryptionConfiguration"]]
            s3.put_bucket_encryption(Bucket=bucket, ServerSideEncryptionConfiguration={"Rules": rules})
        for value in self.take("LifecycleConfiguration").values():
            rules = [_lifecycle(rule) for rule in value["Rules"]]
            s3.put_bucket_lifecycle_configuration(Bucket=bucket, LifecycleConfiguration={"Rules": rules})
        for value in self.take("ObjectLockConfiguration").values():
            s3.put_object_lock_configuration(Bucket=bucket, ObjectLockConfiguration=value)
        for value in self.take("LoggingConfiguration").values():
            target = {
                "TargetBucket": value["DestinationBucketName"],
                "TargetPrefix": value.get("LogFilePrefix", ""),
            }
            s3.put_bucket_logging(Bucket=bucket, BucketLoggingStatus={"LoggingEnabled": target})

    def remove(self) -> None:
        self.api.delete_bucket(Bucket=self.name)


def _encryption(rule: dict[str, Any]) -> dict[str, Any]:
    kept = {name: value for name, value in rule.items() if name != "ServerSideEncryptionByDefault"}
    return {"ApplyServerSideEncryptionByDefault": rule["ServerSideEncryptionByDefault"], **kept}


def _lifecycle(rule: dict[str, Any]) -> dict[str, Any]:
    """As the API has it, whose names are others than the template's."""
    left = dict(rule)
    made: dict[str, Any] = {"ID": left.pop("Id"), "Status": left.pop("Status")}
    made["Filter"] = {"Prefix": left.pop("Prefix", "")}
    if "ExpirationInDays" in left:
        made["Expiration"] = {"Days": left.pop("ExpirationInDays")}
    elif "ExpiredObjectDeleteMarker" in left:
        made["Expiration"] = {"ExpiredObjectDeleteMarker": left.pop("ExpiredObjectDeleteMarker")}
    if "NoncurrentVersionExpiration" in left:
        made["NoncurrentVersionExpiration"] = left.pop("NoncurrentVersionExpiration")
    if "AbortIncompleteMultipartUpload" in left:
        made["AbortIncompleteMultipartUpload"] = left.pop("AbortIncompleteMultipartUpload")
    if left:
        raise NotMade(f"of a bucket's lifecycle, {', '.join(left)} is not made here")
    return made


class BucketPolicy(Resource):
    kind, service = "AWS::S3::BucketPolicy", "s3"

    def create(self) -> None:
        self.bucket = self.take("Bucket")["Bucket"]
        document = self.take("PolicyDocument")["PolicyDocument"]
        self.api.put_bucket_policy(Bucket=self.bucket, Policy=json.dumps(document))

    def remove(self) -> None:
        self.api.delete_bucket_policy(Bucket=self.bucket)


def permission(self: FakeBucket, action: str, resource: str) -> PermissionResult:
    """moto's own, but for conditions, which it leaves out of account: every Deny would hold for everybody."""
    if self.policy is None:
        return PermissionResult.NEUTRAL
    document = json.loads(self.policy)
    document["Statement"] = [one for one in document["Statement"] if _holds(one.get("Condition", {}))]
    return IAMPolicy(json.dumps(document)).is_action_permitted(action, resource)


def _holds(conditions: dict[str, dict[str, Any]]) -> bool:
    """Whether a statement's conditions hold for the request that is being served."""
    return all(
        _test(operator, key.lower(), wanted) for operator, tests in conditions.items() for key, wanted in tests.items()
    )


def _test(operator: str, key: str, wanted: Any) -> bool:
    """Raises NotMade for a condition that is not known here."""
    if key == "aws:securetransport":
        return str(wanted).lower() == "true"  # this server has no TLS; its requests pass for such as had
    if key == "s3:objectcreationoperation":
        making = request.method == "PUT" and "partNumber" not in request.args  # the parts of an upload make no object
        return making is (str(wanted).lower() == "true")
    if operator == "Null" and key in ("s3:if-none-match", "s3:if-match"):
        return (request.headers.get(key.removeprefix("s3:")) is None) is (str(wanted).lower() == "true")
    raise NotMade(f"the condition {operator} {key} is not known here")


class Key(Resource):
    kind, service = "AWS::KMS::Key", "kms"

    def create(self) -> None:
        given = self.take("Description", "KeyPolicy")
        made = self.api.create_key(Description=given.get("Description", ""), Policy=json.dumps(given["KeyPolicy"]))
        self.ref = made["KeyMetadata"]["KeyId"]
        self.attributes = {"Arn": made["KeyMetadata"]["Arn"], "KeyId": self.ref}
        self._settle()

    def update(self) -> None:
        given = self.take("Description", "KeyPolicy")
        self.api.put_key_policy(KeyId=self.ref, PolicyName="default", Policy=json.dumps(given["KeyPolicy"]))
        self._settle()

    def _settle(self) -> None:
        self.take("PendingWindowInDays", "Tags")
        if self.take("EnableKeyRotation").get("EnableKeyRotation"):
            self.api.enable_key_rotation(KeyId=self.ref)

    def remove(self) -> None:
        days = self.properties.get("PendingWindowInDays", 30)
        self.api.schedule_key_deletion(KeyId=self.ref, PendingWindowInDays=days)


class Alias(Resource):
    kind, named, service = "AWS::KMS::Alias", "AliasName", "kms"

    def create(self) -> None:
        given = self.take("AliasName", "TargetKeyId")
        self.api.create_alias(AliasName=given["AliasName"], TargetKeyId=given["TargetKeyId"].rpartition("/")[2])

    def remove(self) -> None:
        self.api.delete_alias(AliasName=self.name)


class Database(Resource):
    kind, service = "AWS::Glue::Database", "glue"

    def create(self) -> None:
        wanted = self._input()
        self.ref = wanted["Name"]
        self.api.create_database(DatabaseInput=wanted)

    def update(self) -> None:
        self.api.update_database(Name=self.ref, DatabaseInput=self._input())

    def remove(self) -> None:
        self.api.delete_database(Name=self.ref)

    def _input(self) -> dict[str, Any]:
        given = self.take("CatalogId", "DatabaseInput")["DatabaseInput"]
        return {"Name": self.ref.lower(), **given}


class Table(Resource):
    kind, service = "AWS::Glue::Table", "glue"

    def create(self) -> None:
        given = self._given()
        self.ref = given["TableInput"]["Name"]
        self.api.create_table(**given)

    def update(self) -> None:
        self.api.update_table(**self._given())

    def remove(self) -> None:
        self.api.delete_table(DatabaseName=self.properties["DatabaseName"], Name=self.ref)

    def _given(self) -> dict[str, Any]:
        self.take("CatalogId")
        return self.take("DatabaseName", "TableInput")


class WorkGroup(Resource):
    kind, named, service = "AWS::Athena::WorkGroup", "Name", "athena"

    def create(self) -> None:
        given = self.take("Name", "Description", "WorkGroupConfiguration")
        self._take_states()
        configuration = given.pop("WorkGroupConfiguration")
        self.api.create_work_group(**{"Name": self.name, **given}, Configuration=configuration)

    def update(self) -> None:
        """moto has no UpdateWorkGroup. Its named queries lie elsewhere and stay."""
        self.remove()
        self.create()

    def remove(self) -> None:
        self.api.delete_work_group(WorkGroup=self.name, RecursiveDeleteOption=True)

    def _take_states(self) -> None:
        if self.take("State", "RecursiveDeleteOption", "Tags").get("State", "ENABLED") != "ENABLED":
            raise NotMade("a work group that is disabled is not made here")


class NamedQuery(Resource):
    kind, service = "AWS::Athena::NamedQuery", "athena"

    def create(self) -> None:
        given = {"Name": self.name, **self.take("Name", "Description", "Database", "QueryString", "WorkGroup")}
        self.ref = self.api.create_named_query(**given)["NamedQueryId"]
        self.attributes = {"NamedQueryId": self.ref}

    def update(self) -> None:
        """A new one, as in AWS, where only the description of one can be changed."""
        self.remove()
        self.create()

    def remove(self) -> None:
        """moto has no DeleteNamedQuery: it stays in moto, and nothing points to it."""


KINDS = (Bucket, BucketPolicy, Key, Alias, Database, Table, WorkGroup, NamedQuery)
