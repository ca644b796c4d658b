"""Idempotency keys in their table: who gets one, and for how long."""

from datetime import timedelta
from typing import Any

from tests.builders import NOW
from tollgate.resources import Resources
from tollgate.stores.idempotency import Kept, Key, Taken

_LEASE = timedelta(seconds=900)
_ANSWER = Kept(200, "text/plain", {"etag": "1"}, "größe".encode())


def _key(owner: str, **changes: Any) -> Key:
    return Key("acct_1", "id", "body", owner)._replace(**changes)


async def _claim(resources: Resources, owner: str, after: timedelta = timedelta(0), **changes: Any) -> Taken | None:
    now = NOW + after
    return await resources.idempotency.claim(_key(owner, **changes), now=now, lease_ends_at=now + _LEASE)


async def test_a_key_is_claimed_by_one(resources: Resources) -> None:
    assert await _claim(resources, "req_1") is None
    assert await _claim(resources, "req_2", body_hash="other") == Taken("body", None)


async def test_a_claim_whose_answer_was_lost_is_made_once_more(resources: Resources) -> None:
    assert await _claim(resources, "req_1") is None
    assert await _claim(resources, "req_1") is None


async def test_a_claim_of_a_function_that_died_ends_with_its_lease(resources: Resources) -> None:
    await _claim(resources, "req_1")

    assert await _claim(resources, "req_2", _LEASE) is not None
    assert await _claim(resources, "req_3", _LEASE + timedelta(seconds=1)) is None


async def test_a_request_that_comes_back_after_its_lease_changes_nothing(resources: Resources) -> None:
    await _claim(resources, "req_1")
    await _claim(resources, "req_2", 2 * _LEASE)

    await resources.idempotency.keep(_key("req_1"), _ANSWER, now=NOW)
    await resources.idempotency.free(_key("req_1"))

    assert await _claim(resources, "req_3", 2 * _LEASE) == Taken("body", None)


async def test_an_answer_is_kept_for_a_day_after_it_was_given(resources: Resources) -> None:
    await _claim(resources, "req_1")
    await resources.idempotency.keep(_key("req_1"), _ANSWER, now=NOW + timedelta(hours=1))

    assert await _claim(resources, "req_2", timedelta(hours=25)) == Taken("body", _ANSWER)
    assert await _claim(resources, "req_3", timedelta(hours=25, seconds=1)) is None
    assert await _claim(resources, "req_4", timedelta(hours=25, seconds=1)) == Taken("body", None)


async def test_a_key_that_was_given_up_is_free_and_an_answer_is_not_given_up(resources: Resources) -> None:
    await _claim(resources, "req_1")
    await resources.idempotency.free(_key("req_1"))
    assert await _claim(resources, "req_2") is None

    await resources.idempotency.keep(_key("req_2"), _ANSWER, now=NOW)
    await resources.idempotency.free(_key("req_2"))

    assert await _claim(resources, "req_3") == Taken("body", _ANSWER)


async def test_an_answer_in_the_bucket_that_is_gone_is_not_made_again(resources: Resources) -> None:
    await _claim(resources, "req_1")
    await resources.idempotency.keep(_key("req_1"), Kept(200, "image/png", content=b"\xff" * 10), now=NOW)
    await resources.bucket.delete("idempotency/acct_1/id/req_1")

    taken = await _claim(resources, "req_2")

    assert taken is not None
    assert taken.kept is not None
    assert (taken.kept.content, taken.kept.withheld) == (b"", "lost")
