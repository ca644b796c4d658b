"""Failures of providers under the codes that AI Puffer's clients know, and how long providers are waited for."""

import asyncio
from collections.abc import AsyncGenerator, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import Final, NamedTuple

from tollgate.contracts.caller import Call
from tollgate.errors import (
    ConnectFailed,
    ContentFiltered,
    ContextLengthExceeded,
    ModelNotFound,
    NoProviderAvailable,
    StreamTimeout,
    TollgateError,
    UpstreamError,
    UpstreamInvalid,
    UpstreamRejected,
    UpstreamTimeout,
)
from tollgate.services.completions import lifetime_s


class Codes(NamedTuple):
    """What a kind of call names its failures; `{provider}` is the provider as it was asked for."""

    refused: str
    """The provider answered with an error."""
    unreached: str
    unreadable: str


TEXT: Final = Codes("api_error", "http_request_failed", "invalid_response_structure_{provider}")
EMBEDDING: Final = Codes(
    "{provider}_embedding_api_error_logic",
    "{provider}_embedding_http_error_logic",
    "{provider}_embedding_no_data_logic",
)
IMAGE: Final = Codes("{provider}_image_api_error", "{provider}_image_http_error", "{provider}_image_no_data_parsed")


@contextmanager
def told_as(codes: Codes, provider: str) -> Iterator[None]:
    """Gives failures of a provider, and of finding its model, the codes of a kind of call."""
    try:
        yield
    except (UpstreamError, UpstreamRejected, ContextLengthExceeded, ModelNotFound) as exc:
        if code := _code_of(exc, codes):
            exc.reason = code.format(provider=provider)
        raise


def _code_of(error: TollgateError, codes: Codes) -> str | None:
    match error:
        case NoProviderAvailable(upstream_status=None) | ContentFiltered():
            return None
        case ConnectFailed() | UpstreamTimeout() | StreamTimeout():
            return codes.unreached
        case UpstreamInvalid(upstream_status=None) | UpstreamInvalid(upstream_status=200):
            return codes.unreadable
    return codes.refused


@asynccontextmanager
async def no_longer_than(longest_s: float, call: Call, provider: str) -> AsyncGenerator[None, None]:
    """Give up on a provider after that time, and in time to say so.

    Raises UpstreamTimeout.
    """
    seconds = min(longest_s, lifetime_s(call))
    try:
        async with asyncio.timeout(seconds):
            yield
    except TimeoutError as exc:
        raise UpstreamTimeout(f"The answer took longer than {seconds:g} seconds.", provider=provider) from exc
