"""An S3 that does not answer ends a run in an error, and not in a function that is killed without a word."""

from __future__ import annotations

import hashlib
import io
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from types import SimpleNamespace
from typing import Any

import pytest
from botocore.retries.standard import ExponentialBackoff
from hypothesis import given
from hypothesis import strategies as st

from stocktake.aws import EXPECT_SECONDS, PATIENCE_SECONDS, STORE_ATTEMPTS, Aws, store_patience
from stocktake.errors import StoreError
from stocktake.settings import Settings
from stocktake.store import BucketStore, Store
from tests.helpers import law
from tests.loopback import Call, Loopback, Reply


def longest(settings: Settings) -> float:
    """Seconds until a request that is never answered has failed, with the longest waits of botocore's standard mode."""
    attempts, connect, read = store_patience(settings)
    throttled: Any = SimpleNamespace(is_throttling_error_from_context=lambda _: True)
    backoff = ExponentialBackoff(random=lambda: 1.0, throttling_detector=throttled)
    after = [SimpleNamespace(attempt_number=number, http_response=None) for number in range(1, attempts)]
    return attempts * (connect + EXPECT_SECONDS + read) + sum(map(backoff.delay_amount, after))


@law
@given(st.floats(2.25, 600), st.floats(0.05, 60))
def test_a_request_that_is_never_answered_has_failed_while_a_third_of_the_reserve_is_left(
    reserve: float, connect: float
) -> None:
    settings = Settings(reserve_seconds=reserve, connect_timeout=connect)
    assert longest(settings) <= reserve * 2 / 3 + 1e-9
    attempts, connecting, reading = store_patience(settings)
    assert 1 <= attempts <= STORE_ATTEMPTS
    assert 0 < connecting <= connect
    assert connecting < reading


@law
@given(st.floats(1, 600))
def test_a_request_is_sent_as_often_as_leaves_time_for_each(reserve: float) -> None:
    attempts, connect, read = store_patience(Settings(reserve_seconds=reserve))
    assert attempts == 1 or connect + read >= PATIENCE_SECONDS
    if attempts < STORE_ATTEMPTS:
        waits = sum(2**n for n in range(attempts))
        assert (reserve * 2 / 3 - waits) / (attempts + 1) - EXPECT_SECONDS < PATIENCE_SECONDS


def test_by_default_four_sends_have_forty_seconds() -> None:
    attempts, connect, read = store_patience(Settings())
    assert (attempts, round(connect, 2), round(read, 2)) == (4, 1.81, 5.44)
    assert longest(Settings()) == pytest.approx(40)


def test_the_stores_client_is_made_with_that_patience() -> None:
    config = Aws(Settings(reserve_seconds=90)).s3().meta.config
    assert config.retries == {"mode": "standard", "total_max_attempts": 4}
    assert (4, config.connect_timeout, config.read_timeout) == store_patience(Settings(reserve_seconds=90))


def _create(store: Store) -> None:
    store.create("key", io.BytesIO(b"content"), hashlib.sha256(b"content").hexdigest())


USES: dict[str, Callable[[Store], Any]] = {
    "PutObject": _create,
    "GetObject": lambda store: store.read("key"),
    "ListObjectsV2": lambda store: store.keys("key"),
}


def half_a_body(_: Call) -> Reply:
    return Reply(200, b"only this", {"ETag": '"tag"'}, length=100, hang=True)


@pytest.mark.parametrize("answer", [lambda _: Reply(hang=True), half_a_body], ids=["silent", "silent after a while"])
def test_a_silent_s3_is_a_store_error_within_the_reserve(
    answer: Callable[[Call], Reply], monkeypatch: pytest.MonkeyPatch
) -> None:
    def ended(operation: str) -> str:
        with pytest.raises(StoreError) as raised:
            USES[operation](store)
        return str(raised.value)

    with Loopback(answer) as server:
        monkeypatch.setenv("AWS_ENDPOINT_URL", server.url)
        client = Aws(Settings(reserve_seconds=2.25)).s3()
        store = BucketStore(client, "bucket")
        begun = time.monotonic()
        with ThreadPoolExecutor(3) as threads:
            said = dict(zip(USES, threads.map(ended, USES), strict=True))
        assert time.monotonic() - begun < 2.25
        client.close()
    for operation, sentence in said.items():
        assert sentence.startswith(f"{operation}: s3://bucket/key cannot be")
