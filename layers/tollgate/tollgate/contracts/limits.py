"""Rate limits as keys and accounts carry them."""

from typing import Annotated

from pydantic import Field

from tollgate.contracts.shapes import StrictShape

_Limit = Annotated[int, Field(ge=1, le=1_000_000_000)] | None


class Limits(StrictShape):
    """How much is allowed at once; null for no limit."""

    requests_per_minute: _Limit = None
    """Requests that may begin within a minute."""
    tokens_per_minute: _Limit = None
    """Tokens, prompt and answer together, within a minute."""
    concurrent_requests: _Limit = None
    """Requests that may be in progress at the same time."""
