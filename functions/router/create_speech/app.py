"""POST /v1/audio/speech: speak a text, as sound or as events with the sound in them."""

from tollgate.contracts.router.audio import SpeechRequest
from tollgate.edge.endpoint import endpoint
from tollgate.services.router.speech import MEDIA_TYPES, create_speech

app = endpoint(
    create_speech,
    body=SpeechRequest,
    answer={**dict.fromkeys(MEDIA_TYPES.values(), bytes), "text/event-stream": str},
    capability="prompt_ai",
)
