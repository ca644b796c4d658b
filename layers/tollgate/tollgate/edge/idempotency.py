"""Idempotency keys: a request that is repeated under one runs once, and is answered as the first time.

A key belongs to an account and a route. It is claimed when the request has been read and found in order, and before
the service sees it. What comes of it:

    an answer               kept for a day, before its last byte is sent
    a failure               the key is free again, unless something was charged: then the failure is the answer
    a stream that broke off kept as far as it came where something was charged, with an error at its end
    a function that died    its claim ends with the time that the function had

Without the header nothing of this happens, and nothing is asked of the store.
"""

import hashlib
import re
from collections.abc import AsyncGenerator, Mapping
from contextlib import aclosing
from datetime import timedelta
from http import HTTPStatus
from typing import Any, Final

from tollgate.contracts.answer import Answer, StreamedAnswer
from tollgate.contracts.caller import Call
from tollgate.edge.observe import log_failure
from tollgate.errors import (
    BadRequest,
    IdempotencyIncomplete,
    IdempotencyInProgress,
    IdempotencyKeyReused,
    IdempotencyNotKept,
    IdempotencyTooLarge,
    Unavailable,
)
from tollgate.resources import Resources
from tollgate.stores.aws import AwsError, AwsUnavailable
from tollgate.stores.idempotency import LOST, MAX_KEPT_BYTES, PRIVATE, TOO_LARGE, Kept, Key

HEADER: Final = "idempotency-key"
REPLAYED: Final = "idempotent-replayed"
_TEXT: Final = re.compile(r"[\x21-\x7e]{1,255}")
_BOUNDARY: Final = re.compile(r'boundary="?([^";,]+)', re.IGNORECASE)
_IN_PROGRESS_WAIT_S: Final = 2
# What a function needs to notice that its time is over.
_LAST_WORDS: Final = timedelta(seconds=2)
# Advice that is not true of a failure that is answered again.
_ADVICE: Final = frozenset({"retry-after", "retry-after-ms", "x-should-retry"})


class Claim:
    """A key that this request holds, until its answer is kept or the key is given up."""

    def __init__(self, key: Key, call: Call, resources: Resources, *, is_private: bool) -> None:
        self.is_open = True
        self._key = key
        self._call = call
        self._resources = resources
        self._is_private = is_private
        self._streamed: StreamedAnswer | None = None
        self._pieces: list[bytes] = []
        self._size = 0

    async def recording(self, answer: StreamedAnswer) -> AsyncGenerator[bytes, None]:
        """The pieces of a stream, remembered as they pass."""
        self._streamed = answer
        async with aclosing(answer.pieces):
            async for piece in answer.pieces:
                self._record(piece)
                yield piece

    async def close(self, answer: Answer, content: bytes) -> None:
        """Keep a whole answer, or give the key up: for a failure that cost nothing."""
        self._size = len(content)
        if answer.status >= HTTPStatus.BAD_REQUEST and not self._call.is_charged:
            await self._free()
        else:
            await self._keep(Kept(int(answer.status), answer.media_type, dict(answer.headers), content))

    async def close_stream(self, last: bytes) -> None:
        """Keep a stream that ends with `last`, be it an error; or give the key up, as above."""
        self._record(last)
        if "error" in self._call.facts and not self._call.is_charged:
            await self._free()
        else:
            await self._keep(self._kept_stream(is_cut=False))

    async def close_broken(self, error_body: dict[str, Any]) -> None:
        """End a claim whose answer was not sent to its end. What was charged is not done again.

        `error_body` is what a stream ends with when it is given again.
        """
        if not self._call.is_charged:
            await self._free()
        elif self._streamed is None:
            await self._keep(Kept(HTTPStatus.OK, "", withheld=LOST))
        else:
            if self._streamed.piece_of_error is not None:
                self._record(self._streamed.piece_of_error(error_body))
            await self._keep(self._kept_stream(is_cut=self._streamed.piece_of_error is None))

    def _record(self, piece: bytes) -> None:
        self._size += len(piece)
        if self._size <= MAX_KEPT_BYTES and not self._is_private:
            self._pieces.append(piece)
        else:
            self._pieces.clear()

    def _kept_stream(self, *, is_cut: bool) -> Kept:
        answer, content = self._streamed, b"".join(self._pieces)
        if answer is None:
            return Kept(HTTPStatus.OK, "", withheld=LOST)
        return Kept(answer.status, answer.media_type, dict(answer.headers), content, is_streamed=True, is_cut=is_cut)

    async def _keep(self, kept: Kept) -> None:
        """Keep the answer. One that cannot be kept is still given: it has been paid for."""
        if self._is_private or self._size > MAX_KEPT_BYTES:
            kept = Kept(kept.status, kept.media_type, withheld=PRIVATE if self._is_private else TOO_LARGE)
        try:
            await self._resources.idempotency.keep(self._key, kept, now=self._resources.now())
        except (AwsError, AwsUnavailable) as exc:
            log_failure("answer_not_kept", exc, request_id=self._key.owner)
        self.is_open = False

    async def _free(self) -> None:
        try:
            await self._resources.idempotency.free(self._key)
        except (AwsError, AwsUnavailable) as exc:
            log_failure("key_not_freed", exc, request_id=self._key.owner)
        self.is_open = False


async def claim(
    route: str, body_hash: str, call: Call, resources: Resources, *, is_private: bool
) -> Claim | Answer | StreamedAnswer | None:
    """Claim the request's key: the claim, the answer that is to be given again, or None for a request without a key.

    `is_private`: the answer holds a secret, and is not kept.

    Raises BadRequest, IdempotencyKeyReused, IdempotencyInProgress, IdempotencyTooLarge, IdempotencyNotKept,
    Unavailable.
    """
    text = call.headers.get(HEADER)
    # A request without an account has nothing that a key could be kept under.
    if text is None or call.method != "POST" or call.caller.is_anonymous:
        return None
    check_key(text)
    key = Key(
        account_id=call.caller.account_id,
        id=hashlib.sha256(f"{route}\n{text}".encode()).hexdigest(),
        body_hash=body_hash,
        owner=call.request_id,
    )
    now = resources.now()
    lease_ends_at = now + timedelta(seconds=call.time_left_s) + _LAST_WORDS
    try:
        taken = await resources.idempotency.claim(key, now=now, lease_ends_at=lease_ends_at)
    except (AwsError, AwsUnavailable) as exc:
        raise Unavailable("The idempotency key cannot be checked now. Try again.", retry_after_s=1) from exc
    if taken is None:
        return Claim(key, call, resources, is_private=is_private)
    if taken.body_hash != key.body_hash:
        raise IdempotencyKeyReused(
            "This idempotency key was used for another request. Use a new key for each request.",
            param="Idempotency-Key",
        )
    if taken.kept is None:
        raise IdempotencyInProgress(
            "A request with this idempotency key is still in progress. Try again.", retry_after_s=_IN_PROGRESS_WAIT_S
        )
    call.facts["is_replayed"] = True
    return _again(taken.kept)


def check_key(text: str) -> None:
    """Refuse a key that is no key.

    Raises BadRequest.
    """
    if not _TEXT.fullmatch(text):
        raise BadRequest("'Idempotency-Key' must have 1 to 255 visible ASCII characters.", param="Idempotency-Key")


def route_of(family: str, name: str, parameters: Mapping[str, str]) -> str:
    """What a key belongs to: aliases of a route are one, and each thing that is named in the path is another."""
    return "\n".join([f"{family}/{name}", *(f"{name}={value}" for name, value in sorted(parameters.items()))])


def hash_body(content: bytes, query: bytes, content_type: str) -> str:
    """What tells two requests apart.

    A client that repeats a form separates its parts with another boundary, and that makes it no other request.
    """
    if content_type.lower().startswith("multipart/") and (match := _BOUNDARY.search(content_type)):
        content = content.replace(match[1].strip().encode("latin-1"), b"")
    return hashlib.sha256(len(query).to_bytes(4, "big") + query + content).hexdigest()


def _again(kept: Kept) -> Answer | StreamedAnswer:
    if kept.withheld == TOO_LARGE:
        raise IdempotencyTooLarge(
            f"This request was answered, and its answer of more than {MAX_KEPT_BYTES} bytes was not kept.",
            metadata={"limit_bytes": MAX_KEPT_BYTES},
        )
    if kept.withheld:
        why = ", because it holds a secret" if kept.withheld == PRIVATE else ""
        raise IdempotencyNotKept(f"This request was answered, and its answer was not kept{why}.")
    headers = {**kept.headers, REPLAYED: "true"}
    if kept.status >= 400:
        headers = {name: value for name, value in headers.items() if name not in _ADVICE} | {"x-should-retry": "false"}
    if not kept.is_streamed:
        return Answer(content=kept.content, status=kept.status, headers=headers, media_type=kept.media_type)
    return StreamedAnswer(pieces=_pieces(kept), media_type=kept.media_type, status=kept.status, headers=headers)


async def _pieces(kept: Kept) -> AsyncGenerator[bytes, None]:
    yield kept.content
    if kept.is_cut:
        raise incomplete()


def incomplete() -> IdempotencyIncomplete:
    """What is said at the end of a stream that is given again as far as it came."""
    return IdempotencyIncomplete("The connection broke off in the first answer. This is as far as it came.")
