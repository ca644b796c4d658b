"""What is found for a question in a bot's vector stores, as services pass it."""

from typing import NamedTuple

from tollgate.contracts.usage import Usage


class Citation(NamedTuple):
    """Where a passage of the context is from."""

    id: str
    """The id of the vector that was found."""
    source: str
    """What a visitor may be shown: a title, an address, or the id that the text was stored under."""
    score: float
    """How near it is to the question, as the vector store says."""
    url: str | None = None


class Knowledge(NamedTuple):
    """What `services.aipuffer.knowledge.retrieve(question, bot, call, resources)` found.

    An empty `text` means that nothing was near enough; the question is then answered without context.
    """

    text: str = ""
    """The passages, each once, ready to stand before the bot's instructions."""
    citations: tuple[Citation, ...] = ()
    usage: Usage | None = None
    """What embedding the question used. It has been charged by its own call."""


NOTHING_FOUND = Knowledge()
