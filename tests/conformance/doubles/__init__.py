"""Doubles of the providers: how each would say on the wire what the tests have it say.

A test knows what is said (`Said`) and what should be heard of it; a double knows the vendor's words, and nothing of
Tollgate's. A new adapter gets every test of this folder by a module here, named as the provider's row in the registry,
with one object `DOUBLE`.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from importlib import import_module
from importlib.util import find_spec
from typing import Any, ClassVar, Final, cast

import pytest
from msgspec.structs import replace

from tests.builders import a_model
from tests.conformance.doubles.framings import Framing, ServerSentEvents
from tests.upstream import Reply, json_reply, streamed_reply
from tollgate.contracts.catalogue import Model
from tollgate.contracts.usage import Usage
from tollgate.errors import TollgateError
from tollgate.providers.registry import PROVIDERS

KEY_PLACE: Final = "{key}"
"""Where a double writes the operator's key into an error, as careless providers do."""

WITHOUT_WIRE: Final = frozenset({"sandbox"})
"""Providers that are reached over no network."""


@dataclass(frozen=True, slots=True)
class Counts:
    """Tokens, as the router counts: what was cached is part of the prompt, and reasoning part of the completion."""

    prompt: int = 19
    completion: int = 10
    cached: int = 0
    cache_write: int = 0
    reasoning: int = 0


@dataclass(frozen=True, slots=True)
class Called:
    """A tool call. Without arguments it comes as the vendor writes a call that has none."""

    name: str
    arguments: Mapping[str, Any] | None = None
    id: str | None = "call_1"


@dataclass(frozen=True, slots=True)
class Said:
    """What a provider answers."""

    text: str = "Grüße aus Köln 🌍, und 你好!"
    reasoning: str = ""
    signature: str = ""
    """What the vendor wants back with its reasoning, byte by byte."""
    calls: tuple[Called, ...] = ()
    finish: str | None = "stop"
    """The router's word for how it ends; None for an answer that stops before its end."""
    unknown_finish: str = ""
    """A word of the vendor's that nobody has seen yet, in place of the one for `finish`."""
    counts: Counts | None = Counts()
    """None where the vendor reports no usage."""


@dataclass(frozen=True, slots=True)
class Refused:
    """A refusal as it comes over the wire."""

    status: int
    body: Any
    headers: Mapping[str, str] | None = None

    def reply(self) -> Reply:
        """The same, to be given by an upstream."""
        return json_reply(self.body, self.status, **{n.replace("-", "_"): v for n, v in (self.headers or {}).items()})


class Double(ABC):
    """One vendor."""

    provider: ClassVar[str]
    base_path: ClassVar[str] = ""
    """What the base URL has after the host."""
    settings: ClassVar[Mapping[str, str]] = {}
    """Further variables that the adapter needs."""
    flags: ClassVar[Mapping[str, Any]] = {}
    """Flags of the model that is asked."""
    framing: ClassVar[Framing] = ServerSentEvents(end=None)
    media_type: ClassVar[str] = "text/event-stream"
    reports: ClassVar[frozenset[str]] = frozenset({"cached", "cache_write", "reasoning"})
    """The counters that the vendor has beside the two that all have."""
    finishes: ClassVar[frozenset[str]] = frozenset({"stop", "length", "content_filter"})
    """The ways to end, beside a tool call, that the vendor has a word for."""
    shows_reasoning: ClassVar[bool] = False
    """Whether the vendor sends the text of its reasoning."""
    has_signatures: ClassVar[bool] = False
    """Whether the vendor signs its reasoning, and wants it back."""
    has_schemas: ClassVar[bool] = True
    """Whether the vendor takes a JSON Schema for the answer."""
    fetches_images: ClassVar[bool] = True
    """Whether the vendor fetches an image by its address."""

    refusals: ClassVar[Mapping[type[TollgateError], Sequence[Refused]]]
    """What each kind of failure looks like, in all its forms."""
    never_refuses_with: ClassVar[frozenset[type[TollgateError]]] = frozenset()
    """Kinds that the vendor has no form for."""
    hints: ClassVar[Sequence[tuple[Refused, float]]]
    """Rate limits, and the seconds after which each asks to come back."""
    stream_errors: ClassVar[Sequence[tuple[Any, type[TollgateError]]]]
    """Events that report an error in a stream."""
    errors_under_success: ClassVar[Sequence[tuple[Any, type[TollgateError]]]]
    """Bodies that hold an error although the status is 200."""

    @abstractmethod
    def path(self, model: Model, *, is_stream: bool) -> str:
        """Where requests have to arrive, base path included."""

    @abstractmethod
    def key_in(self, headers: Mapping[str, str]) -> str:
        """The operator's key in the headers of a request."""

    @abstractmethod
    def whole(self, said: Said) -> Any:
        """The body of an answer that is not streamed."""

    @abstractmethod
    def events(self, said: Said) -> list[Any]:
        """The events of a streamed answer; those of an answer without a finish are the first of one that has it."""

    @abstractmethod
    def error(self, message: str) -> Any:
        """The body of a rejection with that message."""

    @abstractmethod
    def cap_in(self, body: Mapping[str, Any]) -> int:
        """The output cap in a request."""

    @abstractmethod
    def results_in(self, body: Mapping[str, Any]) -> list[tuple[str, Any, str]]:
        """Name, arguments and result of every call in a request's history, linked as the vendor links them.

        A form that the vendor would refuse is an AssertionError.
        """

    @abstractmethod
    def images_in(self, body: Mapping[str, Any]) -> list[str]:
        """The images in a request, as data URLs or addresses."""

    @abstractmethod
    def schema_in(self, body: Mapping[str, Any]) -> Any:
        """The schema that a request wants its answer in."""

    def instructions_in(self, body: Mapping[str, Any]) -> str:
        """What a request says for the whole conversation."""
        return "\n".join(
            message["content"] for message in body["messages"] if message["role"] in {"system", "developer"}
        )

    def signature_in(self, body: Mapping[str, Any]) -> str:
        """The signature in a request's history, of a vendor that has one."""
        raise NotImplementedError

    def model(self, **changes: Any) -> Model:
        """A model of the vendor that sees images and calls tools."""
        model = a_model(
            id=f"{self.provider}/a-model",
            provider=self.provider,
            upstream_model="a-model",
            input_modalities=("text", "image"),
            flags=self.flags,
        )
        return replace(model, **changes)

    def usage(self, counts: Counts) -> Usage:
        """What should be heard of counts, as far as the vendor reports them."""
        return Usage(
            prompt_tokens=counts.prompt,
            completion_tokens=counts.completion,
            cached_tokens=counts.cached if "cached" in self.reports else 0,
            cache_write_tokens=counts.cache_write if "cache_write" in self.reports else 0,
            reasoning_tokens=counts.reasoning if "reasoning" in self.reports else 0,
        )

    def answer(self, said: Said) -> Reply:
        """An answer that is not streamed, to be given by an upstream."""
        return json_reply(self.whole(said))

    def stream(self, said: Said) -> Reply:
        """A streamed answer, to be given by an upstream."""
        return streamed_reply([self.framing.frame(event) for event in self.events(said)] + self.end, self.media_type)

    @property
    def end(self) -> list[bytes]:
        """What comes after the last event."""
        return [self.framing.end] if self.framing.end else []


def with_wire() -> list[str]:
    """The providers that answer conversations over a network."""
    return [name for name, row in PROVIDERS.items() if "chat" in row.can and name not in WITHOUT_WIRE]


def has_double(provider: str) -> bool:
    """Whether a provider has a double."""
    return find_spec(f"{__name__}.{provider}") is not None


def doubles() -> list[Double]:
    """The doubles of all providers that have one."""
    return [
        cast("Double", import_module(f"{__name__}.{provider}").DOUBLE)
        for provider in with_wire()
        if has_double(provider)
    ]


def those(fit: Callable[[Double], bool]) -> pytest.MarkDecorator:
    """A test with those providers alone that have something."""
    return pytest.mark.parametrize("double", [one for one in doubles() if fit(one)], ids=lambda one: one.provider)


def each(cases_of: Callable[[Double], Iterable[tuple[Any, ...]]]) -> list[Any]:
    """Parameters for a test: every double with every case of its own."""
    return [
        pytest.param(double, *case, id=f"{double.provider}-{number}")
        for double in doubles()
        for number, case in enumerate(cases_of(double))
    ]
