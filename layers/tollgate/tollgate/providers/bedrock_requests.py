"""Our requests as Bedrock's Converse reads them.

https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_Converse.html
"""

from collections.abc import Mapping
from typing import Any, Final

from pydantic_core import to_json

from tollgate.contracts.catalogue import Model
from tollgate.contracts.chat import ChatRequest, JsonObject
from tollgate.errors import UnsupportedParameter
from tollgate.providers.closed_schemas import closed, schema_of
from tollgate.providers.thinking import effort_of, thinking_of
from tollgate.providers.turns import EARLIER_TOOL, EMPTY_SCHEMA, Block, Turn, data_of, to_turns, tools_in

_NO_RESULT: Final = "(nothing)"
"""What a tool answered that answered nothing: an empty content is refused."""


def to_wire(request: ChatRequest, flags: Mapping[str, Any]) -> dict[str, Any]:
    """Our request as their body, which is the same for both operations."""
    body = request.body
    words = _BedrockWords(with_cache=has_cache(request.model), with_thoughts=bool(flags.get("effort_field")))
    system, turns = to_turns(body["messages"], words)
    inference = {
        "maxTokens": request.max_output_tokens,
        "temperature": body.get("temperature"),
        "topP": body.get("top_p"),
        "stopSequences": body.get("stop"),
    }
    wire = {
        "system": _system(system),
        "messages": _messages(turns, words),
        "inferenceConfig": _without_none(inference),
        "toolConfig": _tool_config(body, flags),
        **_reasoning(body, flags, request.max_output_tokens),
    }
    return {name: value for name, value in wire.items() if value}


class _BedrockWords:
    """See `tollgate.providers.turns.Words`."""

    def __init__(self, *, with_cache: bool, with_thoughts: bool) -> None:
        self._with_cache = with_cache
        self._with_thoughts = with_thoughts
        self._documents = 0

    def text(self, text: str, *, is_cached: bool) -> list[Block]:
        return [{"text": text}, *self._cache(is_cached=is_cached)]

    def image(self, url: str, *, is_cached: bool) -> list[Block]:
        media_type, data = data_of(url)
        if not data:
            raise UnsupportedParameter("The provider fetches no images. Send them as data URLs.", param="messages")
        image = {"format": media_type.removeprefix("image/"), "source": {"bytes": data}}
        return [{"image": image}, *self._cache(is_cached=is_cached)]

    def pdf(self, base64: str, *, name: str | None, is_cached: bool) -> list[Block]:  # noqa: ARG002 - see below
        # A name is read by the model like a text, so it is a neutral one, and no two are the same.
        self._documents += 1
        document = {"format": "pdf", "name": f"Document {self._documents}", "source": {"bytes": base64}}
        return [{"document": document}, *self._cache(is_cached=is_cached)]

    def call(self, call_id: str, name: str, arguments: Mapping[str, Any]) -> list[Block]:
        return [{"toolUse": {"toolUseId": call_id, "name": name, "input": arguments}}]

    def result(self, call_id: str, content: list[Block]) -> list[Block]:
        return [{"toolResult": {"toolUseId": call_id, "content": content or [{"text": _NO_RESULT}]}}]

    def thinking(self, block: Mapping[str, Any]) -> list[Block]:
        if not self._with_thoughts:
            # Signed by a model of Anthropic's, and nothing to any other.
            return []
        if block["type"] == "redacted_thinking":
            return [{"reasoningContent": {"redactedContent": block["data"]}}]
        return [{"reasoningContent": {"reasoningText": {"text": block["thinking"], "signature": block["signature"]}}}]

    def _cache(self, *, is_cached: bool) -> list[Block]:
        # Without a time it is five minutes, which is what the catalogue has the price of.
        return [{"cachePoint": {"type": "default"}}] if is_cached and self._with_cache else []


def has_strict_tools(flags: Mapping[str, Any]) -> bool:
    """Whether a model keeps to the schema of a tool: those that keep to that of an answer."""
    return bool(flags["json"] == "schema")


def has_cache(model: Model) -> bool:
    """Whether a model keeps what it has read: those that do have a price for it."""
    return model.price.rates.cached_input is not None


def _system(blocks: list[Block]) -> list[Block]:
    if any("cachePoint" in block for block in blocks) or not blocks:
        return blocks
    return [{"text": "\n\n".join(block["text"] for block in blocks)}]


def _messages(turns: list[Turn], words: _BedrockWords) -> list[Turn]:
    last = turns[-1]["content"][-1]
    if turns[-1]["role"] == "assistant" and "text" in last:
        # An answer that is begun for them may not end in white space.
        last["text"] = last["text"].rstrip()
    for turn in turns:
        if any("document" in block for block in turn["content"]) and not any("text" in b for b in turn["content"]):
            # A document never stands without a text.
            turn["content"] += words.text(".", is_cached=False)
    return turns


def _tool_config(body: JsonObject, flags: Mapping[str, Any]) -> dict[str, Any] | None:
    called = tools_in(body["messages"])
    choice = body.get("tool_choice")
    tools = [_tool(tool["function"], flags) for tool in body.get("tools") or ()]
    if choice == "none":
        tools = [tool for tool in tools if tool["name"] in called]
    declared = {tool["name"] for tool in tools}
    tools += [
        {"name": name, "description": EARLIER_TOOL, "inputSchema": {"json": EMPTY_SCHEMA}}
        for name in called
        if name not in declared
    ]
    if not tools:
        return None
    config: dict[str, Any] = {"tools": [{"toolSpec": tool} for tool in tools]}
    if isinstance(choice, Mapping):
        config["toolChoice"] = {"tool": {"name": choice["function"]["name"]}}
    elif choice == "required":
        config["toolChoice"] = {"any": {}}
    return config


def _tool(function: Mapping[str, Any], flags: Mapping[str, Any]) -> dict[str, Any]:
    schema = {"type": "object", **(function.get("parameters") or EMPTY_SCHEMA)}
    tool: dict[str, Any] = {"name": function["name"], "inputSchema": {"json": schema}}
    if function.get("description"):
        tool["description"] = function["description"]
    if function.get("strict") and has_strict_tools(flags):
        tool |= {"inputSchema": {"json": closed(schema)}, "strict": True}
    return tool


def _reasoning(body: JsonObject, flags: Mapping[str, Any], max_output_tokens: int) -> dict[str, Any]:
    """How to think and what to answer in."""
    effort = body.get("reasoning_effort")
    output: dict[str, Any] = {"textFormat": _format(body)}
    if flags.get("effort_field"):
        further = {"thinking": thinking_of(effort, flags, max_output_tokens)}
        output["effort"] = effort_of(effort, flags)
    else:
        further = {"reasoning_effort": effort}
    return {"additionalModelRequestFields": _without_none(further), "outputConfig": _without_none(output)}


def _format(body: JsonObject) -> dict[str, Any] | None:
    schema = schema_of(body)
    if schema is None:
        return None
    name = body["response_format"]["json_schema"]["name"]
    text = to_json(closed(schema)).decode()
    return {"type": "json_schema", "structure": {"jsonSchema": {"schema": text, "name": name}}}


def _without_none(fields: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in fields.items() if value is not None}
