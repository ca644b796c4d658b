"""Lists as the WP LLM API pages them."""

from typing import Annotated

from pydantic import Field

from tollgate.contracts.shapes import Query


class PageQuery(Query):
    """Which part of a list, newest first."""

    limit: Annotated[int, Field(ge=1, le=100)] = 100
    """How many at most."""
    after: Annotated[str, Field(min_length=1, max_length=100)] | None = None
    """The id of the last one that was seen: those before it in time."""
