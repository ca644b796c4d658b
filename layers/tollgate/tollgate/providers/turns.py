"""A conversation for vendors that know two speakers in turns: what each turn says, in blocks of the vendor's own."""

from collections.abc import Iterable, Mapping
from typing import Any, Final, Protocol

from tollgate.contracts.catalogue import Model
from tollgate.errors import BadRequest, UnsupportedParameter
from tollgate.providers.conversation import SYSTEM_ROLES, arguments_of
from tollgate.providers.tool_ids import with_safe_ids

Block = dict[str, Any]
Turn = dict[str, Any]
"""`role` and `content`, a list of blocks."""
Message = Mapping[str, Any]

EMPTY_SCHEMA: Final[Mapping[str, Any]] = {"type": "object", "properties": {}}
# A conversation begins with the user. Where it does not, this is what the user said.
EARLIER_TOOL: Final = "No longer there: do not call it."
"""What is said of a tool that was called before and is declared no more."""
_NOTHING: Final = "."
_PDF_URL: Final = "data:application/pdf;base64,"
# The first bytes of every PDF, in base64.
_PDF_BEGINS: Final = "JVBERi"


class Words(Protocol):
    """How a vendor writes each kind of block. Every function gives all the blocks that it takes."""

    def text(self, text: str, *, is_cached: bool) -> list[Block]:
        """A text; `is_cached` asks the vendor to keep everything up to here in its cache."""
        ...

    def image(self, url: str, *, is_cached: bool) -> list[Block]:
        """An image by its data URL or address."""
        ...

    def pdf(self, base64: str, *, name: str | None, is_cached: bool) -> list[Block]:
        """A document."""
        ...

    def call(self, call_id: str, name: str, arguments: Mapping[str, Any]) -> list[Block]:
        """A tool call of the assistant."""
        ...

    def result(self, call_id: str, content: list[Block]) -> list[Block]:
        """What a tool answered."""
        ...

    def thinking(self, block: Mapping[str, Any]) -> list[Block]:
        """A block of `thinking_blocks`."""
        ...


def to_turns(messages: Iterable[Message], words: Words) -> tuple[list[Block], list[Turn]]:
    """What holds for the whole conversation, and its turns: speakers alternate, the user begins, nothing is empty."""
    system: list[Block] = []
    turns: list[Turn] = []
    for message in with_safe_ids(messages):
        match message["role"]:
            case "system" | "developer":
                system += _content(message, words)
            case "assistant":
                _say(turns, "assistant", _assistant(message, words))
            case "tool":
                content = words.result(message["tool_call_id"], _content(message, words))
                _say(turns, "user", content, are_results=True)
            case _:
                _say(turns, "user", _content(message, words))
    if turns and turns[0]["role"] == "assistant":
        turns.insert(0, {"role": "user", "content": words.text(_NOTHING, is_cached=False)})
    for turn in turns:
        turn.pop("results", None)
    return system, turns


def check_turns(messages: Iterable[Message], model: Model) -> list[str]:
    """What is lost of a conversation when it becomes turns, by name.

    Raises BadRequest, UnsupportedParameter for what cannot be said in turns at all.
    """
    lost: dict[str, None] = {}
    has_begun = False
    for number, message in enumerate(messages):
        if message["role"] in SYSTEM_ROLES:
            if has_begun:
                lost["messages.system_order"] = None
        else:
            has_begun = has_begun or _says_something(message)
        if message.get("name"):
            lost["messages.name"] = None
        if message.get("audio"):
            raise UnsupportedParameter(f"'{model.id}' has no spoken answers.", param=f"messages[{number}].audio")
        for place, part in enumerate(_parts(message)):
            _check_part(part, f"messages[{number}].content[{place}]")
            if (part.get("image_url") or {}).get("detail") not in (None, "auto"):
                lost["messages.detail"] = None
            if _asks_for_longer_cache(part):
                lost["messages.cache_control.ttl"] = None
    if not has_begun:
        raise BadRequest(f"'{model.id}' needs a message that is not of the system and not empty.", param="messages")
    return list(lost)


def tools_in(messages: Iterable[Message]) -> list[str]:
    """The names of the tools that were called in a conversation, in their order."""
    names = (
        call["function"]["name"]
        for message in messages
        for call in message.get("tool_calls") or ()
        if call.get("function")
    )
    return list(dict.fromkeys(names))


def is_in_tool_loop_without_thoughts(messages: Iterable[Message]) -> bool:
    """Whether tool calls since the user last spoke come without the signed thoughts that led to them."""
    is_missing = False
    for message in messages:
        if message["role"] == "assistant" and message.get("tool_calls"):
            is_missing = is_missing or not any(map(is_thought, _thoughts(message)))
        elif message["role"] not in SYSTEM_ROLES | {"assistant", "tool"}:
            is_missing = False
    return is_missing


def is_thought(block: Any) -> bool:
    """Whether something is a block of thinking as the vendor signed it."""
    if not isinstance(block, Mapping):
        return False
    if block.get("type") == "redacted_thinking":
        return _is_text(block.get("data"))
    # Where a vendor does not show what was thought, the signature stands alone.
    return (
        block.get("type") == "thinking" and isinstance(block.get("thinking"), str) and _is_text(block.get("signature"))
    )


def data_of(url: str) -> tuple[str, str]:
    """Media type and base64 of a data URL; both empty for an address."""
    head, comma, data = url.partition(",")
    if not comma or not head.startswith("data:"):
        return "", ""
    return head.removeprefix("data:").partition(";")[0], data


def _say(turns: list[Turn], role: str, blocks: list[Block], *, are_results: bool = False) -> None:
    if not blocks:
        return
    if not turns or turns[-1]["role"] != role:
        turns.append({"role": role, "content": [], "results": 0})
    turn = turns[-1]
    if are_results:
        # All results of a turn stand before what the user says beside them.
        turn["content"][turn["results"] : turn["results"]] = blocks
        turn["results"] += len(blocks)
    else:
        turn["content"] += blocks


def _assistant(message: Message, words: Words) -> list[Block]:
    blocks = [block for thought in _thoughts(message) if is_thought(thought) for block in words.thinking(thought)]
    blocks += _content(message, words)
    if refusal := message.get("refusal"):
        blocks += _text({"text": refusal}, words)
    for call in message.get("tool_calls") or ():
        blocks += words.call(call["id"], call["function"]["name"], arguments_of(call))
    return blocks


def _content(message: Message, words: Words) -> list[Block]:
    blocks: list[Block] = []
    for part in _parts(message):
        is_cached = isinstance(part.get("cache_control"), Mapping)
        match part.get("type"):
            case "image_url":
                blocks += words.image(part["image_url"]["url"], is_cached=is_cached)
            case "file":
                data = part["file"]["file_data"].removeprefix(_PDF_URL)
                blocks += words.pdf(data, name=part["file"].get("filename"), is_cached=is_cached)
            case _:
                blocks += _text(part, words)
    return blocks


def _text(part: Mapping[str, Any], words: Words) -> list[Block]:
    text = part.get("text") or part.get("refusal") or ""
    # A text without a letter is refused; left out it means the same.
    return words.text(text, is_cached=isinstance(part.get("cache_control"), Mapping)) if text.strip() else []


def _parts(message: Message) -> list[Mapping[str, Any]]:
    content = message.get("content") or []
    return [{"type": "text", "text": content}] if isinstance(content, str) else content


def _thoughts(message: Message) -> list[Any]:
    thoughts = message.get("thinking_blocks")
    return thoughts if isinstance(thoughts, list) else []


def _says_something(message: Message) -> bool:
    return (
        message["role"] == "tool"
        or bool(message.get("tool_calls"))
        or bool((message.get("refusal") or "").strip())
        or any(
            part.get("type") in {"image_url", "file"} or (part.get("text") or part.get("refusal") or "").strip()
            for part in _parts(message)
        )
    )


def _check_part(part: Mapping[str, Any], param: str) -> None:
    if part.get("type") == "input_audio":
        raise UnsupportedParameter("Audio input is not supported by this model's provider.", param=param)
    if part.get("type") == "file":
        data = part["file"].get("file_data") or ""
        if not data.startswith((_PDF_URL, _PDF_BEGINS)):
            raise UnsupportedParameter(
                "'file_data' has to be a PDF, as a data URL or in base64.", param=f"{param}.file.file_data"
            )


def _asks_for_longer_cache(part: Mapping[str, Any]) -> bool:
    control = part.get("cache_control")
    return isinstance(control, Mapping) and control.get("ttl") not in (None, "5m")


def _is_text(value: Any) -> bool:
    return isinstance(value, str) and value != ""
