"""What a model can take of a request: passed, changed, left out by name, or refused.

Leaving out a tuning parameter gives another answer to the same question; leaving out a tool or an image gives an answer
to another question. So the former are dropped and named in a header, the latter refused, before any money moves.
"""

import re
from collections.abc import Iterable, Mapping
from typing import Any, Final

from msgspec import Struct, field
from pydantic_core import to_json

from tollgate.contracts.catalogue import Model
from tollgate.contracts.chat import JsonObject, Plan
from tollgate.errors import BadRequest, UnsupportedParameter

Flags = Mapping[str, Any]

EFFORTS: Final = ("none", "minimal", "low", "medium", "high", "xhigh", "max")

DEFAULT_FLAGS: Final[Flags] = {
    "cap_field": "max_completion_tokens",
    "sampling": "full",
    "temperature_max": 2.0,
    "effort_levels": (),
    "tools_effort": None,
    "roles": "system",
    "json": "schema",
    "tools": True,
    "custom_tools": False,
    "tool_choice": True,
    "allowed_tools": False,
    "parallel_tools": True,
    "n_max": 128,
    "stop_max": 4,
    "logprobs": True,
    "web_search": False,
    "tokens_per_image": 6_000,
    "tokens_for_tools": 0,
    "reasoning_in_output": True,
    "reasoning_max": 0,
    "image_fetch": True,
    "bills_after_disconnect": False,
}
"""What holds for a model that says nothing else. A provider's defaults come over these, and its own flags over both."""

_SAMPLING: Final = frozenset({"temperature", "top_p", "presence_penalty", "frequency_penalty"})
TUNING: Final = _SAMPLING | {
    "logit_bias",
    "parallel_tool_calls",
    "prediction",
    "prompt_cache_key",
    "reasoning_effort",
    "safety_identifier",
    "seed",
    "service_tier",
    "user",
    "verbosity",
}
"""Parameters that tune an answer: without one it is another answer to the same question."""
_MEANING: Final = frozenset(
    {
        "audio",
        "logprobs",
        "modalities",
        "n",
        "response_format",
        "stop",
        "tool_choice",
        "tools",
        "top_logprobs",
        "web_search_options",
    }
)
_ALWAYS: Final = frozenset({"messages"})
_USUAL_TIERS: Final = frozenset({"auto", "default"})
# Handled by the router itself, whatever the provider.
_ROUTER: Final = frozenset(
    {
        "drop_params",
        "max_completion_tokens",
        "max_tokens",
        "metadata",
        "model",
        "models",
        "provider",
        "route",
        "stream",
        "stream_options",
    }
)
FIELDS: Final = TUNING | _MEANING | _ALWAYS | _ROUTER | {"function_call", "functions", "store"}
"""Every field of a chat completion request that is known by name."""
IMAGE_FIELDS: Final = frozenset(
    {
        "background",
        "drop_params",
        "model",
        "moderation",
        "n",
        "output_compression",
        "output_format",
        "partial_images",
        "prompt",
        "quality",
        "response_format",
        "size",
        "stream",
        "style",
        "user",
    }
)
"""Those of a request for images."""
_TEXT: Final = {"type": "text"}
# What each value of the flag `json` allows. What cannot be sent is asked for in words, and checked.
_FORMATS: Final[Mapping[str, frozenset[str]]] = {
    "schema": frozenset({"text", "json_object", "json_schema"}),
    "schema_only": frozenset({"text", "json_schema"}),
    "object": frozenset({"text", "json_object"}),
    "none": frozenset({"text"}),
}
_MOST_NAMES: Final = 20
_LONGEST_NAME: Final = 64
_NOT_FOR_HEADERS: Final = re.compile(r"[^A-Za-z0-9_.-]")
_PART_MODALITIES: Final = {"image_url": "image", "input_audio": "audio", "file": "file"}


class Dialect(Struct, frozen=True):
    """What a provider takes: the tuning parameters it knows, its defaults, and names of its own that are passed on."""

    takes: frozenset[str] = TUNING
    flags: Flags = field(default_factory=dict)
    own: frozenset[str] = frozenset()
    folds: Mapping[str, str] = field(default_factory=dict)
    """Efforts that the provider itself takes for others, where the nearest one would be wrong."""

    def flags_of(self, model: Model) -> dict[str, Any]:
        """Everything that is known of a model."""
        flags = {**DEFAULT_FLAGS, **self.flags, **model.flags}
        if model.supported_parameters is not None:
            if "tools" not in model.supported_parameters:
                flags["tools"] = model.flags.get("tools", False)
            if "response_format" not in model.supported_parameters:
                flags["json"] = model.flags.get("json", "none")
        return flags


def plan(body: JsonObject, model: Model, dialect: Dialect, *, is_strict: bool) -> Plan:
    """Sort the fields of a request into what is sent and what is left out.

    Raises UnsupportedParameter for what the model cannot do, and, when `is_strict`, for what would be left out.
    """
    flags = dialect.flags_of(model)
    kept: dict[str, Any] = {}
    dropped: list[str] = []
    unknown: list[str] = []
    for name, value in body.items():
        if value is None or name in _ROUTER:
            continue
        if name in _ALWAYS or name in _MEANING or name in dialect.own:
            kept[name] = value
        elif name == "store":
            # The router keeps no conversations; `false` is what happens anyway.
            dropped += ["store"] if value else []
        elif name not in TUNING:
            unknown.append(name)
        elif name in dialect.takes and _is_tunable(name, value, model, flags):
            kept[name] = value
        else:
            dropped.append(name)

    _narrow_tools(kept, flags)
    answer_schema = _ask_in_words(kept, flags)
    _leave_out_what_asks_for_nothing(kept, model, flags)
    _check_meaning(kept, model, flags)
    _fit(kept, dropped, flags, dialect.folds)
    calls = 1
    if (choices := kept.get("n", 1)) > flags["n_max"]:
        # One choice a call, so that all choices of an answer are made in the same way.
        calls = choices
        del kept["n"]
    dropped += names_shown(unknown)
    if is_strict:
        refuse_dropped(dropped, model)
    return Plan(
        body=kept,
        dropped=tuple(dropped),
        calls=calls,
        tokens_per_image=flags["tokens_per_image"],
        tokens_for_tools=flags["tokens_for_tools"],
        extra_output_tokens=0 if flags["reasoning_in_output"] else flags["reasoning_max"],
        answer_schema=answer_schema,
        fetches_images=flags["image_fetch"],
        bills_after_disconnect=flags["bills_after_disconnect"],
    )


def refuse_dropped(names: Iterable[str], model: Model) -> None:
    """Refuse what would be left out or changed, if there is anything.

    Raises UnsupportedParameter.
    """
    for name in names:
        raise UnsupportedParameter(
            f"'{name}' is not supported by '{model.id}' as sent. Leave it out, or allow that it is dropped with "
            "'drop_params': true.",
            param=name,
        )


def nearest_effort(wanted: str, levels: Iterable[str]) -> str:
    """The level of effort that a model has nearest to the one asked for; of two equally near, the higher."""
    rank = EFFORTS.index(wanted)
    return min(levels, key=lambda level: (abs(EFFORTS.index(level) - rank), -EFFORTS.index(level)))


def tool_name(tool: Any) -> str | None:
    """The name of a tool, or of one in `allowed_tools`; None for what is no tool."""
    inner = tool.get(tool.get("type")) if isinstance(tool, Mapping) else None
    return inner.get("name") if isinstance(inner, Mapping) else None


def one_sampling(kept: dict[str, Any]) -> list[str]:
    """Leave out `top_p` beside a temperature: some models refuse both together. The names of what is left out."""
    return ["top_p"] if "temperature" in kept and kept.pop("top_p", None) is not None else []


def without_blank_stops(kept: dict[str, Any]) -> list[str]:
    """Leave out stop sequences of white space alone, and make the rest a list. The names of what is left out."""
    if "stop" not in kept:
        return []
    stops = [kept["stop"]] if isinstance(kept["stop"], str) else kept["stop"]
    kept["stop"] = [stop for stop in stops if stop.strip()]
    lost = ["stop"] if len(kept["stop"]) < len(stops) else []
    if not kept["stop"]:
        del kept["stop"]
    return lost


def _is_tunable(name: str, value: Any, model: Model, flags: Flags) -> bool:
    if model.supported_parameters is not None and name not in model.supported_parameters:
        return False
    match name:
        case "service_tier":
            # A tier without a price of its own could cost anything.
            return value in _USUAL_TIERS or value in model.price.service_tiers
        case "temperature":
            return bool(flags["sampling"] != "none")
        case "top_p":
            return bool(flags["sampling"] in {"full", "no_penalties"})
        case "presence_penalty" | "frequency_penalty":
            return bool(flags["sampling"] == "full")
        case "reasoning_effort":
            return bool(flags["effort_levels"])
        case "parallel_tool_calls":
            return bool(flags["parallel_tools"])
        case _:
            return True


def _narrow_tools(kept: dict[str, Any], flags: Flags) -> None:
    """Allow only some tools by sending no others, where a provider cannot be told."""
    choice = kept.get("tool_choice")
    if flags["allowed_tools"] or not isinstance(choice, Mapping) or choice["type"] != "allowed_tools":
        return
    allowed = {tool_name(tool) for tool in choice["allowed_tools"]["tools"]} - {None}
    kept["tools"] = [tool for tool in kept.get("tools", ()) if tool_name(tool) in allowed]
    kept["tool_choice"] = choice["allowed_tools"]["mode"]


def _ask_in_words(kept: dict[str, Any], flags: Flags) -> JsonObject | None:
    """Ask for JSON by an instruction where the model has no parameter for it; the schema to check the answer by."""
    wanted: Mapping[str, Any] = kept.get("response_format") or _TEXT
    schema = (wanted.get("json_schema") or {}).get("schema")
    formats = _FORMATS[flags["json"]]
    # A schema that is none asks for any JSON; not every provider takes that for a schema.
    if wanted["type"] in formats and (schema or wanted["type"] != "json_schema" or "json_object" in formats):
        return None
    instruction = f"Answer with JSON that fits this JSON Schema, and with nothing else:\n{to_json(schema).decode()}"
    if not schema:
        instruction = "Answer with a JSON object, and with nothing else."
    kept["messages"] = [{"role": "system", "content": instruction}, *kept["messages"]]
    if "json_object" in formats:
        kept["response_format"] = {"type": "json_object"}
    else:
        del kept["response_format"]
    return schema or {"type": "object"}


def _leave_out_what_asks_for_nothing(kept: dict[str, Any], model: Model, flags: Flags) -> None:
    """Take out what says only what would happen anyway: providers that lack a parameter refuse even its default."""
    if not kept.get("tools"):
        kept.pop("tools", None)
        kept.pop("parallel_tool_calls", None)
        if kept.get("tool_choice") in ("auto", "none"):
            del kept["tool_choice"]
    is_default = {
        "n": kept.get("n") == 1 == flags["n_max"],
        "stop": not kept.get("stop"),
        "logprobs": not kept.get("logprobs") and not flags["logprobs"],
        "response_format": not _asks_for_json(kept) and flags["json"] == "none",
        "modalities": "audio" not in kept.get("modalities", ()) and "audio" not in model.output_modalities,
    }
    for name, is_idle in is_default.items():
        if is_idle:
            kept.pop(name, None)


def _fit(kept: dict[str, Any], dropped: list[str], flags: Flags, folds: Mapping[str, str]) -> None:
    if "temperature" in kept and kept["temperature"] > flags["temperature_max"]:
        kept["temperature"] = flags["temperature_max"]
        dropped.append("temperature")
    if "reasoning_effort" in kept:
        wanted = kept["reasoning_effort"]
        kept["reasoning_effort"] = nearest_effort(folds.get(wanted, wanted), flags["effort_levels"])
    if flags["tools_effort"] and kept.get("tools"):
        if kept.get("reasoning_effort", flags["tools_effort"]) != flags["tools_effort"]:
            dropped.append("reasoning_effort")
        kept["reasoning_effort"] = flags["tools_effort"]


def _check_meaning(kept: dict[str, Any], model: Model, flags: Flags) -> None:
    choice = kept.get("tool_choice", "auto")
    is_custom = isinstance(choice, Mapping) and choice["type"] == "custom"
    checks = (
        ("tools", not flags["tools"] and "tools" in kept),
        ("tools", not flags["custom_tools"] and any(tool.get("type") == "custom" for tool in kept.get("tools", ()))),
        ("tool_choice", not flags["custom_tools"] and is_custom),
        ("tool_choice", not flags["tool_choice"] and choice not in ("auto", "none")),
        ("modalities", "audio" in kept.get("modalities", ()) and "audio" not in model.output_modalities),
        ("audio", "audio" in kept and "audio" not in model.output_modalities),
        ("logprobs", bool(kept.get("logprobs")) and not flags["logprobs"]),
        ("stop", "stop" in kept and flags["stop_max"] == 0),
        ("web_search_options", "web_search_options" in kept and not flags["web_search"]),
    )
    for param, is_refused in checks:
        if is_refused:
            raise UnsupportedParameter(f"'{param}' is not supported by '{model.id}' as sent.", param=param)
    if choice not in ("auto", "none") and "tools" not in kept:
        raise BadRequest("'tool_choice' requires a tool, and there is none to call.", param="tool_choice")
    stops = kept.get("stop")
    if isinstance(stops, list) and len(stops) > flags["stop_max"]:
        raise UnsupportedParameter(f"'{model.id}' takes at most {flags['stop_max']} stop sequences.", param="stop")
    _check_messages(kept["messages"], model, flags)


def _asks_for_json(kept: Mapping[str, Any]) -> bool:
    return bool(kept.get("response_format", _TEXT)["type"] != "text")


def names_shown(names: list[str]) -> list[str]:
    """Names that a client made up, fit to stand in a header."""
    shown = [_NOT_FOR_HEADERS.sub("?", name[:_LONGEST_NAME]) for name in names[:_MOST_NAMES]]
    return [*shown, "..."] if len(names) > _MOST_NAMES else shown


def _check_messages(messages: Iterable[Mapping[str, Any]], model: Model, flags: Flags) -> None:
    for number, message in enumerate(messages):
        content = message.get("content")
        for place, part in enumerate(content if isinstance(content, list) else ()):
            _check_part(part, model, f"messages[{number}].content[{place}]")
        for place, call in enumerate(message.get("tool_calls") or ()):
            if call.get("type") == "custom" and not flags["custom_tools"]:
                raise UnsupportedParameter(
                    f"'{model.id}' knows no custom tools.", param=f"messages[{number}].tool_calls[{place}]"
                )


def _check_part(part: Mapping[str, Any], model: Model, param: str) -> None:
    modality = _PART_MODALITIES.get(part.get("type", ""))
    if modality and modality not in model.input_modalities:
        raise UnsupportedParameter(f"'{model.id}' does not take {modality} input.", param=param)
    if modality == "file" and part["file"].get("file_id") is not None:
        raise UnsupportedParameter(
            "'file_id' is not supported: a provider's files belong to the operator. Send 'file_data'.",
            param=f"{param}.file.file_id",
        )
