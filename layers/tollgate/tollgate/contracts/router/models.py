"""`GET /v1/models`: the catalogue as a key sees it."""

from typing import Any, Literal

from tollgate.contracts.shapes import Query, Shape


class ModelListQuery(Query):
    """Which models to list. `enabled=1` leaves disabled ones out of `models`; `data` never has them."""

    enabled: Literal["0", "1"] | None = None
    """`1` leaves disabled models out of `models`."""
    provider: str | None = None
    """Models of this provider only."""
    type: str | None = None
    """Models of this kind only: `chat`, `embedding`, `image`, `speech`, `transcription`."""


class ModelPricing(Shape):
    """US dollars for `per` units."""

    unit: str
    """What is counted: `token`, `character`, `minute`, `second`, `image`, `megapixel` or `request`."""
    per: int
    """How many units the prices are for."""
    currency: Literal["USD"] = "USD"
    input: float | None
    """What is sent; 0 is free, `null` is unpriced."""
    output: float | None
    """What is answered."""
    cached_input: float | None = None
    """Prompt tokens that the provider had in its cache."""


class ModelEntry(Shape):
    """A model, with the fields that OpenAI's, the router's and WP LLM's clients read."""

    id: str
    """What goes into `model` of a request: `provider/model_name`."""
    object: Literal["model"] = "model"
    created: int
    """Unix seconds."""
    owned_by: str
    """Who made the model."""
    name: str
    description: str
    type: str
    """What it answers: `chat`, `embedding`, `image`, `speech` or `transcription`."""
    context_length: int | None
    """Tokens that prompt and answer may have together."""
    max_output_tokens: int | None
    """Tokens that an answer may have."""
    input_modalities: list[str]
    """What it reads, such as `text` and `image`."""
    output_modalities: list[str]
    """What it writes."""
    supported_parameters: list[str]
    """Optional request fields that it takes."""
    pricing: ModelPricing
    """What it costs."""
    provider: str
    """Who is asked for it."""
    available: bool | None
    """Whether the provider is configured on this gateway; `null` when that cannot be found out now."""
    permission: list[dict[str, Any]]
    """For WP LLM's clients, one object for each of its models and of the account's own; empty for the others."""
    root: str
    """The same as `id`; for a model of the account's own, the one that it was trained from."""
    parent: str | None
    """The model that it was trained from at last; `null` for those of the catalogue."""


class Specifications(Shape):
    """A WP LLM model in words."""

    parameters: str
    context_window: str
    training_data: str
    specialization: str


class ModelDetails(ModelEntry):
    """A model, when it is asked for alone."""

    specifications: Specifications | None = None
    """Only of WP LLM's models."""


class PuqProvider(Shape):
    """A provider in puq.ai's form."""

    id: int
    name: str
    description: str
    code: str
    status: int
    """1 for a provider that is configured, 0 for one that is not."""


class PuqModel(Shape):
    """A model in puq.ai's form; prices are US dollars for a million tokens, or for the model's own unit."""

    id: int
    name: str
    description: str
    code: str
    """The model's id."""
    status: int
    """1 for a model that can be called, 0 for one that is disabled."""
    input_price: float | None
    output_price: float | None
    provider: PuqProvider


class ModelList(Shape):
    """One body for two kinds of client: `data` for OpenAI's SDKs, `models` for puq.ai's."""

    object: Literal["list"] = "list"
    data: list[ModelEntry]
    """The models that can be called, by id."""
    models: list[PuqModel]
    """The same models in the form that puq.ai's clients read."""
