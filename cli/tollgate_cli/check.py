"""Whether providers answer: one small real call to each, and in words what keeps it from being answered."""

import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from difflib import get_close_matches
from typing import Any, Final, NamedTuple

import click
import httpx2

from tollgate.providers.registry import PROVIDERS
from tollgate_cli.client import Gateway, print_json, with_gateway
from tollgate_cli.models import offered
from tollgate_cli.tables import print_table

MOST_TOKENS: Final = 16
_TIMEOUT_S: Final = 60.0
_AT_ONCE: Final = 8

Model = Mapping[str, Any]

# By the gateway's error codes; what is not here is told in the gateway's own words.
_WORDS: Final[Mapping[str, str]] = {
    "provider_auth_failed": "the provider refuses the gateway's key; set another one: tollgate secrets set {setting}",
    "provider_billing": "the gateway's account with the provider is out of money",
    "provider_overloaded": "the provider is overloaded",
    "upstream_timeout": "the provider took too long to answer",
    "upstream_rejected": "the provider answers, and refuses this request: {message}",
    "content_filter": "the provider answers, and its filter refuses a greeting",
    "insufficient_balance": "your account on this gateway has no money for a call: tollgate credit <account> 1",
    "request_exceeds_balance": "your account on this gateway has not the money for a call: tollgate credit <account> 1",
    "key_limit_reached": "the spend limit of your key on this gateway is reached",
    "insufficient_scope": "your key on this gateway may not call models",
    "model_not_allowed": "your key on this gateway may not use this model",
    "model_not_found": "this gateway does not offer the model",
}


class Finding(NamedTuple):
    """What came of asking a model."""

    provider: str
    model: str | None
    is_answered: bool
    words: str
    took_ms: int | None = None


@click.command()
@click.argument("provider", required=False)
@click.option("--model", "model_id", help="Ask this model.  [the cheapest chat model of the provider]")
@click.option("--json", "as_json", is_flag=True, help="Print what was found for programs.")
@with_gateway
def check(gateway: Gateway, *, provider: str | None, model_id: str | None, as_json: bool) -> None:
    """Ask PROVIDER one small question through the gateway, and say what is wrong if it does not answer.

    Without PROVIDER, every one that is configured is asked. Each question is a real call of at most 16 tokens, paid for
    by the account of your key. The exit code is 1 when one was not answered.
    """
    questions = questions_for(offered(gateway), provider, model_id)
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        findings = list(pool.map(lambda question: ask(gateway, *question), questions))
    if as_json:
        print_json([finding._asdict() for finding in findings])
    else:
        print_table(
            ("provider", "model", "answers", "ms", ""),
            [(one.provider, one.model, "yes" if one.is_answered else "no", one.took_ms, one.words) for one in findings],
        )
    if not all(finding.is_answered for finding in findings):
        raise SystemExit(1)


def questions_for(models: Sequence[Model], provider: str | None, model_id: str | None) -> list[tuple[str, str | None]]:
    """Whom to ask: providers, each with the id of one of its models, or None where it has no chat model.

    Raises click.ClickException where there is nobody to ask.
    """
    if model_id is not None:
        owner = next((model["provider"] for model in models if model["id"] == model_id), None)
        return [(owner or provider or model_id.partition("/")[0], model_id)]
    if provider is not None:
        names = {*PROVIDERS, *(model["provider"] for model in models)}
        if provider not in names:
            guesses = get_close_matches(provider, sorted(names), n=1)
            hint = f"Did you mean '{guesses[0]}'?" if guesses else f"There are {', '.join(sorted(names))}."
            raise click.ClickException(f"There is no provider '{provider}'. {hint}")
        return [(provider, cheapest(models, provider))]
    found = sorted({model["provider"] for model in models if model["available"]})
    if not found:
        raise click.ClickException(
            "No provider is configured on this gateway. Set the key of one: tollgate secrets set OPENAI_API_KEY"
        )
    return [(name, cheapest(models, name)) for name in found]


def cheapest(models: Sequence[Model], provider: str) -> str | None:
    """The chat model of a provider that costs least and says most.

    A model that is free says nothing of the operator's account. One that thinks may use up all that it is given before
    it says a word, which some providers take for a mistake of the request. So both come last.
    """

    def rank(model: Model) -> tuple[bool, bool, float, str]:
        price = (model["pricing"]["input"] or 0) + (model["pricing"]["output"] or 0)
        return "reasoning_effort" in model["supported_parameters"], price == 0, price, model["id"]

    chats = [
        model
        for model in models
        if (model["provider"], model["type"], model["output_modalities"]) == (provider, "chat", ["text"])
        and model["pricing"]["input"] is not None
    ]
    return min(chats, key=rank)["id"] if chats else None


def ask(gateway: Gateway, provider: str, model_id: str | None) -> Finding:
    """Ask a model, and tell what came of it."""
    if model_id is None:
        return Finding(provider, None, is_answered=False, words="this gateway offers no chat model of the provider")
    body = {
        "model": model_id,
        "messages": [{"role": "user", "content": "Hello"}],
        "max_completion_tokens": MOST_TOKENS,
    }
    started_at = time.monotonic()
    try:
        status, answer = gateway.ask("POST", "/v1/chat/completions", body, timeout_s=_TIMEOUT_S)
    except httpx2.TimeoutException:
        words = f"{gateway.url} gave no answer within {_TIMEOUT_S:g} s"
        return Finding(provider, model_id, is_answered=False, words=words)
    except httpx2.TransportError as exc:
        return Finding(provider, model_id, is_answered=False, words=f"{gateway.url} does not answer: {exc}")
    except click.ClickException as exc:
        return Finding(provider, model_id, is_answered=False, words=exc.message)
    took_ms = round((time.monotonic() - started_at) * 1000)
    if status < 400:
        return Finding(provider, model_id, is_answered=True, words="", took_ms=took_ms)
    words = words_for(answer.get("error") or {}, provider, model_id)
    return Finding(provider, model_id, is_answered=False, words=words, took_ms=took_ms)


def words_for(error: Mapping[str, Any], provider: str, model_id: str) -> str:
    """What an error of the gateway means for its operator."""
    code, metadata = error.get("code"), error.get("metadata") or {}
    message = str(error.get("message") or "it did not say why").rstrip(".")
    upstream_status = metadata.get("upstream_status")
    if code == "no_provider_available" and upstream_status:
        words = f"the provider does not know '{model_id}'; try another one with --model"
    elif code == "no_provider_available":
        words = "not configured"
    elif code == "upstream_invalid_response" and upstream_status and upstream_status != 200:
        words = f"the provider failed with status {upstream_status}"
    elif code == "upstream_invalid_response" and metadata.get("detail"):
        words = "the provider cannot be reached"
    elif code == "rate_limit_exceeded":
        words = f"{'the provider' if metadata.get('provider') else 'this gateway'} limits how often it is asked"
    else:
        row, known = PROVIDERS.get(provider), _WORDS.get(str(code))
        setting = (row and row.key_setting) or "<its setting>"
        words = known.format(setting=setting, message=message) if known else message
    detail = str(metadata.get("detail") or "").rstrip(".")
    return f"{words} ({detail})" if detail else words
