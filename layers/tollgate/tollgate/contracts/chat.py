"""A conversation and its answer, as services and provider adapters pass them: OpenAI's words, whoever answers."""

from collections.abc import Mapping
from typing import Any, NamedTuple

from msgspec import Struct, field

from tollgate.contracts.catalogue import Model
from tollgate.contracts.usage import Usage

JsonObject = Mapping[str, Any]
"""A JSON object as it was parsed, unknown fields included."""


class ChatRequest(Struct, frozen=True):
    """One conversation for one model.

    `body` is a validated chat completion request without the router's own fields: everything in it is meant for the
    provider, and the model can do it. `max_output_tokens` is always sent upstream, so that a hold is an upper bound.
    """

    model: Model
    body: JsonObject
    max_output_tokens: int
    user: str | None = None
    """The end user, as a keyed hash: never the text that the client sent."""


class Completion(Struct, frozen=True):
    """A whole answer. `choices` are those of a chat completion; `extras` are further top-level fields to pass on."""

    choices: list[dict[str, Any]]
    usage: Usage | None
    extras: Mapping[str, Any] = field(default_factory=dict)
    upstream_id: str | None = None
    upstream_model: str | None = None


class Delta(NamedTuple):
    """A piece of a streamed answer: the `choices` of one chunk, or usage, or further facts; any may be empty."""

    choices: list[dict[str, Any]] = []  # noqa: RUF012 - never mutated: a tuple's default
    usage: Usage | None = None
    extras: Mapping[str, Any] | None = None
    upstream_id: str | None = None
    upstream_model: str | None = None


class Plan(Struct, frozen=True):
    """What an adapter will do with a request: the body it will send from, and what it leaves out or changes."""

    body: JsonObject
    dropped: tuple[str, ...] = ()
    calls: int = 1
    """Upstream calls that answer the request: more than one where `n` has to be emulated."""
    tokens_per_image: int = 6_000
    """What an image of the prompt counts at most."""
    tokens_for_tools: int = 0
    """What the vendor itself adds to a prompt with tools or a schema at most."""
    extra_output_tokens: int = 0
    """Tokens for each choice that the provider may bill beside the output cap: reasoning that it does not count in."""
    answer_schema: JsonObject | None = None
    """The JSON Schema that the answer's text has to fit, where the provider itself does not see to it."""
    fetches_images: bool = True
    """Whether the provider fetches images by their address; else they are sent as data."""
    bills_after_disconnect: bool = False
    """Whether hanging up does not stop the provider's bill, so that a stream nobody hears is better read to its end."""
