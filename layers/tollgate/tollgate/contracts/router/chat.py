"""`POST /v1/chat/completions`: the request that is accepted, and the answer."""

from typing import Annotated, Any, Final, Literal, Self

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from tollgate.contracts.router.costs import CostDetails
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
    """An `https` address, or a `data:` URL of a PNG, JPEG, WebP or GIF."""
    detail: Literal["auto", "low", "high", "original"] | None = None
    """How closely to look; finer costs more tokens."""


class ImagePart(Shape):
    """An image."""

    type: Literal["image_url"]
    image_url: ImageUrl


class InputAudio(Shape):
    """Recorded sound, in base64."""

    data: str
    """The recording, in base64."""
    format: Literal["wav", "mp3"]


class AudioPart(Shape):
    """Recorded sound."""

    type: Literal["input_audio"]
    input_audio: InputAudio


class FileData(Shape):
    """A document, as a data URL or in base64."""

    filename: str | None = None
    file_data: str | None = None
    """The document as a data URL or in base64."""
    file_id: str | None = None
    """A document that the provider has already."""


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
    """Tells apart several participants of one role."""


class DeveloperMessage(SystemMessage):
    """The same, under its newer name."""

    role: Literal["developer"]  # type: ignore[assignment]


class UserMessage(Shape):
    """What the user says, shows or plays."""

    role: Literal["user"]
    content: str | list[UserPart]
    """Text, or parts of text, images, sound and documents."""
    name: str | None = None
    """Tells apart several participants of one role."""


class FunctionCall(Shape):
    """A function by name, its arguments as JSON text."""

    name: str
    arguments: str | None = "{}"
    """JSON in a string, as the model wrote it."""


class CustomCall(Shape):
    """A custom tool by name, with its input."""

    name: str
    input: str


class ToolCall(Shape):
    """A call that the model asked for."""

    id: str
    """What the tool's result refers to."""
    type: Literal["function", "custom"] | None = "function"
    function: FunctionCall | None = None
    """Which function, with which arguments."""
    custom: CustomCall | None = None
    """Which custom tool, with which input."""

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
    """Needed unless there are tool calls."""
    refusal: str | None = None
    tool_calls: list[ToolCall] | None = None
    """The calls that the model asked for."""
    function_call: FunctionCall | None = None
    """The same in the form before tools."""
    audio: dict[str, Any] | None = None
    """An earlier spoken answer, by its `id`."""
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
    """What the tool answered."""
    tool_call_id: str
    """The call that it answers."""


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
    """How the model calls it."""
    description: str | None = None
    """What it does and when to use it, for the model."""
    parameters: dict[str, Any] | None = None
    """A JSON Schema of its arguments."""
    strict: bool | None = None
    """Whether arguments must fit the schema exactly."""


class FunctionTool(Shape):
    """A function that the model may call."""

    type: Literal["function"]
    function: FunctionDefinition


class CustomDefinition(Shape):
    """A tool that takes free text."""

    name: _Name64
    description: str | None = None
    """What it does and when to use it, for the model."""
    format: dict[str, Any] | None = None
    """A grammar for its input; free text without one."""


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
    """`required` makes the model call one of them."""
    tools: list[dict[str, Any]]
    """The tools that may be called."""


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
    """The JSON Schema that the answer has to fit."""
    strict: bool | None = None
    """Whether the answer must fit the schema exactly."""


class JsonSchemaFormat(Shape):
    """JSON that fits a schema."""

    type: Literal["json_schema"]
    json_schema: JsonSchema


ResponseFormat = Annotated[TextFormat | JsonObjectFormat | JsonSchemaFormat, Field(discriminator="type")]


class StreamOptions(Shape):
    """What a stream carries beside the answer."""

    include_usage: bool | None = None
    """One more event before the end, with usage and cost."""
    include_obfuscation: bool | None = None
    """Accepted, and without effect."""


class AudioOutput(Shape):
    """How a spoken answer sounds."""

    voice: str | dict[str, Any]
    """A voice by name, or an object with its `id`."""
    format: Literal["wav", "aac", "mp3", "flac", "opus", "pcm16"]


class Prediction(Shape):
    """What much of the answer will be."""

    type: Literal["content"]
    content: str | list[TextPart]


class MaxPrice(Shape):
    """US dollars for a million tokens that a candidate may cost at most."""

    prompt: Annotated[float, Field(ge=0)] | None = None
    """For a million prompt tokens."""
    completion: Annotated[float, Field(ge=0)] | None = None
    """For a million tokens of the answer."""


class ProviderPreferences(Shape):
    """Which of the candidates may answer, and in which order they are asked."""

    order: list[str] | None = None
    """Providers in the order in which to ask them."""
    only: list[str] | None = None
    """No others than these."""
    ignore: list[str] | None = None
    """None of these."""
    allow_fallbacks: bool | None = True
    """Whether another provider may be asked when one fails."""
    require_parameters: bool | None = False
    """Only providers that take every parameter of the request."""
    sort: Literal["price", "latency", "throughput"] | None = None
    """What to prefer among the rest."""
    max_price: MaxPrice | None = None
    """What a candidate may cost at most."""


class ChatCompletionRequest(Shape):
    """A conversation to be answered. Fields that are not listed are accepted; see `drop_params` for their fate."""

    model: Annotated[str, Field(min_length=1, max_length=256)]
    """The model to ask: `provider/model_name`, as `GET /v1/models` lists them."""
    messages: Annotated[list[Message], Field(min_length=1, max_length=2048)]
    """The conversation so far, oldest first."""
    stream: bool = False
    """Whether to send the answer as it is written, by server-sent events."""
    temperature: Annotated[float, Field(ge=0, le=2)] | None = None
    """Higher is more random, lower more repeatable."""
    max_completion_tokens: _Tokens | None = None
    """The longest answer, reasoning included. Without it, the longest that the model and the balance allow."""
    max_tokens: _Tokens | None = None
    """The older name of `max_completion_tokens`."""
    top_p: _Probability | None = None
    """Only the most likely tokens that make up this share of the probability are considered."""
    n: Annotated[int, Field(ge=1, le=128)] | None = None
    """How many answers to give, each at its price."""
    stop: str | Annotated[list[str], Field(max_length=4)] | None = None
    """Texts at which the answer ends. They are not part of it."""
    presence_penalty: _Penalty | None = None
    """Above zero, new subjects are favoured."""
    frequency_penalty: _Penalty | None = None
    """Above zero, repetitions are avoided."""
    logit_bias: dict[str, Annotated[float, Field(ge=-100, le=100)]] | None = None
    """Makes tokens, by their ids, more or less likely."""
    logprobs: bool | None = None
    """Whether to return how likely each token was."""
    top_logprobs: Annotated[int, Field(ge=0, le=20)] | None = None
    """How many alternatives of each token to return. Needs `logprobs`."""
    seed: Annotated[int, Field(ge=-(2**63), le=2**63 - 1)] | None = None
    """The same seed gives the same answer, as far as the provider can."""
    response_format: ResponseFormat | None = None
    """Free text, some JSON object, or JSON that fits a schema."""
    tools: Annotated[list[Tool], Field(max_length=128)] | None = None
    """What the model may call."""
    tool_choice: Literal["none", "auto", "required"] | ToolChoiceObject | None = None
    """Whether it has to call something, and what. `auto` where there are tools."""
    parallel_tool_calls: bool | None = None
    """Whether it may ask for several calls at once."""
    functions: Annotated[list[FunctionDefinition], Field(max_length=128)] | None = None
    """The form before `tools`. The answer then has `function_call`."""
    function_call: Literal["none", "auto"] | NamedFunction | None = None
    """The form before `tool_choice`."""
    stream_options: StreamOptions | None = None
    """What a stream carries beside the answer. Only with `stream`."""
    reasoning_effort: _Effort | None = None
    """How much to think before answering. The nearest level that the model has is used."""
    verbosity: Literal["low", "medium", "high"] | None = None
    """How long-winded the answer may be."""
    modalities: list[Literal["text", "audio"]] | None = None
    """What to answer in. `audio` needs the field `audio`."""
    audio: AudioOutput | None = None
    """How a spoken answer sounds."""
    prediction: Prediction | None = None
    """Text that much of the answer will repeat, so that it comes sooner."""
    web_search_options: dict[str, Any] | None = None
    """Passed on to models that search the web."""
    service_tier: Literal["auto", "default", "flex", "scale", "priority", "fast"] | None = None
    """How soon to be served, at the tier's own price."""
    store: bool | None = None
    """Nothing is stored; `true` is accepted and has no effect."""
    metadata: (
        Annotated[
            dict[Annotated[str, Field(max_length=64)], Annotated[str, Field(max_length=512)]], Field(max_length=16)
        ]
        | None
    ) = None
    """Your own notes on the call, kept in the ledger."""
    user: str | None = None
    """Your own id of the end user. Providers get a hash of it."""
    safety_identifier: Annotated[str, Field(max_length=64)] | None = None
    """The same, under its newer name."""
    prompt_cache_key: str | None = None
    """Requests with the same key share a provider's cache. Providers get a hash of it."""
    models: list[Annotated[str, Field(min_length=1, max_length=256)]] | None = None
    """Models to ask next, in this order, when the first cannot answer."""
    provider: ProviderPreferences | None = None
    """Which providers may answer."""
    route: Literal["fallback"] | None = None
    """Accepted for clients that send it; `models` alone decides."""
    drop_params: bool | None = None
    """`false` refuses parameters that the model lacks; else they are left out (`x-tollgate-dropped-params`)."""

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
    """The text; `null` with tool calls and no text."""
    refusal: str | None
    """Why the model refused, if it did."""
    tool_calls: list[ToolCall] | None = None
    """What the model wants called."""
    reasoning_content: str | None = None
    """What the model thought, where the provider shows it."""
    thinking_blocks: list[dict[str, Any]] | None = None
    """The same with the provider's signatures: send it back on this message, or the model forgets it between tools."""


class Choice(Shape):
    """One of `n` answers."""

    index: int
    message: AnswerMessage
    logprobs: dict[str, Any] | None
    """How likely each token was, if asked for."""
    finish_reason: Literal["stop", "length", "tool_calls", "content_filter", "function_call"]
    """Why the answer ended."""


class CompletionUsage(Shape):
    """What the call used and what it cost."""

    prompt_tokens: int
    """Tokens of the conversation, cached ones included."""
    completion_tokens: int
    """Tokens of the answer, reasoning included."""
    total_tokens: int
    prompt_tokens_details: dict[str, int]
    completion_tokens_details: dict[str, int]
    cost: float
    """US dollars that the account is charged."""
    cost_details: CostDetails


class ChatCompletion(Shape):
    """A whole answer. With `stream`, the same in `chat.completion.chunk` events."""

    id: str
    object: Literal["chat.completion"]
    created: int
    """Unix seconds."""
    model: str
    """The id of the model that answered."""
    choices: list[Choice]
    """The answers: one, or `n`."""
    usage: CompletionUsage
    service_tier: str | None = None
    """The tier that served the call."""
    system_fingerprint: str | None = None
    """The provider's build of the model."""
