"""An AWS on loopback, under the real host names, for any SDK: `LoopbackAWS`, with estates made from a seed."""

from __future__ import annotations

from tests.loopback_aws.client import LoopbackAWS
from tests.loopback_aws.estate import REGIONS, Estate, Fault, access_key
from tests.loopback_aws.sitecustomize.sitecustomize import resolve_patch

__all__ = ["REGIONS", "Estate", "Fault", "LoopbackAWS", "access_key", "resolve_patch"]
