"""Prompts, looked at for whether there is a model for them."""

from tollgate.contracts.caller import Call
from tollgate.contracts.wpai.prompts import PromptRequest, Supported
from tollgate.errors import PaymentRequired
from tollgate.resources import Resources
from tollgate.services.gate import check_balance
from tollgate.services.wpai.selection import is_answerable


async def check_support(request: PromptRequest, call: Call, resources: Resources) -> Supported:
    """Whether a model can answer the prompt for this key. Nothing is generated.

    Raises InvalidParams, MissingParams, UpstreamError.
    """
    if not await is_answerable(request, call, resources):
        return Supported(supported=False)
    try:
        await check_balance(call, resources)
    except PaymentRequired:
        return Supported(supported=False)
    return Supported(supported=True)
