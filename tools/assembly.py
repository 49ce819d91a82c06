"""What `cdk synth` wrote, read: an assembly with one stack, and what its template says will be there."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from infra.cost import Stack
from stocktake.settings import PREFIX, Settings

REFERRED = re.compile(r'"(?:Ref": |Fn::GetAtt": \[)"(\w+)"')
KEPT = ("Retain", "RetainExceptOnCreate", "Snapshot")
"""Deletion policies that leave a resource where it is when its stack goes, or a snapshot of it."""


@dataclass(frozen=True)
class Template:
    """A CloudFormation template, read."""

    written: Mapping[str, Any]

    @property
    def resources(self) -> dict[str, dict[str, Any]]:
        """By logical id; without what the CDK notes for itself."""
        return {
            name: one for name, one in self.written.get("Resources", {}).items() if one["Type"] != "AWS::CDK::Metadata"
        }

    def all(self, kind: str) -> dict[str, dict[str, Any]]:
        """The properties of each resource of a type."""
        return {name: one.get("Properties", {}) for name, one in self.resources.items() if one["Type"] == kind}

    @property
    def kept(self) -> dict[str, dict[str, Any]]:
        """What stays when the stack goes."""
        return {name: one for name, one in self.resources.items() if one.get("DeletionPolicy") in KEPT}

    @property
    def function(self) -> dict[str, Any]:
        """The properties of the function that takes runs: the one that has our settings."""
        for one in self.all("AWS::Lambda::Function").values():
            if any(name.startswith(PREFIX) for name in one.get("Environment", {}).get("Variables", {})):
                return one
        return {}

    @property
    def reserved(self) -> int:
        return int(self.function.get("ReservedConcurrentExecutions", 0))

    @property
    def settings(self) -> Settings:
        """What the function is told, but for what only AWS can fill in."""
        variables = self.function.get("Environment", {}).get("Variables", {})
        return Settings.from_environment({name: value for name, value in variables.items() if isinstance(value, str)})

    @property
    def schedules(self) -> dict[str, str]:
        """Inventory → when it is taken; those that are taken by hand only are not there."""
        found = {}
        for one in self.all("AWS::Scheduler::Schedule").values():
            given = one["Target"].get("Input", "{}")
            if isinstance(given, str) and one.get("State", "ENABLED") == "ENABLED":
                found[str(json.loads(given).get("inventory"))] = str(one["ScheduleExpression"])
        return found

    @property
    def stack(self) -> Stack:
        """What of it costs something."""
        function = self.function
        days = [
            rule["ExpirationInDays"]
            for bucket in self.all("AWS::S3::Bucket").values()
            for rule in bucket.get("LifecycleConfiguration", {}).get("Rules", ())
            if str(rule.get("Prefix", "")).startswith("snapshots/") and "ExpirationInDays" in rule
        ]
        algorithms = json.dumps([one.get("BucketEncryption") for one in self.all("AWS::S3::Bucket").values()])
        return Stack(
            memory_mb=function.get("MemorySize", 128),
            architecture=function.get("Architectures", ["x86_64"])[0],
            ephemeral_mb=function.get("EphemeralStorage", {}).get("Size", 512),
            retention_days=max(days, default=0),
            alarms=sum(_metrics(one) for one in self.all("AWS::CloudWatch::Alarm").values()),
            dashboards=len(self.all("AWS::CloudWatch::Dashboard")),
            keys=len(self.all("AWS::KMS::Key")),
            encrypted='"aws:kms"' in algorithms,
            announces=PREFIX + "EVENT_BUS" in function.get("Environment", {}).get("Variables", {}),
        )

    def named(self, place: Any) -> str:
        """What a resource of a statement is, for people: the type of the template's resource that it leads to, else the
        end of its ARN."""
        if place == "*":
            return "everything"
        for name in REFERRED.findall(json.dumps(place)):
            if name in self.resources:
                return f"its {self.resources[name]['Type']}"
        match place:
            case {"Fn::Join": [_, list(parts)]}:
                place = "".join(part for part in parts if isinstance(part, str))
        return str(place).rpartition(":")[2]

    def statements(self) -> Iterator[dict[str, Any]]:
        """All that policies in it say of what the function's role may do and may not."""
        role = _referred(self.function.get("Role"))
        inline = self.all("AWS::IAM::Role").get(role, {}).get("Policies", ())
        documents = [policy["PolicyDocument"] for policy in inline]
        for kind in ("AWS::IAM::Policy", "AWS::IAM::ManagedPolicy"):
            documents += [
                one["PolicyDocument"] for one in self.all(kind).values() if role in map(_referred, one.get("Roles", ()))
            ]
        for document in documents:
            yield from document["Statement"]


def _metrics(alarm: Mapping[str, Any]) -> int:
    """How many metrics an alarm looks at, each of which is charged."""
    return 1 if "MetricName" in alarm else sum("MetricStat" in one for one in alarm.get("Metrics", ()))


def _referred(value: Any) -> str:
    """The logical id that a Ref or GetAtt leads to."""
    match value:
        case {"Ref": str(name)} | {"Fn::GetAtt": [str(name), *_]}:
            return name
    return ""


@dataclass(frozen=True)
class Assembly:
    """What `cdk synth` wrote, of which one stack is deployed."""

    folder: Path

    @cached_property
    def _artifact(self) -> tuple[str, dict[str, Any]]:
        artifacts = json.loads((self.folder / "manifest.json").read_text())["artifacts"]
        ((name, artifact),) = (
            (name, one) for name, one in artifacts.items() if one["type"] == "aws:cloudformation:stack"
        )
        return name, artifact

    @property
    def id(self) -> str:
        """What the CDK calls the stack."""
        return self._artifact[0]

    @property
    def stack_name(self) -> str:
        return str(self._artifact[1]["properties"].get("stackName", self.id))

    @property
    def bootstrap(self) -> tuple[str, int]:
        """The name of the parameter that has the bootstrap stack's version, and the least that it must be."""
        properties = self._artifact[1]["properties"]
        name = properties.get("bootstrapStackVersionSsmParameter", "/cdk-bootstrap/hnb659fds/version")
        return str(name), int(properties.get("requiresBootstrapStackVersion", 0))

    @cached_property
    def template(self) -> Template:
        path = self.folder / self._artifact[1]["properties"]["templateFile"]
        return Template(json.loads(path.read_text()))
