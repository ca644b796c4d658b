"""POST /v1/audio/transcriptions: write a recording down, as JSON, text, subtitles or events."""

from tollgate.contracts.router.audio import Transcription, TranscriptionRequest
from tollgate.edge.endpoint import endpoint
from tollgate.services.router.transcription import create_transcription

app = endpoint(
    create_transcription,
    body=TranscriptionRequest,
    answer={"application/json": Transcription, "text/plain": str, "text/event-stream": str},
    capability="prompt_ai",
)
