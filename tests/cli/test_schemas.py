"""JSON Schemas of contracts."""

from decimal import Decimal
from typing import Annotated, Any

from pydantic import Field, create_model

from tollgate.contracts.money import UsDollars
from tollgate.contracts.router.balance import Balance
from tollgate.contracts.router.chat import ChatCompletion, ChatCompletionRequest
from tollgate.contracts.shapes import Shape
from tollgate_cli.examples import made_up
from tollgate_cli.schemas import schemas_of, without_null


def a_contract(name: str, module: str = "tollgate.contracts.wpllm.health", **fields: Any) -> type[Shape]:
    return create_model(name, __base__=Shape, __module__=module, **fields)


def test_contracts_of_one_name_are_told_apart_by_their_families() -> None:
    other = a_contract("Balance", tokens=(int, ...))

    schemas = schemas_of([(Balance, "serialization"), (other, "serialization")])

    assert set(schemas.by_name) == {"RouterBalance", "WpllmBalance"}
    assert schemas.references[other, "serialization"] == {"$ref": "#/components/schemas/WpllmBalance"}


def test_a_contract_that_is_read_otherwise_than_written_has_two_schemas() -> None:
    schemas = schemas_of([(ChatCompletionRequest, "validation"), (ChatCompletion, "serialization")])

    assert "arguments" not in schemas.by_name["FunctionCallInput"]["required"]
    assert "arguments" in schemas.by_name["FunctionCall"]["required"]
    assert "TextPart" in schemas.by_name


def test_an_amount_of_money_is_a_number_within_its_bounds() -> None:
    amount = Annotated[UsDollars, Field(ge=0, le=Decimal(100), max_digits=12, decimal_places=6)]

    schemas = schemas_of([(a_contract("Payment", amount=(amount, ...)), "validation")])

    assert schemas.by_name["Payment"]["properties"]["amount"] == {"type": "number", "minimum": 0, "maximum": 100}


def test_a_default_that_is_made_anew_is_told_too() -> None:
    contract = a_contract("Selection", words=(list[str], Field(default_factory=lambda: ["all"])))

    schemas = schemas_of([(contract, "validation")])

    assert schemas.by_name["Selection"]["properties"]["words"]["default"] == ["all"]


def test_what_may_be_null_is_shown_to_senders_as_what_it_is_otherwise() -> None:
    nullable = {"anyOf": [{"type": "integer", "minimum": 1}, {"type": "null"}], "default": None, "description": "n"}
    of_two_kinds = {"anyOf": [{"type": "string"}, {"type": "array"}, {"type": "null"}], "default": None}

    assert without_null(nullable) == {"type": "integer", "minimum": 1, "description": "n"}
    assert without_null(of_two_kinds) == {"anyOf": [{"type": "string"}, {"type": "array"}]}


def test_an_answer_that_nobody_recorded_is_made_up_and_fits() -> None:
    schemas = schemas_of([(ChatCompletion, "serialization")])

    answer = made_up(schemas.references[ChatCompletion, "serialization"], schemas)

    completion = ChatCompletion.model_validate(answer)
    assert completion.choices[0].finish_reason == "stop"
