"""`POST /v1/chat/completions`: the request that is accepted, and the answer."""

from typing import Annotated, Any, Final, Literal, Self

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from tollgate.contracts.shapes import Shape

MOST_CANDIDATES: Final = 4
"""Models that a request may name, the one that is asked first included."""

_Name64 = Annotated[str, Field(min_length=1, max_length=64, pattern=r"^[a-zA-Z0-9_-]+$")]
_Probability = Annotated[float, Field(ge=0, le=1)]
_Penalty = Annotated[float, Field(ge=-2, le=2)]
_Tokens = Annotated[int, Field(ge=1)]
_Effort = Literal["none", "minimal", "low", "medium", "high", "xhigh", "max"]


class TextPart(Shape):
    """A piece of text."""

    type: Literal["text"]
    text: str


class ImageUrl(Shape):
    """An image by `https` address or as a data URL."""

    url: Annotated[str, Field(pattern=r"^(https://|data:image/(png|jpeg|webp|gif);base64,)")]
    detail: Literal["auto", "low", "high", "original"] | None = None


class ImagePart(Shape):
    """An image."""

    type: Literal["image_url"]
    image_url: ImageUrl


class InputAudio(Shape):
    """Recorded sound, in base64."""

    data: str
    format: Literal["wav", "mp3"]


class AudioPart(Shape):
    """Recorded sound."""

    type: Literal["input_audio"]
    input_audio: InputAudio


class FileData(Shape):
    """A document, as a data URL or in base64."""

    filename: str | None = None
    file_data: str | None = None
    file_id: str | None = None


class FilePart(Shape):
    """A document."""

    type: Literal["file"]
    file: FileData


class RefusalPart(Shape):
    """What the model said instead of an answer."""

    type: Literal["refusal"]
    refusal: str


UserPart = Annotated[TextPart | ImagePart | AudioPart | FilePart, Field(discriminator="type")]
AssistantPart = Annotated[TextPart | RefusalPart, Field(discriminator="type")]


class SystemMessage(Shape):
    """What holds for the whole conversation."""

    role: Literal["system"]
    content: str | list[TextPart]
    name: str | None = None


class DeveloperMessage(SystemMessage):
    """The same, under its newer name."""

    role: Literal["developer"]  # type: ignore[assignment]


class UserMessage(Shape):
    """What the user says, shows or plays."""

    role: Literal["user"]
    content: str | list[UserPart]
    name: str | None = None


class FunctionCall(Shape):
    """A function by name, its arguments as JSON text."""

    name: str
    arguments: str | None = "{}"


class CustomCall(Shape):
    """A custom tool by name, with its input."""

    name: str
    input: str


class ToolCall(Shape):
    """A call that the model asked for."""

    id: str
    type: Literal["function", "custom"] | None = "function"
    function: FunctionCall | None = None
    custom: CustomCall | None = None

    @model_validator(mode="after")
    def _holds_what_its_type_says(self) -> Self:
        kind = self.type or "function"
        if (self.function if kind == "function" else self.custom) is None:
            raise PydanticCustomError(
                "call_required", "'{type}' is required for a call of the type '{type}'", {"type": kind}
            )
        return self


class AssistantMessage(Shape):
    """What the model said earlier."""

    role: Literal["assistant"]
    content: str | list[AssistantPart] | None = None
    refusal: str | None = None
    tool_calls: list[ToolCall] | None = None
    function_call: FunctionCall | None = None
    audio: dict[str, Any] | None = None
    name: str | None = None

    @model_validator(mode="after")
    def _has_something_to_say(self) -> Self:
        if self.content is None and not (self.tool_calls or self.function_call or self.refusal or self.audio):
            raise PydanticCustomError("content_required", "content is required unless there are tool calls")
        return self


class ToolMessage(Shape):
    """The result of a tool."""

    role: Literal["tool"]
    content: str | list[TextPart]
    tool_call_id: str


class FunctionMessage(Shape):
    """The result of a function, in the form before tools."""

    role: Literal["function"]
    content: str | None
    name: str


Message = Annotated[
    SystemMessage | DeveloperMessage | UserMessage | AssistantMessage | ToolMessage | FunctionMessage,
    Field(discriminator="role"),
]


class FunctionDefinition(Shape):
    """A function that the model may call; `parameters` is a JSON Schema."""

    name: _Name64
    description: str | None = None
    parameters: dict[str, Any] | None = None
    strict: bool | None = None


class FunctionTool(Shape):
    """A function that the model may call."""

    type: Literal["function"]
    function: FunctionDefinition


class CustomDefinition(Shape):
    """A tool that takes free text."""

    name: _Name64
    description: str | None = None
    format: dict[str, Any] | None = None


class CustomTool(Shape):
    """A tool that takes free text."""

    type: Literal["custom"]
    custom: CustomDefinition


Tool = Annotated[FunctionTool | CustomTool, Field(discriminator="type")]


class NamedFunction(Shape):
    """A function by name."""

    name: str


class FunctionChoice(Shape):
    """This function has to be called."""

    type: Literal["function"]
    function: NamedFunction


class CustomChoice(Shape):
    """This custom tool has to be called."""

    type: Literal["custom"]
    custom: NamedFunction


class AllowedTools(Shape):
    """Some of the tools."""

    mode: Literal["auto", "required"]
    tools: list[dict[str, Any]]


class AllowedToolsChoice(Shape):
    """Only some of the tools may be called."""

    type: Literal["allowed_tools"]
    allowed_tools: AllowedTools


ToolChoiceObject = Annotated[FunctionChoice | CustomChoice | AllowedToolsChoice, Field(discriminator="type")]


class TextFormat(Shape):
    """Free text."""

    type: Literal["text"]


class JsonObjectFormat(Shape):
    """Some JSON object."""

    type: Literal["json_object"]


class JsonSchema(Shape):
    """A JSON Schema and its name."""

    name: _Name64
    description: str | None = None
    schema_: Annotated[dict[str, Any] | None, Field(alias="schema")] = None
    strict: bool | None = None


class JsonSchemaFormat(Shape):
    """JSON that fits a schema."""

    type: Literal["json_schema"]
    json_schema: JsonSchema


ResponseFormat = Annotated[TextFormat | JsonObjectFormat | JsonSchemaFormat, Field(discriminator="type")]


class StreamOptions(Shape):
    """What a stream carries beside the answer."""

    include_usage: bool | None = None
    include_obfuscation: bool | None = None


class AudioOutput(Shape):
    """How a spoken answer sounds."""

    voice: str | dict[str, Any]
    format: Literal["wav", "aac", "mp3", "flac", "opus", "pcm16"]


class Prediction(Shape):
    """What much of the answer will be."""

    type: Literal["content"]
    content: str | list[TextPart]


class MaxPrice(Shape):
    """US dollars for a million tokens that a candidate may cost at most."""

    prompt: Annotated[float, Field(ge=0)] | None = None
    completion: Annotated[float, Field(ge=0)] | None = None


class ProviderPreferences(Shape):
    """Which of the candidates may answer, and in which order they are asked."""

    order: list[str] | None = None
    only: list[str] | None = None
    ignore: list[str] | None = None
    allow_fallbacks: bool | None = True
    require_parameters: bool | None = False
    sort: Literal["price", "latency", "throughput"] | None = None
    max_price: MaxPrice | None = None


class ChatCompletionRequest(Shape):
    """A conversation to be answered. Fields that are not listed are accepted; see `drop_params` for their fate."""

    model: Annotated[str, Field(min_length=1, max_length=256, description="`provider/model_name`")]
    messages: Annotated[list[Message], Field(min_length=1, max_length=2048)]
    stream: bool = False
    temperature: Annotated[float, Field(ge=0, le=2)] | None = None
    max_completion_tokens: _Tokens | None = None
    max_tokens: Annotated[_Tokens | None, Field(description="The older name of `max_completion_tokens`.")] = None
    top_p: _Probability | None = None
    n: Annotated[int, Field(ge=1, le=128)] | None = None
    stop: str | Annotated[list[str], Field(max_length=4)] | None = None
    presence_penalty: _Penalty | None = None
    frequency_penalty: _Penalty | None = None
    logit_bias: dict[str, Annotated[float, Field(ge=-100, le=100)]] | None = None
    logprobs: bool | None = None
    top_logprobs: Annotated[int, Field(ge=0, le=20)] | None = None
    seed: Annotated[int, Field(ge=-(2**63), le=2**63 - 1)] | None = None
    response_format: ResponseFormat | None = None
    tools: Annotated[list[Tool], Field(max_length=128)] | None = None
    tool_choice: Literal["none", "auto", "required"] | ToolChoiceObject | None = None
    parallel_tool_calls: bool | None = None
    functions: Annotated[list[FunctionDefinition], Field(max_length=128)] | None = None
    function_call: Literal["none", "auto"] | NamedFunction | None = None
    stream_options: StreamOptions | None = None
    reasoning_effort: _Effort | None = None
    verbosity: Literal["low", "medium", "high"] | None = None
    modalities: list[Literal["text", "audio"]] | None = None
    audio: AudioOutput | None = None
    prediction: Prediction | None = None
    web_search_options: dict[str, Any] | None = None
    service_tier: Literal["auto", "default", "flex", "scale", "priority", "fast"] | None = None
    store: bool | None = None
    metadata: (
        Annotated[
            dict[Annotated[str, Field(max_length=64)], Annotated[str, Field(max_length=512)]], Field(max_length=16)
        ]
        | None
    ) = None
    user: str | None = None
    safety_identifier: Annotated[str, Field(max_length=64)] | None = None
    prompt_cache_key: str | None = None
    models: Annotated[
        list[Annotated[str, Field(min_length=1, max_length=256)]] | None, Field(description="Fallbacks")
    ] = None
    provider: ProviderPreferences | None = None
    route: Literal["fallback"] | None = None
    drop_params: bool | None = None

    @model_validator(mode="after")
    def _belongs_together(self) -> Self:
        if self.stream_options is not None and not self.stream:
            raise _at("stream_options", "'stream_options' is only allowed with 'stream': true.")
        if self.top_logprobs is not None and not self.logprobs:
            raise _at("top_logprobs", "'top_logprobs' needs 'logprobs': true.")
        if None not in {self.max_tokens, self.max_completion_tokens} and self.max_tokens != self.max_completion_tokens:
            raise _at("max_tokens", "'max_tokens' and 'max_completion_tokens' differ; send one of them.")
        if "audio" in (self.modalities or ()) and self.audio is None:
            raise _at("audio", "'audio' is required with the modality 'audio'.")
        if self.functions is not None and self.tools is not None:
            raise _at("functions", "'functions' is the older form of 'tools'; send one of them.")
        if len({self.model, *(self.models or ())}) > MOST_CANDIDATES:
            raise _at("models", f"'model' and 'models' name at most {MOST_CANDIDATES} models together.")
        self._answers_its_calls()
        return self

    def _answers_its_calls(self) -> None:
        called: set[str] = set()
        for number, message in enumerate(self.messages):
            if isinstance(message, AssistantMessage):
                called.update(call.id for call in message.tool_calls or ())
            elif isinstance(message, ToolMessage) and message.tool_call_id not in called:
                raise _at(
                    f"messages[{number}].tool_call_id",
                    "'tool_call_id' answers no call of an earlier assistant message.",
                )

    @property
    def output_cap(self) -> int | None:
        """The output cap that the client named, under either name."""
        return self.max_completion_tokens or self.max_tokens


def _at(param: str, message: str) -> PydanticCustomError:
    # The edge reads `param` and takes the message as it is.
    return PydanticCustomError("tollgate", "{message}", {"param": param, "message": message})


class AnswerMessage(Shape):
    """What the model answered."""

    role: Literal["assistant"]
    content: str | None
    refusal: str | None
    tool_calls: list[ToolCall] | None = None
    reasoning_content: str | None = None


class Choice(Shape):
    """One of `n` answers."""

    index: int
    message: AnswerMessage
    logprobs: dict[str, Any] | None
    finish_reason: Literal["stop", "length", "tool_calls", "content_filter", "function_call"]


class CostDetails(Shape):
    """The parts of a charge, in US dollars."""

    input: float
    output: float
    estimated: bool


class CompletionUsage(Shape):
    """What the call used and what it cost."""

    prompt_tokens: int
    completion_tokens: int
    total_tokens: int
    prompt_tokens_details: dict[str, int]
    completion_tokens_details: dict[str, int]
    cost: float
    cost_details: CostDetails


class ChatCompletion(Shape):
    """A whole answer. With `stream`, the same in `chat.completion.chunk` events."""

    id: str
    object: Literal["chat.completion"]
    created: int
    model: str
    choices: list[Choice]
    usage: CompletionUsage
    service_tier: str | None = None
    system_fingerprint: str | None = None
