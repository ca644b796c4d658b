"""What is written down about a request, after it was answered: one log line and a few metrics.

Powertools is imported only then, because nobody has to wait for it. Keys, prompts and answers never get here.
"""

import logging
import os
from collections.abc import Mapping
from functools import cache
from typing import Any, Final

from tollgate import incidents
from tollgate.contracts.caller import Call
from tollgate.errors import ProviderAuthFailed, ProviderBilling

_SERVICE: Final = "tollgate"
_OF_THE_OPERATOR: Final = frozenset({ProviderAuthFailed.code, ProviderBilling.code})


def observe(call: Call, *, family: str, endpoint: str, status: int, took_s: float, first_byte_s: float | None) -> None:
    """Write the line and the metrics of a finished request."""
    if not _is_on_lambda():
        # Locally the terminal is for people: `tollgate up` prints a line of its own.
        return
    answered = call.facts.pop("answered", None)
    facts: dict[str, Any] = {
        "request_id": call.request_id,
        "family": family,
        "endpoint": endpoint,
        "status": status,
        "took_ms": round(took_s * 1000, 1),
        "account_id": call.caller.account_id or None,
        "key_id": call.caller.key_id or None,
        **call.facts,
    }
    if first_byte_s is not None:
        facts["first_byte_ms"] = round(first_byte_s * 1000, 1)
    if retries := call.headers.get("x-stainless-retry-count", "0").strip("0"):
        facts["client_retry"] = retries[:3]
    if answered is not None:
        usage = answered.usage
        facts |= {
            "model": answered.model.id,
            "provider": answered.model.provider,
            "outcome": answered.outcome,
            "attempts": answered.attempts.count,
            "prompt_tokens": usage.prompt_tokens,
            "completion_tokens": usage.completion_tokens,
            "cost_usd": str(answered.cost.total_usd),
        }
    _logger().info("request", extra={name: value for name, value in facts.items() if value is not None})
    _count(facts)
    if facts.get("error") in _OF_THE_OPERATOR:
        incidents.count("ProviderCredentialsRefused")


def log_failure(message: str, failure: Exception, **facts: Any) -> None:
    """Write down a failure with its traceback, which nobody outside gets to see."""
    if _is_on_lambda():
        _logger().error(message, extra=facts, exc_info=failure)
    else:
        logging.getLogger(__name__).error("%s %s", message, facts, exc_info=failure)


@cache
def _logger() -> Any:
    from aws_lambda_powertools import Logger  # noqa: PLC0415 - see the module's docstring

    return Logger(service=_SERVICE)


def _count(facts: Mapping[str, Any]) -> None:
    from aws_lambda_powertools.metrics import EphemeralMetrics, MetricUnit  # noqa: PLC0415 - as above

    metrics = EphemeralMetrics(namespace="Tollgate", service=_SERVICE)
    metrics.add_dimension(name="family", value=facts["family"])
    for name in ("provider", "model"):
        metrics.add_dimension(name=name, value=facts.get(name, "none"))
    if facts.get("key_id") and (stack := os.environ.get("STACK")):
        # What GET /v1/status is made of: the requests of callers, all together.
        metrics.add_dimensions(stack=stack)
    metrics.add_metric(name="Requests", unit=MetricUnit.Count, value=1)
    metrics.add_metric(name="Errors", unit=MetricUnit.Count, value=int(facts["status"] >= 500))
    metrics.add_metric(name="Duration", unit=MetricUnit.Milliseconds, value=facts["took_ms"])
    if "first_byte_ms" in facts:
        metrics.add_metric(name="TimeToFirstByte", unit=MetricUnit.Milliseconds, value=facts["first_byte_ms"])
    for name, field in (("PromptTokens", "prompt_tokens"), ("CompletionTokens", "completion_tokens")):
        if field in facts:
            metrics.add_metric(name=name, unit=MetricUnit.Count, value=facts[field])
    if "cost_usd" in facts:
        metrics.add_metric(name="CostUsd", unit=MetricUnit.NoUnit, value=float(facts["cost_usd"]))
    metrics.flush_metrics()


def _is_on_lambda() -> bool:
    return "AWS_LAMBDA_FUNCTION_NAME" in os.environ
