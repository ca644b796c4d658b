"""The operator's own catalogue file: read once, and checked so that a mistake in it is told by entry and field."""

from decimal import Decimal
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field

from tollgate.catalogue.entries import Entry
from tollgate.catalogue.ids import canonical
from tollgate.errors import InvalidModelId
from tollgate.operator_files import BadFile, Written, read_list


def _as_text(value: Any) -> Any:
    return str(value) if isinstance(value, float) else value


def _as_lengths(value: int | list[int] | None) -> int | list[int] | None:
    lengths = value if isinstance(value, list) else [value]
    if value is not None and not all(length and length > 0 for length in lengths or [0]):
        raise ValueError("has to be a length, or a list of lengths")
    return value


# At most 6 decimals for each million units keep every charge a whole number of picodollars.
_Rate = Annotated[Decimal, BeforeValidator(_as_text), Field(ge=0, max_digits=18, decimal_places=6, strict=False)] | None
_Positive = Annotated[int, Field(ge=1)]
_Name = Annotated[str, Field(min_length=1)]
_Effort = Literal["none", "minimal", "low", "medium", "high", "xhigh", "max"]


class _Strict(BaseModel):
    # The entry is used as it was written, so that it has to be what it says it is.
    model_config = ConfigDict(extra="forbid", strict=True)


class _Rates(_Strict):
    input: _Rate = None
    output: _Rate = None
    cached_input: _Rate = None
    cache_write: _Rate = None
    input_audio: _Rate = None
    output_audio: _Rate = None
    training: _Rate = None


class _Step(_Rates):
    prompt_tokens: _Positive


class _Tier(_Rates):
    above: list[_Step] | None = None


class _Pricing(_Tier):
    unit: Literal["token", "character", "minute", "second", "image", "megapixel", "request"] = "token"
    per: _Positive = 1_000_000
    currency: Literal["USD"] = "USD"
    service_tiers: dict[str, _Tier] | None = None


class _Entry(BaseModel):
    # Fields beyond these are flags of the provider's adapter.
    model_config = ConfigDict(extra="allow", strict=True)

    id: _Name
    name: str | None = None
    description: str | None = None
    type: Literal["chat", "image", "speech", "transcription", "embedding", "video", "music", "decision"] = "chat"
    provider: _Name | None = None
    upstream_model: _Name | None = None
    deployment: _Name | None = None
    api_version: _Name | None = None
    enabled: bool = True
    created: int | None = None
    owned_by: str | None = None
    context_length: _Positive | None = None
    context: _Positive | None = None
    max_output_tokens: _Positive | None = None
    max_output: _Positive | None = None
    reasoning_max: Annotated[int, Field(ge=0)] | None = None
    dimensions: Annotated[int | list[int] | None, AfterValidator(_as_lengths)] = None
    dimensions_min: _Positive | None = None
    truncatable: bool | None = None
    input_modalities: list[str] | None = None
    output_modalities: list[str] | None = None
    inputs: list[str] | None = None
    outputs: list[str] | None = None
    supported_parameters: list[str] | None = None
    fallbacks: list[str] | None = None
    pricing: _Pricing | None = None
    cap_field: Literal["max_tokens", "max_completion_tokens", "maxOutputTokens", "num_predict"] | None = None
    sampling: Literal["full", "no_penalties", "temperature_only", "none"] | None = None
    temperature_max: Annotated[float, Field(gt=0)] | None = None
    effort_levels: list[_Effort] | None = None
    effort_field: str | None = None
    budget_min: Annotated[int, Field(ge=0)] | None = None
    budget_off: bool | None = None
    roles: Literal["developer", "system", "neither"] | None = None
    json_: Annotated[Literal["schema", "schema_only", "object", "none"] | None, Field(alias="json")] = None
    tools: bool | None = None
    tools_effort: _Effort | None = None
    custom_tools: bool | None = None
    parallel_tools: bool | None = None
    tool_choice: bool | None = None
    n_max: _Positive | None = None
    stop_max: Annotated[int, Field(ge=0)] | None = None
    logprobs: bool | None = None
    image_fetch: bool | None = None
    json_with_tools: bool | None = None
    tokens_per_image: _Positive | None = None
    tokens_for_tools: Annotated[int, Field(ge=0)] | None = None
    web_search: bool | None = None
    reasoning_in_output: bool | None = None
    bills_after_disconnect: bool | None = None
    sends: dict[str, Any] | None = None
    stream_tools: bool | None = None
    sizes: list[_Name] | None = None
    tiers: list[Literal["1K", "2K", "4K"]] | None = None
    qualities: list[_Name] | dict[str, _Name] | None = None
    prompt_max: _Positive | None = None
    audio_formats: Annotated[list[str], Field(min_length=1)] | None = None
    transcript_formats: Annotated[list[str], Field(min_length=1)] | None = None
    voices: Annotated[list[str], Field(min_length=1)] | None = None


def read_entries(path: Path, *, providers: frozenset[str]) -> list[Entry]:
    """The entries of a file `{"models": [...]}`.

    Raises tollgate.operator_files.BadFile.
    """
    return [_entry(written, known, providers) for written, known in read_list(path, "models", _Entry)]


def _entry(written: Written, known: _Entry, providers: frozenset[str]) -> Entry:
    provider = known.provider or known.id.partition("/")[0]
    if provider not in providers:
        raise BadFile(
            f"{written.place}: provider: unknown provider '{provider}'; known are {', '.join(sorted(providers))}"
        )
    if known.provider is None or "/" in known.id:
        try:
            model_id = canonical(known.id)
        except InvalidModelId as exc:
            raise BadFile(f"{written.place}: id: {exc.message}") from exc
        if model_id != known.id:
            raise BadFile(f"{written.place}: id: that provider is called '{model_id.partition('/')[0]}' here")
    return {**written.fields, "provider": provider}
