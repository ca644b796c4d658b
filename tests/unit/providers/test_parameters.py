"""What of a request is sent, changed, left out by name, or refused."""

import string
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from tests.builders import a_body, a_model
from tollgate.contracts.catalogue import Price, Rates
from tollgate.contracts.chat import Plan
from tollgate.contracts.router.chat import ChatCompletionRequest
from tollgate.errors import BadRequest, UnsupportedParameter
from tollgate.providers.openai import OpenAIChat
from tollgate.providers.parameters import EFFORTS, FIELDS, Dialect, nearest_effort, plan

OPENAI = OpenAIChat.dialect
PLAIN = Dialect(takes=frozenset())
"""A provider that takes no tuning parameter at all."""

A_TOOL = {"type": "function", "function": {"name": "get_weather", "parameters": {"type": "object"}}}
ANOTHER_TOOL = {"type": "function", "function": {"name": "get_time"}}
CUSTOM_TOOL = {"type": "custom", "custom": {"name": "run"}}
A_SCHEMA = {"type": "json_schema", "json_schema": {"name": "city", "schema": {"type": "object"}}}
REASONING = {"sampling": "none", "stop_max": 0, "logprobs": False, "effort_levels": ["low", "medium", "high"]}

TUNING: Mapping[str, Any] = {
    "temperature": 0.7,
    "top_p": 0.9,
    "presence_penalty": 0.5,
    "frequency_penalty": -0.5,
    "logit_bias": {"50256": -100},
    "seed": 7,
    "user": "u-1",
    "safety_identifier": "s-1",
    "service_tier": "default",
    "prompt_cache_key": "k-1",
    "verbosity": "low",
    "prediction": {"type": "content", "content": "x"},
}
MEANING: Mapping[str, Any] = {
    "n": 3,
    "stop": ["a", "b"],
    "logprobs": True,
    "top_logprobs": 5,
    "response_format": A_SCHEMA,
    "tools": [A_TOOL],
    "tool_choice": "required",
    "web_search_options": {},
}


def planned(dialect: Any = OPENAI, model: Any = None, *, is_strict: Any = False, **fields: Any) -> Plan:
    return plan(a_body(**fields), model or a_model(), dialect, is_strict=is_strict)


def sent(made: Plan) -> dict[str, Any]:
    """What is kept of a request beside its messages."""
    return {name: value for name, value in made.body.items() if name != "messages"}


@pytest.mark.parametrize(("name", "value"), [*TUNING.items(), *MEANING.items()])
def test_openai_gets_every_parameter_as_it_is(name: str, value: Any) -> None:
    model = a_model(flags={"web_search": True})

    made = planned(model=model, is_strict=True, **{"tools": [A_TOOL], name: value})

    assert made.body[name] == value
    assert made.dropped == ()


@pytest.mark.parametrize(("name", "value"), TUNING.items())
def test_a_tuning_parameter_that_a_provider_does_not_know_is_left_out_and_named(name: str, value: Any) -> None:
    made = planned(PLAIN, **{name: value})

    assert sent(made) == {}
    assert made.dropped == (name,)


def test_a_tuning_parameter_that_a_model_is_not_known_to_take_is_left_out_and_named() -> None:
    made = planned(model=a_model(supported_parameters=("temperature",)), temperature=0.5, verbosity="low", seed=7)

    assert sent(made) == {"temperature": 0.5}
    assert made.dropped == ("verbosity", "seed")


@pytest.mark.parametrize(("tier", "is_sent"), [("auto", True), ("default", True), ("priority", True), ("flex", False)])
def test_a_service_tier_is_asked_for_only_where_its_price_is_known(tier: str, *, is_sent: bool) -> None:
    price = replace(a_model().price, service_tiers={"priority": Price(rates=Rates(input=Decimal(5)))})

    made = planned(model=a_model(price=price), service_tier=tier)

    assert (made.body.get("service_tier"), made.dropped) == ((tier, ()) if is_sent else (None, ("service_tier",)))


@pytest.mark.parametrize(
    ("asked", "dropped"),
    [({}, ()), ({"reasoning_effort": "none"}, ()), ({"reasoning_effort": "high"}, ("reasoning_effort",))],
)
def test_a_model_that_takes_tools_at_one_effort_alone_gets_them_with_it(
    asked: dict[str, Any], dropped: tuple[str, ...]
) -> None:
    model = a_model(flags={"effort_levels": ["none", "low", "high"], "tools_effort": "none"})

    with_tools = planned(model=model, tools=[A_TOOL], **asked)
    without = planned(model=model, **asked)

    assert (with_tools.body["reasoning_effort"], with_tools.dropped) == ("none", dropped)
    assert (without.body.get("reasoning_effort"), without.dropped) == (asked.get("reasoning_effort"), ())


@pytest.mark.parametrize(("name", "value"), TUNING.items())
def test_a_strict_request_is_refused_instead(name: str, value: Any) -> None:
    with pytest.raises(UnsupportedParameter) as caught:
        planned(PLAIN, is_strict=True, **{name: value})

    assert caught.value.param == name


@pytest.mark.parametrize("name", ["temperature", "top_p", "presence_penalty", "frequency_penalty"])
def test_reasoning_models_get_no_sampling(name: str) -> None:
    made = planned(model=a_model(flags=REASONING), **{name: 0.5})

    assert name not in made.body
    assert made.dropped == (name,)


def test_a_model_with_temperature_only_gets_the_temperature() -> None:
    made = planned(model=a_model(flags={"sampling": "temperature_only"}), temperature=0.5, top_p=0.5)

    assert sent(made) == {"temperature": 0.5}
    assert made.dropped == ("top_p",)


def test_a_temperature_above_what_the_model_takes_is_lowered_and_named() -> None:
    made = planned(model=a_model(flags={"temperature_max": 1}), temperature=1.5)

    assert made.body["temperature"] == 1
    assert made.dropped == ("temperature",)


def test_a_temperature_at_the_limit_stays() -> None:
    assert planned(model=a_model(flags={"temperature_max": 1}), temperature=1).dropped == ()


@pytest.mark.parametrize(
    ("flags", "fields", "param"),
    [
        ({"tools": False}, {"tools": [A_TOOL]}, "tools"),
        ({"tool_choice": False}, {"tools": [A_TOOL], "tool_choice": "required"}, "tool_choice"),
        (
            {"tool_choice": False},
            {"tools": [A_TOOL], "tool_choice": {"type": "function", "function": {"name": "get_weather"}}},
            "tool_choice",
        ),
        ({}, {"modalities": ["text", "audio"], "audio": {"voice": "alloy", "format": "mp3"}}, "modalities"),
        ({}, {"audio": {"voice": "alloy", "format": "mp3"}}, "audio"),
        ({"logprobs": False}, {"logprobs": True}, "logprobs"),
        ({"stop_max": 0}, {"stop": "x"}, "stop"),
        ({"stop_max": 2}, {"stop": ["a", "b", "c"]}, "stop"),
        ({"web_search": False}, {"web_search_options": {}}, "web_search_options"),
        ({"custom_tools": False}, {"tools": [CUSTOM_TOOL]}, "tools"),
        (
            {"custom_tools": False},
            {"tools": [A_TOOL], "tool_choice": {"type": "custom", "custom": {"name": "run"}}},
            "tool_choice",
        ),
        (
            {"custom_tools": False},
            {
                "messages": [
                    {"role": "user", "content": "Run it."},
                    {
                        "role": "assistant",
                        "tool_calls": [{"id": "c", "type": "custom", "custom": {"name": "run", "input": "x"}}],
                    },
                    {"role": "tool", "tool_call_id": "c", "content": "ran"},
                ]
            },
            "messages[1].tool_calls[0]",
        ),
    ],
)
def test_what_would_change_the_meaning_is_refused_and_named(
    flags: Mapping[str, Any], fields: Mapping[str, Any], param: str
) -> None:
    with pytest.raises(UnsupportedParameter) as caught:
        planned(model=a_model(flags=flags), **fields)

    assert caught.value.param == param


@pytest.mark.parametrize(
    ("flags", "fields"),
    [
        ({"tools": False}, {"tools": []}),
        ({}, {"tools": [], "tool_choice": "auto", "parallel_tool_calls": True}),
        ({}, {"tool_choice": "none"}),
        ({}, {"parallel_tool_calls": False}),
        ({"n_max": 1}, {"n": 1}),
        ({"logprobs": False}, {"logprobs": False}),
        ({"stop_max": 0}, {"stop": []}),
        ({}, {"stop": ""}),
        ({"json": "none"}, {"response_format": {"type": "text"}}),
        ({}, {"modalities": ["text"]}),
        ({}, {"store": False}),
        ({}, {"temperature": None, "tools": None, "stop": None, "whatever": None}),
    ],
)
def test_what_asks_for_nothing_is_neither_sent_nor_named_nor_refused(
    flags: Mapping[str, Any], fields: Mapping[str, Any]
) -> None:
    made = planned(model=a_model(flags=flags), is_strict=True, **fields)

    assert sent(made) == {}
    assert made.dropped == ()


@pytest.mark.parametrize(
    ("flags", "fields"),
    [
        ({"json": "object"}, {"response_format": {"type": "json_object"}}),
        ({"tool_choice": False}, {"tools": [A_TOOL], "tool_choice": "auto"}),
        ({"tool_choice": False}, {"tools": [A_TOOL], "tool_choice": "none"}),
        ({"stop_max": 2}, {"stop": ["a", "b"]}),
        ({"stop_max": 1}, {"stop": "a"}),
        ({"custom_tools": True}, {"tools": [CUSTOM_TOOL]}),
        ({"parallel_tools": True}, {"tools": [A_TOOL], "parallel_tool_calls": False}),
    ],
)
def test_what_a_model_can_do_is_sent(flags: Mapping[str, Any], fields: Mapping[str, Any]) -> None:
    made = planned(model=a_model(flags=flags), is_strict=True, **fields)

    assert sent(made) == fields


def test_a_spoken_answer_can_be_had_of_a_model_that_speaks() -> None:
    audio = {"modalities": ["text", "audio"], "audio": {"voice": "alloy", "format": "mp3"}}

    made = planned(model=a_model(output_modalities=("text", "audio")), **audio)

    assert sent(made) == audio


def test_text_alone_can_be_asked_of_a_model_that_speaks() -> None:
    made = planned(model=a_model(output_modalities=("text", "audio")), modalities=["text"])

    assert sent(made) == {"modalities": ["text"]}


@pytest.mark.parametrize(
    ("flags", "fields", "dropped"),
    [
        ({"parallel_tools": False}, {"tools": [A_TOOL], "parallel_tool_calls": False}, "parallel_tool_calls"),
        ({"effort_levels": []}, {"reasoning_effort": "high"}, "reasoning_effort"),
        ({}, {"store": True}, "store"),
        ({}, {"top_k": 40}, "top_k"),
        ({}, {"thinking": {"type": "enabled"}}, "thinking"),
    ],
)
def test_what_is_left_out_is_named(flags: Mapping[str, Any], fields: Mapping[str, Any], dropped: str) -> None:
    made = planned(model=a_model(flags=flags), **fields)

    assert dropped not in made.body
    assert made.dropped == (dropped,)


def test_a_name_of_the_providers_own_is_sent() -> None:
    made = planned(Dialect(own=frozenset({"top_k"})), top_k=40)

    assert sent(made) == {"top_k": 40}


@pytest.mark.parametrize(
    "fields",
    [
        {"stream": True, "stream_options": {"include_usage": True}},
        {"max_tokens": 5},
        {"max_completion_tokens": 5},
        {"metadata": {"a": "b"}},
        {"models": ["openai/gpt-4o-mini"], "provider": {"order": ["openai"]}, "route": "fallback"},
        {"drop_params": False},
    ],
)
def test_fields_of_the_router_are_its_own_business(fields: Mapping[str, Any]) -> None:
    made = planned(is_strict=True, **fields)

    assert sent(made) == {}
    assert made.dropped == ()


def test_the_names_of_a_hostile_request_can_stand_in_a_header() -> None:
    names = ["a\r\nset-cookie: x=y", "größe", "a,b", "", "x" * 5000, "🌍"]

    made = planned(**dict.fromkeys(names, 1))

    text = ",".join(made.dropped)
    assert set(text) <= {*string.ascii_letters, *string.digits, *"_.-?,"}
    assert len(text) < 200
    assert len(made.dropped) == len(names)


def test_a_request_with_very_many_unknown_names_gets_a_header_of_bearable_length() -> None:
    made = planned(**{f"unknown_{number}": 1 for number in range(5000)})

    assert len(",".join(made.dropped)) < 2000
    assert made.dropped[0] == "unknown_0"
    assert made.dropped[-1] == "..."


@pytest.mark.parametrize(
    ("wanted", "levels", "expected"),
    [
        ("low", ["low", "medium", "high"], "low"),
        ("none", ["minimal", "low"], "minimal"),
        ("none", ["none", "low"], "none"),
        ("minimal", ["low", "medium", "high"], "low"),
        ("xhigh", ["low", "medium", "high"], "high"),
        ("max", ["low", "medium", "high", "xhigh"], "xhigh"),
        ("medium", ["low", "high"], "high"),
        ("medium", ["high", "low"], "high"),
        ("minimal", ["none", "low"], "low"),
        ("max", ["none"], "none"),
    ],
)
def test_the_nearest_level_of_effort_is_sent_and_of_two_the_higher(
    wanted: str, levels: list[str], expected: str
) -> None:
    made = planned(model=a_model(flags={"effort_levels": levels}), is_strict=True, reasoning_effort=wanted)

    assert sent(made) == {"reasoning_effort": expected}


@given(st.sampled_from(EFFORTS), st.lists(st.sampled_from(EFFORTS), min_size=1))
def test_no_level_is_nearer_than_the_nearest(wanted: str, levels: list[str]) -> None:
    def distance(level: str) -> int:
        return abs(EFFORTS.index(level) - EFFORTS.index(wanted))

    nearest = nearest_effort(wanted, levels)

    assert nearest in levels
    assert all(distance(nearest) <= distance(level) for level in levels)


@pytest.mark.parametrize(
    ("n_max", "n", "calls", "kept"), [(1, 3, 3, None), (8, 8, 1, 8), (8, 10, 10, None), (128, 5, 1, 5)]
)
def test_choices_that_a_model_cannot_give_in_one_call_are_asked_for_one_by_one(
    n_max: int, n: int, calls: int, kept: int | None
) -> None:
    made = planned(model=a_model(flags={"n_max": n_max}), n=n)

    assert made.calls == calls
    assert made.body.get("n") == kept
    assert made.dropped == ()


def allowed(mode: str, *names: str) -> dict[str, Any]:
    tools = [{"type": "function", "function": {"name": name}} for name in names]
    return {"type": "allowed_tools", "allowed_tools": {"mode": mode, "tools": tools}}


def test_openai_is_told_itself_which_tools_are_allowed() -> None:
    choice = allowed("auto", "get_time")

    made = planned(tools=[A_TOOL, ANOTHER_TOOL], tool_choice=choice)

    assert sent(made) == {"tools": [A_TOOL, ANOTHER_TOOL], "tool_choice": choice}


@pytest.mark.parametrize("mode", ["auto", "required"])
def test_others_get_only_the_tools_that_are_allowed(mode: str) -> None:
    made = planned(Dialect(), tools=[A_TOOL, ANOTHER_TOOL], tool_choice=allowed(mode, "get_time", "unknown"))

    assert sent(made) == {"tools": [ANOTHER_TOOL], "tool_choice": mode}


def test_when_no_tool_is_allowed_none_is_sent() -> None:
    made = planned(Dialect(), tools=[A_TOOL], tool_choice=allowed("auto"))

    assert sent(made) == {}


@pytest.mark.parametrize(
    "fields",
    [
        {"tools": [A_TOOL], "tool_choice": allowed("required", "get_time")},
        {"tool_choice": "required"},
        {"tools": [], "tool_choice": {"type": "function", "function": {"name": "get_weather"}}},
    ],
)
def test_a_tool_cannot_be_required_where_there_is_none(fields: Mapping[str, Any]) -> None:
    with pytest.raises(BadRequest) as caught:
        planned(Dialect(), **fields)

    assert caught.value.param == "tool_choice"


def test_allowed_tools_are_required_only_of_a_model_that_can_be_told_so() -> None:
    model = a_model(flags={"tool_choice": False})

    with pytest.raises(UnsupportedParameter):
        planned(Dialect(), model, tools=[A_TOOL], tool_choice=allowed("required", "get_weather"))


@pytest.mark.parametrize(
    "tools", [[{}], [{"type": "function"}], [{"type": "function", "function": "get_weather"}], ["x"]]
)
def test_allowed_tools_in_no_known_form_allow_nothing(tools: list[Any]) -> None:
    choice = {"type": "allowed_tools", "allowed_tools": {"mode": "auto", "tools": tools}}

    assert sent(planned(Dialect(), tools=[A_TOOL], tool_choice=choice)) == {}


def part(kind: str, **inner: Any) -> dict[str, Any]:
    return {"type": kind, kind: inner}


@pytest.mark.parametrize(
    ("modality", "content"),
    [
        ("image", part("image_url", url="data:image/png;base64,AAAA")),
        ("audio", part("input_audio", data="AAAA", format="wav")),
        ("file", part("file", file_data="data:application/pdf;base64,AAAA")),
    ],
)
def test_a_part_is_taken_only_by_a_model_that_takes_its_kind(modality: str, content: dict[str, Any]) -> None:
    messages = [
        {"role": "system", "content": "Look."},
        {"role": "user", "content": [{"type": "text", "text": "This:"}, content]},
    ]

    taken = planned(model=a_model(input_modalities=("text", modality)), messages=messages)
    with pytest.raises(UnsupportedParameter) as caught:
        planned(model=a_model(input_modalities=("text",)), messages=messages)

    assert taken.body["messages"] == messages
    assert caught.value.param == "messages[1].content[1]"


def test_a_file_of_the_operators_is_nobodys_to_name() -> None:
    model = a_model(input_modalities=("text", "file"))

    with pytest.raises(UnsupportedParameter) as caught:
        planned(model=model, messages=[{"role": "user", "content": [part("file", file_id="file-1")]}])

    assert caught.value.param == "messages[0].content[0].file.file_id"


def test_a_file_id_that_is_null_is_none() -> None:
    messages = [{"role": "user", "content": [part("file", file_id=None, file_data="data:application/pdf;base64,A")]}]

    made = planned(model=a_model(input_modalities=("text", "file")), messages=messages)

    assert made.body["messages"] == messages


def test_a_model_says_by_its_parameters_that_it_has_no_tools_and_no_json() -> None:
    model = a_model(supported_parameters=("temperature",))

    made = planned(model=model, response_format={"type": "json_object"})

    assert "response_format" not in made.body
    with pytest.raises(UnsupportedParameter):
        planned(model=model, tools=[A_TOOL])


@pytest.mark.parametrize(
    ("json", "wanted", "sent_format", "schema"),
    [
        ("none", A_SCHEMA, None, {"type": "object"}),
        ("object", A_SCHEMA, {"type": "json_object"}, {"type": "object"}),
        ("none", {"type": "json_object"}, None, {"type": "object"}),
        ("none", {"type": "json_schema", "json_schema": {"name": "any"}}, None, {"type": "object"}),
    ],
)
def test_json_that_cannot_be_asked_for_by_a_parameter_is_asked_for_in_words_and_checked(
    json: str, wanted: Any, sent_format: Any, schema: Any
) -> None:
    made = planned(model=a_model(flags={"json": json}), response_format=wanted)

    assert made.body.get("response_format") == sent_format
    assert made.body["messages"][0]["role"] == "system"
    assert "JSON" in made.body["messages"][0]["content"]
    assert made.body["messages"][1:] == a_body()["messages"]
    assert made.answer_schema == schema


@pytest.mark.parametrize(("json", "wanted"), [("schema", A_SCHEMA), ("object", {"type": "json_object"})])
def test_what_the_provider_sees_to_is_not_checked_again(json: str, wanted: Any) -> None:
    made = planned(model=a_model(flags={"json": json}), response_format=wanted)

    assert (made.body["response_format"], made.answer_schema) == (wanted, None)
    assert made.body["messages"] == a_body()["messages"]


def test_a_flag_goes_before_what_the_list_of_parameters_says() -> None:
    model = a_model(supported_parameters=(), flags={"tools": True, "json": "schema"})

    made = planned(model=model, tools=[A_TOOL], response_format=A_SCHEMA)

    assert sent(made) == {"tools": [A_TOOL], "response_format": A_SCHEMA}


def test_a_models_flags_go_before_the_providers_and_those_before_the_common_ones() -> None:
    dialect = Dialect(flags={"n_max": 4, "stop_max": 2})

    flags = dialect.flags_of(a_model(flags={"stop_max": 1}))

    assert (flags["n_max"], flags["stop_max"], flags["logprobs"]) == (4, 1, True)


fields = st.dictionaries(
    st.sampled_from([*TUNING, *MEANING, "store", "top_k", "metadata", "stream"]), st.just(0), max_size=12
).map(lambda chosen: {name: {**TUNING, **MEANING}.get(name, True) for name in chosen})
flags = st.fixed_dictionaries(
    {},
    optional={
        "sampling": st.sampled_from(["full", "temperature_only", "none"]),
        "tools": st.booleans(),
        "tool_choice": st.booleans(),
        "json": st.sampled_from(["schema", "object", "none"]),
        "n_max": st.integers(1, 4),
        "stop_max": st.integers(0, 4),
        "logprobs": st.booleans(),
        "web_search": st.booleans(),
    },
)


@pytest.mark.parametrize(
    ("wanted", "sent"), [("none", "none"), ("medium", "high"), ("xhigh", "high"), ("max", "max"), ("minimal", "low")]
)
def test_an_effort_that_a_provider_takes_for_another_is_that_one(wanted: str, sent: str) -> None:
    dialect = Dialect(flags={"effort_levels": ["none", "low", "high", "max"]}, folds={"xhigh": "high"})

    assert plan(a_body(reasoning_effort=wanted), a_model(), dialect, is_strict=True).body["reasoning_effort"] == sent


@pytest.mark.parametrize(
    ("sampling", "kept"),
    [
        ("full", {"temperature", "top_p", "presence_penalty", "frequency_penalty"}),
        ("no_penalties", {"temperature", "top_p"}),
        ("temperature_only", {"temperature"}),
        ("none", set()),
    ],
)
def test_a_model_takes_as_much_of_the_sampling_as_it_says(sampling: str, kept: set[str]) -> None:
    asked = {"temperature": 0.7, "top_p": 0.9, "presence_penalty": 0.5, "frequency_penalty": 0.5}

    made = plan(a_body(**asked), a_model(flags={"sampling": sampling}), OPENAI, is_strict=False)

    assert made.body.keys() & asked.keys() == kept
    assert set(made.dropped) == asked.keys() - kept


@pytest.mark.parametrize(
    ("flags", "tokens"),
    [
        ({}, 0),
        ({"reasoning_max": 500}, 0),
        ({"reasoning_in_output": False}, 0),
        ({"reasoning_in_output": False, "reasoning_max": 500}, 500),
    ],
)
def test_reasoning_counts_beside_the_cap_where_a_model_says_so_and_how_much(flags: dict[str, Any], tokens: int) -> None:
    assert plan(a_body(), a_model(flags=flags), OPENAI, is_strict=False).extra_output_tokens == tokens


@pytest.mark.parametrize("bills", [True, False])
def test_a_plan_says_whether_hanging_up_stops_the_bill(bills: bool) -> None:
    dialect = Dialect(flags={"bills_after_disconnect": not bills})

    made = plan(a_body(), a_model(flags={"bills_after_disconnect": bills}), dialect, is_strict=False)

    assert made.bills_after_disconnect is bills


@given(fields, flags, st.sampled_from([OPENAI, PLAIN, Dialect()]))
def test_nothing_gets_lost_unsaid(fields: dict[str, Any], flags: dict[str, Any], dialect: Dialect) -> None:
    outcome = planned_or_refused(dialect, a_model(flags=flags), **fields)

    if isinstance(outcome, BadRequest):
        assert outcome.param in fields
        return
    for name, value in fields.items():
        is_said = name in outcome.dropped
        is_routers = name in {"metadata", "stream"}
        is_emulated = (name == "n" and outcome.calls == value) or (
            name == "response_format" and outcome.answer_schema is not None
        )
        assert is_routers or is_emulated or is_said or outcome.body[name] == value


@given(fields, flags)
def test_a_strict_plan_drops_nothing(fields: dict[str, Any], flags: dict[str, Any]) -> None:
    outcome = planned_or_refused(Dialect(), a_model(flags=flags), is_strict=True, **fields)

    assert outcome.param in fields if isinstance(outcome, BadRequest) else outcome.dropped == ()


def planned_or_refused(*args: Any, **fields: Any) -> Plan | BadRequest:
    try:
        return planned(*args, **fields)
    except BadRequest as refusal:
        return refusal


def test_every_field_of_a_request_is_known_by_name() -> None:
    assert set(ChatCompletionRequest.model_fields) == FIELDS
