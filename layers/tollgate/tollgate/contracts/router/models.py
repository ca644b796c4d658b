"""`GET /v1/models`: the catalogue as a key sees it."""

from typing import Any, Literal

from tollgate.contracts.shapes import Query, Shape


class ModelListQuery(Query):
    """Which models to list. `enabled=1` leaves disabled ones out of `models`; `data` never has them."""

    enabled: Literal["0", "1"] | None = None
    provider: str | None = None
    type: str | None = None


class ModelPricing(Shape):
    """US dollars for `per` units."""

    unit: str
    per: int
    currency: Literal["USD"] = "USD"
    input: float | None
    output: float | None
    cached_input: float | None = None


class ModelEntry(Shape):
    """A model, with the fields that OpenAI's, the router's and WP LLM's clients read."""

    id: str
    object: Literal["model"] = "model"
    created: int
    owned_by: str
    name: str
    description: str
    type: str
    context_length: int | None
    max_output_tokens: int | None
    input_modalities: list[str]
    output_modalities: list[str]
    supported_parameters: list[str]
    pricing: ModelPricing
    permission: list[dict[str, Any]]
    root: str
    parent: None = None


class PuqProvider(Shape):
    """A provider in puq.ai's form."""

    id: int
    name: str
    description: str
    code: str
    status: int


class PuqModel(Shape):
    """A model in puq.ai's form; prices are US dollars for a million tokens, or for the model's own unit."""

    id: int
    name: str
    description: str
    code: str
    status: int
    input_price: float | None
    output_price: float | None
    provider: PuqProvider


class ModelList(Shape):
    """One body for two kinds of client: `data` for OpenAI's SDKs, `models` for puq.ai's."""

    object: Literal["list"] = "list"
    data: list[ModelEntry]
    models: list[PuqModel]
