"""Speech: the text of a prompt read aloud."""

from base64 import b64encode
from contextlib import aclosing
from typing import Any, Final

from tollgate.contracts.caller import Call
from tollgate.contracts.catalogue import Model
from tollgate.contracts.router.audio import SpeechRequest
from tollgate.contracts.wpai.prompts import ModelConfig, PromptRequest
from tollgate.errors import BadRequest
from tollgate.ledger.money import plain
from tollgate.resources import Resources
from tollgate.services.speech import speak
from tollgate.services.wpai.chat_answers import to_token_usage
from tollgate.services.wpai.generated import Generated
from tollgate.services.wpai.metadata import SOUND_FORMATS
from tollgate.services.wpai.options import custom_options, hold_to
from tollgate.services.wpai.plain_prompts import text_of

CUSTOM_OPTIONS: Final = frozenset({"instructions", "speed"})
"""What `customOptions` may set."""
_TYPES: Final = {name: media_type for media_type, name in SOUND_FORMATS.items()} | {"pcm": "audio/pcm"}


async def read_aloud(request: PromptRequest, model: Model, call: Call, resources: Resources) -> Generated:
    """Read a prompt aloud.

    Raises BadRequest, Forbidden, PaymentRequired, Unavailable, UpstreamError.
    """
    speech = await speak(model.id, to_speech_request(request, model), call, resources)
    sound = bytearray()
    async with aclosing(speech.sounds()) as pieces:
        async for piece in pieces:
            sound += piece.audio
    admitted = speech.admitted
    file = {
        "fileType": "inline",
        "mimeType": _TYPES[speech.format],
        "base64Data": b64encode(sound).decode(),
    }
    part = {"channel": "content", "type": "file", "file": file}
    return Generated(
        model=model,
        candidates=[{"message": {"role": "model", "parts": [part]}, "finishReason": "stop"}],
        token_usage=to_token_usage(admitted.usage),
        additional_data={},
        headers={**admitted.headers, "x-tollgate-cost": plain(admitted.cost.total_usd)},
    )


def to_speech_request(request: PromptRequest, model: Model) -> dict[str, Any]:
    """The prompt in OpenAI's fields of a request for speech.

    Raises BadRequest.
    """
    config = request.config or ModelConfig()
    wanted_type = config.output_mime_type
    if wanted_type and wanted_type not in SOUND_FORMATS:
        raise BadRequest(f"Speech comes as one of {', '.join(SOUND_FORMATS)}.", param="modelConfig.outputMimeType")
    if (config.candidate_count or 1) > 1:
        raise BadRequest("A text is read aloud once.", param="modelConfig.candidateCount")
    settings = {
        "voice": config.output_speech_voice,
        "response_format": SOUND_FORMATS.get(wanted_type or ""),
        "instructions": config.system_instruction,
    }
    body: dict[str, Any] = {"model": model.id, "input": text_of(request)}
    body |= {name: value for name, value in settings.items() if value}
    body |= custom_options(config, CUSTOM_OPTIONS, body)
    hold_to(SpeechRequest, body)
    return body
