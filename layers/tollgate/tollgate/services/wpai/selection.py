"""Which model answers a prompt: the one that is named, else the first that can do all that the prompt asks for."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final, NamedTuple

from tollgate.contracts.caller import Call
from tollgate.contracts.catalogue import Model
from tollgate.contracts.wpai.messages import FilePart, FunctionCallPart, FunctionResponsePart, TextPart
from tollgate.contracts.wpai.prompts import ModelConfig, PromptRequest
from tollgate.errors import BadRequest, ModelNotAllowed
from tollgate.resources import Resources
from tollgate.services.tuned_models import MARK, may_use, tuned_models
from tollgate.services.wpai.metadata import configured_providers, model_metadata, models_of, name_of

GENERATORS: Final[Mapping[str, str]] = {
    "text_generation": "text:generate_text",
    "image_generation": "pictures:generate_image",
    "text_to_speech_conversion": "speech:read_aloud",
    # By a model of conversations that answers aloud.
    "speech_generation": "text:generate_text",
}
"""What prompts are answered for each capability by: a module beside this one, and a function in it.

The function gets the request, the model, the call and the resources, and gives a `Generated`.
"""
_BY_MODALITY: Final[Mapping[str, str]] = {
    "text": "text_generation",
    "image": "image_generation",
    "audio": "speech_generation",
    "video": "video_generation",
}
_IN_ORDER: Final = (
    "text_generation",
    "image_generation",
    "text_to_speech_conversion",
    "speech_generation",
    "video_generation",
)
_MODALITIES: Final = frozenset({"image", "audio", "video"})
_DOCUMENTS: Final = frozenset(
    {
        "application/pdf",
        "application/msword",
        "application/vnd.ms-excel",
        "application/vnd.ms-powerpoint",
        "application/vnd.oasis.opendocument.spreadsheet",
        "application/vnd.oasis.opendocument.text",
        "application/vnd.openxmlformats-officedocument.presentationml.presentation",
        "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    }
)
# What a model has to list under the same name, whatever it is asked for.
_PLAIN: Final = {
    "system_instruction": "systemInstruction",
    "candidate_count": "candidateCount",
    "max_tokens": "maxTokens",
    "temperature": "temperature",
    "top_p": "topP",
    "top_k": "topK",
    "stop_sequences": "stopSequences",
    "presence_penalty": "presencePenalty",
    "frequency_penalty": "frequencyPenalty",
    "logprobs": "logprobs",
    "top_logprobs": "topLogprobs",
    "output_mime_type": "outputMimeType",
    "output_file_type": "outputFileType",
    "output_media_orientation": "outputMediaOrientation",
    "output_media_aspect_ratio": "outputMediaAspectRatio",
}
# What an exact model is not let drop: the answer would be to another question.
_NEVER_DROPPED: Final = ("topK", "webSearch")


class Chosen(NamedTuple):
    """A model, and what it is chosen for."""

    model: Model
    capability: str


async def choose_model(request: PromptRequest, call: Call, resources: Resources) -> Chosen:
    """The model that answers a prompt.

    Raises BadRequest, ModelNotAllowed, UpstreamError.
    """
    _check_preferences(request)
    configured = await configured_providers(resources)
    _check_provider(request, resources)
    if request.model_id:
        named = await _named(request, call, resources, configured)
        return Chosen(named, _capability_of(request, named))
    capability = inferred_capability(request)
    candidates = _Candidates(request, capability, call, resources, configured)
    model = candidates.preferred() or candidates.first()
    if model is None:
        where = f' for provider "{request.provider_id}"' if request.provider_id else ""
        raise BadRequest(f"No models found{where} that support {capability} for this prompt.")
    if capability not in GENERATORS:
        raise BadRequest(f'Capability "{capability}" is not yet supported for generation.')
    return Chosen(model, capability)


async def is_answerable(request: PromptRequest, call: Call, resources: Resources) -> bool:
    """Whether there is a model that a prompt could be answered by. Preferences rule none out.

    Raises UpstreamError.
    """
    configured = await configured_providers(resources)
    try:
        if request.model_id:
            _check_provider(request, resources)
            model = await _named(request, call, resources, configured)
            return _fits(request, model, request.capability or _first_capability(model))
        capability = inferred_capability(request)
    except (BadRequest, ModelNotAllowed):
        return False
    return _Candidates(request, capability, call, resources, configured).first() is not None


def inferred_capability(request: PromptRequest) -> str:
    """What a model has to do, by what it shall answer in where nothing else is said.

    Raises BadRequest.
    """
    if request.capability:
        return request.capability
    modalities = set((request.config or ModelConfig()).output_modalities or ())
    if len(modalities) != 1:
        return "text_generation"
    (modality,) = modalities
    if modality not in _BY_MODALITY:
        raise BadRequest(f'Output modality "{modality}" is not yet supported.')
    return _BY_MODALITY[modality]


def _check_preferences(request: PromptRequest) -> None:
    for preference in request.model_preferences or ():
        names = [preference] if isinstance(preference, str) else preference
        if not all(name.strip() for name in names):
            raise BadRequest("A model preference is blank.", param="modelPreferences")


def _check_provider(request: PromptRequest, resources: Resources) -> None:
    if request.provider_id and request.provider_id not in resources.providers:
        raise BadRequest(f'There is no provider "{request.provider_id[:100]}".', param="providerId")


async def _named(request: PromptRequest, call: Call, resources: Resources, configured: frozenset[str]) -> Model:
    wanted = request.model_id or ""
    providers = [request.provider_id] if request.provider_id else sorted(configured)
    models = [model for provider in providers for model in resources.catalogue.of_provider(provider)]
    if MARK in wanted:
        models += [model for model in await tuned_models(call, resources) if model.provider in providers]
    found = [model for model in models if name_of(model) == wanted] or [one for one in models if one.id == wanted]
    if len(found) != 1:
        what = "names models of several providers: send 'providerId' with it" if found else "is not known"
        raise BadRequest(f'The model "{wanted[:100]}" {what}.', param="modelId")
    model = found[0]
    if not may_use(call, model):
        raise ModelNotAllowed(f"This key may not use '{model.id}'.", param="modelId")
    if model.provider not in configured:
        raise BadRequest("AI provider not configured - missing API credentials.", param="providerId")
    return model


def _capability_of(request: PromptRequest, model: Model) -> str:
    capability = request.capability or _first_capability(model)
    listed = model_metadata(model)
    if capability not in listed["supportedCapabilities"]:
        raise BadRequest(f'Model "{name_of(model)}" does not support {capability.replace("_", " ")}.')
    if capability not in GENERATORS:
        raise BadRequest(f"No models found that support {capability} for this prompt.")
    names = {option["name"] for option in listed["supportedOptions"]}
    for name, value in _requirements(request):
        if name in _NEVER_DROPPED and name not in names:
            raise BadRequest(f"'{name}' is not supported by \"{name_of(model)}\".", param=f"modelConfig.{name}")
        if name == "functionDeclarations" and value and name not in names:
            raise BadRequest(f'Model "{name_of(model)}" calls no functions.', param=f"modelConfig.{name}")
    return capability


def _first_capability(model: Model) -> str:
    listed = model_metadata(model)["supportedCapabilities"]
    return next((capability for capability in _IN_ORDER if capability in listed), "text_generation")


class _Candidates:
    """The models that can do all that a prompt asks for, looked at no further than to the one that is taken."""

    def __init__(
        self, request: PromptRequest, capability: str, call: Call, resources: Resources, configured: frozenset[str]
    ) -> None:
        self._request = request
        self._capability = capability
        self._call = call
        self._resources = resources
        self._providers = [
            provider
            for provider in resources.providers
            if provider in configured and request.provider_id in {None, "", provider}
        ]
        self._known: dict[str, list[Model]] = {}

    def preferred(self) -> Model | None:
        """The first that a preference names."""
        for preference in self._request.model_preferences or ():
            provider, name = (None, preference) if isinstance(preference, str) else map(str.strip, preference)
            for model in self._all(provider):
                if name.strip() in {name_of(model), model.id} and self._fits(model):
                    return model
        return None

    def first(self) -> Model | None:
        """The first of all."""
        return next((model for model in self._all(None) if self._fits(model)), None)

    def _all(self, only: str | None) -> Iterator[Model]:
        for provider in self._providers:
            if only in {None, provider}:
                if provider not in self._known:
                    self._known[provider] = models_of(provider, self._call, self._resources)
                yield from self._known[provider]

    def _fits(self, model: Model) -> bool:
        return _fits(self._request, model, self._capability)


def _fits(request: PromptRequest, model: Model, capability: str) -> bool:
    listed = model_metadata(model)
    capabilities = listed["supportedCapabilities"]
    # What no function generates is only ever one of the abilities of a model that does something else.
    if capability not in capabilities or not GENERATORS.keys() & set(capabilities):
        return False
    if len(request.messages) > 1 and "chat_history" not in capabilities:
        return False
    options = {option["name"]: option.get("supportedValues") for option in listed["supportedOptions"]}
    return all(name in options and _admits(options[name], value) for name, value in _requirements(request))


def _admits(values: Iterable[Any] | None, value: Any) -> bool:
    if values is None:
        return True
    if isinstance(value, frozenset):
        return any(isinstance(one, list) and set(one) == value for one in values)
    return value in values


def _requirements(request: PromptRequest) -> Iterator[tuple[str, Any]]:
    """The options that a model has to list, each with the value that it has to admit; lists come as sets."""
    config = request.config or ModelConfig()
    parts = [part for message in request.messages for part in message.parts]
    kinds = frozenset(kind for part in parts if (kind := _kind_of(part)))
    if kinds:
        yield "inputModalities", kinds
    if config.function_declarations or any(isinstance(part, FunctionCallPart | FunctionResponsePart) for part in parts):
        yield "functionDeclarations", True
    if config.web_search is not None:
        yield "webSearch", True
    if config.output_modalities:
        yield "outputModalities", frozenset(config.output_modalities)
    if config.output_schema:
        yield "outputSchema", True
        if not config.output_mime_type:
            yield "outputMimeType", "application/json"
    for field, name in _PLAIN.items():
        value = getattr(config, field)
        is_asked = value is not None and value is not False and value not in ("", [])
        if is_asked:
            yield name, frozenset(value) if isinstance(value, list) else value
    for option in config.custom_options or ():
        yield "customOptions", option


def _kind_of(part: Any) -> str | None:
    """The kind of input that a part is; None for what is none that models list."""
    if isinstance(part, TextPart):
        return "text"
    if not isinstance(part, FilePart):
        return None
    kind = part.file.mime_type.partition("/")[0]
    if kind in _MODALITIES:
        return kind
    return "document" if kind == "text" or part.file.mime_type in _DOCUMENTS else None
