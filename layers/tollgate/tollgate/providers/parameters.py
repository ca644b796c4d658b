"""What a model can take of a request: passed, changed, left out by name, or refused.

Leaving out a tuning parameter gives another answer to the same question; leaving out a tool or an image gives an answer
to another question. So the former are dropped and named in a header, the latter refused, before any money moves.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from tollgate.contracts.catalogue import Model
from tollgate.contracts.chat import JsonObject, Plan
from tollgate.errors import UnsupportedParameter

Flags = Mapping[str, Any]

EFFORTS: Final = ("none", "minimal", "low", "medium", "high", "xhigh", "max")

DEFAULT_FLAGS: Final[Flags] = {
    "cap_field": "max_completion_tokens",
    "sampling": "full",
    "temperature_max": 2.0,
    "effort_levels": (),
    "roles": "system",
    "json": "schema",
    "tools": True,
    "custom_tools": False,
    "tool_choice": True,
    "parallel_tools": True,
    "n_max": 128,
    "stop_max": 4,
    "logprobs": True,
    "web_search": False,
    "tokens_per_image": 6_000,
}
"""What holds for a model that says nothing else. A provider's defaults come over these, and its own flags over both."""

_SAMPLING: Final = frozenset({"temperature", "top_p", "presence_penalty", "frequency_penalty"})
_TUNING: Final = _SAMPLING | {
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
FIELDS: Final = _TUNING | _MEANING | _ALWAYS | _ROUTER | {"function_call", "functions", "store"}
"""Every field of a chat completion request that is known by name."""
_PART_MODALITIES: Final = {"image_url": "image", "input_audio": "audio", "file": "file"}


@dataclass(frozen=True, slots=True)
class Dialect:
    """What a provider takes: the tuning parameters it knows, its defaults, and names of its own that are passed on."""

    takes: frozenset[str] = _TUNING
    flags: Flags = field(default_factory=dict)
    own: frozenset[str] = frozenset()

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
    for name, value in body.items():
        if value is None or name in _ROUTER:
            continue
        if name in _ALWAYS or name in _MEANING or name in dialect.own:
            kept[name] = value
        elif name == "store":
            # The router keeps no conversations; `false` is what happens anyway.
            dropped += ["store"] if value else []
        elif name in _TUNING and name in dialect.takes and _is_tunable(name, flags):
            kept[name] = value
        else:
            dropped.append(name)

    _check_meaning(kept, model, flags)
    _fit(kept, dropped, flags)
    calls = 1
    if (choices := kept.get("n", 1)) > flags["n_max"]:
        # One choice a call, so that all choices of an answer are made in the same way.
        calls = choices
        del kept["n"]
    if is_strict and dropped:
        name = dropped[0]
        raise UnsupportedParameter(
            f"'{name}' is not supported by '{model.id}' as sent. Leave it out, or allow that it is dropped with "
            "'drop_params': true.",
            param=name,
        )
    return Plan(body=kept, dropped=tuple(dropped), calls=calls)


def nearest_effort(wanted: str, levels: Iterable[str]) -> str:
    """The level of effort that a model has nearest to the one asked for; of two equally near, the higher."""
    rank = EFFORTS.index(wanted)
    return min(levels, key=lambda level: (abs(EFFORTS.index(level) - rank), -EFFORTS.index(level)))


def _is_tunable(name: str, flags: Flags) -> bool:
    match name:
        case "temperature":
            return bool(flags["sampling"] != "none")
        case "top_p" | "presence_penalty" | "frequency_penalty":
            return bool(flags["sampling"] == "full")
        case "reasoning_effort":
            return bool(flags["effort_levels"])
        case "parallel_tool_calls":
            return bool(flags["parallel_tools"])
        case _:
            return True


def _fit(kept: dict[str, Any], dropped: list[str], flags: Flags) -> None:
    if "temperature" in kept and kept["temperature"] > flags["temperature_max"]:
        kept["temperature"] = flags["temperature_max"]
        dropped.append("temperature")
    if "reasoning_effort" in kept:
        kept["reasoning_effort"] = nearest_effort(kept["reasoning_effort"], flags["effort_levels"])
    if "parallel_tool_calls" in kept and "tools" not in kept:
        # OpenAI refuses the one without the other.
        del kept["parallel_tool_calls"]


def _check_meaning(kept: dict[str, Any], model: Model, flags: Flags) -> None:
    checks = (
        ("tools", not flags["tools"] and bool(kept.get("tools"))),
        ("tools", not flags["custom_tools"] and any(tool.get("type") == "custom" for tool in kept.get("tools", ()))),
        ("tool_choice", not flags["tool_choice"] and kept.get("tool_choice", "auto") not in {"auto", "none"}),
        ("response_format", not _has_format(kept.get("response_format"), flags)),
        ("modalities", "audio" in kept.get("modalities", ()) and "audio" not in model.output_modalities),
        ("audio", "audio" in kept and "audio" not in model.output_modalities),
        ("logprobs", bool(kept.get("logprobs")) and not flags["logprobs"]),
        ("stop", bool(kept.get("stop")) and flags["stop_max"] == 0),
        ("web_search_options", "web_search_options" in kept and not flags["web_search"]),
    )
    for param, is_refused in checks:
        if is_refused:
            raise UnsupportedParameter(f"'{param}' is not supported by '{model.id}' as sent.", param=param)
    stops = kept.get("stop")
    if isinstance(stops, list) and len(stops) > flags["stop_max"]:
        raise UnsupportedParameter(f"'{model.id}' takes at most {flags['stop_max']} stop sequences.", param="stop")
    _check_parts(kept["messages"], model)


def _has_format(wanted: Mapping[str, Any] | None, flags: Flags) -> bool:
    kind = (wanted or {}).get("type", "text")
    return bool(kind == "text" or flags["json"] != "none")


def _check_parts(messages: Iterable[Mapping[str, Any]], model: Model) -> None:
    for number, message in enumerate(messages):
        content = message.get("content")
        for place, part in enumerate(content if isinstance(content, list) else ()):
            modality = _PART_MODALITIES.get(part.get("type", ""))
            param = f"messages[{number}].content[{place}]"
            if modality and modality not in model.input_modalities:
                raise UnsupportedParameter(f"'{model.id}' does not take {modality} input.", param=param)
            if modality == "file" and "file_id" in part["file"]:
                raise UnsupportedParameter(
                    "'file_id' is not supported: a provider's files belong to the operator. Send 'file_data'.",
                    param=f"{param}.file.file_id",
                )
