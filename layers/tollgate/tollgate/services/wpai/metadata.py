"""Providers and models as WordPress describes them: what each can do, and which options a prompt for it may have."""

from collections.abc import Iterator, Mapping, Sequence
from itertools import combinations
from typing import Any, Final

from tollgate.auth.scope import allows
from tollgate.contracts.caller import Call
from tollgate.contracts.catalogue import Model
from tollgate.errors import UpstreamError
from tollgate.providers.registry import Provider
from tollgate.resources import Resources
from tollgate.services.wpai.shapes import orientations_of, ratios_of
from tollgate.stores.aws import AwsError, AwsUnavailable

Metadata = dict[str, Any]

# What a catalogue calls a document is a file.
_INPUTS: Final[Mapping[str, str]] = {"text": "text", "image": "image", "file": "document", "audio": "audio"}
SOUND_FORMATS: Final[Mapping[str, str]] = {
    "audio/mpeg": "mp3",
    "audio/ogg": "opus",
    "audio/wav": "wav",
    "audio/flac": "flac",
    "audio/aac": "aac",
}
"""What spoken answers can be asked for as, and what models call it."""
_PREVIEWS: Final = ("preview", "exp", "beta", "latest")


def provider_metadata(provider: Provider) -> Metadata:
    """A provider."""
    return {
        "id": provider.id,
        "name": provider.name,
        "description": None,
        "type": "cloud" if provider.is_key_needed else "server",
        "credentialsUrl": provider.credentials_url or None,
        "authenticationMethod": "api_key" if provider.is_key_needed else None,
        "logoPath": None,
    }


def model_metadata(model: Model) -> Metadata:
    """A model."""
    capabilities, options = _ABILITIES.get(model.type, _nothing)(model)
    return {
        "id": name_of(model),
        "name": model.name,
        "supportedCapabilities": capabilities,
        "supportedOptions": options,
    }


def name_of(model: Model) -> str:
    """What a model is called below its provider."""
    return model.id.removeprefix(f"{model.provider}/")


def models_of(provider_id: str, call: Call, resources: Resources) -> list[Model]:
    """The models of a provider that the key may use, the preferred one first.

    That is one without a suffix before its variants, one that is released before a preview, a newer before an older.
    """
    models = [model for model in resources.catalogue.of_provider(provider_id) if allows(call.caller.scope, model.id)]
    names = {name_of(model) for model in models}
    return sorted(models, key=lambda model: _rank(model, names))


async def configured_providers(resources: Resources) -> frozenset[str]:
    """Ids of the providers that can be asked.

    Raises UpstreamError.
    """
    try:
        return await resources.configured_providers()
    except (AwsError, AwsUnavailable) as exc:
        raise UpstreamError(
            "Could not list models for provider - their credentials cannot be read now.", code="ai_list_models_error"
        ) from exc


def _rank(model: Model, names: set[str]) -> tuple[bool, bool, int, str]:
    name = name_of(model)
    words = name.split("-")
    is_variant = any("-".join(words[:count]) in names for count in range(1, len(words)))
    return any(word in _PREVIEWS for word in words), is_variant, -model.created, name


def _option(name: str, values: Sequence[Any] | None = None) -> Metadata:
    return {"name": name} if values is None else {"name": name, "supportedValues": list(values)}


def _of_chat(model: Model) -> tuple[list[str], list[Metadata]]:
    capabilities, modalities, types = (
        ["text_generation", "chat_history"],
        [["text"]],
        ["text/plain", "application/json"],
    )
    if "audio" in model.output_modalities:
        capabilities.append("speech_generation")
        modalities += [["audio"], ["text", "audio"]]
        types += SOUND_FORMATS
    options = [_option(name) for name in _chat_options(model)]
    options += [
        _option("outputMimeType", types),
        _option("inputModalities", list(_inputs_of(model))),
        _option("outputModalities", modalities),
    ]
    return capabilities, options


def _chat_options(model: Model) -> Iterator[str]:
    taken, flags = model.supported_parameters, model.flags
    conditions = {
        "systemInstruction": True,
        "candidateCount": True,
        "maxTokens": True,
        "temperature": taken is None or "temperature" in taken,
        "topP": taken is None or "top_p" in taken,
        "topK": taken is not None and "top_k" in taken,
        "stopSequences": (taken is None or "stop" in taken) and flags.get("stop_max") != 0,
        "presencePenalty": taken is None or "presence_penalty" in taken,
        "frequencyPenalty": taken is None or "frequency_penalty" in taken,
        "logprobs": (taken is None or "logprobs" in taken) and flags.get("logprobs") is not False,
        "topLogprobs": (taken is None or "top_logprobs" in taken) and flags.get("logprobs") is not False,
        # Where a model has no parameter for a schema, it is asked in words, and its answer checked.
        "outputSchema": True,
        "functionDeclarations": taken is None or "tools" in taken,
        "webSearch": "web_search_options" in (taken or ()) or flags.get("web_search") is True,
        "customOptions": True,
    }
    return (name for name, is_taken in conditions.items() if is_taken)


def _inputs_of(model: Model) -> Iterator[list[str]]:
    """Every combination of kinds of input: text, with each subset of the others."""
    kinds = [_INPUTS[kind] for kind in model.input_modalities if kind in _INPUTS]
    others = [kind for kind in kinds if kind != "text"]
    for count in range(len(others) + 1):
        for chosen in combinations(others, count):
            yield ["text", *chosen]


def _of_pictures(model: Model) -> tuple[list[str], list[Metadata]]:
    return ["image_generation"], [
        _option("candidateCount"),
        _option("customOptions"),
        _option("inputModalities", [["text"]]),
        _option("outputModalities", [["image"]]),
        _option("outputMimeType", ["image/png", "image/jpeg", "image/webp"]),
        _option("outputFileType", ["inline", "remote"]),
        _option("outputMediaOrientation", orientations_of(model)),
        _option("outputMediaAspectRatio", ratios_of(model)),
    ]


def _of_speech(model: Model) -> tuple[list[str], list[Metadata]]:
    formats = model.flags.get("audio_formats")
    types = [media_type for media_type, name in SOUND_FORMATS.items() if formats is None or name in formats]
    return ["text_to_speech_conversion"], [
        _option("outputSpeechVoice"),
        _option("customOptions"),
        _option("inputModalities", [["text"]]),
        _option("outputModalities", [["audio"]]),
        _option("outputMimeType", types),
    ]


def _nothing(_model: Model) -> tuple[list[str], list[Metadata]]:
    return [], []


_ABILITIES: Final = {"chat": _of_chat, "image": _of_pictures, "speech": _of_speech}
