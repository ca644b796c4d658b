"""One line of a training file: an example that a model learns from, in one of two forms.

`{"prompt", "completion"}`, or `{"messages": [{"role", "content"}, …]}` that ends with what the assistant says.
"""

from collections.abc import Mapping
from typing import Any, Final, NamedTuple

from pydantic_core import from_json

MAX_TOKENS: Final = 8_192
MAX_LINE_BYTES: Final = 1_048_576
"""No example of so many tokens is longer, however its text is escaped; what is longer is not looked at."""

PROMPTS: Final = "prompt_completion"
CHATS: Final = "messages"
_ROLES: Final = frozenset({"system", "user", "assistant"})
_BYTES_PER_TOKEN: Final = 4
# A role and its marks; in JSON they take more bytes than that.
_MOST_AROUND_A_MESSAGE: Final = 8


class BadLine(Exception):
    """A line that is no example; the message says why, without a word of the line."""


class Example(NamedTuple):
    """What a model is to learn from."""

    form: str
    """`prompt_completion` or `messages`."""
    messages: tuple[Mapping[str, str], ...]
    """The same as a conversation."""
    tokens: int
    most_tokens: int
    """More than any tokenizer makes of it."""


def read_example(line: bytes) -> Example:
    """The example in a line, which has no line break at its end.

    Raises BadLine.
    """
    try:
        text = line.decode()
    except UnicodeDecodeError as exc:
        raise BadLine(f"is not UTF-8 (byte {exc.start + 1})") from exc
    try:
        value = from_json(text)
    except ValueError as exc:
        # The parser names line 1 of the text that it was given.
        raise BadLine(f"is not JSON ({str(exc).replace('at line 1 column', 'at column')[:120]})") from exc
    if not isinstance(value, dict):
        raise BadLine("is not a JSON object")
    form = CHATS if "messages" in value else PROMPTS
    messages = _chat(value["messages"]) if form == CHATS else _pair(value)
    sizes = [len(message["content"].encode()) for message in messages]
    tokens = sum(map(count_tokens, sizes))
    if tokens > MAX_TOKENS:
        raise BadLine(f"has {tokens} tokens, more than {MAX_TOKENS}")
    return Example(form, messages, tokens, sum(sizes) + _MOST_AROUND_A_MESSAGE * len(sizes))


def count_tokens(size_bytes: int) -> int:
    """About how many tokens a text of that many bytes in UTF-8 has."""
    return -(-size_bytes // _BYTES_PER_TOKEN)


def _pair(value: Mapping[str, Any]) -> tuple[Mapping[str, str], ...]:
    for name in ("prompt", "completion"):
        if name not in value:
            raise BadLine(f"has no '{name}': it needs 'prompt' and 'completion', or 'messages'")
        if not isinstance(value[name], str) or not value[name]:
            raise BadLine(f"'{name}' has to be a text that is not empty")
    return (
        {"role": "user", "content": value["prompt"]},
        {"role": "assistant", "content": value["completion"]},
    )


def _chat(messages: Any) -> tuple[Mapping[str, str], ...]:
    if not isinstance(messages, list) or not messages:
        raise BadLine("'messages' has to be a list that is not empty")
    read = tuple(_message(message, number) for number, message in enumerate(messages))
    if read[-1]["role"] != "assistant":
        raise BadLine("the last of 'messages' has to be the assistant's")
    return read


def _message(message: Any, number: int) -> Mapping[str, str]:
    place = f"messages[{number}]"
    if not isinstance(message, dict):
        raise BadLine(f"'{place}' is not an object")
    role = message.get("role")
    if not isinstance(role, str) or role not in _ROLES:
        raise BadLine(f"'{place}.role' has to be system, user or assistant")
    if not isinstance(message.get("content"), str):
        raise BadLine(f"'{place}.content' has to be a text")
    return {"role": role, "content": message["content"]}
