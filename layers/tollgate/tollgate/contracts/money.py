"""US dollars in JSON bodies."""

from decimal import Decimal
from typing import Annotated, Any

from pydantic import BeforeValidator, Strict


def _as_text(value: Any) -> Any:
    if isinstance(value, bool) or not isinstance(value, int | float | Decimal):
        raise ValueError("expected a number")
    # A float's shortest text is the number that was written in the body; its binary value is not.
    return str(value)


UsDollars = Annotated[Decimal, Strict(strict=False), BeforeValidator(_as_text)]
"""A JSON number as an exact decimal."""
