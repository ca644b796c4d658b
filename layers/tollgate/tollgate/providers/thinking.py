"""How hard Anthropic's models think, wherever they are served, and what they take while they do.

https://platform.claude.com/docs/en/build-with-claude/extended-thinking
"""

from collections.abc import Mapping
from typing import Any, Final

from tollgate.providers.turns import is_in_tool_loop_without_thoughts

_BUDGETS: Final[Mapping[str, int]] = {
    "minimal": 1_024,
    "low": 1_024,
    "medium": 8_192,
    "high": 16_384,
    "xhigh": 24_576,
    "max": 32_000,
}
_SMALLEST_BUDGET: Final = 1_024


def settle_thinking(body: dict[str, Any], flags: Mapping[str, Any]) -> list[str]:
    """Change a planned body into one that can be asked with its effort; the names of what was changed or left out."""
    if body.get("reasoning_effort", "none") == "none":
        return []
    if "none" in flags["effort_levels"] and is_in_tool_loop_without_thoughts(body["messages"]):
        # Thinking has to go on from the thoughts before the call, and those are lost.
        body["reasoning_effort"] = "none"
        return ["reasoning_effort"]
    changed = [name for name in ("temperature", "top_p") if body.pop(name, None) is not None]
    if body.get("tool_choice", "auto") not in ("auto", "none"):
        body["tool_choice"] = "auto"
        changed.append("tool_choice")
    return changed


def thinking_of(effort: str | None, flags: Mapping[str, Any], max_output_tokens: int) -> dict[str, Any] | None:
    """The field `thinking`; None where the model shall do as it is used to.

    A budget is smaller than the output cap, and a cap that leaves no room for one leaves thinking off.
    """
    if effort is None:
        return None
    if effort == "none":
        return {"type": "disabled"}
    if flags.get("effort_field") != "budget":
        return {"type": "adaptive"}
    if max_output_tokens <= _SMALLEST_BUDGET:
        return None
    # A quarter of the cap is left for what is said in the end.
    longest = max(max_output_tokens * 3 // 4, _SMALLEST_BUDGET)
    return {"type": "enabled", "budget_tokens": min(_BUDGETS[effort], longest)}


def effort_of(effort: str | None, flags: Mapping[str, Any]) -> str | None:
    """The word for the effort, for models that are told one."""
    return None if effort in (None, "none") or flags.get("effort_field") == "budget" else effort
