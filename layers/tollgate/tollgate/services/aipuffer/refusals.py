"""What is wrong with a field, in WordPress's words, where only a service can find it out."""

from tollgate.errors import InvalidParams


def invalid_param(name: str, message: str, *, code: str = "rest_invalid_param") -> InvalidParams:
    """The refusal of one parameter."""
    details = {name: {"code": code, "message": message, "data": None}}
    return InvalidParams(f"Invalid parameter(s): {name}", metadata={"params": {name: message}, "details": details})
