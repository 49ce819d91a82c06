"""An account of a moto server, and what a maker is."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from botocore.config import Config

REGION = "us-east-1"
ACCOUNT = "123456789012"
TAGS = {"team": "shop"}
"""What every resource is tagged with that can be tagged when it is made."""

KEY_VALUE = [{"Key": key, "Value": value} for key, value in TAGS.items()]
LOWER_KEY_VALUE = [{"key": key, "value": value} for key, value in TAGS.items()]
"""The same, in the two shapes that most services take."""

SECRET = "not-a-secret"
"""What makers put where secrets stand: no line may have it."""


class Account:
    """Clients of an account at a server, made once."""

    def __init__(self, core: Any, url: str) -> None:
        self._core = core
        self._url = url
        self._clients: dict[tuple[str, str], Any] = {}

    def client(self, service: str, region: str = REGION) -> Any:
        key = (service, region)
        if key not in self._clients:
            made = self._core.create_client(
                service,
                region_name=region,
                endpoint_url=self._url,
                aws_access_key_id="maker",
                aws_secret_access_key="none",
                config=Config(
                    s3={"addressing_style": "path"}, inject_host_prefix=False, retries={"total_max_attempts": 1}
                ),
            )
            made.meta.events.register("before-sign.s3-control", self._without_account)
            self._clients[key] = made
        return self._clients[key]

    def _without_account(self, request: Any, **_: Any) -> None:
        """The server has one name; S3 Control's clients put the account before it."""
        request.url = request.url.replace(f"//{ACCOUNT}.", "//")


Maker = Callable[[Account], str | tuple[str, str]]
"""Makes one resource of a type, and what it needs, and answers its id as the row has it, or its id and its ARN."""
