"""What is known of a question, from the vector stores of a bot."""

from tollgate.contracts.aipuffer.chatbots import Chatbot
from tollgate.contracts.aipuffer.knowledge import Knowledge
from tollgate.contracts.caller import Call
from tollgate.errors import Unavailable
from tollgate.resources import Resources


async def retrieve(question: str, bot: Chatbot, call: Call, resources: Resources) -> Knowledge:  # noqa: ARG001
    """The passages that are nearest to a question.

    Raises Unavailable.
    """
    store = bot.settings.vector_store_provider
    raise Unavailable(
        f"This chatbot looks its answers up in a vector store of '{store}', and this gateway has none. "
        "Switch 'enable_vector_store' off to have it answer without.",
        code="vector_store_not_configured",
    )
