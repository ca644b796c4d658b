"""Prompts for models that hold no conversation: the one text that they are given."""

from tollgate.contracts.wpai.messages import TextPart
from tollgate.contracts.wpai.prompts import PromptRequest
from tollgate.errors import BadRequest


def text_of(request: PromptRequest) -> str:
    """The text of the one message that such a prompt has.

    Raises BadRequest.
    """
    if len(request.messages) > 1:
        raise BadRequest("This model takes a single message, and no conversation.", param="messages")
    said = [part.text for part in request.messages[0].parts if isinstance(part, TextPart) and part.channel == "content"]
    if len(said) != len(request.messages[0].parts):
        raise BadRequest("This model takes text only.", param="messages[0].parts")
    text = "\n".join(said)
    if not text.strip():
        raise BadRequest("There is no text in the prompt.", param="messages[0].parts")
    return text
