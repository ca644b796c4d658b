"""Refusals that only a service can find a reason for: of a field, in WordPress's words, and where a store is silent."""

from collections.abc import Iterator
from contextlib import contextmanager

from tollgate.errors import InvalidParams, Unavailable
from tollgate.stores.aws import AwsError, AwsUnavailable


def invalid_param(name: str, message: str, *, code: str = "rest_invalid_param") -> InvalidParams:
    """The refusal of one parameter."""
    details = {name: {"code": code, "message": message, "data": None}}
    return InvalidParams(f"Invalid parameter(s): {name}", metadata={"params": {name: message}, "details": details})


@contextmanager
def needing_a_store() -> Iterator[None]:
    """Says that it is worth another try where a store does not answer before anything was done.

    Raises Unavailable.
    """
    try:
        yield
    except (AwsError, AwsUnavailable) as exc:
        raise Unavailable("The chatbots cannot be read now. Try again.", retry_after_s=1) from exc
