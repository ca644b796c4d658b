"""What every kind of prompt has in common when it becomes a request: options of the caller's own, and a contract."""

from collections.abc import Collection, Mapping
from typing import Any

from pydantic import BaseModel, ValidationError

from tollgate.contracts.wpai.prompts import ModelConfig
from tollgate.errors import BadRequest


def custom_options(config: ModelConfig, allowed: Collection[str], body: Mapping[str, Any]) -> dict[str, Any]:
    """What `customOptions` sets beside what `body` has already.

    Raises BadRequest for an option that is not allowed, or stands in the body.
    """
    options = config.custom_options or {}
    for name in options:
        param = f"modelConfig.customOptions.{name[:100]}"
        if name in body:
            raise BadRequest(f'The custom option "{name[:100]}" conflicts with an existing parameter.', param=param)
        if name not in allowed:
            raise BadRequest(f'The custom option "{name[:100]}" is not one that can be set.', param=param)
    return dict(options)


def hold_to(contract: type[BaseModel], body: Mapping[str, Any]) -> None:
    """Check what was made of a prompt against the contract of the request that it became, which is narrower in places.

    Raises BadRequest.
    """
    try:
        contract.model_validate(body)
    except ValidationError as exc:
        # The value is left out: it can be a whole image.
        first = exc.errors(include_url=False, include_input=False)[0]
        place = ".".join(str(step) for step in first["loc"])[:200]
        raise BadRequest(f"The model cannot be asked like this: {place}: {first['msg'][:200]}.") from exc
