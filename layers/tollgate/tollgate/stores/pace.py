"""How fast models answer, as far as this process has seen."""

from typing import Final

_WEIGHT: Final = 0.3
"""Of the last observation in a moving average."""


class Pace:
    """Moving averages, by model id."""

    def __init__(self) -> None:
        self._first_s: dict[str, float] = {}
        self._tokens_per_s: dict[str, float] = {}

    def saw_first(self, model_id: str, seconds: float) -> None:
        """Note how long a model took to its first words."""
        self._first_s[model_id] = _mixed(self._first_s.get(model_id), seconds)

    def saw_tokens(self, model_id: str, tokens: int, seconds: float) -> None:
        """Note how long a model took for an answer of so many tokens."""
        if seconds > 0:
            self._tokens_per_s[model_id] = _mixed(self._tokens_per_s.get(model_id), tokens / seconds)

    def rank(self, model_id: str, what: str) -> float:
        """Lower is better, in `latency` or `throughput`; what was never seen comes last."""
        if what == "latency":
            return self._first_s.get(model_id, float("inf"))
        speed = self._tokens_per_s.get(model_id)
        return float("inf") if speed is None else -speed


def _mixed(before: float | None, seen: float) -> float:
    return seen if before is None else before + _WEIGHT * (seen - before)
