"""What a provider can be asked for: one small protocol for each capability; a provider has the ones that it has."""

from collections.abc import AsyncGenerator, Iterable
from datetime import datetime
from typing import Protocol

from tollgate.contracts.catalogue import Model
from tollgate.contracts.chat import ChatRequest, Completion, Delta, JsonObject, Plan
from tollgate.contracts.embeddings import Embedded, EmbeddingPlan, EmbeddingRequest
from tollgate.contracts.pictures import ImageRequest, PartialPicture, Pictures
from tollgate.contracts.speech import Sound, SpeechRequest
from tollgate.contracts.transcription import Heard, Transcript, TranscriptionRequest
from tollgate.contracts.tuning import Tuning, TuningRequest


class Chat(Protocol):
    """A provider that can answer a conversation. It holds no state between calls."""

    def plan(self, body: JsonObject, model: Model, *, is_strict: bool) -> Plan:
        """What will be sent of a request, and what left out: decided before any money moves.

        `is_strict` refuses what would else be dropped.

        Raises UnsupportedParameter, BadRequest.
        """
        ...

    async def complete(self, request: ChatRequest) -> Completion:
        """Answer at once.

        Raises UpstreamError, and BadRequest for what the provider finds wrong with the request.
        """
        ...

    def stream(self, request: ChatRequest) -> AsyncGenerator[Delta, None]:
        """Answer in pieces. A stream that ends without a finish reason raises; closing it stops the provider.

        Raises as `complete` does, before the first piece or after any.
        """
        ...


class Moderation(Protocol):
    """A provider that can say whether a text is harmful. It holds no state between calls."""

    async def is_flagged(self, text: str) -> bool:
        """Whether it is.

        Raises UpstreamError, and BadRequest for what the provider finds wrong with the request.
        """
        ...


class Embeddings(Protocol):
    """A provider that can make vectors of texts. It holds no state between calls."""

    def plan(self, request: EmbeddingRequest, *, unknown: Iterable[str], is_strict: bool) -> EmbeddingPlan:
        """What will be sent of a request, what left out, and what has to come back: decided before any money moves.

        `unknown` are fields that nobody knows; `is_strict` refuses what would else be dropped.

        Raises UnsupportedParameter, BadRequest.
        """
        ...

    async def embed(self, request: EmbeddingRequest) -> Embedded:
        """The vectors of no more texts than the plan has in a batch, in their order.

        Raises UpstreamError, and BadRequest for what the provider finds wrong with the request.
        """
        ...


class Images(Protocol):
    """A provider that can draw. It holds no state between calls."""

    def plan(self, body: JsonObject, model: Model, *, is_strict: bool) -> Plan:
        """What will be sent of a request, and what left out: decided before any money moves.

        `is_strict` refuses what would else be dropped. `calls` of the plan are those that `n` images take.

        Raises UnsupportedParameter, BadRequest.
        """
        ...

    async def draw(self, request: ImageRequest) -> Pictures:
        """Draw all the images, or fewer where some did not come to be; never none.

        Raises UpstreamError, and BadRequest for what the provider finds wrong with the request.
        """
        ...

    def stream(self, request: ImageRequest) -> AsyncGenerator[PartialPicture | Pictures, None]:
        """Draw, and show what there is meanwhile. A stream that ends without a finished image raises.

        Raises as `draw` does.
        """
        ...


class Speech(Protocol):
    """A provider that can speak. It holds no state between calls."""

    def plan(self, body: JsonObject, model: Model, *, is_strict: bool) -> Plan:
        """What will be sent of a request, with a voice and a format chosen: decided before any money moves.

        Raises UnsupportedParameter, BadRequest.
        """
        ...

    def speak(self, request: SpeechRequest) -> AsyncGenerator[Sound, None]:
        """The sound as it comes; usage where the provider tells it. Closing it stops the provider.

        Raises UpstreamError, and BadRequest for what the provider finds wrong with the request, before the first piece
        or after any.
        """
        ...


class Transcription(Protocol):
    """A provider that can listen. It holds no state between calls."""

    def plan(self, body: JsonObject, model: Model, *, is_strict: bool) -> Plan:
        """What will be sent of a request beside the recording: decided before any money moves.

        Raises UnsupportedParameter, BadRequest.
        """
        ...

    async def transcribe(self, request: TranscriptionRequest) -> Transcript:
        """Write it down.

        Raises UpstreamError, and BadRequest for what the provider finds wrong with the request.
        """
        ...

    def stream(self, request: TranscriptionRequest) -> AsyncGenerator[Heard, None]:
        """Write it down as it is heard; the last piece has the whole. Only for a plan that holds `stream`.

        Raises as `transcribe` does, before the first piece or after any.
        """
        ...


class FineTuning(Protocol):
    """A provider that can train a model. It holds no state between calls, and is told the time."""

    def most_tokens(self, bound: int, tokens: int | None) -> int:
        """How many tokens one pass over a file is billed with at most.

        `bound` is more than any tokenizer makes of it; `tokens` are about as many as it has, or None before anybody
        has looked.
        """
        ...

    async def find(self, our_id: str) -> str | None:
        """The provider's id of a job that was begun under our own, where somebody did not live to keep it.

        Raises UpstreamError.
        """
        ...

    async def start(self, request: TuningRequest, *, now: datetime) -> str:
        """Begin; the provider's id of the job.

        Raises UpstreamError, and BadRequest for what the provider finds wrong with the request.
        """
        ...

    async def follow(self, job_id: str, *, now: datetime) -> Tuning:
        """How far a job is.

        Raises UpstreamError, NotFound.
        """
        ...

    async def cancel(self, job_id: str, *, now: datetime) -> Tuning:
        """End a job; one that has ended stays as it is.

        Raises UpstreamError, NotFound.
        """
        ...

    async def read_result(self, file_id: str) -> bytes:
        """What was measured in a training, as CSV with a line of names.

        Raises UpstreamError, NotFound.
        """
        ...
