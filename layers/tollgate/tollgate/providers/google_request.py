"""A chat completion request as Gemini's body: https://ai.google.dev/api/generate-content ."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from pydantic_core import from_json

from tollgate.contracts.chat import ChatRequest
from tollgate.errors import BadRequest, UnsupportedParameter
from tollgate.providers.conversation import SYSTEM_ROLES, arguments_of, data_of, results_of, text_of
from tollgate.providers.google_schema import to_google
from tollgate.providers.parameters import Flags, tool_name
from tollgate.providers.tool_ids import with_safe_ids

PLACEHOLDER: Final = "skip_thought_signature_validator"
"""Stands for a signature that is not there: https://ai.google.dev/gemini-api/docs/thought-signatures#faqs ."""

_RENAMED: Final = {
    "temperature": "temperature",
    "top_p": "topP",
    "presence_penalty": "presencePenalty",
    "frequency_penalty": "frequencyPenalty",
}
_LEVELS: Final = {
    "none": "MINIMAL",
    "minimal": "MINIMAL",
    "low": "LOW",
    "medium": "MEDIUM",
    "high": "HIGH",
    "xhigh": "HIGH",
    "max": "HIGH",
}
_BUDGETS: Final = {
    "none": 0,
    "minimal": 1_024,
    "low": 1_024,
    "medium": 8_192,
    "high": 24_576,
    "xhigh": 24_576,
    "max": 24_576,
}
_AUDIO_TYPES: Final = {"wav": "audio/wav", "mp3": "audio/mp3"}
_PDF: Final = "application/pdf"
# Seeds of OpenAI have twice as many bits. Any fold will do, as long as the same seed stays the same.
_SEED_BITS: Final = 0x7FFFFFFF
Part = dict[str, Any]


def to_wire(request: ChatRequest, flags: Flags) -> dict[str, Any]:
    """Our request as their body.

    Raises BadRequest for what cannot be said in it.
    """
    body = request.body
    system, contents = _conversation(with_safe_ids(body["messages"]), flags)
    wire: dict[str, Any] = {"contents": contents, "generationConfig": _config(request, flags)}
    if system:
        wire["systemInstruction"] = {"parts": system}
    if tools := _tools(body, contents):
        wire |= tools
    return wire


def without_signatures(wire: Mapping[str, Any]) -> dict[str, Any] | None:
    """The same body with the placeholder for every signature; None where it has no other signature."""
    has_signature = False
    contents = []
    for content in wire["contents"]:
        parts = []
        for part in content["parts"]:
            is_real = part.get("thoughtSignature", PLACEHOLDER) != PLACEHOLDER
            has_signature = has_signature or is_real
            parts.append({**part, "thoughtSignature": PLACEHOLDER} if is_real else part)
        contents.append({**content, "parts": parts})
    return {**wire, "contents": contents} if has_signature else None


def _config(request: ChatRequest, flags: Flags) -> dict[str, Any]:
    body = request.body
    config: dict[str, Any] = {"maxOutputTokens": request.max_output_tokens}
    config |= {theirs: body[ours] for ours, theirs in _RENAMED.items() if ours in body}
    if body.get("n", 1) > 1:
        config["candidateCount"] = body["n"]
    if stops := [stop for stop in _listed(body.get("stop")) if stop]:
        config["stopSequences"] = stops
    if "seed" in body:
        config["seed"] = body["seed"] & _SEED_BITS
    if body.get("logprobs"):
        config["responseLogprobs"] = True
        config |= {"logprobs": body["top_logprobs"]} if body.get("top_logprobs") else {}
    wanted = body.get("response_format") or {}
    if wanted.get("type") in {"json_object", "json_schema"}:
        config["responseMimeType"] = "application/json"
        if schema := (wanted.get("json_schema") or {}).get("schema"):
            config["responseJsonSchema"] = to_google(schema, param="response_format")
    if thinking := _thinking(request, flags):
        config["thinkingConfig"] = thinking
    return config


def _thinking(request: ChatRequest, flags: Flags) -> dict[str, Any]:
    thinking: dict[str, Any] = {}
    effort = request.body.get("reasoning_effort")
    if effort is not None and flags["effort_field"] == "thinkingBudget":
        thinking["thinkingBudget"] = _budget(effort, request.max_output_tokens, flags)
    elif effort is not None:
        thinking["thinkingLevel"] = _LEVELS[effort]
    if request.body.get("include_reasoning") is True:
        thinking["includeThoughts"] = True
    return thinking


def _budget(effort: str, cap: int, flags: Flags) -> int:
    """The tokens to think with: fewer than the cap, and none or at least as many as the model needs."""
    budget = min(_BUDGETS[effort], cap - 1)
    if budget < flags["budget_min"]:
        return 0 if flags["budget_off"] else int(flags["budget_min"])
    return budget


def _conversation(messages: Sequence[Mapping[str, Any]], flags: Flags) -> tuple[list[Part], list[dict[str, Any]]]:
    """The instructions, and the turns: no two of one role in a row, the user's first."""
    results = results_of(messages)
    system: list[Part] = []
    contents: list[dict[str, Any]] = []
    for number, message in enumerate(messages):
        role = message["role"]
        if role in SYSTEM_ROLES:
            system += _texts(message.get("content"))
        elif role == "user":
            _add(contents, "user", _shown(message.get("content"), f"messages[{number}].content"))
        elif role == "assistant":
            calls = message.get("tool_calls") or ()
            said = [*_texts(message.get("content")), *_texts(message.get("refusal"))]
            _add(contents, "model", [*said, *_calls(calls, flags)])
            _add(contents, "user", _results(calls, results, f"messages[{number}].tool_calls"))
    if not contents or contents[0]["role"] == "model":
        # A conversation has to begin with its user.
        contents.insert(0, {"role": "user", "parts": [{"text": "."}]})
    return system, contents


def _add(contents: list[dict[str, Any]], role: str, parts: list[Part]) -> None:
    if parts and contents and contents[-1]["role"] == role:
        contents[-1]["parts"] += parts
    elif parts:
        contents.append({"role": role, "parts": parts})


def _texts(content: Any) -> list[Part]:
    if isinstance(content, str):
        return [{"text": content}] if content else []
    return [{"text": text} for part in content or () if (text := part.get("text") or part.get("refusal"))]


def _shown(content: Any, where: str) -> list[Part]:
    """What a user says, shows or plays."""
    if isinstance(content, str):
        return _texts(content)
    parts: list[Part] = []
    for place, part in enumerate(content or ()):
        match part["type"]:
            case "text":
                parts += _texts([part])
            case "image_url":
                parts.append(_inline(*data_of(part["image_url"]["url"], param=f"{where}[{place}].image_url.url")))
            case "input_audio":
                audio = part["input_audio"]
                parts.append(_inline(_AUDIO_TYPES[audio["format"]], audio["data"]))
            case "file":
                parts.append(_document(part["file"], f"{where}[{place}].file.file_data"))
            case kind:
                raise UnsupportedParameter(f"There is no part '{kind}' for this model.", param=f"{where}[{place}]")
    return parts


def _document(file: Mapping[str, Any], param: str) -> Part:
    data = file.get("file_data") or ""
    media_type = _PDF
    if data.startswith("data:"):
        media_type, data = data_of(data, param=param)
    if media_type != _PDF or not data:
        raise UnsupportedParameter("A file has to be a PDF document, with its data.", param=param)
    return _inline(_PDF, data)


def _inline(media_type: str, data: str) -> Part:
    return {"inlineData": {"mimeType": media_type, "data": data}}


def _calls(calls: Sequence[Mapping[str, Any]], flags: Flags) -> list[Part]:
    parts: list[Part] = []
    for call in calls:
        part: Part = {
            "functionCall": {"id": call["id"], "name": call["function"]["name"], "args": arguments_of(call)},
        }
        if signature := _signature(call):
            part["thoughtSignature"] = signature
        parts.append(part)
    # Gemini signs the first of several calls alone, and from its third generation on it misses that signature.
    if parts and flags["effort_field"] == "thinkingLevel" and not any("thoughtSignature" in part for part in parts):
        parts[0]["thoughtSignature"] = PLACEHOLDER
    return parts


def _signature(call: Mapping[str, Any]) -> str | None:
    extra = call.get("extra_content")
    own = extra.get("google") if isinstance(extra, Mapping) else None
    signature = own.get("thought_signature") if isinstance(own, Mapping) else None
    return signature if isinstance(signature, str) and signature else None


def _results(calls: Iterable[Mapping[str, Any]], results: Mapping[str, Mapping[str, Any]], where: str) -> list[Part]:
    """The results of a turn's calls, in the order of the calls and as many as there are: Gemini counts them."""
    parts: list[Part] = []
    for place, call in enumerate(calls):
        if call["id"] not in results:
            raise BadRequest("Every call of a tool needs its result.", param=f"{where}[{place}]")
        response = _response(text_of(results[call["id"]].get("content")))
        parts.append(
            {"functionResponse": {"id": call["id"], "name": call["function"]["name"], "response": response}},
        )
    return parts


def _response(text: str) -> dict[str, Any]:
    try:
        value = from_json(text)
    except ValueError:
        value = None
    return value if isinstance(value, dict) else {"output": text}


def _tools(body: Mapping[str, Any], contents: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    """The tools, and which of them may be called.

    A tool that was called before and is on offer no more has to be declared all the same, and must not be called.
    """
    offered = [_declaration(tool["function"]) for tool in body.get("tools") or ()]
    names = [declaration["name"] for declaration in offered]
    parts = (part for content in contents for part in content["parts"])
    called = dict.fromkeys(part["functionCall"]["name"] for part in parts if "functionCall" in part)
    gone = [name for name in called if name not in names]
    declarations = [*offered, *({"name": name, "description": "Not available any more."} for name in gone)]
    if not declarations:
        return {}
    mode, allowed = _choice(body.get("tool_choice", "auto"))
    if not offered:
        mode = "NONE"
    elif gone and not allowed and mode != "NONE":
        allowed = names
    if allowed and mode == "AUTO":
        # Only this mode lets the model choose whether to call, and restricts what.
        mode = "VALIDATED"
    config: dict[str, Any] = {"mode": mode}
    if allowed:
        config["allowedFunctionNames"] = allowed
    return {"tools": [{"functionDeclarations": declarations}], "toolConfig": {"functionCallingConfig": config}}


def _declaration(function: Mapping[str, Any]) -> dict[str, Any]:
    declaration: dict[str, Any] = {"name": function["name"]}
    if function.get("description"):
        declaration["description"] = function["description"]
    if function.get("parameters"):
        declaration["parametersJsonSchema"] = to_google(function["parameters"], param="tools")
    return declaration


def _choice(choice: Any) -> tuple[str, list[str]]:
    """Google's mode for a tool choice, and the only names that may be called; no names for all."""
    modes = {"auto": "AUTO", "none": "NONE", "required": "ANY"}
    if isinstance(choice, str):
        return modes[choice], []
    if choice["type"] == "function":
        return "ANY", [choice["function"]["name"]]
    allowed = choice["allowed_tools"]
    names = [name for tool in allowed["tools"] if (name := tool_name(tool)) is not None]
    if not names:
        raise BadRequest("'allowed_tools' names no tool.", param="tool_choice.allowed_tools.tools")
    return modes[allowed["mode"]], names


def _listed(value: Any) -> list[str]:
    return [value] if isinstance(value, str) else list(value or ())
