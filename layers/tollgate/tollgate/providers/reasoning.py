"""Reasoning aloud, by the one name that the router has for it: `reasoning_content`, beside a `content` that is text."""

from typing import Any


def name_reasoning(said: dict[str, Any]) -> None:
    """Give the reasoning of a message or a delta its name, in place, from each form in which vendors have it.

    `reasoning` beside the content: https://openrouter.ai/docs/use-cases/reasoning-tokens,
    https://console.groq.com/docs/reasoning, https://docs.vllm.ai/en/latest/features/reasoning_outputs.html .
    A list of `thinking` and `text` in place of the content: https://docs.mistral.ai/capabilities/reasoning .
    """
    if isinstance(said.get("content"), list):
        _split_content(said)
    if "reasoning" in said:
        reasoning = said.pop("reasoning")
        if isinstance(reasoning, str) and not said.get("reasoning_content"):
            said["reasoning_content"] = reasoning


def _split_content(said: dict[str, Any]) -> None:
    parts = [part for part in said["content"] if isinstance(part, dict)]
    thoughts = "".join(_text_of(part.get("thinking")) for part in parts if part.get("type") == "thinking")
    said["content"] = "".join(_text_of(part.get("text")) for part in parts if part.get("type") == "text")
    if thoughts:
        said["reasoning_content"] = thoughts


def _text_of(value: Any) -> str:
    if isinstance(value, list):
        return "".join(_text_of(part.get("text")) for part in value if isinstance(part, dict))
    return value if isinstance(value, str) else ""
