"""Round-trip times between us-east-1 and each region.

From https://www.cloudping.co, "p50, 1 year", as seen from us-east-1; the copy of 2025 that is kept as
web-utilities/aws-ping-p50-1y.json in github.com/oaustegard/oaustegard.github.io. It times TCP connections between
Lambda functions and DynamoDB's endpoints, and says 5 ms for us-east-1 itself, most of which is the function: here it
is 1 ms. ap-east-2 and ap-southeast-6 are younger than the copy and estimated from their neighbours.
"""

from __future__ import annotations

MILLISECONDS = {
    "af-south-1": 228,
    "ap-east-1": 197,
    "ap-east-2": 190,
    "ap-northeast-1": 149,
    "ap-northeast-2": 179,
    "ap-northeast-3": 153,
    "ap-south-1": 192,
    "ap-south-2": 208,
    "ap-southeast-1": 219,
    "ap-southeast-2": 200,
    "ap-southeast-3": 234,
    "ap-southeast-4": 209,
    "ap-southeast-5": 222,
    "ap-southeast-6": 205,
    "ap-southeast-7": 244,
    "ca-central-1": 16,
    "ca-west-1": 50,
    "eu-central-1": 93,
    "eu-central-2": 92,
    "eu-north-1": 112,
    "eu-south-1": 101,
    "eu-south-2": 107,
    "eu-west-1": 70,
    "eu-west-2": 78,
    "eu-west-3": 84,
    "il-central-1": 134,
    "me-central-1": 194,
    "me-south-1": 161,
    "mx-central-1": 57,
    "sa-east-1": 115,
    "us-east-1": 1,
    "us-east-2": 15,
    "us-west-1": 64,
    "us-west-2": 64,
}
ELSEWHERE = 200
"""For a region of another partition."""


def round_trip(region: str) -> float:
    """Seconds between us-east-1 and a region; hosts without a region are where us-east-1 is."""
    return MILLISECONDS.get(region or "us-east-1", ELSEWHERE) / 1000
