"""What a model said, in AI Puffer's words."""

from typing import Any

from tollgate.contracts.aipuffer.providers import Vendor
from tollgate.contracts.chat import Completion
from tollgate.contracts.usage import Usage
from tollgate.errors import ContentFiltered, UpstreamInvalid


def text_of(completion: Completion, vendor: Vendor) -> str:
    """The text of an answer, trimmed; where it was cut, some providers' answers say so.

    Raises UpstreamInvalid for an answer that says nothing at all, ContentFiltered for one that a filter kept back.
    """
    if not completion.choices:
        raise UpstreamInvalid(
            "The provider answered without a choice.", provider=vendor.provider, code="empty_response_chatcompletion"
        )
    choice = completion.choices[0]
    message = choice.get("message") or {}
    text = text_in(message.get("content")).strip() or text_in(message.get("refusal")).strip()
    reason = choice.get("finish_reason")
    if not text and reason == "content_filter":
        raise ContentFiltered("The provider's filter kept the answer back.")
    if reason == "length" and vendor.tells_truncation:
        return f"{text} (Incomplete: length)".strip()
    return text


def text_in(content: Any) -> str:
    """The text in the content of a message, be it in parts."""
    if isinstance(content, list):
        return "".join(str(part.get("text") or "") for part in content if isinstance(part, dict))
    return content if isinstance(content, str) else ""


def usage_of(usage: Usage | None) -> dict[str, int] | None:
    """What a call used; None where the provider told nothing."""
    if usage is None or usage.is_estimated or not usage.total_tokens:
        return None
    return {
        "input_tokens": usage.prompt_tokens,
        "output_tokens": usage.completion_tokens,
        "total_tokens": usage.total_tokens,
    }
