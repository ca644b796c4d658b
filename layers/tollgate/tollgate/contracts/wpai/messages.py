"""Messages and what they are made of, as they are sent and answered."""

import re
from collections.abc import Callable, Mapping
from typing import Annotated, Any, ClassVar, Final, Literal, Self

from pydantic import AfterValidator, BeforeValidator, ConfigDict, Discriminator, Field, model_validator

from tollgate.contracts.rest import CamelShape, Object, one_of, rest_error

_MIME: Final = r"^[a-zA-Z0-9][a-zA-Z0-9!#$&\-\^_+.]*/[a-zA-Z0-9][a-zA-Z0-9!#$&\-\^_+.]*$"
_DATA_URI: Final = re.compile(r"data:(?P<mime>[^;,]*)(;[^;,]*)*;base64,(?P<data>.*)", re.DOTALL)
_BASE64: Final = re.compile(r"[A-Za-z0-9+/]*={0,2}", re.ASCII)
_ADDRESS: Final = re.compile(r"https?://[^\s/?#]+[^\s]*", re.IGNORECASE)

Channel = Literal["content", "thought"]


def _base64(text: str) -> str:
    # Never the name of a file: nothing that a caller names is read from here.
    if not text or len(text) % 4 or not _BASE64.fullmatch(text):
        raise rest_error("rest_invalid_pattern", "%1$s is not base64, with its padding and without line breaks.")
    return text


def _address(text: str) -> str:
    if not _ADDRESS.fullmatch(text):
        raise rest_error("rest_invalid_pattern", "%1$s is not an http or https address.")
    return text


def _unwrapped(value: Any) -> Any:
    """A file without what the client's own class puts around it, and without what stands before its data."""
    if not isinstance(value, dict):
        return value
    for name in ("file", "_file"):
        if isinstance(value.get(name), dict) and "fileType" not in value:
            value = value[name]
            break
    data = value.get("base64Data")
    if value.get("url") is not None and data is not None:
        raise rest_error(
            "rest_one_of_multiple_matches",
            "%1$s matches more than one of the expected formats.",
            {"positions": [0, 1]},
        )
    if isinstance(data, str) and (match := _DATA_URI.fullmatch(data)):
        value = {**value, "base64Data": match["data"]}
        if value.get("mimeType") is None and match["mime"]:
            value["mimeType"] = match["mime"]
    return value


class RemoteFile(CamelShape):
    """A file by its address."""

    file_type: Literal["remote"]
    mime_type: Annotated[str, Field(pattern=_MIME), AfterValidator(str.lower)]
    """What is in it, such as `image/png`."""
    url: Annotated[str, AfterValidator(_address)]
    """An `http` or `https` address."""


class InlineFile(CamelShape):
    """A file with its content."""

    file_type: Literal["inline"]
    mime_type: Annotated[str, Field(pattern=_MIME), AfterValidator(str.lower)]
    """What is in it, such as `image/png`."""
    base64_data: Annotated[str, AfterValidator(_base64)]
    """The content in base64, or a data URI of it."""


def _position_by(name: str, kinds: tuple[str, ...]) -> Callable[[Any], int | None]:
    def position(value: Any) -> int | None:
        kind = value.get(name) if isinstance(value, Mapping) else None
        return kinds.index(kind) if kind in kinds else None

    return position


File = Annotated[
    RemoteFile | InlineFile,
    Discriminator("file_type"),
    one_of(_position_by("fileType", ("remote", "inline"))),
    BeforeValidator(_unwrapped),
]


class _Named(CamelShape):
    id: str | None = None
    """What its result refers to."""
    name: str | None = None
    """The function."""

    @model_validator(mode="after")
    def _has_an_id_or_a_name(self) -> Self:
        if not self.id and not self.name:
            raise rest_error("rest_property_required", "id or name is a required property of %1$s.")
        return self


class FunctionCall(_Named):
    """A call that the model asks for."""

    args: Any = None
    """The arguments, an object in practice."""


class FunctionResponse(_Named):
    """What a function answered."""

    keeps_null: ClassVar[frozenset[str]] = frozenset({"response"})

    response: Any
    """What the function gave, any JSON."""


class _Part(CamelShape):
    model_config = ConfigDict(extra="forbid")

    channel: Channel = "content"
    """Whether it is said or only thought."""
    thought_signature: str | None = None
    """The provider's mark on a thought: send it back as it came."""


class TextPart(_Part):
    """A piece of text."""

    type: Literal["text"]
    text: str


class FilePart(_Part):
    """An image, sound, or a document."""

    type: Literal["file"]
    file: File


class FunctionCallPart(_Part):
    """A call that the model asks for."""

    type: Literal["function_call"]
    function_call: FunctionCall


class FunctionResponsePart(_Part):
    """What a function answered."""

    type: Literal["function_response"]
    function_response: FunctionResponse


MessagePart = Annotated[
    TextPart | FilePart | FunctionCallPart | FunctionResponsePart,
    Discriminator("type"),
    one_of(_position_by("type", ("text", "file", "function_call", "function_response"))),
]


class Message(CamelShape):
    """What one side says."""

    role: Literal["user", "model"]
    parts: Annotated[list[MessagePart], Field(min_length=1)]
    """What it is made of."""

    @model_validator(mode="after")
    def _says_what_its_side_can(self) -> Self:
        kind = FunctionCallPart if self.role == "user" else FunctionResponsePart
        if any(isinstance(part, kind) for part in self.parts):
            what = "function call" if self.role == "user" else "function response"
            raise rest_error("rest_invalid_param", f"%1$s: a {self.role} message cannot hold a {what}.")
        return self


class FunctionDeclaration(CamelShape):
    """A function that the model may ask for."""

    name: str
    """How the model calls it."""
    description: str
    """What it does and when to use it, for the model."""
    parameters: Object | None = None
    """A JSON Schema of its arguments."""
