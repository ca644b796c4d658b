"""Speech and transcription of deployments in the operator's own Azure resource."""

from typing import Any

from tollgate.contracts.catalogue import Model
from tollgate.contracts.chat import JsonObject, Plan
from tollgate.contracts.speech import SpeechRequest
from tollgate.contracts.transcription import TranscriptionRequest
from tollgate.providers.azure import AzureResource, deployment_of, path_of
from tollgate.providers.speech import CompatibleSpeech
from tollgate.providers.transcription import CompatibleTranscription, ear_of, plan


class AzureSpeech(AzureResource, CompatibleSpeech):
    """Speech of deployments in the operator's own resource."""

    def path(self, request: SpeechRequest) -> str:
        """See `AzureChat`."""
        return path_of("audio/speech", request.model, self._connection.environment)

    def to_wire(self, request: SpeechRequest) -> dict[str, Any]:
        """Our request, to a deployment."""
        return {**super().to_wire(request), "model": deployment_of(request.model)}


class AzureTranscription(AzureResource, CompatibleTranscription):
    """Transcription of deployments in the operator's own resource."""

    def plan(self, body: JsonObject, model: Model, *, is_strict: bool) -> Plan:
        """See `tollgate.providers.protocols.Transcription`."""
        return plan(body, model, ear_of(model.upstream_model), is_strict=is_strict)

    def path(self, request: TranscriptionRequest) -> str:
        """See `AzureChat`."""
        return path_of("audio/transcriptions", request.model, self._connection.environment)

    def name_of(self, model: Model) -> str:
        """The deployment."""
        return deployment_of(model)
