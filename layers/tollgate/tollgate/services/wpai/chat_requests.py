"""A prompt of WordPress's as a chat completion request."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from pydantic_core import from_json, to_json

from tollgate.contracts.catalogue import Model
from tollgate.contracts.router.chat import ChatCompletionRequest
from tollgate.contracts.wpai.messages import (
    FilePart,
    FunctionCallPart,
    FunctionDeclaration,
    FunctionResponse,
    FunctionResponsePart,
    InlineFile,
    Message,
    TextPart,
)
from tollgate.contracts.wpai.prompts import ModelConfig, PromptRequest
from tollgate.errors import BadRequest
from tollgate.services.wpai.metadata import SOUND_FORMATS
from tollgate.services.wpai.options import custom_options, hold_to
from tollgate.services.wpai.schemas import response_format

Json = dict[str, Any]

CUSTOM_OPTIONS: Final = frozenset(
    {
        "logit_bias",
        "parallel_tool_calls",
        "prediction",
        "reasoning_effort",
        "seed",
        "service_tier",
        "tool_choice",
        "verbosity",
    }
)
"""What `customOptions` may set: parameters that are the caller's own business, and that have no other name here."""
_SOUNDS: Final[Mapping[str, str]] = {
    "audio/mpeg": "mp3",
    "audio/mp3": "mp3",
    "audio/wav": "wav",
    "audio/wave": "wav",
    "audio/x-wav": "wav",
}
_VOICE: Final = "alloy"
_THINKING: Final = "thinking"
_TUNING: Final[Mapping[str, str]] = {
    "candidate_count": "n",
    "temperature": "temperature",
    "top_p": "top_p",
    "top_k": "top_k",
    "presence_penalty": "presence_penalty",
    "frequency_penalty": "frequency_penalty",
    "logprobs": "logprobs",
    "top_logprobs": "top_logprobs",
    "max_tokens": "max_completion_tokens",
}


def to_chat(request: PromptRequest, model: Model) -> Json:
    """The body of a chat completion request, validated.

    Raises BadRequest.
    """
    config = request.config or ModelConfig()
    body: Json = {"model": model.id, "messages": [*_system(config), *to_messages(request.messages)]}
    for field, name in _TUNING.items():
        if (value := getattr(config, field)) is not None:
            body[name] = value
    if body.get("top_logprobs"):
        body["logprobs"] = True
    if config.stop_sequences:
        body["stop"] = config.stop_sequences
    if config.function_declarations:
        body["tools"] = [_tool(declared) for declared in config.function_declarations]
    if config.web_search is not None:
        body["web_search_options"] = _search(config)
    if "audio" in (config.output_modalities or ()):
        # Models that speak also write what they say.
        body["modalities"] = ["text", "audio"]
        body["audio"] = {
            "voice": config.output_speech_voice or _VOICE,
            "format": SOUND_FORMATS.get(config.output_mime_type or "", "wav"),
        }
    elif wanted := response_format(config.output_schema, config.output_mime_type):
        body["response_format"] = wanted
    body |= custom_options(config, CUSTOM_OPTIONS, body)
    hold_to(ChatCompletionRequest, body)
    return body


def to_messages(messages: Sequence[Message]) -> list[Json]:
    """The conversation in OpenAI's words.

    Raises BadRequest.
    """
    conversation = _Conversation()
    for number, message in enumerate(messages):
        if message.role == "model":
            conversation.model_says(message, f"messages[{number}]")
        else:
            conversation.user_says(message, f"messages[{number}]")
    return conversation.messages


class _Conversation:
    """Messages as they are written, and the calls in them that have no answer yet."""

    def __init__(self) -> None:
        self.messages: list[Json] = []
        self._unanswered: dict[str, str] = {}
        """The names of the functions that were called, by the ids of the calls."""
        self._calls = 0

    def model_says(self, message: Message, param: str) -> None:
        """Add what the model said. Thoughts that no provider signed are its own, and not sent back."""
        texts: list[str] = []
        calls: list[Json] = []
        thoughts: list[Json] = []
        for place, part in enumerate(message.parts):
            match part:
                case TextPart(channel="thought"):
                    thoughts += _thoughts(part)
                case TextPart():
                    texts.append(part.text)
                case FunctionCallPart():
                    calls.append(self._call(part, f"{param}.parts[{place}]"))
                case _:
                    raise BadRequest(
                        "A model message with a file cannot be sent back.", param=f"{param}.parts[{place}]"
                    )
        if not texts and not calls:
            return
        said: Json = {"role": "assistant", "content": _plain(texts) if texts else None}
        if calls:
            said["tool_calls"] = calls
        if thoughts:
            said["thinking_blocks"] = thoughts
        self.messages.append(said)

    def user_says(self, message: Message, param: str) -> None:
        """Add what the user said, what functions answered first: providers want it right after the calls."""
        content: list[Json] = []
        for place, part in enumerate(message.parts):
            match part:
                case FunctionResponsePart(function_response=response):
                    self.messages.append(self._answer(response, f"{param}.parts[{place}]"))
                case FilePart():
                    content.append(_file(part, f"{param}.parts[{place}].file"))
                case TextPart(channel="content"):
                    content.append({"type": "text", "text": part.text})
                case _:
                    pass
        if len(content) == 1 and content[0]["type"] == "text":
            self.messages.append({"role": "user", "content": content[0]["text"]})
        elif content:
            self.messages.append({"role": "user", "content": content})

    def _call(self, part: FunctionCallPart, param: str) -> Json:
        called = part.function_call
        if not called.name:
            raise BadRequest("A function call that is sent back needs the name of its function.", param=param)
        self._calls += 1
        call_id = called.id or f"call_{self._calls}"
        self._unanswered[call_id] = called.name
        # PHP makes an empty list of an empty object.
        arguments = "{}" if called.args in (None, [], {}) else _text_of(called.args)
        call = {"id": call_id, "type": "function", "function": {"name": called.name, "arguments": arguments}}
        for extra in _signed(part.thought_signature, {}):
            call["extra_content"] = extra
        return call

    def _answer(self, response: FunctionResponse, param: str) -> Json:
        call_id = response.id
        if not call_id:
            meant = [known for known, name in self._unanswered.items() if name == response.name]
            if not meant:
                raise BadRequest(
                    f"There is no unanswered call of the function '{(response.name or '')[:100]}'.", param=param
                )
            call_id = meant[-1]
        self._unanswered.pop(call_id, None)
        return {"role": "tool", "tool_call_id": call_id, "content": _text_of(response.response)}


def _system(config: ModelConfig) -> Iterator[Json]:
    if config.system_instruction:
        yield {"role": "system", "content": config.system_instruction}


def _plain(texts: list[str]) -> str | list[Json]:
    return texts[0] if len(texts) == 1 else [{"type": "text", "text": text} for text in texts]


def _text_of(value: Any) -> str:
    return value if isinstance(value, str) else to_json(value).decode()


def _signed(signature: str | None, more: Json) -> list[Json]:
    """What a provider put beside a thought or a call, out of the signature that it was answered as."""
    if not signature:
        return []
    try:
        block = from_json(signature)
    except ValueError:
        # Not one of ours: another gateway's, or what a site made up.
        return []
    if not isinstance(block, dict):
        return []
    return [{**block, **more} if block.get("type") == _THINKING else block]


def _thoughts(part: TextPart) -> list[Json]:
    signed = _signed(part.thought_signature, {_THINKING: part.text})
    needed = {_THINKING: "signature", "redacted_thinking": "data"}
    return [block for block in signed if isinstance(block.get(needed.get(str(block.get("type")), "")), str)]


def _file(part: FilePart, param: str) -> Json:
    file = part.file
    kind = file.mime_type.partition("/")[0]
    if not isinstance(file, InlineFile):
        if kind != "image":
            raise BadRequest(f'Unsupported MIME type "{file.mime_type}" for remote file message part.', param=param)
        return {"type": "image_url", "image_url": {"url": file.url}}
    uri = f"data:{file.mime_type};base64,{file.base64_data}"
    if kind == "image":
        return {"type": "image_url", "image_url": {"url": uri}}
    if file.mime_type in _SOUNDS:
        return {"type": "input_audio", "input_audio": {"data": file.base64_data, "format": _SOUNDS[file.mime_type]}}
    if file.mime_type == "application/pdf":
        return {"type": "file", "file": {"filename": "document.pdf", "file_data": uri}}
    raise BadRequest(f'Unsupported MIME type "{file.mime_type}" for inline file message part.', param=param)


def _tool(declared: FunctionDeclaration) -> Json:
    function: Json = {"name": declared.name, "description": declared.description}
    if declared.parameters:
        function["parameters"] = declared.parameters
    return {"type": "function", "function": function}


def _search(config: ModelConfig) -> Json:
    search = config.web_search
    if search is not None and (search.allowed_domains or search.disallowed_domains):
        raise BadRequest("The domains of a web search cannot be chosen.", param="modelConfig.webSearch")
    return {}
